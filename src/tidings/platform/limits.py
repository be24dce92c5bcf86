"""Limits that hold across processes and hosts, because the counting is done by PostgreSQL.

Fixed windows for requests; the buckets of sending are in `messages.claims`. What is limited, and what the refusal looks
like, is the caller's.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from tidings.platform.db import Database

# The row is locked by its own update, so two callers never see the same count. A late commit of an older window
# counts into the newer one instead of turning it back.
_COUNT = """
INSERT INTO rate_windows AS w (key, window_at, used)
VALUES ($1, to_timestamp(floor(extract(epoch FROM now()) / $2::float8) * $2::float8), 1)
ON CONFLICT (key) DO UPDATE SET
    used = CASE WHEN excluded.window_at > w.window_at THEN 1 ELSE w.used + 1 END,
    window_at = greatest(excluded.window_at, w.window_at)
RETURNING used, window_at
"""


@dataclass(frozen=True, slots=True)
class Usage:
    """Where a key stands in its window: `limit` and `remaining` in requests, `resets_at` when the next one opens."""

    limit: int
    remaining: int
    resets_at: datetime
    is_allowed: bool


async def count_request(db: Database, key: str, limit: int, per: float = 60) -> Usage:
    """Counts one request under `key`; windows of `per` seconds begin at multiples of it on the database's clock.

    Exact across processes: with a limit of 60 the 60th is allowed and the 61st is not. Refused requests count too.
    """
    async with db.transaction(is_durable=False) as tx:
        row = await tx.fetchrow(_COUNT, key, float(per))
    assert row is not None
    used: int = row["used"]
    return Usage(limit, max(0, limit - used), row["window_at"] + timedelta(seconds=per), used <= limit)
