"""The append-only log of facts, and readers that give each fact its effect exactly once.

A writer puts its facts into the transaction of its change. A reader takes facts whose transaction is older than every
running one, in order, and stores its position in the transaction of its own writes (engine.md §1).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tidings.platform.db import Connection, Database

CHANNEL = "tidings_facts"

_WRITE = """
INSERT INTO facts (kind, contact_id, subject_id, object_id, is_silent, data)
SELECT * FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bool[], $6::jsonb[])
"""
_LOCK_POSITION = "SELECT xid::text AS xid, id FROM fact_readers WHERE name = $1 FOR UPDATE"
_READ = """
SELECT id, xid::text AS xid, at, kind, contact_id, subject_id, object_id, is_silent, data FROM facts
WHERE (xid, id) > ($1::text::xid8, $2) AND xid < pg_snapshot_xmin(pg_current_snapshot())
ORDER BY facts.xid, facts.id LIMIT $3  -- the column; the text beside it has another order (1000 before 999)
"""
_START = """
INSERT INTO fact_readers (name, xid) VALUES ($1, pg_snapshot_xmin(pg_current_snapshot())) ON CONFLICT DO NOTHING
"""
_MOVE = "UPDATE fact_readers SET xid = $2::text::xid8, id = $3, updated_at = now() WHERE name = $1"


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that happened. `subject_id` is what it is about (campaign, list, tag …), `object_id` the thing in it."""

    kind: str
    contact_id: int | None = None
    subject_id: int | None = None
    object_id: int | None = None
    data: dict[str, Any] = field(default_factory=dict[str, Any])
    is_silent: bool = False


@dataclass(frozen=True, slots=True)
class Recorded:
    """A fact as read back, with its place in the log."""

    id: int
    at: datetime
    kind: str
    contact_id: int | None
    subject_id: int | None
    object_id: int | None
    is_silent: bool
    data: dict[str, Any]


async def write_facts(tx: Connection, facts: Sequence[Fact]) -> None:
    """Appends facts inside the caller's transaction and wakes the readers when it commits."""
    if not facts:
        return
    await tx.execute(
        _WRITE,
        [f.kind for f in facts],
        [f.contact_id for f in facts],
        [f.subject_id for f in facts],
        [f.object_id for f in facts],
        [f.is_silent for f in facts],
        [f.data for f in facts],
    )
    await wake_readers(tx)


async def wake_readers(tx: Connection) -> None:
    """For set-based writers (`INSERT INTO facts … SELECT`): wakes the readers when the transaction commits."""
    await tx.execute(f"NOTIFY {CHANNEL}")


async def start_reader(tx: Connection, name: str) -> None:
    """Places a reader at the end of the log, unless it reads already: what happened before is none of its business."""
    await tx.execute(_START, name)


async def has_reader(db: Database, name: str) -> bool:
    """Whether a reader was ever started."""
    return bool(await db.fetchval("SELECT 1 FROM fact_readers WHERE name = $1", name))


Handler = Callable[[Connection, Sequence[Recorded]], Awaitable[None]]


async def read_batch(db: Database, name: str, handler: Handler, *, limit: int = 1000) -> int:
    """Gives the next batch to `handler` inside the transaction that moves the reader's position.

    Returns how many facts were handled; 0 means that nothing is ready. Two processes reading under one name take
    turns: the position row is locked. An error in the handler leaves position and effects as they were.
    """
    async with db.transaction() as tx:
        await tx.execute("INSERT INTO fact_readers (name) VALUES ($1) ON CONFLICT DO NOTHING", name)
        position = await tx.fetchrow(_LOCK_POSITION, name)
        assert position is not None
        rows = await tx.fetch(_READ, position["xid"], position["id"], limit)
        if not rows:
            return 0
        await handler(
            tx,
            [
                Recorded(
                    id=r["id"],
                    at=r["at"],
                    kind=r["kind"],
                    contact_id=r["contact_id"],
                    subject_id=r["subject_id"],
                    object_id=r["object_id"],
                    is_silent=r["is_silent"],
                    data=r["data"],
                )
                for r in rows
            ],
        )
        await tx.execute(_MOVE, name, rows[-1]["xid"], rows[-1]["id"])
        return len(rows)
