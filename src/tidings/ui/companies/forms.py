"""The form of one company: what stands in it, and the draft it makes. Rules about values are `contacts.companies`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tidings.contacts.companies.types import Company, CompanyDraft
from tidings.contacts.types import CustomField
from tidings.ui.contacts.forms import CUSTOM
from tidings.ui.shell.forms import Form

NAMES = ("name", "type", "industry", "email", "phone", "website")
MORE = (
    "employees_number",
    "date_of_start",
    "description",
    "logo",
    "address_line_1",
    "address_line_2",
    "postal_code",
    "city",
    "state",
    "country",
    "linkedin_url",
    "facebook_url",
    "twitter_url",
)


def shown(company: Company) -> Form:
    """A company as the form shows it; nobody knows how many people work there is an empty field."""
    values: dict[str, Any] = {name: getattr(company, name) for name in (*NAMES, *MORE)}
    values["employees_number"] = company.employees_number or ""
    return Form(values | {CUSTOM + slug: value for slug, value in company.custom.items()})


def draft_of(
    form: Form, names: Sequence[str], definitions: Mapping[str, CustomField] | None = None, *, id: int | None = None
) -> CompanyDraft:
    """What was typed, as a patch of exactly the fields that the form shows: an empty one clears."""
    custom: dict[str, Any] = {}
    for slug, definition in (definitions or {}).items():
        value = form.texts(CUSTOM + slug) if definition.is_many else form.text(CUSTOM + slug)
        custom[slug] = value or None
    return CompanyDraft({name: form.text(name) or None for name in names}, custom, id)
