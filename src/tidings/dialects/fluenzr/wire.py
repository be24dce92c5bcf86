"""Shapes, pages and the reading of bodies in this dialect."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar

from tidings.consent.queries import Consent, latest_opt_ins
from tidings.contacts.types import ContactList, ContactView, Status
from tidings.dialects._engine.calls import Answer, Call
from tidings.dialects._engine.codecs import instant, rfc3339
from tidings.dialects.fluenzr.ids import number_of, opaque
from tidings.pipeline.queries import standings_of
from tidings.pipeline.types import Actor, ConsentGiven, Standing
from tidings.platform.core import Core
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
# Names of the core in this dialect's words, for complaints about them.
_NAMES = {column: wire for wire, column in TEXTS.items()} | {
    "stage": "pipelineStageId",
    "move_to": "moveTo",
    "title": "name",
    "from_email": "email",
    "from_name": "displayName",
    "host": "smtp.host",
    "username": "smtp.username",
    "imap_host": "imap.host",
}
SORTS = {**TEXTS, "createdAt": "created_at", "updatedAt": "updated_at", "status": "status", "id": "id"}
MAX_TAG = 192
CONSENTS = ["web_optin", "event", "business_card", "social_network", "referral", "existing", "other", "not_specified"]
MAX_NOTES = 1000
# Where a consent came from that was given to us and not told by an API client.
_OWN_SOURCES = ("double_opt_in", "form", "preferences")
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
    problems = {
        name: Problem("type", f"{name} must be one value")
        for name in ("page", "perPage", "sort", "order")
        if isinstance(call.get(name), dict | list)
    }
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
    return rows_answer(page, [encode(row) for row in page.rows])


def rows_answer(page: Page[Any], rows: Sequence[Any]) -> Answer:
    """Rows that are encoded already, with their meta."""
    meta = {"page": page.request.page, "perPage": page.request.per_page, "total": page.total, "totalPages": page.pages}
    return done(rows, meta=meta)


_KIND_NAMES = {str: "a string", int: "a whole number", bool: "true or false", dict: "an object", list: "an array"}


def problems_of(params: Mapping[str, Any], types: Mapping[str, type], *, at: str = "") -> dict[str, Problem]:
    """What is wrong with the types of the fields that are given; null counts as not given. `at` goes before names."""
    return {
        f"{at}{name}": Problem("type", f"{at}{name} must be {_KIND_NAMES[kind]}")
        for name, kind in types.items()
        if params.get(name) is not None
        and (not isinstance(params[name], kind) or (kind is int and isinstance(params[name], bool)))
    }


def actor_of(call: Call) -> Actor:
    """Whose name stands in the log of the pipeline: the key's user."""
    return Actor(call.caller.user.display_name, call.caller.user.id)


def wire_name(name: str) -> str:
    """The name of a field of the core in this dialect."""
    head, dot, slug = name.partition(".")
    return f"customFields.{slug}" if head == "custom_values" and dot else _NAMES.get(name, name)


def whole_answer(rows: Sequence[Any]) -> Answer:
    """A list that is never long: all of it, as one page."""
    return rows_answer(Page(list(rows), len(rows), PageRequest(1, max(1, len(rows)))), rows)


def contact_body(view: ContactView, standing: Standing | None = None, consent: Consent | None = None) -> dict[str, Any]:
    """A contact with the stage it stands in and the consent it gave last."""
    c = view.contact
    stage = {"id": opaque("stg", standing.stage_id), "name": standing.title} if standing else None
    return {
        "id": opaque("con", c.id),
        **{wire: getattr(c, column) for wire, column in TEXTS.items()},
        "status": _STATUS_OUT.get(c.status, "unsubscribed" if c.status == "unsubscribed" else "blocked"),
        "groups": [{"id": opaque("grp", one.id), "name": one.title} for one in view.lists],
        "tags": [one.title for one in view.tags],
        "customFields": c.custom,
        "pipelineStage": stage,
        "consentSource": _consent_source(consent.source) if consent else None,
        "consentNotes": (consent.reason or None) if consent else None,
        "consentDate": rfc3339(consent.at) if consent else None,
        "createdAt": rfc3339(c.created_at),
        "updatedAt": rfc3339(c.updated_at),
    }


def _consent_source(source: str) -> str:
    if source in CONSENTS:
        return source
    return "web_optin" if source.partition(":")[0].partition(" ")[0] in _OWN_SOURCES else "other"


async def contact_bodies(core: Core, views: Sequence[ContactView]) -> list[dict[str, Any]]:
    """Contacts as they are shown; two statements for any number, also of those that others ask for at this moment."""

    async def beside(ids: list[int]) -> dict[int, tuple[Standing | None, Consent | None]]:
        standings, consents = await standings_of(core, ids), await latest_opt_ins(core, ids)
        return {one: (standings.get(one), consents.get(one)) for one in ids}

    found = await core.gatherings.by_ids("stages and consents", [view.contact.id for view in views], beside)
    return [contact_body(one, *found[one.contact.id]) for one in views]


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
    custom = params.get("customFields")
    if custom is not None and not isinstance(custom, dict):
        problems["customFields"] = Problem("type", "customFields must be an object")
    if problems:
        raise Invalid(problems)
    return values, custom or {}


def consent_of(params: Mapping[str, Any], before: Consent | None = None) -> ConsentGiven | None:
    """The consent of a body, completed by the one `before`; None when it says nothing. Raises Invalid naming each bad
    field."""
    source, notes, date = (params.get(name) for name in ("consentSource", "consentNotes", "consentDate"))
    if source is None and notes is None and date is None:
        return None
    problems: dict[str, Problem] = {}
    if source is not None and source not in CONSENTS:
        problems["consentSource"] = Problem("in", f"consentSource must be one of {', '.join(CONSENTS)}")
    if notes is not None and (not isinstance(notes, str) or len(notes) > MAX_NOTES):
        problems["consentNotes"] = Problem("type", f"consentNotes must be a string of at most {MAX_NOTES} characters")
    kept = before if before and source in (None, _consent_source(before.source)) else None
    at: datetime | None = kept.at if kept else None
    if date is not None:
        try:
            at = instant.decode(date if isinstance(date, str) else "", None)
        except (ValueError, OverflowError):
            problems["consentDate"] = Problem("date", "consentDate must be a date and time like 2027-01-31T09:30:00Z")
    if problems:
        raise Invalid(problems)
    source = source or (_consent_source(kept.source) if kept else "not_specified")
    return ConsentGiven(source, notes if notes is not None else kept.reason if kept else "", at)


def status_of(params: Mapping[str, Any]) -> Status | None:
    """The core status of a body; raises Invalid for an unknown word."""
    word = params.get("status")
    if word is None:
        return None
    known = STATUS_IN.get(word) if isinstance(word, str) else None
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
