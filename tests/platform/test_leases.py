from __future__ import annotations

import asyncio
from datetime import timedelta

from tidings.platform.core import Core
from tidings.platform.leases import Periodic, lead, leadership, run_due
from tidings.platform.tallies import fold
from tidings.workers.scheduler import PERIODICS, fold_tallies


async def test_only_one_leads_and_the_next_leads_when_it_is_gone(dsn: str):
    async with leadership(dsn, "x") as first:
        assert first is not None
        assert await first()
        async with leadership(dsn, "x") as second, leadership(dsn, "y") as other:
            assert second is None
            assert other is not None
    async with asyncio.timeout(10):
        while True:
            async with leadership(dsn, "x") as third:
                if third is not None:
                    break


async def test_a_leader_whose_connection_was_cut_knows_it(dsn: str, core: Core):
    async with leadership(dsn, "x") as is_leading:
        assert is_leading is not None
        await core.db.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'tidings leader x'"
        )
        assert not await is_leading()


async def test_a_late_tick_is_caught_up_once_and_a_failing_one_is_tried_again(core: Core):
    ran: list[str] = []

    async def good(core: Core) -> None:
        ran.append("good")

    async def bad(core: Core) -> None:
        ran.append("bad")
        raise ValueError

    pieces = [Periodic("bad", timedelta(hours=1), bad), Periodic("good", timedelta(hours=1), good)]
    assert await run_due(core, pieces) == ["good"]
    assert await run_due(core, pieces) == []
    await core.db.execute("UPDATE leases SET expires_at = now() - interval '5 hours'")
    assert await run_due(core, pieces) == ["good"]
    assert ran == ["bad", "good", "bad", "bad", "good"]


async def test_leading_ends_soon_after_the_stop(core: Core):
    stop, ticked = asyncio.Event(), asyncio.Event()

    async def tick(core: Core) -> None:
        ticked.set()

    task = asyncio.create_task(lead(core, [Periodic("t", timedelta(0), tick)], stop, tick=0.01))
    await ticked.wait()
    stop.set()
    async with asyncio.timeout(10):
        await task


async def _sums(core: Core) -> list[tuple[object, ...]]:
    return [
        tuple(row)
        for row in await core.db.fetch(
            "SELECT scope, key, word, sum(contacts), sum(emails), sum(phones) FROM tallies GROUP BY 1, 2, 3 ORDER BY 1, 2, 3"
        )
    ]


async def test_folding_changes_no_sum_however_often_and_however_many_fold_at_once(core: Core):
    for n in range(30):
        await core.db.execute("INSERT INTO contacts (email) VALUES ($1)", f"a{n}@b.c")
    await core.db.execute("DELETE FROM contacts WHERE email < 'a2'")
    await core.db.execute("INSERT INTO message_tallies VALUES (1, 'sent', 5), (1, 'sent', -5), (2, 'sent', 1)")
    before = await _sums(core)
    await asyncio.gather(*(fold_tallies(core) for _ in range(5)))
    assert await _sums(core) == before
    assert await core.db.fetchval("SELECT count(*) FROM tallies") == len(before)
    assert [tuple(row) for row in await core.db.fetch("SELECT * FROM message_tallies")] == [(2, "sent", 1)]
    async with core.db.transaction() as tx:
        assert await fold(tx, "tallies", by=("scope", "key", "word"), sums=("contacts", "emails", "phones")) == 0


async def test_every_periodic_piece_can_run_twice(core: Core):
    for _ in range(2):
        await core.db.execute("DELETE FROM leases")
        assert await run_due(core, PERIODICS) == [piece.name for piece in PERIODICS]
