"""Kill the webhook loops and the database's connections while things happen, then count: nothing is lost."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import subprocess
import sys
from collections import Counter

import msgspec
import pytest
from benchmarks.receiver import Received, Receiver

from tests.outgoing_webhooks.conftest import listening
from tidings.app import know_webhook_forms
from tidings.contacts import actions as contacts
from tidings.contacts.types import Draft
from tidings.platform.clock import SystemClock
from tidings.platform.core import Core

PEOPLE, ROUNDS = 40, 25
KILLS = int(os.environ.get("TIDINGS_CHAOS_KILLS") or 6)
LEASE = 1.0


def start(dsn: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "tests.chaos.webhook_process", dsn, str(LEASE)]
    return subprocess.Popen(command, stderr=subprocess.DEVNULL)


@pytest.mark.chaos
@pytest.mark.timeout(240)
async def test_no_event_is_lost_and_repeats_bear_the_same_key(core: Core, dsn: str):
    know_webhook_forms()
    core = Core(core.db, SystemClock(), core.keys, core.installation, core.data_dir)
    await core.installation.put({"allow_private_targets": True})
    chance = random.Random(11)

    async def slow(_: Received) -> tuple[int, bytes]:
        await asyncio.sleep(0.005)
        return 200, b""

    receiver = Receiver(answering=slow)
    await receiver.serve()
    for path in ("/one", "/two"):
        await listening(core, receiver, "fluenzr", path, "contact.created")
    processes = [start(dsn) for _ in range(2)]
    made = 0

    async def write() -> None:
        nonlocal made
        for n in range(ROUNDS):
            await contacts.write_contacts(core, [Draft({"email": f"p{n}-{i}@example.com"}) for i in range(PEOPLE)])
            made += PEOPLE
            await asyncio.sleep(0.1)

    async def kill() -> None:
        for _ in range(KILLS):
            await asyncio.sleep(chance.uniform(0.2, 0.8))
            if chance.random() < 0.3:
                # the database drops every connection but ours, in the middle of whatever they do
                await core.db.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
                    " AND pid <> pg_backend_pid() AND query LIKE '%webhook%'"
                )
                continue
            victim = chance.randrange(2)
            processes[victim].send_signal(signal.SIGKILL)
            processes[victim].wait()
            processes[victim] = start(dsn)

    left = "SELECT count(*) FROM webhook_deliveries WHERE state <> 'delivered'"
    try:
        await asyncio.gather(write(), kill())
        for _ in range(600):
            told = await core.db.fetchval("SELECT count(*) FROM webhook_deliveries")
            if told == 2 * made and not await core.db.fetchval(left):
                break
            await asyncio.sleep(0.1)
    finally:
        for process in processes:
            process.kill()
            process.wait()
        receiver.close()
    assert await core.db.fetchval("SELECT count(*) FROM webhook_deliveries") == 2 * made, "each exactly once enqueued"
    assert await core.db.fetchval(left) == 0
    keys: dict[tuple[str, str], set[str]] = {}
    for got in receiver.received:
        email = msgspec.json.decode(got.body)["data"]["email"]
        keys.setdefault((got.path, email), set()).add(got.headers["x-fluenzr-delivery"])
    assert len(keys) == 2 * made, "nobody missing"
    assert {len(one) for one in keys.values()} == {1}, "what came again came under its key"
    assert Counter(path for path, _ in keys) == {"/one": made, "/two": made}
