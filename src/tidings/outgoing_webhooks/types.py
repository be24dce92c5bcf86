"""What outgoing webhooks speak of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import msgspec

State = Literal["queued", "sending", "delivered", "failed"]
STATES: tuple[State, ...] = ("queued", "sending", "delivered", "failed")


class Endpoint(msgspec.Struct, frozen=True):
    """An address of another program; field order is the order of ENDPOINT_COLUMNS. Its secret is never read back.

    form: the dialect that speaks. failures: deliveries that failed for good in a row. disabled_reason: why it was
    switched off by itself.
    """

    id: int
    form: str
    name: str
    url: str
    events: Sequence[str]
    previous_until: datetime | None
    is_active: bool
    failures: int
    failing_since: datetime | None
    disabled_reason: str | None
    disabled_at: datetime | None
    created_at: datetime
    updated_at: datetime


ENDPOINT_COLUMNS: tuple[str, ...] = tuple(f.name for f in msgspec.structs.fields(Endpoint))


class Delivery(msgspec.Struct, frozen=True):
    """One event for one endpoint; field order is the order of DELIVERY_COLUMNS. `key` is what the receiver knows it by.

    status_code, response_ms, answer (its beginning) and error are of the last attempt; response_ms in milliseconds.
    """

    id: int
    key: UUID
    endpoint_id: int
    event_id: int
    kind: str
    contact_id: int | None
    state: State
    is_test: bool
    attempts: int
    due_at: datetime
    status_code: int | None
    response_ms: int | None
    answer: str | None
    error: str | None
    tried_at: datetime | None
    created_at: datetime


DELIVERY_COLUMNS: tuple[str, ...] = tuple(f.name for f in msgspec.structs.fields(Delivery))


class Attempt(msgspec.Struct, frozen=True):
    """One request of a delivery, and its answer; field order is the order of ATTEMPT_COLUMNS."""

    at: datetime
    headers: Mapping[str, str]
    status_code: int | None
    response_ms: int
    answer: str | None
    error: str | None


ATTEMPT_COLUMNS: tuple[str, ...] = tuple(f.name for f in msgspec.structs.fields(Attempt))


@dataclass(frozen=True, slots=True)
class EndpointDraft:
    """What the operator decides. `secret` None: one is made (new endpoint) or the present one stays (change)."""

    url: str
    events: Sequence[str]
    name: str = ""
    secret: str | None = None
    is_active: bool = True


@dataclass(frozen=True, slots=True)
class Happening:
    """Something to tell. `kind` and `data` are in the form's words; `once` names it, so that it is told once.

    contact_id keeps the order: what happens to one contact reaches an endpoint in the order it happened.
    """

    kind: str
    once: str
    at: datetime
    data: Mapping[str, Any]
    contact_id: int | None = None


@dataclass(frozen=True, slots=True)
class Claimed:
    """A delivery in a worker's hand, with all that its request needs. Secrets are open."""

    id: int
    key: UUID
    endpoint_id: int
    contact_id: int | None
    is_test: bool
    attempts: int
    form: str
    url: str
    secret: str
    next_secret: str | None
    body: bytes


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one attempt: the state it leaves the delivery in, and when it is tried next."""

    delivery: Claimed
    state: State
    at: datetime
    headers: Mapping[str, str]
    response_ms: int
    status_code: int | None = None
    answer: str = ""
    error: str = ""
    due_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class DeliveryStory:
    """A delivery with its request and all its attempts, the newest first."""

    delivery: Delivery
    body: bytes
    happened_at: datetime
    attempts: Sequence[Attempt]
