"""Moves runs on: due runs of one automation are locked, their steps done for all of them at once, their places written.

Step, metric and move are one transaction: a process that dies leaves its runs where they were, with nothing done. Rows
that another process has are passed over. Whatever leaves the house (mails, webhooks) is queued in the same transaction.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime

import asyncpg

from tidings.automations import store
from tidings.automations.rules import Graph
from tidings.automations.steps import EXECUTORS
from tidings.automations.steps.doing import Around, Doing
from tidings.automations.types import Outcome, Run, Step
from tidings.contacts.queries import custom_fields
from tidings.messages.mailing import site
from tidings.platform.core import Core
from tidings.platform.db import AWAY, Connection
from tidings.platform.facts import wake_readers

BATCH = 2000
# Not the step's fault: the whole transaction is tried again.
_NOT_ITS_FAULT = (*AWAY, asyncpg.DeadlockDetectedError, asyncpg.SerializationError, asyncpg.QueryCanceledError)
UNKNOWN = "This kind of step cannot be done here yet."
# What an automation did at once in one call, however its steps are ordered.
_ROUNDS = 1000
log = logging.getLogger("tidings.automations")


async def advance_runs(core: Core, *, batch: int = BATCH) -> int:
    """Does everything that is due now in every published automation; answers how many steps were done for how many."""
    moved = 0
    for row in await core.db.fetch(store.sql.with_due_runs, core.clock.now()):
        moved += await advance_automation(core, row["id"], batch=batch)
    return moved


async def advance_automation(
    core: Core, automation_id: int, *, run_ids: Sequence[int] | None = None, batch: int = BATCH
) -> int:
    """The same for one automation, or for some runs of it (also while it is a draft: somebody asked for them)."""
    around = Around(await core.installation.zone(), await site(core), await custom_fields(core))
    moved = 0
    for _ in range(_ROUNDS):
        n = await _round(core, automation_id, around, run_ids, batch)
        moved += n
        if not n:
            break
    return moved


async def _round(core: Core, automation_id: int, around: Around, run_ids: Sequence[int] | None, batch: int) -> int:
    now = core.clock.now()
    claim = store.sql.claim.replace("{run}", store.RUN_SELECTED)
    async with core.db.transaction() as tx:
        # The campaign that it carries first, as whoever changes one does.
        is_held = await tx.fetchval(store.sql.carried_state, automation_id) not in (None, "sending")
        automation = await tx.fetchrow(
            # Several processes move on runs of one automation, but none while it is changed.
            f"SELECT {store.SELECTED} FROM automations a WHERE a.id = $1 FOR SHARE",
            automation_id,
        )
        if automation is None or (run_ids is None and (is_held or automation["state"] != "published")):
            return 0
        rows = await tx.fetch(claim, automation_id, now, batch, list(run_ids) if run_ids is not None else None)
        if not rows:
            return 0
        runs = [store.run_from(row) for row in rows]
        graph = await store.graph(tx, automation_id)
        groups: dict[int | None, list[Run]] = {}
        for run in runs:
            groups.setdefault(run.step_id if run.step_id in graph.steps else None, []).append(run)
        for step_id, group in groups.items():
            step = graph.steps[step_id] if step_id is not None else None
            if step is None:
                await _write(tx, graph, group, None, {}, now)
                continue
            doing = Doing(core, tx, store.automation_from(automation), graph, step, group, now, around)
            await _write(tx, graph, group, step, await _done(doing), now)
        return len(runs)


async def _done(doing: Doing) -> Mapping[int, Outcome]:
    """What the step did, by run. When it cannot be done for all, it is tried for halves, so that one contact's trouble
    is nobody else's."""
    execute = EXECUTORS.get(doing.step.kind)
    if execute is None:
        return {run.id: Outcome("failed", UNKNOWN) for run in doing.runs}
    try:
        async with doing.tx.transaction():
            return await execute(doing)
    except _NOT_ITS_FAULT:
        raise
    except Exception as error:
        if len(doing.runs) == 1:
            log.warning("step %s failed for run %s: %r", doing.step.id, doing.runs[0].id, error)
            return {doing.runs[0].id: Outcome("failed", str(error)[:500] or type(error).__name__)}
        half = len(doing.runs) // 2
        return {**await _done(doing.with_runs(doing.runs[:half])), **await _done(doing.with_runs(doing.runs[half:]))}


async def _write(
    tx: Connection,
    graph: Graph,
    runs: Sequence[Run],
    step: Step | None,
    outcomes: Mapping[int, Outcome],
    now: datetime,
) -> None:
    moves: list[tuple[int, int | None, int | None, datetime, str]] = []
    metrics: list[tuple[int, int, str, str, str | None]] = []
    completed: list[int] = []
    for run in runs:
        outcome = outcomes.get(run.id, Outcome())
        if step is None:
            moves.append((run.id, None, None, now, "completed"))
            completed.append(run.id)
            continue
        if outcome.stays:
            moves.append((run.id, None, step.id, now, "waiting"))
            continue
        metrics.append((run.id, step.id, outcome.state, outcome.branch, outcome.note))
        following = None if outcome.ends else graph.after(step.id, outcome.branch)
        if following is None:
            completed.append(run.id)
        state = "active" if following is not None else "completed"
        moves.append((run.id, step.id, following, outcome.due_at or now, state))
    # Metrics first: they refer to rows that this transaction holds already, not yet to new versions of them.
    if metrics:
        await tx.execute(store.sql.measure, *map(list, zip(*metrics, strict=True)), now)
    await tx.execute(store.sql.move, *map(list, zip(*moves, strict=True)), now)
    if completed:
        await tx.execute(store.sql.tell_completed, completed)
        await wake_readers(tx)
