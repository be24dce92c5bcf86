"""Hits are on disk when they are answered, in few commits; what happens to the database meanwhile loses and doubles none."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator

import pytest

from tests.tracking.relay import Relay, relay_to
from tidings.platform.clock import SystemClock
from tidings.platform.core import Core
from tidings.platform.db import AWAY, Database
from tidings.platform.installation import Installation
from tidings.tracking import collector as collecting
from tidings.tracking.collector import CLICK, OPEN, Collector, Hit, Overloaded

# Ends every connection of the collector's own pool, in whatever it is doing.
CUT = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid = ANY($1)"


@pytest.fixture
async def own(core: Core, dsn: str) -> AsyncIterator[Core]:
    """A core on a pool of its own that can be broken without hurting the test's."""
    db = await Database.open(dsn, max_size=4)
    yield Core(db, SystemClock(), core.keys, Installation(db, core.keys), core.data_dir)
    await db.close()


async def kept(core: Core) -> Counter[int]:
    """How often each message was hit. Each hit of these tests has a message of its own."""
    return Counter(row["message_id"] for row in await core.db.fetch("SELECT message_id FROM hits"))


async def cut(core: Core, own: Core) -> None:
    pids = [holder._con.get_server_pid() for holder in own.db._pool._holders if holder._con is not None]
    await core.db.execute(CUT, pids)


async def test_a_hit_is_on_disk_as_it_came_when_record_returns(core: Core, own: Core):
    hit = Hit(CLICK, 7, 8, is_machine=True, is_anonymous=False, ip="198.51.100.7", agent="Chrome " + "x" * 500)
    await Collector(own).record(hit)
    row = await core.db.fetchrow("SELECT kind, message_id, link_id, is_machine, is_anonymous, ip, agent FROM hits")
    assert row is not None
    assert tuple(row)[:6] == (CLICK, 7, 8, True, False, "198.51.100.7")
    assert row["agent"] == ("Chrome " + "x" * 500)[:300]


async def test_many_at_once_share_few_commits(core: Core, own: Core):
    collector = Collector(own)
    await asyncio.gather(*(collector.record(Hit(OPEN, n)) for n in range(1, 3001)))
    assert await kept(core) == dict.fromkeys(range(1, 3001), 1)
    assert await core.db.fetchval("SELECT count(DISTINCT xid) FROM hits") < 20


async def test_an_agent_the_database_cannot_take_hurts_no_other_hit(core: Core, own: Core):
    collector = Collector(own)
    odd = {1: "a\x00b", 3: "\ud800", 5: "\xff\u2028", 7: "\\N", 9: "\t\n"}
    await asyncio.gather(*(collector.record(Hit(OPEN, n, agent=odd.get(n, "x"))) for n in range(1, 12)))
    assert await kept(core) == dict.fromkeys(range(1, 12), 1)


async def test_a_reader_who_hangs_up_hurts_no_other(core: Core, own: Core):
    collector = Collector(own)
    tasks = [asyncio.create_task(collector.record(Hit(OPEN, n))) for n in range(1, 21)]
    await asyncio.sleep(0)
    for task in tasks[::3]:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await collector.record(Hit(OPEN, 99))
    found = await kept(core)
    assert set(found.values()) == {1}
    assert {n + 1 for n in range(20) if n % 3} | {99} <= set(found)


async def test_more_than_memory_should_hold_is_refused_and_what_waits_is_kept(
    core: Core, own: Core, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(collecting, "MOST_WAITING", 50)
    collector = Collector(own)
    async with core.db.transaction() as tx:
        await tx.execute("LOCK TABLE hits IN ACCESS EXCLUSIVE MODE")
        tasks = [asyncio.create_task(collector.record(Hit(OPEN, n))) for n in range(1, 201)]
        _, waiting = await asyncio.wait(tasks, timeout=0.3)
        assert 0 < len(waiting) < 200
    done = await asyncio.gather(*tasks, return_exceptions=True)
    refused = {n for n, one in enumerate(done, start=1) if one is not None}
    assert {type(one) for one in done} == {type(None), Overloaded}
    assert await kept(core) == dict.fromkeys(set(range(1, 201)) - refused, 1)
    await collector.record(Hit(OPEN, 999))


async def test_connections_that_break_again_and_again_lose_and_double_nothing(core: Core, own: Core):
    collector = Collector(own)
    numbers = iter(range(1, 100_000))
    answered: list[int] = []
    stop = asyncio.Event()

    async def reader() -> None:
        while not stop.is_set():
            number = next(numbers)
            await collector.record(Hit(OPEN, number))
            answered.append(number)

    readers = [asyncio.create_task(reader()) for _ in range(30)]
    for pause in (0.03, 0.11, 0.02, 0.2, 0.01, 0.15, 0.07, 0.1):
        await asyncio.sleep(pause)
        await cut(core, own)
    await asyncio.sleep(0.1)
    stop.set()
    await asyncio.gather(*readers)
    assert len(answered) >= 30
    assert await kept(core) == dict.fromkeys(answered, 1)


@pytest.fixture
async def wired(core: Core) -> AsyncIterator[tuple[Core, Relay]]:
    """A core whose wire to the server can be cut."""
    relay, address = await relay_to(core)
    db = await Database.open(address, max_size=4)
    yield Core(db, SystemClock(), core.keys, Installation(db, core.keys), core.data_dir), relay
    await db.close()
    await relay.cut()


async def test_a_database_that_is_gone_for_a_moment_is_waited_for(core: Core, wired: tuple[Core, Relay]):
    far, relay = wired
    collector = Collector(far)
    await collector.record(Hit(OPEN, 1))
    await relay.cut()
    tasks = [asyncio.create_task(collector.record(Hit(OPEN, n))) for n in range(2, 50)]
    done, _ = await asyncio.wait(tasks, timeout=0.5)
    assert not done, "nothing is answered while nothing can be kept"
    await relay.open()
    await asyncio.gather(*tasks)
    assert await kept(core) == dict.fromkeys(range(1, 50), 1)


async def test_what_was_committed_without_a_word_is_not_written_again(core: Core, wired: tuple[Core, Relay]):
    far, relay = wired
    # the commit itself takes a moment, and the wire is cut while it does
    await core.db.execute(
        "CREATE FUNCTION rest() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(0.6); RETURN NULL; END $$"
    )
    partitions = await core.db.fetch(
        "SELECT inhrelid::regclass::text AS name FROM pg_inherits WHERE inhparent = 'hits'::regclass"
    )
    for row in partitions:
        await core.db.execute(
            f"CREATE CONSTRAINT TRIGGER rest AFTER INSERT ON {row['name']} DEFERRABLE INITIALLY DEFERRED"
            " FOR EACH ROW EXECUTE FUNCTION rest()"
        )
    task = asyncio.create_task(Collector(far).record(Hit(OPEN, 1)))
    async with asyncio.timeout(10):
        while not await core.db.fetchval("SELECT EXISTS (SELECT 1 FROM pg_stat_activity WHERE wait_event = 'PgSleep')"):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    await relay.cut()
    await relay.open()
    await task
    assert await kept(core) == {1: 1}


async def test_an_answer_lost_on_the_way_back_doubles_nothing(core: Core, wired: tuple[Core, Relay]):
    far, relay = wired
    collector = Collector(far)
    await collector.record(Hit(OPEN, 1))
    answered = 1
    for _ in range(8):
        tasks = [asyncio.create_task(collector.record(Hit(OPEN, answered + n))) for n in range(1, 9)]
        answered += len(tasks)
        await asyncio.sleep(0.002)
        relay.is_mute = True
        await asyncio.sleep(0.05)
        relay.is_mute = False
        await asyncio.gather(*tasks)
    assert await kept(core) == dict.fromkeys(range(1, answered + 1), 1)


async def test_patience_ends_and_the_next_hit_is_tried_anew(
    core: Core, wired: tuple[Core, Relay], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(collecting, "PATIENCE", 0.3)
    far, relay = wired
    collector = Collector(far)
    await relay.cut()
    done = await asyncio.gather(*(collector.record(Hit(OPEN, n)) for n in range(20)), return_exceptions=True)
    assert {isinstance(one, AWAY) for one in done} == {True}
    await relay.open()
    await collector.record(Hit(OPEN, 77))
    assert await kept(core) == {77: 1}
