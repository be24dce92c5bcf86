"""Restart PostgreSQL itself in the middle of a campaign, cleanly and as a crash, then count (must-pass 2)."""

from __future__ import annotations

import asyncio
import os
import signal
import tempfile
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from benchmarks.sink import Sink

from tests.chaos.test_sending_survives import IN_HAND, start
from tidings.campaigns import actions as campaigns
from tidings.campaigns.queries import message_counts
from tidings.messages import accounts
from tidings.platform.clock import SystemClock
from tidings.platform.core import Core
from tidings.platform.crypto import Keyring
from tidings.platform.db import AWAY, Database
from tidings.platform.embedded import EmbeddedPostgres, start_embedded
from tidings.platform.installation import Installation
from tidings.platform.migrations import migrate
from tidings.segments.types import Everybody, to_json

RECIPIENTS = int(os.environ.get("TIDINGS_CHAOS_RECIPIENTS") or 20_000)
# Sessions are told to end and do; then a crash: everything is ended at once and the log is replayed.
FAST, IMMEDIATE = signal.SIGINT, signal.SIGQUIT
RESTARTS = (FAST, IMMEDIATE, FAST)
SENDERS = 2


@dataclass(frozen=True)
class Server:
    postgres: EmbeddedPostgres
    folder: Path

    async def end(self, how: signal.Signals) -> None:
        os.kill(int((self.folder / "postmaster.pid").read_text().split()[0]), how)
        async with asyncio.timeout(30):
            while self.postgres.is_running():  # noqa: ASYNC110 - another program's work
                await asyncio.sleep(0.02)

    async def restart(self, how: signal.Signals) -> None:
        """Away for a moment, as on any host that is updated."""
        await self.end(how)
        await asyncio.sleep(0.5)
        await asyncio.to_thread(self.postgres.revive)


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    """A server of this test alone, as careful with the disk as a real one."""
    # Not in pytest's own folder: another run of pytest would take it from the user under whom the server runs.
    with tempfile.TemporaryDirectory(prefix="tidings-pg-", ignore_cleanup_errors=True) as folder:
        made = await asyncio.to_thread(start_embedded, Path(folder))
        await migrate(made.dsn)
        yield Server(made, Path(folder))
        await asyncio.to_thread(made.stop)


async def sent(core: Core) -> int:
    """How many are sent; -1 while nobody can say."""
    try:
        return await core.db.fetchval("SELECT count(*) FROM messages WHERE state = 'sent'")
    except AWAY:
        return -1


async def is_finished(core: Core, campaign: int) -> bool:
    try:
        return await core.db.fetchval("SELECT state = 'finished' FROM campaigns WHERE id = $1", campaign)
    except AWAY:
        return False


@pytest.mark.chaos
@pytest.mark.timeout(240)
async def test_restarts_of_the_database_lose_nobody_and_mail_nobody_twice(server: Server, tmp_path: Path):
    keys = Keyring(b"k" * 32)
    db = await Database.open(server.postgres.dsn, max_size=4)
    core = Core(db, SystemClock(), keys, Installation(db, keys), tmp_path)
    sink = Sink(delay=0.005)
    listening = await sink.serve()
    port = listening.sockets[0].getsockname()[1]
    await accounts.set_smtp_url(core, f"smtp://127.0.0.1:{port}?encryption=none&connections=10")
    await core.db.execute(
        "INSERT INTO contacts (email) SELECT 'p' || n || '@y.co' FROM generate_series(1, $1) n", RECIPIENTS
    )
    made = await campaigns.create_campaign(core, title="C", subject="s", body="<p>b</p>", audience=to_json(Everybody()))
    await campaigns.schedule_campaign(core, made)
    processes = [start(server.postgres.dsn, tmp_path) for _ in range(SENDERS)]
    restarts = 0
    try:
        for share, how in enumerate(RESTARTS, start=1):
            async with asyncio.timeout(60):
                while await sent(core) < RECIPIENTS * share // (len(RESTARTS) + 1):  # noqa: ASYNC110 - the senders' work
                    await asyncio.sleep(0.05)
            restarts += not await is_finished(core, made)
            await server.restart(how)
        async with asyncio.timeout(90):
            while not await is_finished(core, made):  # noqa: ASYNC110
                await asyncio.sleep(0.1)
        assert [process.poll() for process in processes] == [None] * SENDERS, "no process died of it"
    finally:
        for process in processes:
            process.kill()
            process.wait()
        listening.close()
    assert restarts == len(RESTARTS)
    await count(core, made, sink)
    await db.close()


async def count(core: Core, campaign: int, sink: Sink) -> None:
    rows = await core.db.fetch("SELECT state, count(*) AS n FROM messages WHERE campaign_id = $1 GROUP BY 1", campaign)
    states = {row["state"]: row["n"] for row in rows}
    assert (await message_counts(core, [campaign]))[campaign] == states, "counters equal rows"
    assert sum(states.values()) == RECIPIENTS, "no recipient lost"
    assert set(states) <= {"sent", "unknown"}
    received = Counter(recipient for _, recipient, _ in sink.received)
    assert [one for one, n in received.items() if n > 1] == [], "nobody twice"
    told = {row["email"] for row in await core.db.fetch("SELECT email FROM messages WHERE state = 'sent'")}
    assert told <= set(received), "what is called sent was taken by the server"
    # the senders lived on and kept what they knew; a claim whose answer was lost may have run out before it went back
    assert states.get("unknown", 0) <= len(RESTARTS) * SENDERS * IN_HAND // 2
    facts = await core.db.fetchval("SELECT count(*) FROM facts WHERE kind = 'message_sent'")
    assert facts == states["sent"], "each in the timeline once"
    finished = await core.db.fetchval("SELECT count(*) FROM facts WHERE kind = 'campaign_finished'")
    assert finished == 1


@pytest.mark.chaos
async def test_a_killed_server_is_revived_though_others_have_its_number_by_now(server: Server):
    lock = next(server.folder.glob(".s.PGSQL.*.lock"))
    text = lock.read_text().splitlines()
    await server.end(signal.SIGKILL)
    lock.write_text("\n".join([str(os.getpid()), *text[1:]]) + "\n")
    await asyncio.to_thread(server.postgres.revive)
    db = await Database.open(server.postgres.dsn)
    assert await db.fetchval("SELECT count(*) FROM contacts") == 0
    await db.close()
