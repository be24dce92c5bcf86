"""Folds hits into messages, contacts, links and facts: in order, in sets, each hit with its effect exactly once.

The position is stored in the transaction of the effects, and only hits of transactions older than every running one
are read (as `platform.facts` does for facts).
"""

from __future__ import annotations

from tidings.platform.core import Core
from tidings.platform.facts import wake_readers

READER = "hits"
BATCH = 5000

_READ = """
CREATE TEMP TABLE hits_in_hand ON COMMIT DROP AS
SELECT h.id, h.xid, h.at, h.kind, h.message_id, l.id AS link_id, h.is_machine, h.is_anonymous, h.ip, h.agent,
    m.campaign_id, m.contact_id
FROM (SELECT * FROM hits WHERE (xid, id) > ($1::text::xid8, $2) AND xid < pg_snapshot_xmin(pg_current_snapshot())
      ORDER BY xid, id LIMIT $3) h LEFT JOIN messages m ON m.id = h.message_id
-- A link counts for the mailing that registered it and for no other.
LEFT JOIN links l ON l.id = h.link_id AND l.campaign_id = m.campaign_id
"""
# People's hits on messages: counts, first instants; a click is an open too; an unknown message that is opened arrived.
_MESSAGES = """
WITH n AS (
    SELECT message_id, count(*) FILTER (WHERE kind = 1) AS opens, count(*) FILTER (WHERE kind = 2) AS clicks,
           min(at) AS opened_at, min(at) FILTER (WHERE kind = 2) AS clicked_at
    FROM hits_in_hand WHERE NOT is_machine AND NOT is_anonymous AND contact_id IS NOT NULL GROUP BY message_id)
UPDATE messages m SET opens = m.opens + n.opens, clicks = m.clicks + n.clicks,
    opened_at = coalesce(m.opened_at, n.opened_at), clicked_at = coalesce(m.clicked_at, n.clicked_at),
    state = CASE WHEN m.state = 'unknown' THEN 'sent' ELSE m.state END,
    sent_at = CASE WHEN m.state = 'unknown' THEN coalesce(m.sent_at, m.started_at) ELSE m.sent_at END
FROM n WHERE m.id = n.message_id
"""
_FACTS = """
INSERT INTO facts (at, kind, contact_id, subject_id, object_id, data)
SELECT h.at, CASE h.kind WHEN 1 THEN 'message_opened' ELSE 'link_clicked' END, h.contact_id, h.campaign_id, h.message_id,
       jsonb_strip_nulls(jsonb_build_object('link_id', h.link_id, 'url', l.url, 'ip', h.ip, 'agent', h.agent,
           'count', CASE h.kind WHEN 1 THEN m.opens ELSE m.clicks END
                    + row_number() OVER (PARTITION BY h.message_id, h.kind ORDER BY h.xid, h.id),
           'first', CASE h.kind WHEN 1 THEN m.opened_at IS NULL ELSE m.clicked_at IS NULL END
                    AND h.id = min(h.id) OVER (PARTITION BY h.message_id, h.kind)))
FROM hits_in_hand h JOIN messages m ON m.id = h.message_id LEFT JOIN links l ON l.id = h.link_id
WHERE NOT h.is_machine AND NOT h.is_anonymous AND h.contact_id IS NOT NULL ORDER BY h.xid, h.id
"""
_LINKS = """
INSERT INTO message_links (message_id, link_id, campaign_id, clicks, first_at, last_at)
SELECT message_id, link_id, campaign_id, count(*), min(at), max(at) FROM hits_in_hand
WHERE kind = 2 AND link_id IS NOT NULL AND NOT is_machine AND NOT is_anonymous AND contact_id IS NOT NULL
GROUP BY message_id, link_id, campaign_id
ON CONFLICT (message_id, link_id) DO UPDATE SET clicks = message_links.clicks + excluded.clicks,
    last_at = greatest(message_links.last_at, excluded.last_at)
"""
_CONTACTS = """
WITH n AS (
    SELECT contact_id, max(at) AS opened_at, max(at) FILTER (WHERE kind = 2) AS clicked_at
    FROM hits_in_hand WHERE NOT is_machine AND NOT is_anonymous AND contact_id IS NOT NULL GROUP BY contact_id)
UPDATE contacts c SET opened_at = greatest(c.opened_at, n.opened_at), clicked_at = greatest(c.clicked_at, n.clicked_at),
    active_at = greatest(c.active_at, n.opened_at), soft_bounces = 0
FROM n WHERE c.id = n.contact_id
"""
_ANONYMOUS = """
INSERT INTO anonymous_hits (campaign_id, link_id, kind, n)
SELECT campaign_id, coalesce(link_id, 0), kind, count(*) FROM hits_in_hand
WHERE is_anonymous AND NOT is_machine AND campaign_id IS NOT NULL GROUP BY 1, 2, 3
ON CONFLICT (campaign_id, link_id, kind) DO UPDATE SET n = anonymous_hits.n + excluded.n
"""
_EFFECTS = (_FACTS, _MESSAGES, _LINKS, _CONTACTS, _ANONYMOUS)


async def fold_hits(core: Core, *, limit: int = BATCH) -> int:
    """Folds the next hits in one transaction; answers how many. Several processes take turns; running twice is safe."""
    async with core.db.transaction() as tx:
        await tx.execute("INSERT INTO fact_readers (name) VALUES ($1) ON CONFLICT DO NOTHING", READER)
        position = await tx.fetchrow("SELECT xid::text AS xid, id FROM fact_readers WHERE name = $1 FOR UPDATE", READER)
        assert position is not None
        # asyncpg caches the plan of a statement; the table is new in each transaction, so it is made by plain text
        await tx.execute(
            _READ.replace("$1", _quoted(position["xid"]))
            .replace("$2", str(int(position["id"])))
            .replace("$3", str(int(limit)))
        )
        last = await tx.fetchrow(
            "SELECT xid::text AS xid, id, count(*) OVER () AS n FROM hits_in_hand ORDER BY hits_in_hand.xid DESC, id DESC LIMIT 1"
        )
        if last is None:
            return 0
        for effect in _EFFECTS:
            await tx.execute(effect)
        await tx.execute(
            "UPDATE fact_readers SET xid = $2::text::xid8, id = $3, updated_at = now() WHERE name = $1",
            READER,
            last["xid"],
            last["id"],
        )
        await wake_readers(tx)
        return last["n"]


def _quoted(number: str) -> str:
    """A transaction number of our own table as a literal; anything but digits is a programming error."""
    if not number.isdigit():
        raise ValueError(number)
    return f"'{number}'"
