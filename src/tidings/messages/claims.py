"""Taking messages to send and storing what became of them. Each call is one transaction."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta

from tidings.content import Person
from tidings.messages import rules
from tidings.messages.persons import person_columns, person_of
from tidings.messages.store import sql
from tidings.messages.transports.types import Outcome, Result
from tidings.platform.core import Core
from tidings.platform.facts import wake_readers

LEASE = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class Claimed:
    """A message in hand, with the person it is for."""

    id: int
    attempts: int
    subject_id: int | None
    person: Person


async def claim(
    core: Core,
    campaign_id: int,
    *,
    limit: int,
    worker: str,
    account_id: int,
    needs: frozenset[str] = frozenset(),
    is_transactional: bool = False,
) -> list[Claimed]:
    """Takes up to `limit` due messages of a campaign for an account. Those who may not be mailed any more are
    cancelled on the way. The attempt counts as started from here on."""
    now = core.clock.now()
    rows = await core.db.fetch(
        sql.claim.replace("{person}", person_columns(needs)),
        campaign_id,
        now,
        limit,
        LEASE,
        worker,
        account_id,
        is_transactional,
    )
    return [
        Claimed(row["message_id"], row["attempts"], row["subject_id"], person_of(row, needs))
        for row in rows
        if row["is_mailable"]
    ]


async def store_outcomes(core: Core, worker: str, outcomes: Sequence[tuple[Claimed, Result]]) -> None:
    """Stores a group of outcomes with their facts, in one transaction; hard bounces reach the contacts."""
    now = core.clock.now()
    states = [rules.state_of(result, claimed.attempts + 1) for claimed, result in outcomes]
    due = [
        now + rules.backoff(claimed.attempts + 1) if result.outcome is Outcome.DEFERRED else None
        for claimed, result in outcomes
    ]
    ids = [claimed.id for claimed, _ in outcomes]
    async with core.db.transaction() as tx:
        await tx.execute(
            sql.store_outcomes,
            ids,
            states,
            [result.code for _, result in outcomes],
            [result.text[:500] if result.outcome is not Outcome.SENT else "" for _, result in outcomes],
            due,
            now,
            worker,
        )
        bounced = [one for one, state in zip(ids, states, strict=True) if state == "bounced"]
        if bounced:
            await tx.execute(sql.bounce_contacts, bounced, now)
        await wake_readers(tx)


async def extend(core: Core, worker: str, message_ids: Sequence[int]) -> None:
    """Holds what is in hand for another lease: a server may take minutes for a group (greylisting, tarpits)."""
    await core.db.execute(sql.extend_leases, list(message_ids), LEASE, worker)


async def release(core: Core, worker: str, message_ids: Sequence[int]) -> None:
    """Gives back what this worker took and did not offer."""
    if message_ids:
        await core.db.execute(sql.release, list(message_ids), core.clock.now(), worker)


async def release_strays(core: Core, worker: str, offered: Collection[int]) -> int:
    """Gives back what is in this worker's name without its knowing: a claim whose answer was lost on the way.

    `offered` are the messages that it did put on the wire. Not while a claim of the worker is under way.
    """
    return await core.db.execute(sql.release_strays, list(offered), core.clock.now(), worker)


async def recover_lost(core: Core) -> int:
    """Messages whose sender died: unknown when started. Safe to run at any time, by anybody.

    Where the installation's `unknown_policy` is `resend`, they are queued again at once.
    """
    lost = await core.db.fetchval(sql.recover, core.clock.now())
    if await core.installation.get("unknown_policy") == "resend":
        await core.db.fetchval(sql.resend_unknown, core.clock.now())
    return lost


async def finish_campaigns(core: Core) -> list[int]:
    """Campaigns whose last message is final become finished, once; answers their ids."""
    return [row["subject_id"] for row in await core.db.fetch(sql.finish_campaigns, core.clock.now())]


async def retry_messages(core: Core, campaign_id: int, states: Sequence[str], ids: Sequence[int] | None = None) -> int:
    """Queues messages in final states again (resend failed, unknown, unopened); answers how many."""
    return await core.db.fetchval(
        sql.retry, campaign_id, list(states), list(ids) if ids is not None else None, core.clock.now()
    )
