"""Steps that tell other systems: the request is made by a job, so that nobody's run waits for a slow server."""

from __future__ import annotations

from collections.abc import Mapping

from tidings.automations.steps.doing import Doing
from tidings.automations.types import Outcome
from tidings.platform import jobs

WEBHOOK_JOB = "call_automation_webhook"


async def call_webhook(doing: Doing) -> Mapping[int, Outcome]:
    """Queues one request per contact; what became of it stands in the step's metric later."""
    if not str(doing.params.get("url") or "").strip():
        return doing.all(Outcome("failed", "There is no address to call."))
    wanted = {
        f"{WEBHOOK_JOB}:{run.id}:{run.pass_}:{doing.step.id}": {
            "run_id": run.id,
            "step_id": doing.step.id,
            "pass": run.pass_,
        }
        for run in doing.runs
    }
    await jobs.enqueue_many(doing.tx, WEBHOOK_JOB, wanted)
    return doing.all()
