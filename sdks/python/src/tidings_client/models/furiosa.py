"""Records and writable fields of the Furiosa dialect (Furiosa guide; docs/dialects/furiosa.md). Times are RFC 3339."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from typing_extensions import TypedDict

from tidings_client.models.records import Record


class Contact(Record):
    """A person in an audience."""

    id: int
    audience_id: int
    email: str | None
    phone: str | None
    first_name: str | None
    last_name: str | None
    groups: list[int]
    custom_fields: dict[str, Any]
    status: str
    created_at: str
    updated_at: str


class ContactFields(TypedDict, total=False):
    """What a contact may be given; `audience_id` and an email or a phone are needed to create one."""

    audience_id: int
    email: str | None
    phone: str | None
    first_name: str | None
    last_name: str | None
    groups: Sequence[int]
    custom_fields: Mapping[str, Any]


class BatchRow(Record):
    """What became of one row of a batch: 201, 409 or 422."""

    index: int
    status: int
    id: int | None
    errors: dict[str, str] | None


class BatchResult(Record):
    """What became of a batch."""

    created: int
    failed: int
    results: list[BatchRow]


class Group(Record):
    """A group of an audience."""

    id: int
    name: str
    contacts_count: int


class Audience(Record):
    """A list of contacts with its exact counts."""

    id: int
    name: str
    description: str
    contacts_count: int
    emails_count: int
    phones_count: int
    groups: list[Group]
    created_at: str
    updated_at: str


class AudienceFields(TypedDict, total=False):
    """What an audience may be given."""

    name: str
    description: str | None


class AudienceStats(Record):
    """Counts of an audience, by status too."""

    audience_id: int
    contacts_count: int
    emails_count: int
    phones_count: int
    statuses: dict[str, int]
    groups: list[Group]


class Campaign(Record):
    """A mail to audiences."""

    id: int
    name: str
    type: Literal["email", "sms"]
    status: Literal["draft", "scheduled", "sending", "paused", "sent", "failed"]
    subject: str | None
    audience_ids: list[int]
    scheduled_at: str | None
    sent_at: str | None
    created_at: str
    updated_at: str


class CampaignFields(TypedDict, total=False):
    """What a campaign may be given."""

    name: str
    type: Literal["email", "sms"]
    subject: str
    preheader: str
    content: str
    audience_ids: Sequence[int]


class Metrics(Record):
    """Numbers of a campaign; rates are percentages with one decimal."""

    recipients: int
    sent: int
    delivered: int
    opens: int
    unique_opens: int
    open_rate: float
    clicks: int
    unique_clicks: int
    click_rate: float
    bounces: int
    bounce_rate: float
    complaints: int
    unsubscribes: int
    links: list[dict[str, Any]]


class LandingPage(Record):
    """A page with a form."""

    id: int
    title: str
    slug: str
    url: str
    status: str
    submissions_count: int
    views_count: int
    settings: dict[str, Any]
    audience_id: int | None
    created_at: str
    updated_at: str


class Series(Record):
    """Numbers by day, week or month: `data` has a line for every interval, named by its first `date`; `totals` are sums.

    The range is `series["from"]` to `to`, both counted, in `time_zone`.
    """

    to: str
    interval: Literal["day", "week", "month"]
    time_zone: str
    totals: Record
    data: list[Record]


class RateLimit(Record):
    """Requests a minute, and how many are left in this one."""

    limit: int
    remaining: int


class Me(Record):
    """The key in use; `scopes` None means all of them."""

    name: str
    scopes: list[str] | None
    rate_limit: RateLimit
