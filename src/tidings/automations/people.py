"""What somebody does with a contact inside an automation: end it, let it go on, move it, take it out, send it on again."""

from __future__ import annotations

from collections.abc import Sequence

from tidings.automations import rules, store
from tidings.automations.running import advance_automation
from tidings.automations.types import RUN_STATES, Run
from tidings.contacts.counting import count
from tidings.platform.core import Core
from tidings.platform.db import Connection
from tidings.platform.errors import Conflict, Invalid, NotFound, Problem, Refused

_SYNCABLE = """
FROM automation_runs r JOIN contacts c ON c.id = r.contact_id AND c.status = 'subscribed'
JOIN unnest($2::bigint[], $3::bigint[]) AS g (last, next) ON g.last = r.last_step_id
WHERE r.automation_id = $1 AND r.state = 'completed'
"""


async def _locked(tx: Connection, automation_id: int, contact_id: int) -> Run:
    row = await tx.fetchrow(
        f"SELECT {store.RUN_SELECTED} FROM automation_runs r WHERE r.automation_id = $1 AND r.contact_id = $2 FOR UPDATE",
        automation_id,
        contact_id,
    )
    if row is None:
        raise NotFound("run", contact_id)
    return store.run_from(row)


async def set_run_state(core: Core, automation_id: int, contact_id: int, state: str) -> None:
    """Ends a run or lets it go on where it stood; raises NotFound, Invalid, Conflict for one that is completed."""
    if state not in RUN_STATES or state == "pending":
        raise Invalid({"status": Problem("in", "The status must be active, waiting, completed or cancelled.")})
    async with core.db.transaction() as tx:
        run = await _locked(tx, automation_id, contact_id)
        if run.state == "completed":
            raise Conflict("The contact is through this automation already.", code="completed")
        await tx.execute(
            "UPDATE automation_runs SET state = $2, note = NULL, updated_at = $3 WHERE id = $1",
            run.id,
            state,
            core.clock.now(),
        )


async def move_run(core: Core, automation_id: int, contact_id: int, step_id: int) -> Run:
    """Moves a contact to a step and does at once what is due then; answers the run. What is left out is skipped.

    Raises NotFound for the run, Refused for a step of another automation, Conflict for a run that is not under way.
    """
    async with core.db.transaction() as tx:
        graph = await store.graph(tx, automation_id)
        run = await _locked(tx, automation_id, contact_id)
        if run.state not in ("active", "waiting"):
            raise Conflict(f"A contact that is {run.state} cannot be moved on.", code="wrong_state")
        if step_id not in graph.steps:
            raise Refused("The automation has no such step.", code="no_step")
        passed = graph.passed(run.step_id, step_id) if run.step_id in graph.steps else []
        now = core.clock.now()
        await tx.execute(store.sql.measure_passed, [run.id] * len(passed), passed, now)
        await tx.execute(store.sql.move, [run.id], [None], [step_id], [now], ["active"], now)
    await advance_automation(core, automation_id, run_ids=[run.id])
    row = await core.db.fetchrow(f"SELECT {store.RUN_SELECTED} FROM automation_runs r WHERE r.id = $1", run.id)
    return store.run_from(row) if row else run


async def remove_contacts(core: Core, automation_id: int, contact_ids: Sequence[int]) -> int:
    """Takes contacts out, with what is known of their way; answers how many there were."""
    return await core.db.execute(
        "DELETE FROM automation_runs WHERE automation_id = $1 AND contact_id = ANY($2::bigint[])",
        automation_id,
        list(contact_ids),
    )


async def remove_runs(core: Core, run_ids: Sequence[int]) -> int:
    """The same by run."""
    return await core.db.execute("DELETE FROM automation_runs WHERE id = ANY($1::bigint[])", list(run_ids))


async def count_syncable(core: Core, automation_id: int) -> int:
    """Subscribed contacts that were through before steps were added behind their last one."""
    pairs = _new_ways(await store.graph(core.db, automation_id))
    return await count(core, [f"SELECT count(*) {_SYNCABLE}"], [automation_id, *pairs])


async def sync_new_steps(core: Core, automation_id: int) -> int:
    """Sends those on through the new steps; answers how many. Raises NotFound, Refused for a draft."""
    async with core.db.transaction() as tx:
        automation = await store.locked(tx, automation_id)
        if automation.state != "published":
            raise Refused("The automation must be published first.", code="not_published")
        pairs = _new_ways(await store.graph(tx, automation_id))
        rows = await tx.fetch(
            f"""UPDATE automation_runs u SET state = 'active', step_id = f.next, due_at = $4, updated_at = $4
            FROM (SELECT r.id, g.next {_SYNCABLE}) f WHERE u.id = f.id RETURNING u.id""",
            automation_id,
            *pairs,
            core.clock.now(),
        )
        return len(rows)


def _new_ways(graph: rules.Graph) -> tuple[list[int], list[int]]:
    ways = [(one, graph.after(one)) for one, step in graph.steps.items() if step.kind != "end"]
    found = [(one, following) for one, following in ways if following is not None]
    return [one for one, _ in found], [following for _, following in found]
