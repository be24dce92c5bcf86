"""Records and writable fields of the FluenzR dialect (FluenzR guide; docs/dialects/fluenzr.md). Times are RFC 3339."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from typing_extensions import TypedDict

from tidings_client.models.records import Record

ContactStatus = Literal["active", "unsubscribed", "bounced", "replied", "blocked"]


class Named(Record):
    """A reference: `id` and `name`."""

    id: str
    name: str


class Contact(Record):
    """A person."""

    id: str
    email: str
    first_name: str | None
    last_name: str | None
    company: str | None
    job_title: str | None
    phone: str | None
    website: str | None
    status: ContactStatus
    groups: list[Named]
    tags: list[str]
    custom_fields: dict[str, Any]
    pipeline_stage: Named | None
    consent_source: str | None
    consent_notes: str | None
    consent_date: str | None
    created_at: str
    updated_at: str


class ContactFields(TypedDict, total=False):
    """What a contact may be given."""

    email: str
    first_name: str | None
    last_name: str | None
    company: str | None
    job_title: str | None
    phone: str | None
    website: str | None
    status: ContactStatus
    group_ids: Sequence[str]
    group_id: str
    tags: Sequence[str]
    custom_fields: Mapping[str, Any]
    pipeline_stage_id: str | None
    consent_source: str | None
    consent_notes: str | None
    consent_date: str | None


class BulkError(Record):
    """A row that was refused: its index in the request, its address, and why."""

    index: int
    email: str | None
    message: str


class BulkResult(Record):
    """What became of many contacts."""

    created: int
    updated: int
    skipped: int
    errors: list[BulkError]


class Group(Record):
    """A list of contacts; a dynamic one enrols whoever joins it into its active campaigns."""

    id: str
    name: str
    description: str
    type: Literal["static", "dynamic"]
    color: str | None
    contacts_count: int
    created_at: str
    updated_at: str


class GroupFields(TypedDict, total=False):
    """What a group may be given."""

    name: str
    description: str
    type: Literal["static", "dynamic"]
    color: str


class Deleted(Record):
    """The answer to a deletion."""

    id: str
    deleted: bool


class Added(Record):
    """How many contacts were added, and how many were there already or cannot be."""

    added: int
    skipped: int
    errors: list[Any]


class Campaign(Record):
    """A workflow of mails."""

    id: str
    name: str
    description: str
    status: Literal["draft", "active", "paused", "completed", "archived"]
    email_account_id: str | None
    settings: dict[str, Any]
    workflow: dict[str, Any]
    stats: dict[str, Any]
    created_at: str
    started_at: str | None
    updated_at: str


class CampaignFields(TypedDict, total=False):
    """What a campaign may be given. `settings` and `workflow` hold wire names, as the guide shows them."""

    name: str
    description: str
    email_account_id: str | None
    settings: Mapping[str, Any]
    workflow: Mapping[str, Any]


class CampaignStats(Record):
    """Totals and rates; rates are percentages with one decimal."""

    open_rate: float
    click_rate: float
    reply_rate: float
    bounce_rate: float
    unsubscribe_rate: float


class Enrolled(Record):
    """A contact of a campaign: pending, in_progress, completed, replied, bounced, unsubscribed or error."""

    contact_id: str
    email: str
    status: str
    added_at: str
    sent_at: str | None


class EmailStats(CampaignStats):
    """Numbers of one mail of the workflow."""

    node_id: str
    subject: str


class Happening(Record):
    """Something that happened with a mail of a campaign, such as email.opened."""

    type: str
    timestamp: str
    contact_id: str
    contact_email: str


class Webhook(Record):
    """An address that is told about events. `secret` is in the answer that made it only."""

    id: str
    name: str
    url: str
    events: list[str]
    active: bool
    disabled_reason: str | None
    secret: str
    created_at: str
    updated_at: str


class WebhookFields(TypedDict, total=False):
    """What a webhook may be given."""

    name: str
    url: str
    events: Sequence[str]
    secret: str
    active: bool


class Delivery(Record):
    """One delivery of a webhook's log; `response_time` in milliseconds."""

    id: str
    event_id: str
    event_type: str
    status: str
    status_code: int | None
    response_time: int | None
    timestamp: str


class EmailAccount(Record):
    """An account that campaigns send from; its secrets are never in an answer."""

    id: str
    email: str
    display_name: str
    provider: Literal["smtp", "gmail", "outlook"]
    status: Literal["connected", "error", "disabled"]
    daily_limit: int | None
    sent_today: int
    smtp: dict[str, Any]
    imap: dict[str, Any] | None
    warming: Any
    created_at: str


class EmailAccountFields(TypedDict, total=False):
    """What an account may be given; its password stands in `smtp` and serves for `imap` too."""

    email: str
    display_name: str
    provider: Literal["smtp", "gmail", "outlook"]
    daily_limit: int | None
    enabled: bool
    smtp: Mapping[str, Any]
    imap: Mapping[str, Any] | None


class Stage(Record):
    """A stage of the pipeline."""

    id: str
    name: str
    color: str
    position: int
    contacts_count: int
    created_at: str


class DeletedStage(Deleted):
    """The answer to the deletion of a stage: how many contacts were `moved`."""

    moved: int


class StageFields(TypedDict, total=False):
    """What a stage may be given."""

    name: str
    color: str
    position: int
