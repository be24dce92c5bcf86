"""Lists and their groups."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tidings.contacts import actions, catalog
from tidings.contacts.types import ContactList
from tidings.platform.core import Core
from tidings.platform.pagination import Page, PageRequest
from tidings.ui.catalog.shelf import Shelf, Words, routes_of
from tidings.ui.shell.forms import Form


async def _page(core: Core, request: PageRequest, search: str) -> Page[ContactList]:
    return await catalog.list_lists(core, request, search=search)


async def _create(core: Core, form: Form) -> int:
    parents = form.ids("parent")
    return await actions.create_list(
        core,
        title=form.text("title"),
        slug=form.text("slug") or None,
        description=form.text("description"),
        parent_id=parents[0] if parents else None,
        is_public=form.flag("is_public"),
    )


async def _update(core: Core, list_id: int, form: Form) -> None:
    changes: dict[str, Any] = {name: form.text(name) for name in ("title", "description")}
    if form.text("slug"):
        changes["slug"] = form.text("slug")
    await actions.update_list(core, list_id, **changes, is_public=form.flag("is_public"))


def _shown(one: ContactList) -> dict[str, Any]:
    return {
        "title": one.title,
        "slug": one.slug,
        "description": one.description,
        "parent": str(one.parent_id or ""),
        "is_public": one.is_public,
    }


async def _extras(core: Core, rows: Page[ContactList] | None) -> Mapping[str, Any]:
    """For a table the lists that its groups belong to, for a form those that a group may belong to."""
    if rows is None:
        tops = (await catalog.list_lists(core, is_top_level=True)).rows
        return {"tops": sorted(((one.id, one.title) for one in tops), key=lambda one: one[1].lower())}
    ids = sorted({one.parent_id for one in rows.rows if one.parent_id is not None})
    parents = (await catalog.list_lists(core, ids=ids)).rows if ids else []
    return {"parents": {one.id: one for one in parents}}


LISTS = Shelf(
    name="lists",
    words=Words("Lists", "The list is there.", "Saved.", "%(n)s list deleted.", "%(n)s lists deleted."),
    fields=("title", "slug", "description", "parent", "is_public"),
    page=_page,
    find=catalog.find_list,
    create=_create,
    update=_update,
    delete=actions.delete_lists,
    shown=_shown,
    extras=_extras,
)
ROUTES = routes_of(LISTS)
