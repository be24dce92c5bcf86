"""What incoming webhooks speak of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

from tidings.contacts.types import Status

CONTACT = "contact"


class Webhook(msgspec.Struct, frozen=True):
    """A webhook as stored; field order is the order of WEBHOOK_COLUMNS.

    kind: `contact`, or `sms:<provider>`. status: of contacts that are new. mapping: dotted path of the sender's JSON
    (`contact.mail.0`) -> our name (a column of a contact, a slug of a custom field, tags, lists …).
    """

    id: int
    key: UUID
    kind: str
    name: str
    status: Status
    list_ids: Sequence[int]
    tag_ids: Sequence[int]
    company_ids: Sequence[int]
    mapping: Mapping[str, str]
    created_at: datetime
    updated_at: datetime


WEBHOOK_COLUMNS: tuple[str, ...] = tuple(f.name for f in msgspec.structs.fields(Webhook))


@dataclass(frozen=True, slots=True)
class WebhookDraft:
    """What the operator decides, as given: `rules.checked` says what is wrong with it."""

    name: str
    status: str = "subscribed"
    list_ids: Sequence[int] = ()
    tag_ids: Sequence[int] = ()
    company_ids: Sequence[int] = ()
    mapping: Mapping[str, str] = field(default_factory=dict[str, str])
    kind: str = CONTACT


@dataclass(frozen=True, slots=True)
class Received:
    """What became of what was posted."""

    contact_id: int
    outcome: Literal["created", "updated"]
