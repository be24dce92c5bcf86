"""Kill projectors and web processes while hits come, then count (must-pass 1)."""

from __future__ import annotations

import asyncio
import hashlib
import itertools
import os
import random
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

import httpx
import psutil
import pytest

from tests.ports import free_port
from tidings.campaigns import actions as campaigns
from tidings.campaigns.queries import message_counts
from tidings.platform.clock import SystemClock
from tidings.platform.core import Core
from tidings.platform.crypto import Keyring
from tidings.segments.types import Everybody, to_json
from tidings.tracking.collector import CLICK, OPEN, Collector, Hit
from tidings.tracking.projector import fold_hits
from tidings.tracking.tokens import Addresses

MESSAGES = 300
ROUNDS = 2
READERS = 20
KILLS = int(os.environ.get("TIDINGS_CHAOS_KILLS") or 6)
SECRET = "a secret of this test"
CHROME = "Mozilla/5.0 (X11; Linux x86_64) Chrome/120.0 Safari/537.36"


async def sent_campaign(core: Core) -> tuple[int, list[int], list[int]]:
    """A campaign, its sent messages and its two links."""
    await core.db.execute(
        "INSERT INTO contacts (email) SELECT 'p' || n || '@y.co' FROM generate_series(1, $1) n", MESSAGES
    )
    made = await campaigns.create_campaign(core, title="C", subject="s", body="b", audience=to_json(Everybody()))
    messages = await core.db.fetch(
        """INSERT INTO messages (campaign_id, contact_id, email, state, sent_at)
        SELECT $1, id, email, 'sent', now() FROM contacts RETURNING id""",
        made,
    )
    links = await core.db.fetch(
        "INSERT INTO links (campaign_id, position, url) SELECT $1, n, 'https://x.co/' || n FROM generate_series(0, 1) n RETURNING id",
        made,
    )
    return made, [row["id"] for row in messages], [row["id"] for row in links]


def hit_by_chance(chance: random.Random, messages: list[int], links: list[int]) -> Hit:
    message, machine, anonymous = chance.choice(messages), chance.random() < 0.1, chance.random() < 0.1
    if chance.random() < 0.5:
        return Hit(OPEN, message, None, machine, anonymous)
    return Hit(CLICK, message, chance.choice(links), machine, anonymous)


@pytest.mark.chaos
@pytest.mark.timeout(120)
async def test_killed_projectors_fold_each_hit_exactly_once(core: Core, dsn: str):
    core = Core(core.db, SystemClock(), core.keys, core.installation, core.data_dir)
    made, messages, links = await sent_campaign(core)
    chance, collector, hits = random.Random(5), Collector(core), list[Hit]()
    stop = asyncio.Event()

    async def readers() -> None:
        while not stop.is_set():
            batch = [hit_by_chance(chance, messages, links) for _ in range(40)]
            await asyncio.gather(*(collector.record(hit) for hit in batch))
            hits.extend(batch)
            await asyncio.sleep(0.005)

    def start() -> subprocess.Popen[bytes]:
        return subprocess.Popen([sys.executable, "-m", "tests.chaos.projector_process", dsn, "25"])

    processes = [start(), start()]
    reading = asyncio.create_task(readers())
    try:
        for _ in range(KILLS):
            await asyncio.sleep(chance.uniform(0.4, 1.2))
            victim = chance.randrange(2)
            processes[victim].send_signal(signal.SIGKILL)
            processes[victim].wait()
            processes[victim] = start()
        stop.set()
        await reading
    finally:
        for process in processes:
            process.kill()
            process.wait()
    async with asyncio.timeout(60):
        # what the dead held open must end before the last hits may be read
        while await core.db.fetchval(
            "SELECT EXISTS (SELECT 1 FROM hits h WHERE (h.xid, h.id) > (r.xid, r.id))"
            " FROM fact_readers r WHERE r.name = 'hits'"
        ):
            await fold_hits(core)
    assert len(hits) > 300
    await count(core, made, hits)


async def count(core: Core, campaign: int, hits: list[Hit]) -> None:
    """Messages, links, timeline and counters against the hits that were made."""
    people = [hit for hit in hits if not hit.is_machine and not hit.is_anonymous]
    opens = Counter(hit.message_id for hit in people if hit.kind == OPEN)
    clicks = Counter(hit.message_id for hit in people if hit.kind == CLICK)
    rows = await core.db.fetch("SELECT id, opens, clicks, opened_at, clicked_at FROM messages")
    assert {row["id"]: row["opens"] for row in rows if row["opens"]} == opens
    assert {row["id"]: row["clicks"] for row in rows if row["clicks"]} == clicks
    assert {row["id"] for row in rows if row["clicked_at"]} == set(clicks)
    told = (await message_counts(core, [campaign]))[campaign]
    assert told == {"sent": MESSAGES, "opened": len({*opens, *clicks}), "clicked": len(clicks)}
    by_link = await core.db.fetch("SELECT message_id, link_id, clicks FROM message_links")
    wanted = Counter((hit.message_id, hit.link_id) for hit in people if hit.kind == CLICK)
    assert {(row["message_id"], row["link_id"]): row["clicks"] for row in by_link} == wanted
    quiet = Counter((hit.link_id or 0, hit.kind) for hit in hits if hit.is_anonymous and not hit.is_machine)
    rows = await core.db.fetch("SELECT link_id, kind, n FROM anonymous_hits")
    assert {(row["link_id"], row["kind"]): row["n"] for row in rows} == quiet
    facts = await core.db.fetch(
        """SELECT kind, object_id, count(*) AS n, count(*) FILTER (WHERE (data->>'first')::boolean) AS first
        FROM facts WHERE kind IN ('message_opened', 'link_clicked') GROUP BY 1, 2"""
    )
    assert {row["object_id"]: row["n"] for row in facts if row["kind"] == "message_opened"} == opens
    assert {row["object_id"]: row["n"] for row in facts if row["kind"] == "link_clicked"} == clicks
    assert {row["first"] for row in facts if row["kind"] == "link_clicked"} == {1}, "one first click of each message"
    assert {row["first"] for row in facts if row["kind"] == "message_opened"} <= {0, 1}


class Web:
    """`tidings web` on the test's database, to be killed with everything it started."""

    def __init__(self, dsn: str, folder: Path) -> None:
        self.port = free_port()
        self._environment = {n: v for n, v in os.environ.items() if not n.startswith("TIDINGS_")} | {
            "DATABASE_URL": dsn,
            "TIDINGS_DATA": str(folder),
            "TIDINGS_PORT": str(self.port),
            "TIDINGS_SECRET_KEY": SECRET,
        }

    def start(self) -> None:
        command = [sys.executable, "-m", "tidings", "web"]
        self.process = subprocess.Popen(command, env=self._environment, stderr=subprocess.DEVNULL)

    async def until_ready(self) -> None:
        async with httpx.AsyncClient() as client, asyncio.timeout(60):
            while True:
                try:
                    if (await client.get(f"http://127.0.0.1:{self.port}/readyz")).status_code == 200:
                        return
                except httpx.HTTPError:
                    await asyncio.sleep(0.05)

    def kill(self) -> None:
        """As the kernel would when memory runs out: no word to anybody."""
        for process in [*psutil.Process(self.process.pid).children(recursive=True), psutil.Process(self.process.pid)]:
            process.send_signal(signal.SIGKILL)
        self.process.wait()


@pytest.mark.chaos
@pytest.mark.timeout(180)
async def test_every_hit_that_was_answered_outlives_the_web_process(core: Core, dsn: str, tmp_path: Path):
    _, messages, links = await sent_campaign(core)
    web = Web(dsn, tmp_path)
    keys = Keyring(hashlib.sha256(SECRET.encode()).digest())
    made = Addresses(keys, f"http://127.0.0.1:{web.port}", SystemClock().now())
    numbers, answered = itertools.count(), set[str]()
    chance = random.Random(3)

    async def reader(client: httpx.AsyncClient) -> None:
        while True:
            agent = f"{CHROME} n{next(numbers)}"
            message = chance.choice(messages)
            url = made.click_prefix(chance.choice(links)) + made.click_tail(message)
            if chance.random() < 0.5:
                url = made.open_url(message)
            try:
                answer = await client.get(url, headers={"user-agent": agent})
            except httpx.HTTPError:
                return
            assert answer.status_code in (200, 307)
            answered.add(agent)

    for _ in range(ROUNDS):
        web.start()
        await web.until_ready()
        enough = len(answered) + chance.randrange(60, 300)
        async with httpx.AsyncClient(timeout=10) as client, asyncio.TaskGroup() as group:
            for _ in range(READERS):
                group.create_task(reader(client))
            async with asyncio.timeout(60):
                while len(answered) < enough:  # noqa: ASYNC110 - the readers' work
                    await asyncio.sleep(0.005)
            web.kill()
    stored = Counter(row["agent"] for row in await core.db.fetch("SELECT agent FROM hits"))
    assert answered <= set(stored), "what was answered is there"
    assert [agent for agent, n in stored.items() if n > 1] == [], "and nothing twice"
    assert len(stored) - len(answered) <= ROUNDS * READERS, "beyond it only what was on its way"
