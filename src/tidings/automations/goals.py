"""Goals reached by what happens outside the automation: whoever is before one jumps behind it, others may come in there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from tidings.automations import store
from tidings.automations.entering import enter
from tidings.automations.matching import holding_all, ids_told
from tidings.automations.rules import Graph, graph_of, is_told
from tidings.automations.types import GOAL, GOAL_EVENTS, Automation, Run, Step
from tidings.platform.core import Core
from tidings.platform.db import Connection
from tidings.platform.facts import Recorded

_GOALS = """
SELECT DISTINCT s.automation_id FROM automation_steps s JOIN automations a ON a.id = s.automation_id
WHERE s.kind = 'goal' AND s.params->>'event' = ANY($1::text[]) AND a.state = 'published' ORDER BY 1
"""


async def reach_goals(core: Core, tx: Connection, facts: Sequence[Recorded]) -> None:
    """Every goal of published automations that these facts are about; the statements depend on goals, not on contacts."""
    told: dict[str, list[Recorded]] = {}
    for fact in facts:
        if fact.kind in GOAL_EVENTS and fact.contact_id is not None:
            told.setdefault(fact.kind, []).append(fact)
    if not told:
        return
    ids = [row["automation_id"] for row in await tx.fetch(_GOALS, list(told))]
    if not ids:
        return
    graphs = {one: graph_of(steps) for one, steps in (await store.steps_of(tx, ids)).items()}
    rows = await tx.fetch(
        f"SELECT {store.SELECTED} FROM automations a WHERE a.id = ANY($1::bigint[]) ORDER BY a.id", ids
    )
    for automation in map(store.automation_from, rows):
        graph = graphs[automation.id]
        for goal in sorted(graph.steps.values(), key=lambda step: step.position):
            if goal.kind == GOAL and goal.params.get("event") in told:
                contacts = await _reaching(tx, goal, told[str(goal.params["event"])])
                if contacts:
                    await _jump(tx, automation, graph, goal, contacts, core.clock.now())


async def _reaching(tx: Connection, goal: Step, facts: Sequence[Recorded]) -> dict[int, int | None]:
    ids = [one for one in goal.params.get("ids") or () if isinstance(one, int)]
    found: dict[int, int | None] = {
        fact.contact_id: None for fact in facts if fact.contact_id is not None and is_told(ids, ids_told(fact))
    }
    if found and goal.params.get("match") == "all":
        noun, _, happened = str(goal.params["event"]).partition("_")
        kept = await holding_all(tx, noun, found, ids, is_removed=happened == "removed")
        found = {one: None for one in found if one in kept}
    return found


async def _jump(
    tx: Connection,
    automation: Automation,
    graph: Graph,
    goal: Step,
    contacts: Mapping[int, int | None],
    now: datetime,
) -> None:
    statement = store.sql.open_runs_of.replace("{run}", store.RUN_SELECTED)
    runs = [store.run_from(row) for row in await tx.fetch(statement, automation.id, list(contacts))]
    before = [run for run in runs if _is_before(graph, run, goal)]
    if before:
        await _move_behind(tx, graph, goal, before, now)
    if goal.params.get("may_enter"):
        outside = {one: None for one in contacts if one not in {run.contact_id for run in runs}}
        made = await enter(tx, automation, graph, outside, now=now, after=goal.id) if outside else {}
        if made:
            await _measure(tx, goal.id, list(made.values()), now)


def _is_before(graph: Graph, run: Run, goal: Step) -> bool:
    """Whether the run has not come by the goal: the step it did last stands before it."""
    if run.step_id is None:
        return False
    first, last = graph.steps.get(run.first_step_id or 0), graph.steps.get(run.last_step_id or 0)
    if first is not None and first.position >= goal.position:
        return False
    if last is not None:
        return last.position < goal.position
    here = graph.steps.get(run.step_id)
    return here is not None and here.position <= goal.position


async def _move_behind(tx: Connection, graph: Graph, goal: Step, runs: Sequence[Run], now: datetime) -> None:
    passed = [(run.id, step) for run in runs for step in graph.passed(run.step_id, goal.id)]
    if passed:
        await tx.execute(store.sql.measure_passed, [run for run, _ in passed], [step for _, step in passed], now)
    await _measure(tx, goal.id, [run.id for run in runs], now)
    following = graph.after(goal.id)
    n, state = len(runs), "active" if following is not None else "completed"
    await tx.execute(store.sql.move, [r.id for r in runs], [goal.id] * n, [following] * n, [now] * n, [state] * n, now)
    if following is None:
        await tx.execute(store.sql.tell_completed, [run.id for run in runs])


async def _measure(tx: Connection, goal_id: int, run_ids: Sequence[int], now: datetime) -> None:
    n = len(run_ids)
    await tx.execute(store.sql.measure, list(run_ids), [goal_id] * n, ["completed"] * n, [""] * n, [None] * n, now)
