"""Forgetting old hits: single opens and clicks. What was counted of them on messages, links and contacts stays."""

from __future__ import annotations

from datetime import datetime

from tidings.platform.core import Core
from tidings.platform.db import affected
from tidings.tracking.projector import READER

# Only what the projector has counted already.
_DELETE = """
DELETE FROM hits h USING (
    SELECT xid, id FROM hits WHERE kind = $1 AND at < $2
      AND (xid, id) <= (SELECT xid, id FROM fact_readers WHERE name = $4) ORDER BY xid, id LIMIT $3) old
WHERE h.xid = old.xid AND h.id = old.id AND h.at < $2
"""


async def count_hits(core: Core, kind: int, before: datetime) -> int:
    """How many hits of a kind (1 open, 2 click) are older than an instant."""
    return await core.db.fetchval("SELECT count(*) FROM hits WHERE kind = $1 AND at < $2", kind, before)


async def delete_hits(core: Core, kind: int, before: datetime, limit: int) -> int:
    """Deletes the first `limit` of them that are counted; how many went."""
    async with core.db.transaction() as tx:
        return affected(await tx.execute(_DELETE, kind, before, limit, READER))
