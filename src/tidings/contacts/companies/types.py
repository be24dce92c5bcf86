"""What companies speak of: frozen types, and which columns a writer may set."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import msgspec


class Company(msgspec.Struct, frozen=True):
    """A company. `owner_id` is a contact; names are unique whatever their letter case. The order of the fields is the
    order of COMPANY_COLUMNS."""

    id: int
    owner_id: int | None
    name: str
    industry: str | None
    type: str | None
    email: str | None
    phone: str | None
    timezone: str | None
    address_line_1: str | None
    address_line_2: str | None
    postal_code: str | None
    city: str | None
    state: str | None
    country: str | None
    employees_number: int
    description: str | None
    logo: str | None
    website: str | None
    linkedin_url: str | None
    facebook_url: str | None
    twitter_url: str | None
    date_of_start: date | None
    custom: dict[str, Any]
    created_at: datetime
    updated_at: datetime


COMPANY_COLUMNS: tuple[str, ...] = tuple(f.name for f in msgspec.structs.fields(Company))
WRITABLE_COLUMNS: tuple[str, ...] = tuple(
    name for name in COMPANY_COLUMNS if name not in ("id", "custom", "created_at", "updated_at")
)


@dataclass(frozen=True, slots=True)
class CompanyView:
    """A company with the number of its contacts, exact at the instant of reading."""

    company: Company
    contacts_count: int


@dataclass(frozen=True, slots=True)
class JoinedCompany:
    """A company as one contact has it."""

    company: Company
    joined_at: datetime


@dataclass(frozen=True, slots=True)
class CompanyDraft:
    """What a writer wants for one company: only the keys present are touched; None or empty text clears.

    `id` finds the company to change; without it the name does.
    """

    values: Mapping[str, Any] = field(default_factory=dict[str, Any])
    custom: Mapping[str, Any] = field(default_factory=dict[str, Any])
    id: int | None = None


class CompanyNote(msgspec.Struct, frozen=True):
    """A note about a company; `author_name` is empty when the system or a deleted user wrote it."""

    id: int
    company_id: int
    parent_id: int | None
    author_id: int | None
    kind: str
    title: str
    description: str
    is_private: bool
    created_at: datetime
    updated_at: datetime
    author_name: str | None = None
