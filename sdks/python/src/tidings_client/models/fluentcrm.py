"""Records and writable fields of the FluentCRM dialect. Times are `YYYY-MM-DD HH:MM:SS` in the installation's zone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from typing_extensions import TypedDict

from tidings_client.models.records import Record


class Term(Record):
    """A tag or a list."""

    id: int
    title: str
    slug: str
    description: str | None
    created_at: str
    updated_at: str


class Contact(Record):
    """A contact ("subscriber"). Some numbers are texts, as the original sends them."""

    id: int
    hash: str
    prefix: str | None
    first_name: str | None
    last_name: str | None
    full_name: str
    email: str
    phone: str | None
    status: str
    contact_type: str
    source: str | None
    address_line_1: str | None
    address_line_2: str | None
    city: str | None
    state: str | None
    postal_code: str | None
    country: str | None
    date_of_birth: str | None
    total_points: Any
    life_time_value: Any
    photo: str
    tags: list[Term]
    lists: list[Term]
    created_at: str
    updated_at: str
    last_activity: str | None


class ContactFields(TypedDict, total=False):
    """What a contact may be given. `tags` and `lists` count on creating; `attach_…` and `detach_…` on updating."""

    prefix: str | None
    first_name: str | None
    last_name: str | None
    full_name: str
    email: str
    phone: str | None
    status: str
    contact_type: str
    source: str | None
    timezone: str | None
    address_line_1: str | None
    address_line_2: str | None
    city: str | None
    state: str | None
    postal_code: str | None
    country: str | None
    date_of_birth: str | None
    avatar: str | None
    company_id: int | None
    custom_values: Mapping[str, Any]
    tags: Sequence[int | str]
    lists: Sequence[int | str]
    attach_tags: Sequence[int | str]
    detach_tags: Sequence[int | str]
    attach_lists: Sequence[int | str]
    detach_lists: Sequence[int | str]


class TermFields(TypedDict, total=False):
    """What a tag or a list may be given."""

    title: str
    slug: str
    description: str | None


class Note(Record):
    """Something written down about a contact or a company."""

    id: int
    title: str
    description: str
    type: str
    created_at: str


class NoteFields(TypedDict, total=False):
    """What a note may be given."""

    title: str
    description: str
    type: str
    created_at: str


class Company(Record):
    """A company."""

    id: int
    name: str
    email: str | None
    phone: str | None
    website: str | None
    industry: str | None
    type: str | None
    created_at: str
    updated_at: str


class CompanyFields(TypedDict, total=False):
    """What a company may be given."""

    name: str
    email: str | None
    phone: str | None
    website: str | None
    industry: str | None
    type: str | None
    owner_id: int | None
    employees_number: int | None
    description: str | None
    address_line_1: str | None
    address_line_2: str | None
    city: str | None
    state: str | None
    postal_code: str | None
    country: str | None
    custom_values: Mapping[str, Any]


class Campaign(Record):
    """A mail to many."""

    id: int
    title: str
    slug: str
    status: str
    email_subject: str | None
    email_body: str | None
    recipients_count: int
    scheduled_at: str | None
    created_at: str
    updated_at: str


class CampaignFields(TypedDict, total=False):
    """What a campaign may be given."""

    title: str
    email_subject: str
    email_pre_header: str
    email_body: str
    design_template: str
    settings: Mapping[str, Any]
    next_step: int
    utm_status: int
    utm_source: str
    utm_medium: str
    utm_campaign: str
    utm_term: str
    utm_content: str


class Webhook(Record):
    """An address at which other programs post contacts."""

    id: int
    key: str
    value: Any


class WebhookFields(TypedDict, total=False):
    """What a webhook may be given."""

    name: str
    lists: Sequence[int]
    tags: Sequence[int]
    companies: Sequence[int]
    url: str
    status: str
