"""The pool: what one borrower does in a session never meets the next."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from functools import partial

import asyncpg
import pytest

from tidings.platform.core import Core
from tidings.platform.db import Database, settled


@pytest.fixture
async def single(dsn: str) -> AsyncIterator[Database]:
    """A pool of one connection, so that the next borrower gets the same."""
    db = await Database.open(dsn, max_size=1)
    yield db
    await db.close()


async def test_a_connection_that_was_lent_out_comes_back_swept(single: Database):
    async with single.connection() as lent:
        await lent.execute("SET work_mem = '7MB'")
        await lent.fetchval("SELECT pg_advisory_lock(4711)")
    assert await single.fetchval("SHOW work_mem") != "7MB"
    assert await single.fetchval("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'") == 0


async def test_a_transaction_that_fails_leaves_the_connection_as_it_was(single: Database):
    async def fail() -> None:
        async with single.transaction(is_durable=False) as tx:
            await tx.execute("SET LOCAL work_mem = '7MB'")
            await tx.execute("CREATE TABLE left_behind (n int)")
            raise ZeroDivisionError

    before = await single.fetchval("SHOW synchronous_commit")
    with pytest.raises(ZeroDivisionError):
        await fail()
    assert await single.fetchval("SHOW work_mem") != "7MB"
    assert await single.fetchval("SHOW synchronous_commit") == before
    assert await single.fetchval("SELECT to_regclass('left_behind')") is None


async def test_a_reading_neither_writes_nor_lasts_nor_leaves_anything_behind(single: Database):
    with pytest.raises(asyncpg.ReadOnlySQLTransactionError):
        async with single.reading() as tx:
            await tx.execute("CREATE TABLE written (n int)")
    with pytest.raises(TimeoutError):
        async with single.reading(within=timedelta(milliseconds=20)) as tx:
            await tx.fetchval("SELECT pg_sleep(30)")
    async with single.reading() as tx:
        assert await tx.fetchval("SHOW plan_cache_mode") == "force_custom_plan"
    for name, usual in (("plan_cache_mode", "auto"), ("statement_timeout", "0"), ("transaction_read_only", "off")):
        assert await single.fetchval(f"SHOW {name}") == usual


async def test_of_two_transactions_that_block_each_other_both_are_done(core: Core):
    db = core.db
    await db.execute("CREATE TABLE twins (id int PRIMARY KEY, n int)")
    await db.execute("INSERT INTO twins VALUES (1, 0), (2, 0)")
    both_hold_one = asyncio.Barrier(2)
    tries = 0

    async def write(first: int, second: int) -> None:
        nonlocal tries
        tries += 1
        async with db.transaction() as tx:
            await tx.execute("UPDATE twins SET n = n + 1 WHERE id = $1", first)
            if tries <= 2:
                await both_hold_one.wait()
            await tx.execute("UPDATE twins SET n = n + 1 WHERE id = $1", second)

    await asyncio.gather(settled(partial(write, 1, 2)), settled(partial(write, 2, 1)))
    assert [row["n"] for row in await db.fetch("SELECT n FROM twins ORDER BY id")] == [2, 2]
    assert tries == 3
