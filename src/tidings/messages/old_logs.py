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
from tidings.settings import LEAST_DAYS
from tidings.tracking.old_hits import count_hits, delete_hits

PIECE = 10_000
# Pieces of one log in one run of housekeeping, so that other periodic work has its turn; the next run goes on.
PIECES_AT_ONCE = 50
MIN_AGE = timedelta(days=LEAST_DAYS)
_OPEN, _CLICK = 1, 2
# Nothing that may still go out, and nothing of a campaign that is under way: a deleted recipient could be drawn again.
# Standing mailings draw nobody and never finish.
_OLD = """
m.created_at < $1 AND m.state IN ('sent', 'failed', 'bounced', 'complained', 'cancelled')
AND EXISTS (SELECT 1 FROM campaigns c WHERE c.id = m.campaign_id
    AND (c.is_standing OR c.state IN ('finished', 'cancelled')))
"""


@dataclass(frozen=True, slots=True)
class Log:
    """One kind of log: how many lines are older than an instant, and how the oldest of them are deleted.

    setting: the setting that says how many days it is kept.
    """

    name: str
    title: str
    setting: str
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
    Log("emails", "Sent mails", "keep_mails_days", _count_messages, _delete_messages),
    Log("email_clicks", "Clicks", "keep_hits_days", partial(_count_hits, _CLICK), partial(_delete_hits, _CLICK)),
    Log("email_open", "Opens", "keep_hits_days", partial(_count_hits, _OPEN), partial(_delete_hits, _OPEN)),
    Log("system_logs", "System log", "keep_system_log_days", count_system_log, delete_system_log),
    Log("activity_logs", "Activity log", "keep_audit_days", _count_audit, delete_audit),
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


async def forget_old(core: Core) -> dict[str, int]:
    """Deletes what is older than the installation keeps it, in pieces; how many lines of which log went.

    One run takes at most `PIECES_AT_ONCE` pieces of a log. Safe to run twice and to kill.
    """
    gone: dict[str, int] = {}
    for log in _TABLE:
        before = await core.installation.kept_since(log.setting, core.clock.now())
        if before is None:
            continue
        gone[log.name] = 0
        for _ in range(PIECES_AT_ONCE):
            piece = await log.delete(core, before, PIECE)
            gone[log.name] += piece
            if piece < PIECE:
                break
    return gone
