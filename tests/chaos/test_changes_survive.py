"""Kill the process that changes many contacts at random moments, again and again, then count."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tidings.bulk import actions, queries
from tidings.bulk.types import AddTags, BulkJob
from tidings.contacts import actions as contacts
from tidings.platform.clock import SystemClock
from tidings.platform.core import Core
from tidings.segments.types import ColumnIs

PEOPLE = int(os.environ.get("TIDINGS_CHAOS_ROWS") or 12_000)
KILLS = int(os.environ.get("TIDINGS_CHAOS_KILLS") or 8)


def start(dsn: str, folder: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "tests.chaos.changer_process", dsn, str(folder), "40"]
    return subprocess.Popen(command, stderr=subprocess.DEVNULL)


async def until_moved(core: Core, job_id: int, done: int) -> BulkJob:
    """Waits until more than `done` contacts are done, or it is over."""
    async with asyncio.timeout(60):
        while True:
            found = await queries.bulk_job_by_id(core, job_id)
            if found.done > done or not found.is_live:
                return found
            await asyncio.sleep(0.01)


@pytest.mark.chaos
@pytest.mark.timeout(180)
async def test_everybody_is_changed_once_however_often_it_dies(core: Core, dsn: str, tmp_path: Path):
    core = Core(core.db, SystemClock(), core.keys, core.installation, tmp_path)
    await core.db.execute(
        "INSERT INTO contacts (email, first_name) SELECT 'p' || n || '@y.co', 'N' || n % 2 FROM generate_series(1, $1::int) n",
        PEOPLE,
    )
    tag = await contacts.create_tag(core, title="VIP")
    job_id = await actions.start_change(core, ColumnIs("first_name", "equals", "n1"), AddTags((tag,)))
    chance, kills = random.Random(7), 0
    found = await queries.bulk_job_by_id(core, job_id)
    process = start(dsn, tmp_path)
    try:
        while kills < KILLS and found.is_live:
            found = await until_moved(core, job_id, found.done)
            await asyncio.sleep(chance.uniform(0, 0.1))
            process.send_signal(signal.SIGKILL)
            process.wait()
            kills += 1
            # the lease of the dead runs out
            await core.db.execute("UPDATE jobs SET leased_until = now() WHERE state = 'running'")
            process = start(dsn, tmp_path)
        while found.is_live:
            found = await until_moved(core, job_id, found.done)
    finally:
        process.kill()
        process.wait()
    half = PEOPLE // 2
    assert (found.state, found.done, found.total, found.changed) == ("done", half, half, half)
    row = await core.db.fetchrow(
        """SELECT (SELECT count(*) FROM contact_tags) AS links, count(*) AS told, count(DISTINCT contact_id) AS people
        FROM facts WHERE kind = 'tags_added'"""
    )
    assert row is not None
    assert tuple(row) == (half, half, half)
    assert await core.db.fetchval("SELECT sum(contacts) FROM tallies WHERE scope = 'tag' AND key = $1", tag) == half
