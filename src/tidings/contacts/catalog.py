"""Reads of lists, tags and labels, with counts that are exact at the instant of reading."""

from __future__ import annotations

from collections.abc import Sequence

from tidings.contacts import store
from tidings.contacts.types import ContactList, Label, Tag
from tidings.platform.core import Core
from tidings.platform.db import escape_like
from tidings.platform.errors import NotFound
from tidings.platform.pagination import Page, PageRequest

LIST_SORTS = {"id": "l.id", "title": "lower(l.title)", "slug": "l.slug", "created_at": "l.created_at"}
LIST_SORTS |= {"updated_at": "l.updated_at", "contacts_count": "contacts_count"}
TAG_SORTS = {"id": "t.id", "title": "lower(t.title)", "slug": "t.slug", "created_at": "t.created_at"}
TAG_SORTS |= {"updated_at": "t.updated_at", "contacts_count": "contacts_count"}
EVERYTHING = PageRequest(per_page=100_000, sort="id", is_descending=True)


async def list_lists(
    core: Core,
    request: PageRequest = EVERYTHING,
    *,
    ids: Sequence[int] | None = None,
    search: str = "",
    parent_id: int | None = None,
    is_top_level: bool = False,
) -> Page[ContactList]:
    """A page of lists; `is_top_level` leaves groups out, `parent_id` takes only that audience's groups."""
    args = (list(ids) if ids is not None else None, _like(search), parent_id, is_top_level)
    rows = await core.db.fetch(
        f"{store.sql.list_lists} {request.order_by(LIST_SORTS)} LIMIT $5 OFFSET $6",
        *args,
        request.per_page,
        request.offset,
    )
    total = len(rows) if request is EVERYTHING else await core.db.fetchval(store.sql.count_lists, *args)
    return Page([ContactList(*row) for row in rows], total, request)


async def list_tags(
    core: Core, request: PageRequest = EVERYTHING, *, ids: Sequence[int] | None = None, search: str = ""
) -> Page[Tag]:
    """A page of tags."""
    args = (list(ids) if ids is not None else None, _like(search))
    rows = await core.db.fetch(
        f"{store.sql.list_tags} {request.order_by(TAG_SORTS)} LIMIT $3 OFFSET $4",
        *args,
        request.per_page,
        request.offset,
    )
    total = len(rows) if request is EVERYTHING else await core.db.fetchval(store.sql.count_tags, *args)
    return Page([Tag(*row) for row in rows], total, request)


async def find_list(core: Core, list_id: int) -> ContactList | None:
    """One list, or None."""
    page = await list_lists(core, ids=[list_id])
    return page.rows[0] if page.rows else None


async def list_by_id(core: Core, list_id: int) -> ContactList:
    """One list; raises NotFound."""
    found = await find_list(core, list_id)
    if found is None:
        raise NotFound("list", list_id)
    return found


async def find_tag(core: Core, tag_id: int) -> Tag | None:
    """One tag, or None."""
    page = await list_tags(core, ids=[tag_id])
    return page.rows[0] if page.rows else None


async def find_id_by_slug(core: Core, table: str, slug: str) -> int | None:
    """The id of the tag or list with that slug; `table` is 'tags' or 'lists'."""
    if table not in ("tags", "lists"):
        raise ValueError(table)
    return await core.db.fetchval(f"SELECT id FROM {table} WHERE slug = $1", slug)


async def list_labels(core: Core, ids: Sequence[int] | None = None) -> list[Label]:
    """All labels in their order, or those with the given ids."""
    rows = await core.db.fetch(
        "SELECT id, slug, title, description, position, color, created_at, updated_at FROM labels"
        " WHERE $1::bigint[] IS NULL OR id = ANY($1) ORDER BY position, id",
        list(ids) if ids is not None else None,
    )
    return [Label(*row) for row in rows]


def _like(search: str) -> str:
    if not search.strip():
        return ""
    text = escape_like(search.strip().lower())
    return f"%{text}%"
