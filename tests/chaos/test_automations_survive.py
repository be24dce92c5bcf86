"""Kill the processes that move contacts through automations, two at a time, then count (must-pass 1 and 8)."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import subprocess
import sys

import pytest

from tests.automations.flows import mail, published, step, tag
from tidings.contacts import actions as contacts
from tidings.platform.clock import SystemClock
from tidings.platform.core import Core

PEOPLE = 3000
GROUP = 40
KILLS = int(os.environ.get("TIDINGS_CHAOS_KILLS") or 6)


def start(dsn: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "tests.chaos.automator_process", dsn, str(GROUP)]
    return subprocess.Popen(command, stderr=subprocess.DEVNULL)


@pytest.mark.chaos
async def test_killed_automators_repeat_nothing_and_leave_out_nobody(core: Core, dsn: str):
    core = Core(core.db, SystemClock(), core.keys, core.installation, core.data_dir)
    vip = await tag(core, "vip")
    steps = [step("add_note", title="n", text="t"), mail(), step("record_event", key="k", title="t", value="v")]
    steps += [step("call_webhook", url="http://127.0.0.1:9/x"), mail()]
    await published(core, "tags_added", steps, ids=(vip,))
    await core.db.execute(
        "INSERT INTO contacts (email) SELECT 'p' || n || '@y.co' FROM generate_series(1, $1) n", PEOPLE
    )
    ids = [row["id"] for row in await core.db.fetch("SELECT id FROM contacts")]
    await contacts.add_tags(core, ids, [vip])
    chance, kills, seen = random.Random(3), 0, 0
    processes = [start(dsn), start(dsn)]
    count = "SELECT count(*) FROM automation_metrics"
    try:
        async with asyncio.timeout(120):
            while (now := await core.db.fetchval(count)) < PEOPLE * len(steps):
                if kills < KILLS and now > seen:
                    await asyncio.sleep(chance.uniform(0, 0.05))
                    for victim in (0, 1) if chance.random() < 0.5 else (chance.randrange(2),):
                        processes[victim].send_signal(signal.SIGKILL)
                        processes[victim].wait()
                        processes[victim] = start(dsn)
                    kills += 1
                    seen = await core.db.fetchval(count)
                await asyncio.sleep(0.02)
    finally:
        for process in processes:
            process.kill()
            process.wait()
    assert kills >= KILLS // 2
    rows = await core.db.fetch("SELECT state, count(*) AS n FROM automation_runs GROUP BY state")
    assert {row["state"]: row["n"] for row in rows} == {"completed": PEOPLE}
    for table, each in (("notes", 1), ("contact_events", 1), ("jobs", 1), ("messages", 2)):
        assert await core.db.fetchval(f"SELECT count(*) FROM {table}") == PEOPLE * each, table
    assert await core.db.fetchval("SELECT max(counter) FROM contact_events") == 1
    assert await core.db.fetchval("SELECT count(*) FROM facts WHERE kind = 'automation_completed'") == PEOPLE
