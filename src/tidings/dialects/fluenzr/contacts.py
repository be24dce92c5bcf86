"""Contacts with their groups and tags."""

from __future__ import annotations

from typing import Any

from tidings.contacts import actions, queries, rules
from tidings.contacts.types import ContactView, Draft, WritePolicy
from tidings.dialects._engine.calls import Call, as_integer
from tidings.dialects._engine.routes import Route
from tidings.dialects.fluenzr.ids import number_of, opaque
from tidings.dialects.fluenzr.wire import (
    STATUS_IN,
    contact_body,
    contact_values,
    done,
    numbers,
    page_answer,
    page_request,
    status_of,
    texts,
)
from tidings.platform.errors import Conflict, Invalid, NotFound, Problem
from tidings.platform.pagination import PageRequest
from tidings.segments.queries import where_of
from tidings.segments.types import All, ColumnIs, CustomFieldIs, HasTags, InLists, Nobody, Rule, Search, StatusIn

MAX_BULK = 1000


async def _view(call: Call) -> ContactView:
    number = number_of("con", call.path["id"])
    view = await queries.find_contact(call.core, number) if number is not None else None
    if view is None:
        raise NotFound("contact", call.path["id"])
    return view


async def _list(call: Call, rules_: list[Rule], request: PageRequest) -> Any:
    where = await where_of(call.core, All(tuple(rules_))) if rules_ else None
    return page_answer(await queries.list_contacts(call.core, request, where), contact_body)


async def _tag_rule(call: Call, titles: list[str]) -> Rule:
    rows = await call.core.db.fetch(
        "SELECT id FROM tags WHERE lower(title) = ANY($1::text[])", [t.lower() for t in titles]
    )
    return HasTags("in", tuple(row["id"] for row in rows)) if rows else Nobody()


async def list_contacts(call: Call) -> Any:
    found: list[Rule] = []
    if call.text("email"):
        found.append(ColumnIs("email", "contains", call.text("email")))
    if call.text("status"):
        found.append(_status_rule(call.text("status")))
    group = call.text("groupId") or call.text("group")
    if group:
        number = number_of("grp", group) or as_integer(group)
        found.append(InLists("in", (number,)) if number is not None else Nobody())
    if call.text("tag"):
        found.append(await _tag_rule(call, [call.text("tag")]))
    return await _list(call, found, page_request(call))


def _status_rule(word: str) -> Rule:
    if word not in STATUS_IN:
        raise Invalid({"status": Problem("in", f"status must be one of {', '.join(STATUS_IN)}")})
    return StatusIn(STATUS_IN[word]) if STATUS_IN[word] else Nobody()


async def search_contacts(call: Call) -> Any:
    filters = call.params.get("filters") or {}
    if not isinstance(filters, dict):
        raise Invalid({"filters": Problem("type", "filters must be an object")})
    found: list[Rule] = [Search(call.text("query"))] if call.text("query").strip() else []
    if filters.get("status"):
        found.append(_status_rule(str(filters["status"])))
    if filters.get("groups"):
        found.append(InLists("in", tuple(numbers(filters["groups"], "grp", "filters.groups"))))
    if filters.get("tags"):
        found.append(await _tag_rule(call, list(texts(filters["tags"], "filters.tags"))))
    custom = filters.get("customFields") or {}
    if not isinstance(custom, dict):
        raise Invalid({"filters.customFields": Problem("type", "customFields must be an object")})
    found += [CustomFieldIs(str(slug), "text", "equals", str(value)) for slug, value in custom.items()]
    sort = call.params.get("sort")
    if isinstance(sort, dict):
        order = {"sort": sort.get("field"), "order": sort.get("order") or "desc"}
        call.params = {**call.params, **{k: v for k, v in order.items() if v}}
    return await _list(call, found, page_request(call))


async def _groups(call: Call, params: Any) -> list[int]:
    given = params.get("groupIds")
    given = given if given is not None else [params["groupId"]] if params.get("groupId") else []
    ids = numbers(given, "grp", "groupIds")
    if not ids:
        return []
    rows = await call.core.db.fetch("SELECT id FROM lists WHERE id = ANY($1::bigint[])", ids)
    if len(rows) != len(ids):
        raise Invalid({"groupIds": Problem("exists", "One of the groups does not exist")})
    return ids


async def _draft(call: Call, params: Any, **more: Any) -> Draft:
    values, custom = contact_values(params)
    tags = texts(params["tags"], "tags") if "tags" in params else []
    return Draft(values, custom=custom, status=status_of(params), tags=tags, lists=await _groups(call, params), **more)


def _require_email(params: Any) -> None:
    email = params.get("email")
    if not isinstance(email, str) or not email.strip():
        raise Invalid({"email": Problem("required", "Email is required")})
    if not rules.is_email(email.strip()):
        raise Invalid({"email": Problem("email", "Invalid email format")})


async def create_contact(call: Call) -> Any:
    _require_email(call.params)
    if await queries.find_contact_by_email(call.core, call.text("email")):
        raise Conflict("Email already exists", code="duplicate")
    draft = await _draft(call, call.params)
    try:
        written = await actions.write_contact(call.core, draft, WritePolicy(on_existing="refuse"))
    except Invalid as error:
        if any(problem.rule == "unique" for problem in error.fields.get("email", [])):
            raise Conflict("Email already exists", code="duplicate") from error
        raise
    return done(contact_body(await queries.contact_by_id(call.core, written.id)), 201)


async def get_contact(call: Call) -> Any:
    return done(contact_body(await _view(call)))


async def update_contact(call: Call) -> Any:
    view = await _view(call)
    if "email" in call:
        _require_email(call.params)
    draft = await _draft(call, call.params, id=view.contact.id)
    try:
        await actions.write_contact(call.core, draft, WritePolicy(may_rise=True))
    except Invalid as error:
        if any(problem.rule == "unique" for problem in error.fields.get("email", [])):
            raise Conflict("Email already exists", code="duplicate") from error
        raise
    return done(contact_body(await queries.contact_by_id(call.core, view.contact.id)))


async def delete_contact(call: Call) -> Any:
    view = await _view(call)
    await actions.delete_contacts(call.core, [view.contact.id])
    return done({"id": opaque("con", view.contact.id), "deleted": True})


async def bulk(call: Call) -> Any:
    rows = call.params.get("contacts")
    if not isinstance(rows, list) or not rows:
        raise Invalid({"contacts": Problem("required", "contacts must be an array of contacts")})
    if len(rows) > MAX_BULK:
        raise Invalid({"contacts": Problem("max", f"contacts may have at most {MAX_BULK} rows")})
    on_duplicate = call.params.get("onDuplicate", "skip")
    if on_duplicate not in ("skip", "update"):
        raise Invalid({"onDuplicate": Problem("in", "onDuplicate must be skip or update")})
    shared = await _groups(call, call.params)
    drafts: list[Draft] = []
    errors: list[dict[str, Any]] = []
    definitions = await queries.custom_fields(call.core)
    for index, row in enumerate(rows):
        try:
            if not isinstance(row, dict):
                raise Invalid({"contact": Problem("type", "Each contact must be an object")})
            _require_email(row)
            draft = await _draft(call, row)
            rules.checked_values(draft.values)
            rules.custom_values(definitions, draft.custom)
        except Invalid as error:
            email = row.get("email") if isinstance(row, dict) else None
            errors.append({"index": index, "email": email, "message": error.message})
            continue
        drafts.append(Draft(draft.values, draft.custom, draft.status, draft.tags, [*draft.lists, *shared]))
    written = await actions.write_contacts(call.core, drafts, WritePolicy(on_existing=on_duplicate))
    counts = {
        name: sum(1 for one in written if one.outcome == name)
        for name in ("created", "updated", "unchanged", "skipped")
    }
    body = {
        "created": counts["created"],
        "updated": counts["updated"] + counts["unchanged"],
        "skipped": counts["skipped"],
    }
    return done({**body, "errors": errors})


async def add_groups(call: Call) -> Any:
    view = await _view(call)
    await actions.add_lists(call.core, [view.contact.id], await _groups(call, call.params))
    return await get_contact(call)


async def remove_groups(call: Call) -> Any:
    view = await _view(call)
    await actions.remove_lists(call.core, [view.contact.id], numbers(call.params.get("groupIds"), "grp", "groupIds"))
    return await get_contact(call)


async def add_tags(call: Call) -> Any:
    view = await _view(call)
    tags = texts(call.params.get("tags"), "tags")
    await actions.write_contact(call.core, Draft(id=view.contact.id, tags=tags))
    return await get_contact(call)


async def remove_tags(call: Call) -> Any:
    view = await _view(call)
    wanted = {title.lower() for title in texts(call.params.get("tags"), "tags")}
    await actions.remove_tags(call.core, [view.contact.id], [t.id for t in view.tags if t.title.lower() in wanted])
    return await get_contact(call)


_READ, _WRITE, _DELETE = "fcrm_read_contacts", "fcrm_manage_contacts", "fcrm_manage_contacts_delete"
_ONE = "/contacts/{id:word}"
ROUTES = [
    Route("GET", "/contacts", "listContacts", _READ, "crud", list_contacts),
    Route("POST", "/contacts", "createContact", _WRITE, "crud", create_contact, answer=201),
    Route("POST", "/contacts/bulk", "bulkContacts", _WRITE, "ack", bulk),
    Route("POST", "/contacts/search", "searchContacts", _READ, "view", search_contacts),
    Route("GET", _ONE, "getContact", _READ, "crud", get_contact),
    Route("PUT", _ONE, "updateContact", _WRITE, "crud", update_contact),
    Route("DELETE", _ONE, "deleteContact", _DELETE, "crud", delete_contact),
    Route("POST", f"{_ONE}/groups", "addContactGroups", _WRITE, "ack", add_groups),
    Route("DELETE", f"{_ONE}/groups", "removeContactGroups", _WRITE, "ack", remove_groups),
    Route("POST", f"{_ONE}/tags", "addContactTags", _WRITE, "ack", add_tags),
    Route("DELETE", f"{_ONE}/tags", "removeContactTags", _WRITE, "ack", remove_tags),
]
