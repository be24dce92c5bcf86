"""Starting changes of many contacts: a few at once, everybody whom a rule matches as a job, and stopping it."""

from __future__ import annotations

from collections.abc import Sequence

from tidings.bulk.applying import apply_change, checked_change
from tidings.bulk.types import Change, change_to_json
from tidings.platform import jobs
from tidings.platform.core import Core
from tidings.platform.errors import Conflict, NotFound
from tidings.segments.queries import where_of
from tidings.segments.types import Rule, to_json

JOB = "change_contacts"


async def change_contacts(core: Core, ids: Sequence[int], change: Change) -> int:
    """Changes contacts by id in one transaction, for as many as one can pick; answers for how many something is new.

    Raises Invalid naming what is wrong with the change.
    """
    checked = await checked_change(core, change)
    async with core.db.transaction() as tx:
        return await apply_change(core, tx, checked, ids)


async def start_change(core: Core, rule: Rule, change: Change, *, user_id: int | None = None) -> int:
    """Has everybody whom a rule matches changed by a worker, in sets; answers the id of the job.

    Days that the rule speaks of are counted from now, however long it takes. Raises Invalid, before anything is
    changed, for a rule or a change that cannot be carried out.
    """
    checked = await checked_change(core, change)
    await where_of(core, rule)
    args = {"rule": to_json(rule), "change": change_to_json(checked), "asked_at": core.clock.now().isoformat()}
    return await jobs.enqueue(core, JOB, args, user_id=user_id)


async def stop_change(core: Core, job_id: int) -> None:
    """Stops after the set in hand; what is changed stays changed. Raises NotFound, Conflict once it is over."""
    found = await jobs.find_job(core, job_id)
    if found is None or found.kind != JOB:
        raise NotFound("change", job_id)
    if not await jobs.request_stop(core, job_id):
        raise Conflict("It is over already.", code="wrong_state")
