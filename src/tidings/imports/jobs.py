"""The job that runs a queued import; the run itself is in `running`, the queue in `platform.jobs`."""

from __future__ import annotations

from typing import Any

from tidings.imports.actions import JOB
from tidings.imports.running import fail_import, run_import
from tidings.platform.core import Core
from tidings.platform.errors import NotFound
from tidings.platform.jobs import Progress, handles

# Begun so often at one place of the file, an import is given up; one that moves on between deaths never is.
BEGINNINGS = 5
_STUCK = (
    "The process that ran this import died or lost the database {n} times after {rows} rows. Start it again to go on."
)


@handles(JOB, max_failures=1_000_000)
async def run_queued_import(core: Core, args: dict[str, Any], progress: Progress) -> None:
    """Runs the import `import_id`; one that was deleted or has ended meanwhile is nothing to do."""
    import_id: int = args["import_id"]
    row = await core.db.fetchrow("SELECT state, bytes_done, rows_done FROM imports WHERE id = $1", import_id)
    if row is None or row["state"] not in ("queued", "running", "stopping"):
        return
    place, begun = row["bytes_done"], 1
    if progress.values.get("place") == place:
        begun += progress.values.get("begun", 0)
    if begun > BEGINNINGS:
        await fail_import(core, import_id, _STUCK.format(n=BEGINNINGS, rows=row["rows_done"]))
        return
    await progress.report(place=place, begun=begun)
    try:
        await run_import(core, import_id)
    except NotFound:
        return
