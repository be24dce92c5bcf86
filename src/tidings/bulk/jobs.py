"""The job behind a change by rule: sets of contacts in the order of their ids, each in one transaction.

A set's change, its facts and the job's progress are committed together, so that a run that was killed goes on behind
its last set and a second run of it changes nothing. Contacts who come while it runs are not meant.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime
from time import monotonic
from typing import Any

from tidings.bulk.actions import JOB
from tidings.bulk.applying import apply_change
from tidings.bulk.types import AskToConfirm, Change, change_from_json
from tidings.messages import optin
from tidings.platform import jobs
from tidings.platform.core import Core
from tidings.platform.db import Connection, settled
from tidings.platform.jobs import Progress, handles
from tidings.segments.compiler import Where, compile_rule
from tidings.segments.types import from_json

# Contacts of a set: big enough that the round trips are nothing, small enough that a stop is heard at once.
SET = 10_000
# Mails wait in the same queue as everything else; others must get their turn.
SET_OF_MAILS, MAILS_WAITING = 200, 400


@dataclass
class _Place:
    """How far a run is; `seconds` are those of all runs."""

    last_id: int
    up_to: int
    total: int
    done: int
    changed: int
    seconds: float


@handles(JOB, max_failures=50)
async def run_change(core: Core, args: dict[str, Any], progress: Progress) -> None:
    """Changes everybody whom the rule matches, set after set, from where the last run was."""
    change = change_from_json(args["change"])
    zone, asked_at = await core.installation.zone(), datetime.fromisoformat(args["asked_at"])
    where = compile_rule(from_json(args["rule"]), zone=zone, now=asked_at)
    place = await _begin(core, where, progress)
    began, before = monotonic(), place.seconds
    while True:
        place.seconds = before + monotonic() - began
        if not await _next_set(core, where, change, place, progress):
            return
        if isinstance(change, AskToConfirm):
            await _let_mails_go(core, progress)


async def _begin(core: Core, where: Where, progress: Progress) -> _Place:
    known = progress.values
    if "up_to" not in known:
        [row] = await core.db.fetch(
            f"SELECT coalesce(max(c.id), 0) AS up_to, count(*) AS total FROM contacts c WHERE {where.sql}", *where.args
        )
        counted = {"up_to": row["up_to"], "total": row["total"]}
        await progress.report(last_id=0, done=0, changed=0, seconds=0.0, **counted)
    return _Place(**{name: known[name] for name in ("last_id", "up_to", "total", "done", "changed", "seconds")})


async def _next_set(core: Core, where: Where, change: Change, place: _Place, progress: Progress) -> bool:
    """Changes the next set; False when there is none. Tries again when writers collide."""

    async def write() -> bool:
        async with core.db.transaction() as tx:
            return await _change_set(core, tx, where, change, place, progress)

    return await settled(write)


async def _change_set(
    core: Core, tx: Connection, where: Where, change: Change, place: _Place, progress: Progress
) -> bool:
    size = SET_OF_MAILS if isinstance(change, AskToConfirm) else SET
    n = where.next
    # A plan for the very values, as everywhere where a segment is evaluated.
    await tx.execute("SET LOCAL plan_cache_mode = force_custom_plan")
    rows = await tx.fetch(
        f"SELECT c.id FROM contacts c WHERE ({where.sql}) AND c.id > ${n} AND c.id <= ${n + 1} ORDER BY c.id LIMIT ${n + 2}",
        *where.args,
        place.last_id,
        place.up_to,
        size,
    )
    ids = [row["id"] for row in rows]
    if not ids:
        return False
    changed = place.changed + await apply_change(core, tx, change, ids)
    done = place.done + len(ids)
    await progress.report(tx, last_id=ids[-1], done=done, changed=changed, seconds=round(place.seconds, 3))
    place.last_id, place.done, place.changed = ids[-1], done, changed
    return True


async def _let_mails_go(core: Core, progress: Progress) -> None:
    while await jobs.count_waiting(core, optin.JOB) > MAILS_WAITING:
        await progress.report()
        await asyncio.sleep(1)
