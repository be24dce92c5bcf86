"""What the contacts feature speaks of: frozen types and closed sets of words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal, Protocol

import msgspec

Status = Literal["subscribed", "pending", "unsubscribed", "transactional", "bounced", "complained", "spammed"]
STATUSES: tuple[Status, ...] = (
    "subscribed",
    "pending",
    "unsubscribed",
    "transactional",
    "bounced",
    "complained",
    "spammed",
)
# What a person at a keyboard may choose; the rest is decided by events (fluentcrm.md §2.1).
EDITABLE_STATUSES: tuple[Status, ...] = ("subscribed", "pending", "unsubscribed", "transactional")


class Contact(msgspec.Struct, frozen=True, kw_only=False):
    """A person, known to the installation once. The order of the fields is the order of CONTACT_COLUMNS."""

    id: int
    user_id: int | None
    owner_id: int | None
    company_id: int | None
    prefix: str | None
    first_name: str | None
    last_name: str | None
    email: str | None
    phone: str | None
    timezone: str | None
    address_line_1: str | None
    address_line_2: str | None
    postal_code: str | None
    city: str | None
    state: str | None
    country: str | None
    ip: str | None
    latitude: float | None
    longitude: float | None
    company_name: str | None
    job_title: str | None
    website: str | None
    points: int
    lifetime_value: Decimal
    status: Status
    sms_status: str
    contact_type: str
    source: str | None
    avatar: str | None
    date_of_birth: date | None
    custom: dict[str, Any]
    soft_bounces: int
    opened_at: datetime | None
    clicked_at: datetime | None
    mailed_at: datetime | None
    active_at: datetime | None
    created_at: datetime
    updated_at: datetime

    @property
    def full_name(self) -> str:
        """First and last name, joined and trimmed; may be empty."""
        return f"{self.first_name or ''} {self.last_name or ''}".strip()


CONTACT_COLUMNS: tuple[str, ...] = tuple(f.name for f in msgspec.structs.fields(Contact))

# What a writer may set. Everything else is ours: ids, counters, moments.
_OURS = ("id", "status", "custom", "soft_bounces", "opened_at", "clicked_at", "mailed_at", "active_at", "updated_at")
# The primary company follows the memberships: companies.members keeps it.
_OURS += ("company_id",)
WRITABLE_COLUMNS: tuple[str, ...] = tuple(name for name in CONTACT_COLUMNS if name not in _OURS)


class Term(msgspec.Struct, frozen=True):
    """A tag or list as it stands with a contact; tags are never public and have no parent."""

    id: int
    title: str
    slug: str
    description: str | None
    is_public: bool
    parent_id: int | None
    created_at: datetime
    updated_at: datetime


class Membership(msgspec.Struct, frozen=True):
    """A tag or list as one contact has it. `membership_id` is 0 for tags; lists name each membership."""

    term: Term
    joined_at: datetime
    membership_id: int

    @property
    def id(self) -> int:
        """The id of the tag or list."""
        return self.term.id

    @property
    def title(self) -> str:
        """The title of the tag or list."""
        return self.term.title

    @property
    def slug(self) -> str:
        """The slug of the tag or list."""
        return self.term.slug


@dataclass(frozen=True, slots=True)
class ContactView:
    """A contact with its tags and lists, the newest membership last."""

    contact: Contact
    tags: Sequence[Membership]
    lists: Sequence[Membership]


class ContactList(msgspec.Struct, frozen=True):
    """A list; with a parent it is a group of an audience. Counts are exact at the instant of reading."""

    id: int
    parent_id: int | None
    title: str
    slug: str
    description: str | None
    is_public: bool
    color: str | None
    is_dynamic: bool
    settings: dict[str, Any]
    created_at: datetime
    updated_at: datetime
    contacts_count: int
    emails_count: int
    phones_count: int


class Tag(msgspec.Struct, frozen=True):
    """A tag and how many contacts carry it."""

    id: int
    title: str
    slug: str
    description: str | None
    created_at: datetime
    updated_at: datetime
    contacts_count: int


class CustomField(msgspec.Struct, frozen=True):
    """The definition of a custom field. `kind` decides how values are stored and compared."""

    slug: str
    label: str
    kind: str
    group_name: str = "default"
    options: Sequence[str] = ()
    help: str = ""

    @property
    def is_many(self) -> bool:
        """Values are arrays of option texts."""
        return self.kind in ("multi-select", "checkbox")


CUSTOM_FIELD_KINDS = (
    "text",
    "textarea",
    "number",
    "single-select",
    "multi-select",
    "radio",
    "checkbox",
    "date",
    "date_time",
)


# Kinds of notes that people choose from; any other short word is stored too (FluentCRM reference, notes of contacts).
NOTE_KINDS = (
    "note",
    "call",
    "email",
    "meeting",
    "activity",
    "quote_sent",
    "quote_accepted",
    "quote_refused",
    "invoice_sent",
    "invoice_part_paid",
    "invoice_paid",
    "invoice_refunded",
    "transaction",
    "feedback",
    "social_post",
)


class Note(msgspec.Struct, frozen=True):
    """A note on a contact; `author_name` is empty when the system or a deleted user wrote it."""

    id: int
    contact_id: int
    parent_id: int | None
    author_id: int | None
    kind: str
    status: str
    title: str
    description: str
    is_private: bool
    created_at: datetime
    updated_at: datetime
    author_name: str | None = None


class Label(msgspec.Struct, frozen=True):
    """A coloured label for campaigns. `color` is #rrggbb or None."""

    id: int
    slug: str
    title: str
    description: str
    position: int
    color: str | None
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class Draft:
    """What a writer wants for one contact: only the keys present in `values` are touched (a patch).

    A value of None clears. `custom` works by slug the same way. `tags` and `lists` are to add, `remove_…` to take away:
    a number is an id, a text a slug or title, never an id; what is added under an unknown text is made with the write.
    Companies the same, by id or name. `id` finds the contact to change; without it the e-mail does. `active_at` is when
    another system saw the person last; None leaves what we know.
    """

    values: Mapping[str, Any] = field(default_factory=dict[str, Any])
    custom: Mapping[str, Any] = field(default_factory=dict[str, Any])
    status: Status | None = None
    tags: Sequence[int | str] = ()
    lists: Sequence[int | str] = ()
    remove_tags: Sequence[int | str] = ()
    remove_lists: Sequence[int | str] = ()
    companies: Sequence[int | str] = ()
    remove_companies: Sequence[int | str] = ()
    id: int | None = None
    active_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Joining:
    """Somebody who is to become a member of an audience and of groups of it."""

    audience_id: int
    draft: Draft
    group_ids: Sequence[int] = ()


@dataclass(frozen=True, slots=True)
class WritePolicy:
    """How drafts meet what is stored.

    on_existing: refuse (Invalid 'unique'), update (the draft wins), fill (only empty columns), skip.
    on_missing: create, or refuse (NotFound). may_rise: the operator's explicit word that a status may go up again.
    is_silent: facts are written but start no automation and no webhook.
    """

    on_existing: Literal["refuse", "update", "fill", "skip"] = "update"
    on_missing: Literal["create", "refuse"] = "create"
    may_rise: bool = False
    is_silent: bool = False
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Written:
    """What became of one draft, in the order of the drafts. `changed` names columns whose value is new."""

    id: int
    outcome: Literal["created", "updated", "unchanged", "skipped"]
    changed: Sequence[str] = ()


class Filter(Protocol):
    """A boolean SQL expression over alias `c` of contacts with bound arguments `$1…$n`; `segments` makes them."""

    @property
    def sql(self) -> str: ...

    @property
    def args(self) -> Sequence[Any]: ...

    @property
    def tally_sql(self) -> str:
        """How many match by the tallies, where these know; takes `args`. Else empty."""
        ...

    @property
    def members_sql(self) -> str:
        """A statement for the ids of all who match, each once, that reads no contacts; takes `args`. Or empty."""
        ...

    def count_statements(self) -> Sequence[str]:
        """Statements that count the matches, each of which takes `args` and gives the same number."""
        ...
