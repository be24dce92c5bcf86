"""What a sender does when the database goes away under it: nothing is forgotten, nothing goes out twice."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator

import pytest
from benchmarks.sink import Sink

from tests.tracking.relay import Relay, relay_to
from tidings.campaigns import actions as campaigns
from tidings.campaigns import drawing
from tidings.messages import accounts, claims
from tidings.messages.transports.types import Outcome, Result
from tidings.platform.clock import SystemClock
from tidings.platform.core import Core
from tidings.platform.db import Database
from tidings.platform.installation import Installation
from tidings.segments.types import Everybody, to_json
from tidings.workers.sender import Sender


@pytest.fixture
async def sink(core: Core) -> AsyncIterator[Sink]:
    made = Sink()
    server = await made.serve()
    port = server.sockets[0].getsockname()[1]
    await accounts.set_smtp_url(core, f"smtp://127.0.0.1:{port}?encryption=none&connections=3")
    yield made
    server.close()


async def started(core: Core, people: int) -> int:
    await core.db.execute(
        "INSERT INTO contacts (email) SELECT 'p' || n || '@y.co' FROM generate_series(1, $1) n", people
    )
    made = await campaigns.create_campaign(core, title="N", subject="s", body="<p>b</p>", audience=to_json(Everybody()))
    await campaigns.schedule_campaign(core, made)
    assert await drawing.draw(core, made)
    return made


async def states(core: Core) -> dict[str, int]:
    rows = await core.db.fetch("SELECT state, count(*) AS n FROM messages GROUP BY state")
    return {row["state"]: row["n"] for row in rows}


async def test_outcomes_wait_for_a_database_that_is_away(core: Core, sink: Sink):
    made = await started(core, 300)
    relay, address = await relay_to(core)
    db = await Database.open(address, max_size=4)
    far = Core(db, SystemClock(), core.keys, Installation(db, core.keys), core.data_dir)
    stop = asyncio.Event()
    cuts: list[asyncio.Task[None]] = []

    async def go_away(wire: Relay) -> None:
        await wire.cut()
        await asyncio.sleep(0.5)
        await wire.open()

    def cut_sometimes(accepted: int) -> None:
        if accepted in (20, 130, 260):
            cuts.append(asyncio.create_task(go_away(relay)))

    sink.before_answer = cut_sometimes
    sending = asyncio.create_task(Sender(far).run(stop))
    async with asyncio.timeout(60):
        while not await core.db.fetchval("SELECT state = 'finished' FROM campaigns WHERE id = $1", made):  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    stop.set()
    await sending
    await asyncio.gather(*cuts)
    await db.close()
    await relay.cut()
    assert len(cuts) == 3
    assert await states(core) == {"sent": 300}
    assert set(Counter(recipient for _, recipient, _ in sink.received).values()) == {1}
    assert len(sink.received) == 300


async def test_a_claim_whose_answer_was_lost_goes_back_and_what_was_offered_does_not(core: Core):
    made = await started(core, 6)
    mine = await claims.claim(core, made, limit=4, worker="w", account_id=1)
    await claims.claim(core, made, limit=2, worker="other", account_id=1)
    assert await claims.release_strays(core, "w", [mine[0].id]) == 3
    assert await states(core) == {"sending": 3, "queued": 3}
    rows = await core.db.fetch("SELECT worker, count(*) AS n FROM messages WHERE state = 'sending' GROUP BY 1")
    assert {row["worker"]: row["n"] for row in rows} == {"w": 1, "other": 2}


async def test_nobody_gives_back_what_another_has_taken_meanwhile(core: Core):
    made = await started(core, 2)
    mine = await claims.claim(core, made, limit=2, worker="w", account_id=1)
    await core.db.execute("UPDATE messages SET worker = 'other'")
    await claims.release(core, "w", [one.id for one in mine])
    assert await states(core) == {"sending": 2}


async def test_a_sender_that_comes_back_after_its_lease_tells_what_became_of_its_mails(core: Core):
    made = await started(core, 4)
    mine = await claims.claim(core, made, limit=4, worker="w", account_id=1)
    await core.db.execute("UPDATE messages SET leased_until = now() - interval '1 second'")
    await claims.recover_lost(core)
    assert await states(core) == {"unknown": 4}
    said = (Outcome.SENT, Outcome.REFUSED, Outcome.DEFERRED, Outcome.ACCOUNT_FAILED)
    outcomes = [(one, Result(one.id, how, 550, "no")) for one, how in zip(mine, said, strict=True)]
    await claims.store_outcomes(core, "w", outcomes)
    await claims.store_outcomes(core, "w", outcomes)
    assert await states(core) == {"sent": 1, "failed": 1, "unknown": 2}
    kinds = await core.db.fetch("SELECT kind, count(*) AS n FROM facts WHERE kind LIKE 'message%' GROUP BY 1")
    assert {row["kind"]: row["n"] for row in kinds} == {"message_unknown": 4, "message_sent": 1, "message_failed": 1}


async def by_account(core: Core) -> dict[str, int]:
    rows = await core.db.fetch(
        """SELECT a.name, count(*) AS n FROM messages m JOIN mail_accounts a ON a.id = m.account_id
        WHERE m.state = 'sent' GROUP BY a.name"""
    )
    return {row["name"]: row["n"] for row in rows}


async def test_another_account_goes_on_where_one_has_reached_its_limit(core: Core):
    for name, per_hour in (("a", 2), ("b", 3)):
        await accounts.create_account(core, kind="capture", name=name, per_hour=per_hour)
    await started(core, 9)
    sender = Sender(core)
    while await sender.pass_once():
        pass
    assert await by_account(core) == {"a": 2, "b": 3}
    assert await states(core) == {"sent": 5, "queued": 4}


async def test_accounts_take_turns(core: Core):
    for name in ("a", "b"):
        await accounts.create_account(core, kind="capture", name=name)
    sender = Sender(core)
    made = await started(core, 1)
    for n in range(4):
        await sender.pass_once()
        assert sum((await by_account(core)).values()) == n + 1
        await core.db.execute(
            """WITH one AS (INSERT INTO contacts (email) VALUES ('more' || $2::int || '@y.co') RETURNING id, email)
            INSERT INTO messages (campaign_id, contact_id, email, due_at, created_at, updated_at)
            SELECT $1, id, email, now() - interval '30 days', now(), now() FROM one""",
            made,
            n,
        )
        await core.db.execute("UPDATE campaigns SET state = 'sending' WHERE id = $1", made)
    assert await by_account(core) == {"a": 2, "b": 2}
