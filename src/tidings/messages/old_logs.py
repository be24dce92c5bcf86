"""Cleaning up what grows with every mail and every click: one table of logs, each counted and deleted in pieces."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from tidings.access.actions import delete_audit
from tidings.access.queries import list_audit
from tidings.platform.core import Core
from tidings.platform.db import affected
from tidings.platform.pagination import PageRequest
from tidings.platform.system_log import count_system_log, delete_system_log
from tidings.tracking.old_hits import count_hits, delete_hits

PIECE = 10_000
MIN_AGE = timedelta(days=7)
_OPEN, _CLICK = 1, 2
# Nothing that may still go out, and nothing of a campaign that is under way: a deleted recipient could be drawn again.
_OLD = """
m.created_at < $1 AND m.state IN ('sent', 'failed', 'bounced', 'complained', 'cancelled')
AND EXISTS (SELECT 1 FROM campaigns c WHERE c.id = m.campaign_id AND c.state IN ('finished', 'cancelled'))
"""


@dataclass(frozen=True, slots=True)
class Log:
    """One kind of log: how many lines are older than an instant, and how the oldest of them are deleted."""

    name: str
    title: str
    count: Callable[[Core, datetime], Awaitable[int]]
    delete: Callable[[Core, datetime, int], Awaitable[int]]


async def _count_messages(core: Core, before: datetime) -> int:
    return await core.db.fetchval(f"SELECT count(*) FROM messages m WHERE {_OLD}", before)


async def _delete_messages(core: Core, before: datetime, limit: int) -> int:
    async with core.db.transaction() as tx:
        return affected(
            await tx.execute(
                f"DELETE FROM messages WHERE id IN (SELECT m.id FROM messages m WHERE {_OLD} ORDER BY m.id LIMIT $2)",
                before,
                limit,
            )
        )


async def _count_audit(core: Core, before: datetime) -> int:
    return (await list_audit(core, PageRequest(per_page=1), until=before)).total


async def _count_hits(kind: int, core: Core, before: datetime) -> int:
    return await count_hits(core, kind, before)


async def _delete_hits(kind: int, core: Core, before: datetime, limit: int) -> int:
    return await delete_hits(core, kind, before, limit)


_TABLE = (
    Log("emails", "Sent mails", _count_messages, _delete_messages),
    Log("email_clicks", "Clicks", partial(_count_hits, _CLICK), partial(_delete_hits, _CLICK)),
    Log("email_open", "Opens", partial(_count_hits, _OPEN), partial(_delete_hits, _OPEN)),
    Log("system_logs", "System log", count_system_log, delete_system_log),
    Log("activity_logs", "Activity log", _count_audit, delete_audit),
)
LOGS: dict[str, Log] = {log.name: log for log in _TABLE}


async def count_old(core: Core, names: Sequence[str], age: timedelta) -> list[tuple[Log, int]]:
    """How many lines of each known log are older than `age`."""
    before = core.clock.now() - age
    return [(LOGS[name], await LOGS[name].count(core, before)) for name in names if name in LOGS]


async def delete_old(core: Core, names: Sequence[str], age: timedelta) -> bool:
    """Deletes at most `PIECE` lines of each known log older than `age`; True when more may be left.

    Raises ValueError for an age under `MIN_AGE`.
    """
    if age < MIN_AGE:
        raise ValueError(age)
    before = core.clock.now() - age
    gone = [await LOGS[name].delete(core, before, PIECE) for name in names if name in LOGS]
    return any(count >= PIECE for count in gone)
