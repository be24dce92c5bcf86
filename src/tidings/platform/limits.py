"""Limits that hold across processes and hosts, because the counting is done by PostgreSQL.

Fixed windows for requests, token buckets for sending. What is limited, and what the refusal looks like, is the caller's.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from tidings.platform.db import Connection, Database

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
_TAKE = """
WITH was AS (
    SELECT tokens, updated_at FROM token_buckets WHERE key = $1 FOR UPDATE
), filled AS (
    SELECT least($3::float8, tokens + greatest(0, extract(epoch FROM clock_timestamp() - updated_at)) * $4::float8) AS
           tokens FROM was
)
UPDATE token_buckets b
SET tokens = f.tokens - least($2::float8, floor(f.tokens)), updated_at = greatest(b.updated_at, clock_timestamp())
FROM filled f WHERE b.key = $1
RETURNING least($2::float8, floor(f.tokens))::int AS granted
"""
_FILL = """
INSERT INTO token_buckets (key, tokens, updated_at) VALUES ($1, $2, clock_timestamp()) ON CONFLICT DO NOTHING
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


async def take_tokens(tx: Connection, key: str, *, wanted: int, capacity: int, per_second: float) -> int:
    """Takes up to `wanted` whole tokens from the bucket and returns how many were granted, 0 to `wanted`.

    A new bucket is full; it refills by `per_second` up to `capacity`. The bucket stays locked until the transaction
    ends, so take in blocks and commit soon.
    """
    row = await tx.fetchrow(_TAKE, key, float(wanted), float(capacity), float(per_second))
    if row is None:
        await tx.execute(_FILL, key, float(capacity))
        row = await tx.fetchrow(_TAKE, key, float(wanted), float(capacity), float(per_second))
    assert row is not None
    return max(0, row["granted"])
