"""Shapes and pages of this dialect, and its strict reading of bodies."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeGuard, TypeVar

from tidings.contacts.members import Member
from tidings.contacts.rules import phone_e164
from tidings.contacts.types import ContactList
from tidings.dialects._engine.calls import MAX_NUMBER, Call
from tidings.dialects._engine.codecs import rfc3339
from tidings.platform.errors import Invalid, Problem
from tidings.platform.pagination import Page, PageRequest

T = TypeVar("T")


def page_request(call: Call, *, sorts: tuple[str, ...] = ("id",)) -> PageRequest:
    """`page` and `per_page` (25, at most 100); anything else than a positive number is a 422 naming it."""
    problems: dict[str, Problem] = {}
    numbers = {"page": 1, "per_page": 25}
    for name in numbers:
        if call.text(name):
            number = call.integer(name)
            if number is None or number < 1:
                problems[name] = Problem("min", f"The {name} must be a number of at least 1.")
            elif name == "per_page" and number > 100:
                problems[name] = Problem("max", "The per_page may be at most 100.")
            elif number > 10_000_000:
                problems[name] = Problem("max", "The page is too high.")
            else:
                numbers[name] = number
    if problems:
        raise Invalid(problems)
    return PageRequest(numbers["page"], numbers["per_page"], sorts[0], is_descending=False)


def page_body(page: Page[T], encode: Callable[[T], Any]) -> dict[str, Any]:
    """data, total, page, per_page, total_pages."""
    return {
        "data": [encode(row) for row in page.rows],
        "total": page.total,
        "page": page.request.page,
        "per_page": page.request.per_page,
        "total_pages": page.pages,
    }


def id_param(call: Call, name: str) -> int | None:
    """An id of the query; None when it is not given; raises Invalid for what is no number."""
    if not call.text(name):
        return None
    number = call.integer(name)
    if number is None:
        raise Invalid({name: Problem("type", f"The {name} must be a number.")})
    return number


def contact_body(member: Member) -> dict[str, Any]:
    """A contact: a membership of an audience."""
    c = member.contact
    return {
        "id": member.id,
        "audience_id": member.audience_id,
        "email": c.email,
        "phone": c.phone,
        "first_name": c.first_name,
        "last_name": c.last_name,
        "groups": list(member.group_ids),
        "custom_fields": c.custom,
        "status": c.status,
        "created_at": rfc3339(member.joined_at),
        "updated_at": rfc3339(c.updated_at),
    }


def group_body(group: ContactList) -> dict[str, Any]:
    """A group of an audience."""
    return {"id": group.id, "name": group.title, "contacts_count": group.contacts_count}


def audience_body(audience: ContactList, groups: list[ContactList]) -> dict[str, Any]:
    """An audience with its exact counts and its groups."""
    return {
        "id": audience.id,
        "name": audience.title,
        "description": audience.description or "",
        "contacts_count": audience.contacts_count,
        "emails_count": audience.emails_count,
        "phones_count": audience.phones_count,
        "groups": [group_body(group) for group in groups],
        "created_at": rfc3339(audience.created_at),
        "updated_at": rfc3339(audience.updated_at),
    }


def require_known(params: Mapping[str, Any], known: set[str]) -> None:
    """A body field that the resource does not have is a 422 naming it: it catches typos."""
    unknown = {name: Problem("unknown", f"The {name} field is not known.") for name in params if name not in known}
    if unknown:
        raise Invalid(unknown)


def texts_of(error: Invalid) -> dict[str, str]:
    """One sentence per field, fields as this dialect calls them."""
    return {
        f"custom_fields.{name.removeprefix('custom_values.')}" if name.startswith("custom_values.") else name: told[
            0
        ].text
        for name, told in error.fields.items()
    }


def is_ids(value: object) -> TypeGuard[list[int]]:
    """Whether a value is a list of numbers that an id may be."""
    return isinstance(value, list) and all(
        isinstance(one, int) and not isinstance(one, bool) and abs(one) <= MAX_NUMBER for one in value
    )


_TEXTS = ("email", "phone", "first_name", "last_name")
CONTACT_FIELDS = {*_TEXTS, "groups", "custom_fields"}


def contact_values(params: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any], list[int] | None]:
    """Core values, custom values and groups of a body; raises Invalid naming each bad field."""
    problems: dict[str, Problem] = {}
    values: dict[str, Any] = {}
    for name in _TEXTS:
        if name in params:
            value = params[name]
            if value is not None and not isinstance(value, str):
                problems[name] = Problem("type", f"The {name} field must be a string.")
                continue
            values[name] = (value or "").strip() or None
    if values.get("phone"):
        number = phone_e164(str(values["phone"]))
        if number is None:
            problems["phone"] = Problem("phone", "The phone must be a valid number in international form.")
        values["phone"] = number
    custom = params.get("custom_fields")
    if custom is not None and not isinstance(custom, dict):
        problems["custom_fields"] = Problem("type", "The custom_fields field must be an object.")
    groups = params.get("groups")
    if groups is not None and not is_ids(groups):
        problems["groups"] = Problem("type", "The groups field must be an array of group ids.")
    if problems:
        raise Invalid(problems)
    return values, custom or {}, groups
