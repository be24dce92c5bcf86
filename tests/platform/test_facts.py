"""The log of facts: each reader is given every fact once, in the order of the transactions, whatever their numbers."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from tidings.platform.core import Core
from tidings.platform.db import Connection
from tidings.platform.facts import Recorded, has_reader, read_batch, start_reader

# Transactions that ended long ago; as text, 1000 would stand before 999.
NUMBERS = (8, 9, 10, 11, 99, 100)


async def test_facts_come_in_the_order_of_transactions_also_where_their_numbers_grow_longer(core: Core):
    await core.db.execute(
        "INSERT INTO facts (kind, xid) SELECT 'k' || n, n::text::xid8 FROM unnest($1::int[]) AS n ORDER BY n DESC",
        list(NUMBERS),
    )
    told: list[str] = []

    async def handle(tx: Connection, facts: Sequence[Recorded]) -> None:
        told.extend(fact.kind for fact in facts)

    for limit in (1, 2, 2, 2, 2):
        await read_batch(core.db, "one", handle, limit=limit)
    assert told == [f"k{n}" for n in NUMBERS]
    told.clear()
    while await read_batch(core.db, "all at once", handle):
        pass
    assert told == [f"k{n}" for n in NUMBERS]


async def test_a_reader_that_fails_is_given_the_same_again(core: Core):
    await core.db.execute("INSERT INTO facts (kind, xid) VALUES ('a', '8'), ('b', '8')")
    told: list[str] = []

    async def fail(tx: Connection, facts: Sequence[Recorded]) -> None:
        raise ZeroDivisionError

    async def handle(tx: Connection, facts: Sequence[Recorded]) -> None:
        told.extend(fact.kind for fact in facts)

    with pytest.raises(ZeroDivisionError):
        await read_batch(core.db, "one", fail)
    assert await read_batch(core.db, "one", handle) == 2
    assert await read_batch(core.db, "one", handle) == 0
    assert told == ["a", "b"]


async def test_a_reader_that_is_started_reads_what_happens_from_then_on(core: Core):
    assert not await has_reader(core.db, "late")
    async with core.db.transaction() as tx:
        await start_reader(tx, "late")
    assert await has_reader(core.db, "late")
    position = await core.db.fetchval("SELECT xid::text FROM fact_readers WHERE name = 'late'")
    async with core.db.transaction() as tx:
        await start_reader(tx, "late")
    assert await core.db.fetchval("SELECT xid::text FROM fact_readers WHERE name = 'late'") == position
