"""Dynamic segments: saved selections and those that are built in (spec §3.5). What a body means is in `segment_bodies`.

The core keeps the rule; the body itself is kept beside it, so that an editor gets back what it wrote.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from tidings.contacts import catalog, queries
from tidings.dialects._engine.calls import Call, as_structure
from tidings.dialects._engine.routes import Route
from tidings.dialects.fluentcrm.envelope import page_request
from tidings.dialects.fluentcrm.segment_bodies import CUSTOM, editor_fields, segment_rule, segment_values
from tidings.dialects.fluentcrm.subscribers import SORTS, page_of_contacts, rule_of
from tidings.platform.core import Core
from tidings.platform.errors import Refused
from tidings.segments import actions
from tidings.segments.queries import Segment, count_contacts, find_segment, list_segments, where_of
from tidings.segments.types import All, ColumnIs, Everybody, Rule

_NOT_FOUND = "Sorry! No segment found"
# How long a list may count before it shows last counts; how long the numbers may; how long a segment just written.
_LISTED_WITHIN, _COUNTED_WITHIN, _WRITTEN_WITHIN = timedelta(seconds=0.1), timedelta(seconds=1), timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class BuiltIn:
    """A segment that is always there, with id 0; `aliases` are other words for its slug."""

    slug: str
    title: str
    subtitle: str
    rule: Rule
    aliases: tuple[str, ...] = ()


# Those of shops and memberships come with the modules that hold such records.
BUILT_IN = (
    BuiltIn("wordpress_users", "Users", "Contacts with an account here", ColumnIs("user_id", "filled"), ("wp_users",)),
)
_BY_SLUG = {slug: one for one in BUILT_IN for slug in (one.slug, *one.aliases)}


async def rules_by_slug(core: Core) -> dict[str, Rule]:
    """The rules of all segments by `slug_id`, as recipients of campaigns name them."""
    rules = {f"{slug}_0": one.rule for slug, one in _BY_SLUG.items()}
    return rules | {f"{CUSTOM}_{one.id}": one.rule for one in await list_segments(core)}


async def segment_options(core: Core) -> list[dict[str, Any]]:
    """The saved segments for a picker."""
    return [{"id": one.id, "slug": CUSTOM, "title": one.title} for one in await list_segments(core)]


def _built_in_body(one: BuiltIn) -> dict[str, Any]:
    return {"id": 0, "slug": one.slug, "title": one.title, "subtitle": one.subtitle}


def _body(one: Segment) -> dict[str, Any]:
    return {"id": one.id, "slug": CUSTOM, "title": one.title, **one.settings}


async def _counts(call: Call, segments: list[Segment], within: timedelta) -> dict[str, int]:
    """How many there are in each, by `slug_id`; saved ones are counted for so long, then their last count is told."""
    counts = {f"{one.slug}_0": await _count(call.core, one.rule) for one in BUILT_IN}
    found = await actions.count_segments(call.core, segments, within=within)
    return counts | {f"{CUSTOM}_{number}": n or 0 for number, n in found.items()}


async def _count(core: Core, rule: Rule) -> int:
    try:
        return await count_contacts(core, rule, limit=_COUNTED_WITHIN)
    except Refused:
        return 0


async def list_dynamic(call: Call) -> Any:
    segments = await list_segments(call.core, search=call.text("search"))
    counts = await _counts(call, segments, _LISTED_WITHIN)
    rows = [_built_in_body(one) | {"count": counts[f"{one.slug}_0"]} for one in BUILT_IN]
    rows += [
        _body(one) | {"subtitle": one.description or "Custom Segment", "count": counts[f"{CUSTOM}_{one.id}"]}
        for one in segments
    ]
    return {"dynamic_segments": rows}


async def stats(call: Call) -> Any:
    return {"stats": await _counts(call, await list_segments(call.core), _COUNTED_WITHIN)}


async def create(call: Call) -> Any:
    title, body = segment_values(call.get("segment"))
    rule = segment_rule(body, fields=await queries.custom_fields(call.core))
    made = await actions.save_segment(call.core, title=title, rule=rule, settings=body, created_by=call.caller.user.id)
    await actions.count_segments(call.core, [made], within=_WRITTEN_WITHIN)
    return {"message": "Segment has been created", "segment": _body(made)}


async def update(call: Call) -> Any:
    title, body = segment_values(call.get("segment"))
    await _custom(call, call.id())
    rule = segment_rule(body, fields=await queries.custom_fields(call.core))
    changed = await actions.update_segment(call.core, call.id(), title=title, rule=rule, settings=body)
    await actions.count_segments(call.core, [changed], within=_WRITTEN_WITHIN)
    return {"message": "Segment has been updated", "segment": _body(changed)}


async def delete(call: Call) -> Any:
    if not await actions.delete_segments(call.core, [call.id()]):
        raise Refused(_NOT_FOUND)
    return {"message": "Selected segment has been deleted"}


async def duplicate(call: Call) -> Any:
    await _custom(call, call.id())
    copy = await actions.duplicate_segment(call.core, call.id(), created_by=call.caller.user.id)
    return {"message": "Segment successfully duplicated", "segment_id": copy.id}


async def _custom(call: Call, segment_id: int) -> Segment:
    found = await find_segment(call.core, segment_id)
    if found is None:
        raise Refused(_NOT_FOUND)
    return found


async def estimate(call: Call) -> Any:
    """How many a body would have; a bare list of groups is the new form."""
    given = as_structure(call.get("filters"))
    body: Mapping[str, Any] = given if isinstance(given, dict) else {"filters": given}
    rule = segment_rule(body, fields=await queries.custom_fields(call.core))
    return {"count": await count_contacts(call.core, rule)}


async def custom_fields(call: Call) -> Any:
    tags, lists = await catalog.list_tags(call.core), await catalog.list_lists(call.core)
    return editor_fields(tags.rows, lists.rows)


async def members(call: Call) -> Any:
    """A page of the contacts of a segment; `search` narrows it."""
    slug, number = call.path["slug"], call.id()
    if slug == CUSTOM:
        custom = await _custom(call, number)
        segment, rule = _body(custom), custom.rule
    elif slug in _BY_SLUG and number == 0:
        segment, rule = _built_in_body(_BY_SLUG[slug]), _BY_SLUG[slug].rule
    else:
        raise Refused(_NOT_FOUND)
    search = await rule_of(call, {name: call.text(name) for name in ("search", "custom_fields")})
    rule = rule if search == Everybody() else All((rule, search))
    where = None if rule == Everybody() else await where_of(call.core, rule)
    page = await queries.list_contacts(call.core, page_request(call, sorts=SORTS), where)
    found = await page_of_contacts(call, page, has_custom=call.flag("custom_fields"))
    return {"segment": segment, "subscribers": found}


_READ, _WRITE = "fcrm_read_contacts", "fcrm_manage_contact_cats"
_ALL, _ONE = "/dynamic-segments", "/dynamic-segments/{id}"
ROUTES = [
    Route("GET", _ALL, "list-dynamic-segments", _READ, "view", list_dynamic),
    Route("POST", _ALL, "create-dynamic-segment", _WRITE, "ack", create),
    Route("GET", f"{_ALL}/custom-fields", "dynamic-segment-fields", _READ, "view", custom_fields),
    Route("GET", f"{_ALL}/stats", "dynamic-segment-stats", _READ, "view", stats),
    Route("POST", f"{_ALL}/estimated-contacts", "estimate-dynamic-segment", _READ, "view", estimate),
    Route("POST", f"{_ALL}/duplicate/{{id}}", "duplicate-dynamic-segment", _WRITE, "ack", duplicate),
    Route("PUT", _ONE, "update-dynamic-segment", _WRITE, "ack", update),
    Route("DELETE", _ONE, "delete-dynamic-segment", "fcrm_manage_contact_cats_delete", "ack", delete),
    Route("GET", f"{_ALL}/{{slug:word}}/subscribers/{{id}}", "dynamic-segment-subscribers", _READ, "view", members),
]
