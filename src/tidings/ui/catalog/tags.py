"""Tags."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tidings.contacts import actions, catalog
from tidings.contacts.types import Tag
from tidings.platform.core import Core
from tidings.platform.pagination import Page, PageRequest
from tidings.ui.catalog.shelf import Shelf, Words, routes_of
from tidings.ui.shell.forms import Form


async def _page(core: Core, request: PageRequest, search: str) -> Page[Tag]:
    return await catalog.list_tags(core, request, search=search)


async def _create(core: Core, form: Form) -> int:
    return await actions.create_tag(
        core, title=form.text("title"), slug=form.text("slug") or None, description=form.text("description")
    )


async def _update(core: Core, tag_id: int, form: Form) -> None:
    changes = {name: form.text(name) for name in ("title", "description")}
    if form.text("slug"):
        changes["slug"] = form.text("slug")
    await actions.update_tag(core, tag_id, **changes)


def _shown(one: Tag) -> dict[str, Any]:
    return {"title": one.title, "slug": one.slug, "description": one.description}


async def _extras(_core: Core, _rows: Page[Tag] | None) -> Mapping[str, Any]:
    return {}


TAGS = Shelf(
    name="tags",
    words=Words("Tags", "The tag is there.", "Saved.", "%(n)s tag deleted.", "%(n)s tags deleted."),
    fields=("title", "slug", "description"),
    page=_page,
    find=catalog.find_tag,
    create=_create,
    update=_update,
    delete=actions.delete_tags,
    shown=_shown,
    extras=_extras,
)
ROUTES = routes_of(TAGS)
