"""Kill senders and the database's connections at random moments of a campaign, then count (must-pass 1, 2).

TIDINGS_CHAOS_RECIPIENTS and TIDINGS_CHAOS_KILLS make it larger than a test run wants.
"""

from __future__ import annotations

import asyncio
import os
import random
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from benchmarks.sink import Sink

from tidings.campaigns import actions as campaigns
from tidings.campaigns.queries import message_counts
from tidings.messages import accounts
from tidings.platform.clock import SystemClock
from tidings.platform.core import Core
from tidings.segments.types import Everybody, to_json

RECIPIENTS = int(os.environ.get("TIDINGS_CHAOS_RECIPIENTS") or 3000)
KILLS = int(os.environ.get("TIDINGS_CHAOS_KILLS") or 6)
LEASE = 2.0
# No process holds more than two groups at a time (one on the wire, one claimed ahead).
IN_HAND = 2 * 200


def start(dsn: str, folder: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "tests.chaos.sender_process", dsn, str(folder), str(LEASE)]
    return subprocess.Popen(command, stderr=subprocess.DEVNULL)


async def finished(core: Core, campaign: int) -> bool:
    return await core.db.fetchval("SELECT state = 'finished' FROM campaigns WHERE id = $1", campaign)


@pytest.mark.chaos
@pytest.mark.timeout(300)
async def test_nobody_is_lost_and_nobody_is_mailed_twice(core: Core, dsn: str, tmp_path: Path):
    core = Core(core.db, SystemClock(), core.keys, core.installation, tmp_path)
    sink = Sink(delay=0.02)
    server = await sink.serve()
    port = server.sockets[0].getsockname()[1]
    await accounts.set_smtp_url(core, f"smtp://127.0.0.1:{port}?encryption=none&connections=10")
    await core.db.execute(
        "INSERT INTO contacts (email) SELECT 'p' || n || '@y.co' FROM generate_series(1, $1) n", RECIPIENTS
    )
    made = await campaigns.create_campaign(core, title="C", subject="s", body="<p>b</p>", audience=to_json(Everybody()))
    await campaigns.schedule_campaign(core, made)
    chance = random.Random(7)
    processes = [start(dsn, tmp_path) for _ in range(2)]
    kills = 0
    try:
        for _ in range(KILLS):
            await asyncio.sleep(chance.uniform(0.3, 1.2))
            if await finished(core, made):
                break
            if chance.random() < 0.3:
                # the database drops every connection but ours, in the middle of whatever they do
                await core.db.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
                    " AND pid <> pg_backend_pid() AND state <> 'idle'"
                )
                continue
            victim = chance.randrange(2)
            processes[victim].send_signal(signal.SIGKILL)
            processes[victim].wait()
            processes[victim] = start(dsn, tmp_path)
            kills += 1
        for _ in range(600):
            if await finished(core, made):
                break
            await asyncio.sleep(0.2)
    finally:
        for process in processes:
            process.kill()
            process.wait()
        server.close()
    assert await finished(core, made), await message_counts(core, [made])
    rows = await core.db.fetch("SELECT state, count(*) AS n FROM messages WHERE campaign_id = $1 GROUP BY state", made)
    states = {row["state"]: row["n"] for row in rows}
    assert (await message_counts(core, [made]))[made] == states, "counters equal rows"
    assert sum(states.values()) == RECIPIENTS, "no recipient lost"
    assert set(states) <= {"sent", "unknown"}
    received = Counter(recipient for _, recipient, _ in sink.received)
    assert [r for r, n in received.items() if n > 1] == [], "nobody twice"
    told = {row["email"] for row in await core.db.fetch("SELECT email FROM messages WHERE state = 'sent'")}
    assert told <= set(received), "what is called sent was taken by the server"
    assert states.get("unknown", 0) <= (KILLS + 1) * 2 * IN_HAND
