"""Imports as jobs: one that dies and moves on goes on for ever, one that dies at one place is given up, visibly."""

from __future__ import annotations

from pathlib import Path

from tidings.imports import actions, queries
from tidings.imports.jobs import BEGINNINGS
from tidings.platform import jobs
from tidings.platform.core import Core


async def started(core: Core, tmp_path: Path) -> int:
    path = tmp_path / "a.csv"
    path.write_text("email\n" + "".join(f"p{n}@example.org\n" for n in range(20)))
    made = await actions.create_import(core, path, file_name="a.csv")
    await actions.start_import(core, made.id)
    return made.id


async def claimed(core: Core) -> list[jobs.Claimed]:
    return await jobs.claim(core.db, [actions.JOB], 1)


async def die(core: Core, import_id: int) -> None:
    """What a process that dies right after its beginning leaves behind."""
    [job] = await claimed(core)
    row = await core.db.fetchrow("SELECT bytes_done FROM imports WHERE id = $1", import_id)
    assert row is not None
    same = job.progress.get("place") == row["bytes_done"]
    begun = 1 + (job.progress.get("begun", 0) if same else 0)
    await jobs.Progress(core.db, job).report(place=row["bytes_done"], begun=begun)
    await core.db.execute("UPDATE imports SET state = 'running' WHERE id = $1", import_id)
    await core.db.execute("UPDATE jobs SET leased_until = now() - interval '1 second'")


async def test_an_import_that_dies_at_one_place_is_given_up_and_can_be_started_again(core: Core, tmp_path: Path):
    made = await started(core, tmp_path)
    for _ in range(BEGINNINGS):
        await die(core, made)
    [job] = await claimed(core)
    await jobs.run_claimed(core, job)
    found = await queries.import_by_id(core, made)
    assert (found.state, found.rows_done) == ("failed", 0)
    assert "Start it again" in (found.error or "")
    await actions.start_import(core, made)
    [job] = await claimed(core)
    await jobs.run_claimed(core, job)
    found = await queries.import_by_id(core, made)
    assert (found.state, found.created, found.error) == ("done", 20, None)


async def test_an_import_that_moves_on_between_deaths_is_never_given_up(core: Core, tmp_path: Path):
    made = await started(core, tmp_path)
    for n in range(3 * BEGINNINGS):
        await die(core, made)
        await core.db.execute("UPDATE imports SET bytes_done = bytes_done + 1 WHERE id = $1 AND $2 > 0", made, n)
    await core.db.execute("UPDATE imports SET bytes_done = 6 WHERE id = $1", made)
    [job] = await claimed(core)
    await jobs.run_claimed(core, job)
    found = await queries.import_by_id(core, made)
    assert (found.state, found.created) == ("done", 20)
