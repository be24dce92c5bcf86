"""Reads of smart links."""

from __future__ import annotations

from tidings.platform.core import Core
from tidings.platform.errors import NotFound
from tidings.platform.listing import Listing
from tidings.platform.pagination import Page, PageRequest
from tidings.smart_links import store
from tidings.smart_links.types import SmartLink

SORTS = {
    "id": "l.id",
    "title": "lower(l.title)",
    "target_url": "l.target_url",
    "contact_clicks": "t.contact_clicks",
    "clicks": "t.clicks",
    "created_at": "l.created_at",
    "updated_at": "l.updated_at",
}
_LINKS = Listing(
    f"SELECT {store.SELECTED} {store.FROM}",
    "smart_links l",
    ("l.title", "l.target_url", "l.notes"),
    SORTS,
    store.link_from,
)


async def list_links(core: Core, request: PageRequest | None = None, *, search: str = "") -> Page[SmartLink]:
    """A page of links with their counts, the newest first unless sorted otherwise."""
    return await _LINKS.page(core, request, search)


async def link_by_id(core: Core, link_id: int) -> SmartLink:
    """The link; raises NotFound."""
    row = await core.db.fetchrow(f"SELECT {store.SELECTED} {store.FROM} WHERE l.id = $1", link_id)
    if row is None:
        raise NotFound("SmartLink", link_id)
    return store.link_from(row)


async def find_link(core: Core, slug: str) -> SmartLink | None:
    """The link by its short name."""
    row = await core.db.fetchrow(f"SELECT {store.SELECTED} {store.FROM} WHERE l.slug = $1", slug)
    return store.link_from(row) if row is not None else None


def link_url(home: str, link: SmartLink) -> str:
    """The short address."""
    return f"{home.rstrip('/')}/?fluentcrm=1&route=smart_url&slug={link.slug}"
