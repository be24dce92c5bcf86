"""Reads of patterns and their categories."""

from __future__ import annotations

from tidings.platform.core import Core
from tidings.platform.errors import NotFound
from tidings.platform.listing import Listing
from tidings.platform.pagination import Page, PageRequest
from tidings.templates.patterns import rules, store
from tidings.templates.patterns.types import Category, Pattern

SORTS = {
    "id": "p.id",
    "title": "lower(p.title)",
    "category": "lower(p.category)",
    "created_at": "p.created_at",
    "updated_at": "p.updated_at",
}
# How many an editor offers, by title.
OFFERED = 200
_PATTERNS = Listing(
    f"SELECT {store.SELECTED} FROM patterns p", "patterns p", ("p.title", "p.description"), SORTS, store.pattern_from
)


async def list_patterns(
    core: Core, request: PageRequest | None = None, *, search: str = "", category: str = ""
) -> Page[Pattern]:
    """A page of patterns by a part of title or description, of one category if that is given; two statements."""
    return await _PATTERNS.page(core, request, search, "($2 = '' OR p.category = $2)", category)


async def pattern_by_id(core: Core, pattern_id: int) -> Pattern:
    """The pattern; raises NotFound."""
    row = await core.db.fetchrow(f"SELECT {store.SELECTED} FROM patterns p WHERE p.id = $1", pattern_id)
    if row is None:
        raise NotFound("pattern", pattern_id)
    return store.pattern_from(row)


async def offered_patterns(core: Core) -> list[Pattern]:
    """What an editor offers to put in."""
    request = PageRequest(per_page=OFFERED, sort="title", is_descending=False)
    return (await list_patterns(core, request)).rows


async def used_categories(core: Core) -> list[str]:
    """Names of the categories that patterns are in."""
    rows = await core.db.fetch("SELECT DISTINCT category FROM patterns WHERE category <> '' ORDER BY category")
    return [row["category"] for row in rows]


async def list_categories(core: Core) -> list[Category]:
    """The categories with a row of their own, by name."""
    rows = await core.db.fetch(f"{store.sql.categories} ORDER BY lower(c.name), c.id")
    return [Category(*row) for row in rows]


async def category_by_id(core: Core, category_id: int) -> Category:
    """One category; raises NotFound."""
    row = await core.db.fetchrow(f"{store.sql.categories} WHERE c.id = $1", category_id)
    if row is None:
        raise NotFound("category", category_id)
    return Category(*row)


async def with_patterns(core: Core, text: str) -> str:
    """The text of a mail with the patterns that it refers to as they are now; one statement if there are any."""
    ids = rules.references(text)
    if not ids:
        return text
    rows = await core.db.fetch("SELECT id, content FROM patterns WHERE id = ANY($1::bigint[])", ids)
    return rules.with_contents(text, {row["id"]: row["content"] for row in rows})
