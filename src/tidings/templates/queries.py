"""Reads of templates."""

from __future__ import annotations

from collections.abc import Sequence

from tidings.platform.core import Core
from tidings.platform.errors import NotFound
from tidings.platform.listing import Listing
from tidings.platform.pagination import Page, PageRequest
from tidings.templates import store
from tidings.templates.types import STATES, Template, TemplateTitle

SORTS = {
    "id": "t.id",
    "title": "lower(t.title)",
    "state": "t.state",
    "created_at": "t.created_at",
    "updated_at": "t.updated_at",
}
# How many a choice of templates offers, the newest first.
OFFERED = 200
_TEMPLATES = Listing(
    f"SELECT {store.SELECTED} FROM templates t", "templates t", ("t.title",), SORTS, store.template_from
)


async def list_templates(
    core: Core, request: PageRequest | None = None, *, search: str = "", states: Sequence[str] = STATES
) -> Page[Template]:
    """A page of templates by a part of their titles, the newest first unless sorted otherwise; two statements."""
    return await _TEMPLATES.page(core, request, search, "t.state = ANY($2::text[])", list(states))


async def find_template(core: Core, template_id: int) -> Template | None:
    """The template, or None."""
    row = await core.db.fetchrow(f"SELECT {store.SELECTED} FROM templates t WHERE t.id = $1", template_id)
    return store.template_from(row) if row is not None else None


async def template_by_id(core: Core, template_id: int) -> Template:
    """The template; raises NotFound."""
    found = await find_template(core, template_id)
    if found is None:
        raise NotFound("template", template_id)
    return found


async def templates_by_ids(core: Core, ids: Sequence[int]) -> list[Template]:
    """Several of them, the newest first; unknown ids are left out."""
    where = f"SELECT {store.SELECTED} FROM templates t WHERE t.id = ANY($1::bigint[]) ORDER BY t.id DESC"
    return [store.template_from(row) for row in await core.db.fetch(where, list(ids))]


async def offered_templates(core: Core, search: str = "") -> list[TemplateTitle]:
    """The newest published ones by name, for a choice."""
    request = PageRequest(per_page=OFFERED)
    page = await list_templates(core, request, search=search, states=("published",))
    return [TemplateTitle(one.id, one.title, one.subject) for one in page.rows]


async def count_templates(core: Core) -> int:
    """How many there are, drafts among them."""
    return await core.db.fetchval("SELECT count(*) FROM templates")
