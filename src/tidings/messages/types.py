"""What the messages feature speaks of."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

import msgspec

from tidings.messages.providers import Provider

State = Literal[
    "queued", "paused", "sending", "deferred", "sent", "failed", "bounced", "complained", "cancelled", "unknown"
]


class Message(msgspec.Struct, frozen=True):
    """A message. The order of the fields is the order of MESSAGE_COLUMNS."""

    id: int
    campaign_id: int
    contact_id: int
    step: int
    uid: Any
    email: str
    state: State
    subject_id: int | None
    account_id: int | None
    subject: str | None
    due_at: datetime
    attempts: int
    started_at: datetime | None
    sent_at: datetime | None
    code: int | None
    note: str | None
    opens: int
    clicks: int
    opened_at: datetime | None
    clicked_at: datetime | None
    unsubscribed_at: datetime | None
    created_at: datetime
    updated_at: datetime


MESSAGE_COLUMNS: tuple[str, ...] = tuple(f.name for f in msgspec.structs.fields(Message))


class Account(msgspec.Struct, frozen=True):
    """A mail account. Password and DKIM key are never in here. The order of the fields is the order of ACCOUNT_COLUMNS."""

    id: int
    name: str
    kind: Literal["smtp", "capture"]
    host: str
    port: int
    encryption: Literal["none", "starttls", "tls"]
    username: str | None
    verifies_tls: bool
    connections: int
    from_name: str
    from_email: str
    per_second: int | None
    per_minute: int | None
    per_hour: int | None
    per_day: int | None
    closed_until: datetime | None
    failures: int
    error: str | None
    is_enabled: bool
    created_at: datetime
    updated_at: datetime
    provider: Provider
    imap_host: str | None
    imap_port: int | None
    dkim_domain: str | None
    dkim_selector: str | None
    signs_mail: bool


ACCOUNT_COLUMNS: tuple[str, ...] = tuple(f.name for f in msgspec.structs.fields(Account))


class Pace(msgspec.Struct, frozen=True):
    """How many mails of one campaign may leave, and when; None: as many as the accounts allow, at any time.

    counted_as: the campaign whose mails count together, None for the mailing alone. within: its `sends_within`.
    """

    per_minute: int | None = None
    per_hour: int | None = None
    counted_as: int | None = None
    within: dict[str, Any] | None = None


class CapturedMail(msgspec.Struct, frozen=True):
    """A mail in the capture mailbox, without its bytes."""

    id: int
    at: datetime
    message_id: int | None
    sender: str
    recipient: str
    subject: str
