"""Taking messages to send and storing what became of them. Each call is one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import msgspec

from tidings.content.types import PERSON_COLUMNS, Person, Term
from tidings.messages import rules
from tidings.messages.store import sql
from tidings.messages.transports.types import Outcome, Result
from tidings.platform.core import Core
from tidings.platform.db import Row
from tidings.platform.facts import wake_readers

LEASE = timedelta(minutes=2)
_MANY = {"tags": ("contact_tags", "tags", "tag_id"), "lists": ("contact_lists", "lists", "list_id")}
_PERSON = ", ".join(f"c.{name}" for name in PERSON_COLUMNS)


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
    extra = "".join(
        f", (SELECT jsonb_agg(jsonb_build_array(t.id, t.title, t.slug)) FROM {link} l JOIN {table} t ON t.id = l.{key}"
        f" WHERE l.contact_id = c.id) AS {name}"
        for name, (link, table, key) in _MANY.items()
        if name in needs
    )
    rows = await core.db.fetch(
        sql.claim.replace("{person}", _PERSON + extra),
        campaign_id,
        now,
        limit,
        now + LEASE,
        worker,
        account_id,
        is_transactional,
    )
    return [_claimed(row, needs) for row in rows if row["is_mailable"]]


def _claimed(row: Row, needs: frozenset[str]) -> Claimed:
    values = {name: row[name] for name in PERSON_COLUMNS}
    for name in needs:
        values[name] = msgspec.convert(row[name] or [], list[Term])
    return Claimed(row["message_id"], row["attempts"], row["subject_id"], Person(**values))


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


async def release(core: Core, message_ids: Sequence[int]) -> None:
    """Gives back what was taken and not offered."""
    if message_ids:
        await core.db.execute(sql.release_worker, list(message_ids), core.clock.now())


async def recover_lost(core: Core) -> int:
    """Messages whose sender died: unknown when started. Safe to run at any time, by anybody."""
    return await core.db.fetchval(sql.recover, core.clock.now())


async def finish_campaigns(core: Core) -> list[int]:
    """Campaigns whose last message is final become finished, once; answers their ids."""
    return [row["subject_id"] for row in await core.db.fetch(sql.finish_campaigns, core.clock.now())]


async def retry_messages(core: Core, campaign_id: int, states: Sequence[str], ids: Sequence[int] | None = None) -> int:
    """Queues messages in final states again (resend failed, unknown, unopened); answers how many."""
    return await core.db.fetchval(
        sql.retry, campaign_id, list(states), list(ids) if ids is not None else None, core.clock.now()
    )
