"""Looking at the machine: audit book, jobs, about. Reads only, but for stopping a job."""

from __future__ import annotations

import platform as python_platform
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from tidings.access import queries as people
from tidings.platform import jobs
from tidings.ui.shell.texts import _
from tidings.ui.shell.visit import Visiting

MAY = "fcrm_manage_settings"


@get("/settings/audit", permission=MAY)
async def audit_page(visit: Visiting) -> Response[Any]:
    """Who did what, newest first."""
    table = visit.table(sort="id")
    return await visit.page("settings/audit.html", table=table, rows=await people.list_audit(visit.core, table.request))


@get("/settings/jobs", permission=MAY)
async def jobs_page(visit: Visiting) -> Response[Any]:
    """The newest jobs with how far they are."""
    return await visit.page("settings/jobs.html", jobs=await jobs.list_jobs(visit.core, limit=100))


@post("/settings/jobs/{job_id:int}/stop", permission=MAY)
async def stop_job(visit: Visiting, job_id: FromPath[int]) -> Response[Any]:
    """Asks a job to stop at its next safe point."""
    is_asked = await jobs.request_stop(visit.core, job_id)
    await visit.note("job_stopped", f"job {job_id}")
    return visit.redirect(
        "/settings/jobs", _("The job will stop.") if is_asked else _("The job was over already."), kind="info"
    )


@get("/settings/about", access="user")
async def about_page(visit: Visiting) -> Response[Any]:
    """Which version of what is running."""
    try:
        own = version("tidings")
    except PackageNotFoundError:
        own = _("from source")
    return await visit.page("settings/about.html", own=own, python=python_platform.python_version())


ROUTES = [audit_page, jobs_page, stop_job, about_page]
