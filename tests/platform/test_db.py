"""The pool: what one borrower does in a session never meets the next."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import asyncpg
import pytest

from tidings.platform.db import Database


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
