"""Reads of changes by rule: those under way, and the last ones."""

from __future__ import annotations

from tidings.bulk.actions import JOB
from tidings.bulk.types import BulkJob, change_from_json
from tidings.platform import jobs
from tidings.platform.core import Core
from tidings.platform.errors import NotFound
from tidings.platform.jobs import JobView


async def bulk_job_by_id(core: Core, job_id: int) -> BulkJob:
    """One change; raises NotFound."""
    found = await jobs.find_job(core, job_id)
    if found is None or found.kind != JOB:
        raise NotFound("change", job_id)
    return _job_from(found)


async def list_bulk_jobs(core: Core, *, limit: int = 50) -> list[BulkJob]:
    """The last changes, newest first."""
    return [_job_from(one) for one in await jobs.list_jobs(core, kind=JOB, limit=limit)]


async def live_bulk_jobs(core: Core) -> list[BulkJob]:
    """Those that wait or run."""
    return [_job_from(one) for one in await jobs.list_jobs(core, kind=JOB, limit=20, is_live=True)]


def _job_from(job: JobView) -> BulkJob:
    known = job.progress
    return BulkJob(
        job.id,
        change_from_json(job.args["change"]),
        job.state,
        known.get("done", 0),
        known.get("total"),
        known.get("changed", 0),
        known.get("seconds", 0.0),
        job.error,
        job.user_id,
        job.created_at,
        job.finished_at,
        job.is_stop_asked,
    )
