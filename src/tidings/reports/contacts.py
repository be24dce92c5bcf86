"""Numbers about contacts."""

from __future__ import annotations

from dataclasses import dataclass

from tidings.platform.core import Core
from tidings.platform.pagination import Page, PageRequest


@dataclass(frozen=True, slots=True)
class ClickedLink:
    """A link and how often a contact clicked it."""

    url: str
    clicks: int


async def mail_stats(core: Core, contact_id: int) -> dict[str, int]:
    """Mails sent to, opened and clicked by one contact."""
    row = await core.db.fetchrow(
        """SELECT count(*) FILTER (WHERE sent_at IS NOT NULL) AS emails,
        count(*) FILTER (WHERE opened_at IS NOT NULL) AS opens, count(*) FILTER (WHERE clicked_at IS NOT NULL) AS clicks
        FROM messages WHERE contact_id = $1""",
        contact_id,
    )
    assert row is not None
    return {name: row[name] for name in ("emails", "opens", "clicks")}


async def clicked_links(core: Core, contact_id: int, request: PageRequest) -> Page[ClickedLink]:
    """The links a contact clicked, the latest first."""
    source = """FROM message_links k JOIN messages m ON m.id = k.message_id JOIN links l ON l.id = k.link_id
        WHERE m.contact_id = $1"""
    rows = await core.db.fetch(
        f"SELECT l.url, sum(k.clicks)::bigint AS n {source} GROUP BY l.url ORDER BY max(k.last_at) DESC LIMIT $2 OFFSET $3",
        contact_id,
        request.per_page,
        request.offset,
    )
    total = await core.db.fetchval(f"SELECT count(DISTINCT l.url) {source}", contact_id)
    return Page([ClickedLink(row["url"], row["n"]) for row in rows], total, request)


async def count_by_country(core: Core, *, limit: int = 10) -> list[tuple[str, int]]:
    """The countries with the most contacts, in capital letters, and how many they are; contacts without one are left out.

    Of equals the one that somebody came from first stands first.
    """
    rows = await core.db.fetch(
        """SELECT upper(lower(country)) AS country, count(*) AS n FROM contacts WHERE country IS NOT NULL AND lower(country) <> ''
        GROUP BY lower(country) ORDER BY n DESC, min(id) LIMIT $1""",
        limit,
    )
    return [(row["country"], row["n"]) for row in rows]
