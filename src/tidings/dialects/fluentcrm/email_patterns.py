"""Patterns on the wire (spec §2.6, §7.14): under their own names, and as the block editor names its blocks."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from tidings.dialects._engine.calls import Answer, Call, as_ids, as_list, is_true
from tidings.dialects._engine.routes import Route
from tidings.dialects.fluentcrm.envelope import MAX_PER_PAGE, page_request
from tidings.dialects.fluentcrm.kept import plain
from tidings.dialects.fluentcrm.wire import Wire, stamp_in
from tidings.platform.errors import NotFound, Refused
from tidings.templates.patterns import actions, queries
from tidings.templates.patterns.types import Category, Pattern

SORTS = {name: name for name in ("id", "title", "category", "created_at", "updated_at")}
_UTC = ZoneInfo("UTC")


def pattern_body(pattern: Pattern, wire: Wire) -> dict[str, Any]:
    """A pattern under its own names."""
    return {
        "id": pattern.id,
        "slug": f"fluentcrm/{pattern.slug}",
        "title": pattern.title,
        "content": pattern.content,
        "category": pattern.category,
        "description": pattern.description,
        "sync_status": "synced" if pattern.is_synced else "unsynced",
        "created_at": wire.stamp(pattern.created_at),
        "updated_at": wire.stamp(pattern.updated_at),
    }


def block_body(pattern: Pattern, categories: Sequence[Category], wire: Wire) -> dict[str, Any]:
    """A pattern as the block editor reads its blocks: there, an empty sync status means synced."""
    made, changed = pattern.created_at, pattern.updated_at
    return {
        "id": pattern.id,
        "date": _moment(made, wire.zone),
        "date_gmt": _moment(made, _UTC),
        "modified": _moment(changed, wire.zone),
        "modified_gmt": _moment(changed, _UTC),
        "slug": f"fluentcrm/{pattern.slug}",
        "status": "publish",
        "type": "wp_block",
        "link": "",
        "title": {"raw": pattern.title},
        "content": {"raw": pattern.content, "protected": False},
        "meta": {},
        "wp_pattern_sync_status": "" if pattern.is_synced else "unsynced",
        "wp_pattern_category": [one.id for one in categories if one.name == pattern.category],
    }


def _moment(value: datetime, zone: ZoneInfo) -> dict[str, Any]:
    return {"date": f"{stamp_in(zone, value)}.000000", "timezone_type": 3, "timezone": zone.key}


def category_body(category: Category) -> dict[str, Any]:
    """A category as the block editor reads its terms."""
    return {"id": category.id, "count": category.count, "name": category.name, "slug": category.slug, "parent": 0}


def _text(value: Any) -> str:
    """A text, or the `raw` of one."""
    value = value.get("raw") if isinstance(value, dict) else value
    return "" if value is None or isinstance(value, dict | list) else str(value)


def _values(call: Call) -> dict[str, Any]:
    """Core values of what is present."""
    values: dict[str, Any] = {name: _text(call.get(name)) for name in ("title", "content") if name in call}
    values |= {name: plain(call.get(name)) for name in ("category", "description") if name in call}
    return values | ({"is_synced": call.text("sync_status") == "synced"} if "sync_status" in call else {})


async def list_patterns(call: Call) -> Any:
    request = page_request(call, per_page=MAX_PER_PAGE, sorts=SORTS)
    page = await queries.list_patterns(call.core, request, search=call.text("search"), category=call.text("category"))
    return {"patterns": {"data": [pattern_body(one, call.context) for one in page.rows], "total": page.total}}


async def get_pattern(call: Call) -> Any:
    return {"pattern": pattern_body(await queries.pattern_by_id(call.core, call.id()), call.context)}


async def create_pattern(call: Call) -> Any:
    values = {"title": "", **_values(call)}
    made = await actions.create_pattern(call.core, created_by=call.caller.user.id, **values)
    pattern = pattern_body(await queries.pattern_by_id(call.core, made), call.context)
    return {"message": "Pattern saved successfully", "pattern": pattern}


async def update_pattern(call: Call) -> Any:
    await actions.update_pattern(call.core, call.id(), **_values(call))
    pattern = pattern_body(await queries.pattern_by_id(call.core, call.id()), call.context)
    return {"message": "Pattern updated successfully", "pattern": pattern}


async def delete_pattern(call: Call) -> Any:
    if not await actions.delete_patterns(call.core, [call.id()]):
        raise NotFound("pattern", call.id())
    return {"message": "Pattern deleted successfully"}


async def bulk_action(call: Call) -> Any:
    ids = call.ids("pattern_ids")
    if not ids:
        raise Refused("No patterns selected")
    if call.text("action_name") != "delete_patterns":
        raise Refused("Selected action is not valid")
    await actions.delete_patterns(call.core, ids)
    return {"message": "Selected patterns have been deleted"}


async def list_blocks(call: Call) -> Any:
    categories = await queries.list_categories(call.core)
    page = await queries.list_patterns(call.core, page_request(call, per_page=MAX_PER_PAGE), search=call.text("search"))
    return [block_body(one, categories, call.context) for one in page.rows]


async def _make_block(call: Call) -> dict[str, Any]:
    categories, meta = await queries.list_categories(call.core), call.record("meta")
    wanted = as_ids(as_list(call.get("wp_pattern_category")))
    status = meta.get("wp_pattern_sync_status", call.get("wp_pattern_sync_status"))
    values: dict[str, Any] = {"title": "", **_values(call), "is_synced": not status or is_true(status)}
    named = next((one.name for one in categories if one.id in wanted), "")
    values |= {"category": named} if named else {}
    made = await actions.create_pattern(call.core, created_by=call.caller.user.id, **values)
    return block_body(await queries.pattern_by_id(call.core, made), categories, call.context)


async def create_block(call: Call) -> Any:
    return await _make_block(call)


async def create_editor_block(call: Call) -> Any:
    return Answer(await _make_block(call), 201)


async def list_names(call: Call) -> Any:
    return {"categories": await queries.used_categories(call.core)}


async def list_categories(call: Call) -> Any:
    return [category_body(one) for one in await queries.list_categories(call.core)]


async def _make_category(call: Call) -> dict[str, Any]:
    made = await actions.create_category(call.core, call.text("name"))
    return category_body(await queries.category_by_id(call.core, made))


async def create_category(call: Call) -> Any:
    return await _make_category(call)


async def create_editor_category(call: Call) -> Any:
    return Answer(await _make_category(call), 201)


async def delete_category(call: Call) -> Any:
    await actions.delete_category(call.core, call.id())
    return {"message": "Category deleted successfully"}


_NEEDS = "fcrm_manage_email_templates"
# Whoever writes a campaign puts patterns into it.
_CHOOSES = f"{_NEEDS}|fcrm_manage_emails"
_ALL, _ONE, _BLOCKS = "/email-patterns", "/email-patterns/{id}", "/email-patterns/wp-format"
_NAMES, _EDITOR, _SHELVES = "/email-patterns/categories", "/editor-patterns", "/editor-pattern-categories"
ROUTES = [
    Route("GET", _ALL, "list-patterns", _CHOOSES, "crud", list_patterns),
    Route("POST", _ALL, "create-pattern", _NEEDS, "crud", create_pattern),
    Route("GET", _ONE, "get-pattern", _CHOOSES, "crud", get_pattern),
    Route("PUT", _ONE, "update-pattern", _NEEDS, "crud", update_pattern),
    Route("DELETE", _ONE, "delete-pattern", _NEEDS, "crud", delete_pattern),
    Route("POST", f"{_ALL}/do-bulk-action", "patterns-bulk-action", _NEEDS, "ack", bulk_action),
    Route("GET", _BLOCKS, "list-pattern-blocks", _CHOOSES, "view", list_blocks),
    Route("POST", _BLOCKS, "create-pattern-block", _NEEDS, "crud", create_block),
    Route("GET", _NAMES, "list-pattern-category-names", _CHOOSES, "view", list_names),
    Route("POST", _NAMES, "create-pattern-category", _NEEDS, "crud", create_category),
    Route("DELETE", f"{_NAMES}/{{id}}", "delete-pattern-category", _NEEDS, "crud", delete_category),
    Route("GET", _EDITOR, "list-editor-patterns", _CHOOSES, "view", list_blocks),
    Route("POST", _EDITOR, "create-editor-pattern", _NEEDS, "crud", create_editor_block, answer=201),
    Route("GET", _SHELVES, "list-editor-pattern-categories", _CHOOSES, "view", list_categories),
    Route("POST", _SHELVES, "create-editor-pattern-category", _NEEDS, "crud", create_editor_category, answer=201),
]
