"""Contacts, audiences and their groups, and the key itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tidings.contacts import actions, catalog, members
from tidings.contacts.rules import random_slug, slug_of
from tidings.contacts.types import ContactList, Draft, Joining
from tidings.dialects._engine.calls import Answer, Call
from tidings.dialects._engine.routes import Route
from tidings.dialects.furiosa.wire import (
    CONTACT_FIELDS,
    audience_body,
    contact_body,
    contact_values,
    group_body,
    id_param,
    is_ids,
    page_body,
    page_request,
    require_known,
    texts_of,
)
from tidings.platform.errors import Conflict, Invalid, NotFound, Problem, TidingsError
from tidings.platform.pagination import PageRequest

MAX_BATCH = 100


async def list_contacts(call: Call) -> Any:
    page = await members.list_members(
        call.core,
        page_request(call),
        audience_id=id_param(call, "audience_id"),
        group_id=id_param(call, "group_id"),
        email=call.text("email") or None,
        phone=call.text("phone") or None,
        name=call.text("name") or None,
    )
    return page_body(page, contact_body)


def _joining(params: Mapping[str, Any]) -> Joining:
    """Who joins which audience; raises Invalid naming each bad field."""
    require_known(params, CONTACT_FIELDS | {"audience_id"})
    audience_id: Any = params.get("audience_id")
    if not is_ids([audience_id]):
        raise Invalid({"audience_id": Problem("required", "The audience_id field is required.")})
    values, custom, groups = contact_values(params)
    if not values.get("email") and not values.get("phone"):
        raise Invalid(dict.fromkeys(("email", "phone"), Problem("required", "The email or phone field is required.")))
    return Joining(audience_id, Draft({**values, "source": "api"}, custom=custom), groups or ())


async def _join(call: Call, joining: Sequence[Joining]) -> list[int | TidingsError]:
    """The ids of the members; an audience that there is not is a fault of its field."""
    joined = await actions.join_audiences(call.core, joining)
    unknown = Invalid({"audience_id": Problem("exists", "The audience does not exist.")})
    return [unknown if isinstance(one, NotFound) else one for one in joined]


async def create_contact(call: Call) -> Any:
    (joined,) = await _join(call, [_joining(call.params)])
    if isinstance(joined, TidingsError):
        raise joined
    return Answer(contact_body(await members.member_by_id(call.core, joined)), 201)


async def create_batch(call: Call) -> Any:
    require_known(call.params, {"contacts", "audience_id"})
    rows = call.params.get("contacts")
    if not isinstance(rows, list) or not rows:
        raise Invalid({"contacts": Problem("required", "The contacts field must be an array of contacts.")})
    if len(rows) > MAX_BATCH:
        raise Invalid({"contacts": Problem("max", f"A batch may have at most {MAX_BATCH} contacts.")})
    shared = call.params.get("audience_id")
    if shared is not None and not is_ids([shared]):
        raise Invalid({"audience_id": Problem("type", "The audience_id field must be the id of an audience.")})
    read = [_batch_row(shared, row) for row in rows]
    joined = iter(await _join(call, [one for one in read if isinstance(one, Joining)]))
    told = [next(joined) if isinstance(one, Joining) else one for one in read]
    results = [{"index": index, **_outcome(one)} for index, one in enumerate(told)]
    created = sum(1 for one in results if one["status"] == 201)
    return {"created": created, "failed": len(results) - created, "results": results}


def _batch_row(audience_id: object, row: object) -> Joining | Invalid:
    try:
        if not isinstance(row, dict):
            raise Invalid({"contact": Problem("type", "Each contact must be an object.")})
        return _joining({"audience_id": audience_id, **row})
    except Invalid as error:
        return error


def _outcome(joined: int | TidingsError) -> dict[str, Any]:
    """What a batch says of one of its rows."""
    if not isinstance(joined, TidingsError):
        return {"status": 201, "id": joined, "errors": None}
    if isinstance(joined, Conflict):
        return {"status": 409, "id": None, "errors": {"email": joined.message}}
    return {
        "status": 422,
        "id": None,
        "errors": texts_of(joined) if isinstance(joined, Invalid) else {"contact": joined.message},
    }


async def get_contact(call: Call) -> Any:
    return contact_body(await members.member_by_id(call.core, call.id()))


async def update_contact(call: Call) -> Any:
    require_known(call.params, CONTACT_FIELDS)
    values, custom, groups = contact_values(call.params)
    try:
        await actions.update_member(call.core, call.id(), Draft(values, custom=custom), group_ids=groups)
    except Invalid as error:
        if any(problem.rule == "unique" for problem in error.fields.get("email", [])):
            raise Conflict("Another contact already has this email.", code="duplicate") from error
        raise
    return contact_body(await members.member_by_id(call.core, call.id()))


async def delete_contact(call: Call) -> Any:
    await actions.leave_audience(call.core, call.id())
    return Answer(None, 204)


async def _audience(call: Call) -> ContactList:
    found = await catalog.find_list(call.core, call.id())
    if found is None or found.parent_id is not None:
        raise NotFound("audience", call.id())
    return found


async def _body(call: Call, audience_id: int) -> dict[str, Any]:
    audience = await catalog.list_by_id(call.core, audience_id)
    groups = await catalog.list_lists(call.core, parent_id=audience_id)
    return audience_body(audience, list(reversed(groups.rows)))


async def list_audiences(call: Call) -> Any:
    page = await catalog.list_lists(call.core, page_request(call), is_top_level=True)
    ids = {audience.id for audience in page.rows}
    everything = (
        await catalog.list_lists(call.core, PageRequest(per_page=100_000, is_descending=False)) if ids else None
    )
    groups: dict[int, list[ContactList]] = {}
    for one in everything.rows if everything else []:
        if one.parent_id in ids:
            groups.setdefault(one.parent_id, []).append(one)
    return page_body(page, lambda audience: audience_body(audience, groups.get(audience.id, [])))


def _name(call: Call, *, is_required: bool) -> str | None:
    name = call.params.get("name")
    if name is None and not is_required and "name" not in call:
        return None
    if not isinstance(name, str) or not name.strip():
        raise Invalid({"name": Problem("required", "The name field is required.")})
    return name


def _description(call: Call) -> str | None:
    value = call.params.get("description")
    if value is not None and not isinstance(value, str):
        raise Invalid({"description": Problem("type", "The description field must be a string.")})
    return value


async def create_audience(call: Call) -> Any:
    require_known(call.params, {"name", "description"})
    name = _name(call, is_required=True)
    assert name is not None
    made = await _made(call, name, description=_description(call) or "")
    return Answer(await _body(call, made), 201)


async def _made(call: Call, name: str, **more: Any) -> int:
    """A list whose slug is free: names of audiences and groups need not be unique."""
    try:
        return await actions.create_list(call.core, title=name, slug=slug_of(name), **more)
    except Invalid as error:
        if "slug" not in error.fields:
            raise Invalid({"name": error.fields.get("title", [Problem("invalid", error.message)])}) from error
        return await actions.create_list(call.core, title=name, slug=f"{slug_of(name)}-{random_slug()}", **more)


async def get_audience(call: Call) -> Any:
    return await _body(call, (await _audience(call)).id)


async def update_audience(call: Call) -> Any:
    require_known(call.params, {"name", "description"})
    audience = await _audience(call)
    changes: dict[str, Any] = {}
    if (name := _name(call, is_required=False)) is not None:
        changes["title"] = name
    if "description" in call:
        changes["description"] = _description(call) or ""
    await actions.update_list(call.core, audience.id, **changes)
    return await _body(call, audience.id)


async def delete_audience(call: Call) -> Any:
    await actions.delete_lists(call.core, [(await _audience(call)).id])
    return Answer(None, 204)


async def audience_stats(call: Call) -> Any:
    audience = await _audience(call)
    rows = await call.core.db.fetch(
        """SELECT c.status, count(*) AS n FROM contact_lists m JOIN contacts c ON c.id = m.contact_id
        WHERE m.list_id = $1 GROUP BY c.status""",
        audience.id,
    )
    return {
        "audience_id": audience.id,
        "contacts_count": audience.contacts_count,
        "emails_count": audience.emails_count,
        "phones_count": audience.phones_count,
        "statuses": {row["status"]: row["n"] for row in rows},
        "groups": [group_body(one) for one in (await catalog.list_lists(call.core, parent_id=audience.id)).rows],
    }


async def list_groups(call: Call) -> Any:
    audience = await _audience(call)
    return page_body(await catalog.list_lists(call.core, page_request(call), parent_id=audience.id), group_body)


async def create_group(call: Call) -> Any:
    require_known(call.params, {"name"})
    audience = await _audience(call)
    name = _name(call, is_required=True)
    assert name is not None
    made = await _made(call, name, parent_id=audience.id)
    return Answer(group_body(await catalog.list_by_id(call.core, made)), 201)


async def _group(call: Call) -> ContactList:
    audience = await _audience(call)
    found = await catalog.find_list(call.core, call.id("group_id"))
    if found is None or found.parent_id != audience.id:
        raise NotFound("group", call.id("group_id"))
    return found


async def update_group(call: Call) -> Any:
    require_known(call.params, {"name"})
    group = await _group(call)
    await actions.update_list(call.core, group.id, title=_name(call, is_required=True))
    return group_body(await catalog.list_by_id(call.core, group.id))


async def delete_group(call: Call) -> Any:
    await actions.delete_lists(call.core, [(await _group(call)).id])
    return Answer(None, 204)


async def me(call: Call) -> Any:
    usage = call.request.usage
    assert usage is not None, "the route asks for a key"
    scopes = call.caller.scopes
    return {
        "name": call.caller.key_name,
        "scopes": sorted(scopes) if scopes is not None else None,
        "rate_limit": {"limit": usage.limit, "remaining": usage.remaining},
    }


_ONE = "/audiences/{id}"
ROUTES = [
    Route("GET", "/contacts", "listContacts", "contacts:read", "crud", list_contacts),
    Route("POST", "/contacts", "createContact", "contacts:write", "crud", create_contact, answer=201),
    Route("POST", "/contacts/batch", "createContacts", "contacts:write", "ack", create_batch),
    Route("GET", "/contacts/{id}", "getContact", "contacts:read", "crud", get_contact),
    Route("PUT", "/contacts/{id}", "updateContact", "contacts:write", "crud", update_contact),
    Route("DELETE", "/contacts/{id}", "deleteContact", "contacts:write", "crud", delete_contact, answer=204),
    Route("GET", "/audiences", "listAudiences", "audiences:read", "crud", list_audiences),
    Route("POST", "/audiences", "createAudience", "audiences:write", "crud", create_audience, answer=201),
    Route("GET", _ONE, "getAudience", "audiences:read", "crud", get_audience),
    Route("PUT", _ONE, "updateAudience", "audiences:write", "crud", update_audience),
    Route("DELETE", _ONE, "deleteAudience", "audiences:write", "crud", delete_audience, answer=204),
    Route("GET", f"{_ONE}/stats", "audienceStats", "audiences:read", "view", audience_stats),
    Route("GET", f"{_ONE}/groups", "listGroups", "audiences:read", "crud", list_groups),
    Route("POST", f"{_ONE}/groups", "createGroup", "audiences:write", "crud", create_group, answer=201),
    Route("PUT", f"{_ONE}/groups/{{group_id}}", "updateGroup", "audiences:write", "crud", update_group),
    Route("DELETE", f"{_ONE}/groups/{{group_id}}", "deleteGroup", "audiences:write", "crud", delete_group, answer=204),
    Route("GET", "/me", "me", "", "view", me),
]
