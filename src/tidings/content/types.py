"""What content speaks of: who a mail is for, from which installation, with which addresses of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any, Literal
from zoneinfo import ZoneInfo

import msgspec

from tidings.platform.errors import TidingsError

Language = Literal["smartcodes", "variables"]
MAX_SOURCE = 2_000_000


class ContentTooLarge(TidingsError):
    """The source is over MAX_SOURCE characters."""


class Term(msgspec.Struct, frozen=True, array_like=True):
    """A tag or list of a person."""

    id: int
    title: str
    slug: str


class Person(msgspec.Struct, frozen=True):
    """Everything that a mail can say about its recipient; nothing else can be reached."""

    id: int
    email: str
    first_name: str | None = None
    last_name: str | None = None
    prefix: str | None = None
    phone: str | None = None
    address_line_1: str | None = None
    address_line_2: str | None = None
    city: str | None = None
    state: str | None = None
    postal_code: str | None = None
    country: str | None = None
    status: str = "subscribed"
    contact_type: str = "lead"
    source: str | None = None
    timezone: str | None = None
    company_name: str | None = None
    job_title: str | None = None
    website: str | None = None
    user_id: int | None = None
    date_of_birth: date | None = None
    created_at: datetime | None = None
    active_at: datetime | None = None
    custom: Mapping[str, Any] = {}
    tags: Sequence[Term] = ()
    lists: Sequence[Term] = ()

    @property
    def full_name(self) -> str:
        """First and last name; may be empty."""
        return f"{self.first_name or ''} {self.last_name or ''}".strip()


# The columns a sender must read to make a Person; tags and lists are read only when a mail uses them.
PERSON_COLUMNS: tuple[str, ...] = tuple(
    f.name for f in msgspec.structs.fields(Person) if f.name not in ("tags", "lists")
)


@dataclass(frozen=True, slots=True)
class Site:
    """The installation as mails see it. `field_kinds`: kind of each custom field, for dates and text areas."""

    business_name: str = ""
    business_address: str = ""
    name: str = ""
    description: str = ""
    url: str = ""
    admin_email: str = ""
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))
    date_format: str = "F j, Y"
    footer: str = ""
    field_kinds: Mapping[str, str] = field(default_factory=dict[str, str])
    now: datetime = field(default_factory=lambda: datetime.now(UTC))


@dataclass(frozen=True, slots=True)
class MailLinks:
    """The addresses that belong to one message. `click_tail` follows each link's own prefix; empty: links are plain."""

    unsubscribe_url: str = ""
    manage_url: str = ""
    web_view_url: str = ""
    open_url: str = ""
    click_tail: str = ""


@dataclass(frozen=True, slots=True)
class Source:
    """What was written. `footer`: 'global', 'none' or a text of its own; `look`: colours, width and fonts by name."""

    subject: str = ""
    preheader: str = ""
    body: str = ""
    design: str = "simple"
    language: Language = "smartcodes"
    footer: str = "global"
    look: Mapping[str, Any] = field(default_factory=dict[str, Any])
    is_transactional: bool = False
