"""Numbers about contacts."""

from __future__ import annotations

from tidings.platform.core import Core


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
