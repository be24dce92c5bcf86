"""Reads of landing pages."""

from __future__ import annotations

from collections.abc import Sequence

from tidings.forms.queries import embedding
from tidings.pages import rules, store
from tidings.pages.types import Counted, Page, Stamp
from tidings.platform.core import Core
from tidings.platform.errors import NotFound
from tidings.platform.listing import Listing
from tidings.platform.pagination import Page as Rows
from tidings.platform.pagination import PageRequest

SORTS = {
    "id": "p.id",
    "title": "lower(p.title)",
    "views": "t.views",
    "submissions": "t.submissions",
    "created_at": "p.created_at",
    "updated_at": "p.updated_at",
}
_PAGES = Listing(store.COUNTED, "pages p", ("p.title", "p.slug"), SORTS, store.counted_from)


async def list_pages(core: Core, request: PageRequest | None = None, *, search: str = "") -> Rows[Counted]:
    """A page of landing pages with their counts, the newest first unless sorted otherwise; two statements."""
    return await _PAGES.page(core, request, search)


async def page_by_id(core: Core, page_id: int) -> Counted:
    """The page with its counts; raises NotFound."""
    row = await core.db.fetchrow(f"{store.COUNTED} WHERE p.id = $1", page_id)
    if row is None:
        raise NotFound("page", page_id)
    return store.counted_from(row)


async def find_published(core: Core, slug: str) -> Page | None:
    """The published page at an address."""
    row = await core.db.fetchrow(
        f"SELECT {store.SELECTED} FROM pages p WHERE p.slug = $1 AND p.state = 'published'", slug
    )
    return store.page_from(row) if row is not None else None


async def stamp_of(core: Core, slug: str) -> Stamp | None:
    """What stands at an address now; visitors who ask at once share the statement."""
    if not rules.is_slug(slug):
        return None

    async def ask(slugs: list[str]) -> Sequence[Stamp | None]:
        rows = await core.db.fetch(store.sql.stamps, slugs)
        found = {row["slug"]: Stamp(row["page_id"], row["version"], row["form_at"]) for row in rows}
        return [found.get(one) for one in slugs]

    return await core.gatherings.of("page-stamps", ask).answer(slug)


def page_path(page: Page) -> str:
    """The public address within the installation."""
    return f"/p/{page.slug}"


def page_url(home: str, page: Page) -> str:
    """The public address."""
    return f"{home.rstrip('/')}{page_path(page)}"


def embed_codes(home: str, page: Page) -> tuple[str, str]:
    """What a site puts into its own page: as a frame, or as a script that makes the frame."""
    url = page_url(home, page)
    return embedding(url, f"{url}.js", page.title, "40rem")
