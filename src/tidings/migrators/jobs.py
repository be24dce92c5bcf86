"""Moving in by itself: a job that goes page by page to the end, and on from the last page when its process died."""

from __future__ import annotations

from typing import Any

import msgspec

from tidings.migrators.actions import move_page, verify
from tidings.migrators.types import Credentials, Plan
from tidings.platform import jobs
from tidings.platform.core import Core

JOB = "move_in"
_PURPOSE = "migrator"
_FORGET = "UPDATE jobs SET args = args - 'sealed' WHERE id = $1"


async def start_move(core: Core, name: str, given: Credentials, plan: Plan, *, user_id: int | None = None) -> int:
    """Queues the move and answers the job's id; while one from the same system runs, that one's. Raises as `verify`.

    The credentials lie sealed in the job and are forgotten when it ends. The job's progress counts `created`,
    `updated`, `skipped`, `pages` and `total`.
    """
    await verify(core, name, given)
    sealed = core.keys.seal(_PURPOSE, msgspec.json.encode(dict(given)).decode()).hex()
    args = {"system": name, "sealed": sealed, "plan": msgspec.to_builtins(plan)}
    return await jobs.enqueue(core, JOB, args, unique_key=f"{JOB}:{name}", user_id=user_id)


@jobs.handles(JOB)
async def run_move(core: Core, args: dict[str, Any], progress: jobs.Progress) -> None:
    """Brings the pages in that are left. A page that was in when the process died is met again and changes nothing."""
    plan = msgspec.convert(args["plan"], Plan)
    given = msgspec.json.decode(core.keys.unseal(_PURPOSE, bytes.fromhex(args["sealed"])))
    said: dict[str, Any] = {
        "pages": 0,
        "created": 0,
        "updated": 0,
        "skipped": 0,
        "next": "",
        "total": None,
    } | progress.values
    while not (said["pages"] and not said["next"]):
        moved = await move_page(core, args["system"], given, plan, said["next"])
        said = {
            "pages": said["pages"] + 1,
            "created": said["created"] + moved.created,
            "updated": said["updated"] + moved.updated,
            "skipped": said["skipped"] + moved.skipped,
            "next": moved.next,
            "total": moved.total,
        }
        await progress.report(**said)
    await core.db.execute(_FORGET, progress.job_id)
