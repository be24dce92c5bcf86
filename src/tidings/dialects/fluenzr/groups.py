"""Groups: lists of contacts."""

from __future__ import annotations

import re
from typing import Any

from tidings.contacts import actions, catalog
from tidings.contacts.rules import random_slug, slug_of
from tidings.contacts.types import ContactList
from tidings.dialects._engine.calls import Call
from tidings.dialects._engine.routes import Route
from tidings.dialects.fluenzr.ids import number_of, opaque
from tidings.dialects.fluenzr.wire import done, group_body, numbers, page_answer, page_request
from tidings.platform.errors import Invalid, NotFound, Problem

SORTS = {
    "name": "title",
    "createdAt": "created_at",
    "updatedAt": "updated_at",
    "contactsCount": "contacts_count",
    "id": "id",
}
_COLOR = re.compile(r"#[0-9a-fA-F]{6}")


async def _group(call: Call) -> ContactList:
    number = number_of("grp", call.path["id"])
    found = await catalog.find_list(call.core, number) if number is not None else None
    if found is None:
        raise NotFound("group", call.path["id"])
    return found


async def list_groups(call: Call) -> Any:
    page = await catalog.list_lists(call.core, page_request(call, sorts=SORTS), search=call.text("name"))
    return page_answer(page, group_body)


def _values(call: Call, *, is_new: bool) -> dict[str, Any]:
    problems: dict[str, Problem] = {}
    values: dict[str, Any] = {}
    for wire, name in (("name", "title"), ("description", "description")):
        if wire in call:
            if not isinstance(call.params[wire], str):
                problems[wire] = Problem("type", f"{wire} must be a string")
            else:
                values[name] = call.params[wire]
    if (is_new or "title" in values) and not str(values.get("title") or "").strip():
        problems.setdefault("name", Problem("required", "Name is required"))
    kind = call.params.get("type")
    if kind is not None:
        if kind not in ("static", "dynamic"):
            problems["type"] = Problem("in", "type must be static or dynamic")
        values["is_dynamic"] = kind == "dynamic"
    color = call.params.get("color")
    if color is not None:
        if not isinstance(color, str) or not _COLOR.fullmatch(color):
            problems["color"] = Problem("color", "color must be like #1d4ed8")
        values["color"] = color
    if problems:
        raise Invalid(problems)
    return values


async def create_group(call: Call) -> Any:
    values = _values(call, is_new=True)
    slug = slug_of(values["title"])
    if await catalog.find_id_by_slug(call.core, "lists", slug) is not None:
        slug = f"{slug}-{random_slug()}"
    made = await actions.create_list(call.core, slug=slug, **values)
    return done(group_body(await catalog.list_by_id(call.core, made)), 201)


async def get_group(call: Call) -> Any:
    return done(group_body(await _group(call)))


async def update_group(call: Call) -> Any:
    group = await _group(call)
    await actions.update_list(call.core, group.id, **_values(call, is_new=False))
    return done(group_body(await catalog.list_by_id(call.core, group.id)))


async def delete_group(call: Call) -> Any:
    group = await _group(call)
    await actions.delete_lists(call.core, [group.id])
    return done({"id": opaque("grp", group.id), "deleted": True})


async def add_contacts(call: Call) -> Any:
    group = await _group(call)
    ids = numbers(call.params.get("contactIds"), "con", "contactIds")
    added = await actions.add_lists(call.core, ids, [group.id])
    return done({"added": added, "skipped": len(ids) - added})


_READ, _WRITE, _DELETE = "fcrm_read_contacts", "fcrm_manage_contact_cats", "fcrm_manage_contact_cats_delete"
_ONE = "/groups/{id:word}"
ROUTES = [
    Route("GET", "/groups", "listGroups", _READ, "crud", list_groups),
    Route("POST", "/groups", "createGroup", _WRITE, "crud", create_group, answer=201),
    Route("GET", _ONE, "getGroup", _READ, "crud", get_group),
    Route("PUT", _ONE, "updateGroup", _WRITE, "crud", update_group),
    Route("DELETE", _ONE, "deleteGroup", _DELETE, "crud", delete_group),
    Route("POST", f"{_ONE}/contacts", "addGroupContacts", "fcrm_manage_contacts", "ack", add_contacts),
]
