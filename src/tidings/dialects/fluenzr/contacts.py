"""Contacts with their groups and tags."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from typing import Any

from tidings.consent.queries import Consent, latest_opt_ins
from tidings.contacts import actions, catalog, queries, rules
from tidings.contacts.types import ContactView, CustomField, Draft, WritePolicy
from tidings.dialects._engine.calls import Call, as_integer
from tidings.dialects._engine.routes import Route
from tidings.dialects.fluenzr.filters import comparison, rules_of_filters, status_rule, tag_rule
from tidings.dialects.fluenzr.ids import number_of, opaque
from tidings.dialects.fluenzr.wire import (
    actor_of,
    consent_of,
    contact_bodies,
    contact_values,
    done,
    numbers,
    page_request,
    rows_answer,
    status_of,
    texts,
)
from tidings.pipeline.people import write_people
from tidings.pipeline.queries import list_stages
from tidings.pipeline.types import PersonDraft
from tidings.platform.errors import Conflict, Invalid, NotFound, Problem
from tidings.platform.pagination import PageRequest
from tidings.segments.queries import where_of
from tidings.segments.types import All, ColumnIs, InLists, Nobody, Rule, Search

MAX_BULK = 1000


async def _view(call: Call) -> ContactView:
    number = number_of("con", call.path["id"])
    view = await queries.find_contact(call.core, number) if number is not None else None
    if view is None:
        raise NotFound("contact", call.path["id"])
    return view


async def _list(call: Call, rules_: list[Rule], request: PageRequest) -> Any:
    where = await where_of(call.core, All(tuple(rules_))) if rules_ else None
    page = await queries.list_contacts(call.core, request, where)
    return rows_answer(page, await contact_bodies(call.core, page.rows))


async def list_contacts(call: Call) -> Any:
    found: list[Rule] = []
    if call.text("email"):
        found.append(comparison("email", lambda: ColumnIs("email", "contains", call.text("email"))))
    if call.text("status"):
        found.append(status_rule(call.text("status")))
    group = call.text("groupId") or call.text("group")
    if group:
        number = number_of("grp", group) or as_integer(group)
        found.append(InLists("in", (number,)) if number is not None else Nobody())
    if call.text("tag"):
        found.append(await tag_rule(call, [call.text("tag")]))
    return await _list(call, found, page_request(call))


async def search_contacts(call: Call) -> Any:
    if not isinstance(call.get("query", ""), str | None):
        raise Invalid({"query": Problem("type", "query must be a string")})
    found = await rules_of_filters(call)
    if call.text("query").strip():
        found.append(comparison("query", lambda: Search(call.text("query"))))
    sort = call.params.get("sort")
    if isinstance(sort, dict):
        order = {"sort": sort.get("field"), "order": sort.get("order") or "desc"}
        call.params = {**call.params, **{k: v for k, v in order.items() if v}}
    return await _list(call, found, page_request(call))


@dataclass(frozen=True, slots=True)
class _Known:
    """Which of the groups and stages that bodies name exist; looked up once for any number of bodies."""

    groups: frozenset[int]
    stages: frozenset[int]


def _group_ids(params: Any, *, is_required: bool = False) -> list[int]:
    given = params.get("groupIds")
    if is_required and given is None and not params.get("groupId"):
        raise Invalid({"groupIds": Problem("required", "groupIds is required")})
    given = given if given is not None else [params["groupId"]] if params.get("groupId") else []
    return numbers(given, "grp", "groupIds")


def _stage_id(params: Any) -> int | None:
    given = params.get("pipelineStageId")
    number = number_of("stg", given)
    if given is not None and number is None:
        raise Invalid({"pipelineStageId": Problem("id", f"{given!r} is not an id of a pipeline stage (stg_…)")})
    return number


async def _known(call: Call, bodies: Sequence[Any]) -> _Known:
    wanted: set[int] = set()
    names_stages = False
    for params in bodies:
        if isinstance(params, dict):
            # What is malformed is told where the body is read.
            with suppress(Invalid):
                wanted.update(_group_ids(params))
            names_stages = names_stages or params.get("pipelineStageId") is not None
    groups = (await catalog.list_lists(call.core, ids=list(wanted))).rows if wanted else []
    stages = await list_stages(call.core) if names_stages else []
    return _Known(frozenset(one.id for one in groups), frozenset(one.id for one in stages))


def _groups_of(params: Any, known: _Known) -> list[int]:
    ids = _group_ids(params)
    if not known.groups.issuperset(ids):
        raise Invalid({"groupIds": Problem("exists", "One of the groups does not exist")})
    return ids


def _person(params: Any, known: _Known, *, before: Consent | None = None, **more: Any) -> PersonDraft:
    values, custom = contact_values(params)
    tags = texts(params["tags"], "tags") if "tags" in params else []
    stage = _stage_id(params)
    if stage is not None and stage not in known.stages:
        raise Invalid({"pipelineStageId": Problem("exists", "The pipeline stage does not exist")})
    draft = Draft(values, custom=custom, status=status_of(params), tags=tags, lists=_groups_of(params, known), **more)
    return PersonDraft(draft, consent_of(params, before), "pipelineStageId" in params, stage)


@asynccontextmanager
async def _address_may_be_taken() -> AsyncGenerator[None]:
    try:
        yield
    except Invalid as error:
        if any(problem.rule == "unique" for problem in error.fields.get("email", [])):
            raise Conflict("Email already exists", code="duplicate") from error
        raise


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
    person = _person(call.params, await _known(call, [call.params]))
    async with _address_may_be_taken():
        written = await write_people(call.core, [person], WritePolicy(on_existing="refuse"), actor=actor_of(call))
    return await _shown(call, written[0].id, 201)


async def _shown(call: Call, contact_id: int, status: int = 200) -> Any:
    view = await queries.contact_by_id(call.core, contact_id)
    return done((await contact_bodies(call.core, [view]))[0], status)


async def get_contact(call: Call) -> Any:
    return done((await contact_bodies(call.core, [await _view(call)]))[0])


async def update_contact(call: Call) -> Any:
    found = (await _view(call)).contact.id
    if "email" in call:
        _require_email(call.params)
    before = (await latest_opt_ins(call.core, [found])).get(found)
    person = _person(call.params, await _known(call, [call.params]), before=before, id=found)
    async with _address_may_be_taken():
        await write_people(call.core, [person], WritePolicy(may_rise=True), actor=actor_of(call))
    return await _shown(call, found)


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
    known = await _known(call, [call.params, *rows])
    shared = _groups_of(call.params, known)
    definitions = await queries.custom_fields(call.core)
    people: list[PersonDraft] = []
    errors: list[dict[str, Any]] = []
    for index, row in enumerate(rows):
        try:
            people.append(_bulk_person(row, known, shared, definitions))
        except Invalid as error:
            email = row.get("email") if isinstance(row, dict) else None
            errors.append({"index": index, "email": email, "message": error.message})
    written = await write_people(call.core, people, WritePolicy(on_existing=on_duplicate), actor=actor_of(call))
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


def _bulk_person(row: Any, known: _Known, shared: Sequence[int], definitions: Mapping[str, CustomField]) -> PersonDraft:
    """A row, checked as the write will check it, so that a bad one hurts no other."""
    if not isinstance(row, dict):
        raise Invalid({"contact": Problem("type", "Each contact must be an object")})
    _require_email(row)
    person = _person(row, known)
    draft = person.draft
    rules.checked_values(draft.values)
    rules.custom_values(definitions, draft.custom)
    return replace(person, draft=replace(draft, lists=[*draft.lists, *shared]))


async def add_groups(call: Call) -> Any:
    view = await _view(call)
    _group_ids(call.params, is_required=True)
    groups = _groups_of(call.params, await _known(call, [call.params]))
    await actions.add_lists(call.core, [view.contact.id], groups)
    return await get_contact(call)


async def remove_groups(call: Call) -> Any:
    view = await _view(call)
    await actions.remove_lists(call.core, [view.contact.id], _group_ids(call.params, is_required=True))
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
