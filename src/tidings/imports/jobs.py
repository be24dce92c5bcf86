"""The job that runs a queued import; the run itself is in `running`, the queue in `platform.jobs`."""

from __future__ import annotations

from typing import Any

from tidings.imports.actions import JOB
from tidings.imports.running import run_import
from tidings.platform.core import Core
from tidings.platform.errors import NotFound
from tidings.platform.jobs import Progress, handles


@handles(JOB)
async def run_queued_import(core: Core, args: dict[str, Any], progress: Progress) -> None:
    """Runs the import `import_id`; one that was deleted or has ended meanwhile is nothing to do."""
    row = await core.db.fetchrow("SELECT state FROM imports WHERE id = $1", args["import_id"])
    if row is None or row["state"] not in ("queued", "running", "stopping"):
        return
    try:
        await run_import(core, args["import_id"])
    except NotFound:
        return
