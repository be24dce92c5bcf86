"""Deliveries in and out of a worker's hand: claimed in sets with a lease, outcomes stored in groups."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

from tidings.outgoing_webhooks import rules, store
from tidings.outgoing_webhooks.jobs import NOTICE
from tidings.outgoing_webhooks.types import Claimed, Outcome
from tidings.platform import jobs
from tidings.platform.core import Core
from tidings.platform.db import Connection, Row, affected
from tidings.platform.facts import Fact, write_facts

CHANNEL = "tidings_webhooks"
# Longer than any exchange; workers extend it while they have something in hand.
LEASE = timedelta(seconds=60)
_COLUMNS = """d.id, d.key, d.endpoint_id, d.contact_id, d.is_test, d.attempts, e.form, e.url, e.secret, e.previous_secret,
    e.previous_until, v.body"""
_CLAIM = store.sql.claim.replace("{claimed}", _COLUMNS)
_ONE = store.sql.claimed.replace("{claimed}", _COLUMNS)


async def claim(core: Core, worker: str, most: Mapping[int, int], *, usually: int) -> list[Claimed]:
    """Takes due deliveries of all endpoints that have any, in order of their ids; two statements however many.

    `most` says how many an endpoint may have in hand (all workers together), `usually` for those it does not name.
    """
    now = core.clock.now()
    async with core.db.transaction() as tx:
        ready = [row["id"] for row in await tx.fetch(store.sql.lock_ready, now)]
        if not ready:
            return []
        limits = [most.get(one, usually) for one in ready]
        rows = await tx.fetch(_CLAIM, ready, limits, now, LEASE, worker)
    return [_claimed(core, row) for row in sorted(rows, key=lambda row: row["id"])]


async def claimed_by_id(core: Core, delivery_id: int) -> Claimed:
    """One delivery as its worker needs it, for the test of an endpoint."""
    row = await core.db.fetchrow(_ONE, delivery_id)
    assert row is not None
    return _claimed(core, row)


def _claimed(core: Core, row: Row) -> Claimed:
    """While a secret is replaced the old one goes on signing and the new one stands beside it."""
    secret, next_secret = store.opened(core, row["secret"]), None
    if row["previous_until"] is not None and row["previous_until"] > core.clock.now():
        secret, next_secret = store.opened(core, row["previous_secret"]), secret
    return Claimed(
        id=row["id"],
        key=row["key"],
        endpoint_id=row["endpoint_id"],
        contact_id=row["contact_id"],
        is_test=row["is_test"],
        attempts=row["attempts"],
        form=row["form"],
        url=row["url"],
        secret=secret,
        next_secret=next_secret,
        body=row["body"],
    )


async def store_outcomes(core: Core, worker: str, outcomes: Sequence[Outcome]) -> None:
    """Stores what became of a group, in one transaction with what follows for the endpoints."""
    async with core.db.transaction() as tx:
        rows = await tx.fetch(
            store.sql.store_outcomes,
            [one.delivery.id for one in outcomes],
            [one.state for one in outcomes],
            [one.status_code for one in outcomes],
            [one.response_ms for one in outcomes],
            [one.answer for one in outcomes],
            [one.error for one in outcomes],
            [one.due_at for one in outcomes],
            [one.at for one in outcomes],
            [dict(one.headers) for one in outcomes],
            worker,
        )
        await _judge(core, tx, rows)


async def _judge(core: Core, tx: Connection, rows: Sequence[Row]) -> None:
    """Counts failures in a row and switches off what failed for long."""
    now = core.clock.now()
    told = [[row[name] for row in rows] for name in ("endpoint_id", "delivered", "failed")]
    counted = await tx.fetch(store.sql.count_failures, *told, now)
    gone = {row["endpoint_id"] for row in rows if row["is_gone"]}
    failing = {row["id"]: (row["failures"], row["failing_since"]) for row in counted}
    for endpoint_id in sorted(gone | failing.keys()):
        failures, since = failing.get(endpoint_id, (0, None))
        reason = rules.reason_to_disable(failures, since, now, is_gone=endpoint_id in gone)
        if reason is not None:
            await _disable(core, tx, endpoint_id, reason)


async def _disable(core: Core, tx: Connection, endpoint_id: int, reason: str) -> None:
    row = await tx.fetchrow(store.sql.disable_endpoint, endpoint_id, reason, core.clock.now())
    if row is None:
        return
    data = {"name": row["name"], "url": row["url"], "reason": reason}
    await write_facts(tx, [Fact("webhook_disabled", subject_id=endpoint_id, data=data)])
    await jobs.enqueue(tx, NOTICE, {"endpoint_id": endpoint_id, **data})


async def recover_lost(core: Core) -> int:
    """Gives back what workers held that died; answers how many deliveries."""
    async with core.db.transaction() as tx:
        return affected(await tx.execute(store.sql.recover))


async def extend(core: Core, worker: str) -> None:
    """Keeps what is in this worker's hand there, while receivers take their time."""
    await core.db.execute(store.sql.extend, worker, LEASE)


async def release(core: Core, worker: str) -> None:
    """Gives back what this worker holds, in an orderly stop."""
    await core.db.execute(store.sql.release, worker)
