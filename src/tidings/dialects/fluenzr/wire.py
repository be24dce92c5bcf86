"""Shapes, pages and the reading of bodies in this dialect."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from tidings.contacts.types import ContactList, ContactView, Status
from tidings.dialects._engine.calls import Answer, Call
from tidings.dialects._engine.codecs import rfc3339
from tidings.dialects.fluenzr.ids import number_of, opaque
from tidings.platform.errors import Invalid, Problem
from tidings.platform.pagination import Page, PageRequest

T = TypeVar("T")
# wire name: column of the core
TEXTS = {
    "email": "email",
    "firstName": "first_name",
    "lastName": "last_name",
    "company": "company_name",
    "jobTitle": "job_title",
    "phone": "phone",
    "website": "website",
}
SORTS = {**TEXTS, "createdAt": "created_at", "updatedAt": "updated_at", "status": "status", "id": "id"}
MAX_TAG = 192
CONSENTS = ["web_optin", "event", "business_card", "social_network", "referral", "existing", "other", "not_specified"]
_STATUS_OUT = {"subscribed": "active", "transactional": "active", "pending": "active", "bounced": "bounced"}
STATUS_IN: dict[str, tuple[Status, ...]] = {
    "active": ("subscribed", "transactional", "pending"),
    "unsubscribed": ("unsubscribed",),
    "bounced": ("bounced",),
    "blocked": ("complained", "spammed"),
    "replied": (),
}


def done(data: Any, status: int = 200, **more: Any) -> Answer:
    """The success envelope."""
    return Answer({"success": True, "data": data, **more}, status)


def page_request(call: Call, *, sorts: Mapping[str, str] = SORTS) -> PageRequest:
    """`page`, `perPage` (20, at most 100), `sort`, `order`; bad ones are a 400 naming them."""
    problems: dict[str, Problem] = {}
    numbers = {"page": 1, "perPage": 20}
    for name, most in (("page", 10_000_000), ("perPage", 100)):
        if name in call and call.text(name):
            number = call.integer(name)
            if number is None or not 1 <= number <= most:
                problems[name] = Problem("range", f"{name} must be a number from 1 to {most}")
            else:
                numbers[name] = number
    sort, order = call.text("sort"), call.text("order", "desc").lower()
    if sort and sort not in sorts:
        problems["sort"] = Problem("in", f"sort must be one of {', '.join(sorts)}")
    if order not in ("asc", "desc"):
        problems["order"] = Problem("in", "order must be asc or desc")
    if problems:
        raise Invalid(problems)
    return PageRequest(numbers["page"], numbers["perPage"], sorts.get(sort, "id"), order == "desc")


def page_answer(page: Page[T], encode: Callable[[T], Any]) -> Answer:
    """Rows with their meta."""
    meta = {"page": page.request.page, "perPage": page.request.per_page, "total": page.total, "totalPages": page.pages}
    return done([encode(row) for row in page.rows], meta=meta)


def contact_body(view: ContactView) -> dict[str, Any]:
    """A contact."""
    c = view.contact
    return {
        "id": opaque("con", c.id),
        **{wire: getattr(c, column) for wire, column in TEXTS.items()},
        "status": _STATUS_OUT.get(c.status, "unsubscribed" if c.status == "unsubscribed" else "blocked"),
        "groups": [{"id": opaque("grp", one.id), "name": one.title} for one in view.lists],
        "tags": [one.title for one in view.tags],
        "customFields": c.custom,
        "pipelineStage": None,
        "consentSource": c.source if c.source in CONSENTS else None,
        "consentNotes": None,
        "consentDate": None,
        "createdAt": rfc3339(c.created_at),
        "updatedAt": rfc3339(c.updated_at),
    }


def group_body(group: ContactList) -> dict[str, Any]:
    """A group."""
    return {
        "id": opaque("grp", group.id),
        "name": group.title,
        "description": group.description or "",
        "type": "dynamic" if group.is_dynamic else "static",
        "color": group.color,
        "contactsCount": group.contacts_count,
        "createdAt": rfc3339(group.created_at),
        "updatedAt": rfc3339(group.updated_at),
    }


def numbers(values: object, prefix: str, field: str) -> list[int]:
    """Numbers of a list of wire ids; a bad one is a 400 naming the field."""
    if not isinstance(values, list):
        raise Invalid({field: Problem("type", f"{field} must be an array of ids")})
    found: list[int] = []
    for one in values:
        number = number_of(prefix, one)
        if number is None:
            raise Invalid({field: Problem("id", f"{one!r} is not an id of that kind ({prefix}_…)")})
        found.append(number)
    return list(dict.fromkeys(found))


def contact_values(params: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Core values and custom values of a body; raises Invalid naming each bad field."""
    problems: dict[str, Problem] = {}
    values: dict[str, Any] = {}
    for wire, column in TEXTS.items():
        if wire in params:
            value = params[wire]
            if value is not None and not isinstance(value, str):
                problems[wire] = Problem("type", f"{wire} must be a string")
            else:
                values[column] = (value or "").strip() or None
    consent = params.get("consentSource")
    if consent is not None:
        if consent not in CONSENTS:
            problems["consentSource"] = Problem("in", f"consentSource must be one of {', '.join(CONSENTS)}")
        values["source"] = consent
    custom = params.get("customFields")
    if custom is not None and not isinstance(custom, dict):
        problems["customFields"] = Problem("type", "customFields must be an object")
    if problems:
        raise Invalid(problems)
    return values, custom or {}


def status_of(params: Mapping[str, Any]) -> Status | None:
    """The core status of a body; raises Invalid for an unknown word."""
    word = params.get("status")
    if word is None:
        return None
    known = STATUS_IN.get(str(word))
    if not known:
        raise Invalid({"status": Problem("in", "status must be one of active, unsubscribed, bounced, blocked")})
    return known[0]


def texts(values: object, field: str) -> Sequence[str]:
    """A list of texts; raises Invalid."""
    if not isinstance(values, list) or any(not isinstance(one, str) for one in values):
        raise Invalid({field: Problem("type", f"{field} must be an array of strings")})
    if any(len(one) > MAX_TAG for one in values):
        raise Invalid({field: Problem("max", f"{field} may hold texts of at most {MAX_TAG} characters")})
    return values
