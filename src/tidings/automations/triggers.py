"""Facts that begin automations, reach goals or end runs: one reader, sets of contacts, each fact exactly once.

A batch is read in the order in which things happened; what it leads to is written in the transaction that moves the
reader's position. Silent facts begin nothing and reach no goal, but who leaves by one is let go all the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import msgspec

from tidings.automations import store
from tidings.automations.entering import enter
from tidings.automations.goals import reach_goals
from tidings.automations.matching import CONTACT_FACTS, FACT_KINDS, ids_told, matching
from tidings.automations.rules import Graph, born_on, graph_of
from tidings.automations.types import READER, Automation
from tidings.automations.users import contacts_of_users
from tidings.campaigns.recipients import feed_campaigns
from tidings.campaigns.standing import cancel_standing
from tidings.platform.core import Core
from tidings.platform.db import Connection
from tidings.platform.facts import Recorded, has_reader, read_batch

BATCH = 2000
ANSWERED = "The contact answered."
STOPPED = "The campaign was stopped."
LEFT = "The contact is no longer subscribed."
_MAY_BE_MAILED = ("subscribed", "transactional")


async def read_facts(core: Core, *, limit: int = BATCH) -> int:
    """Handles the next facts; answers how many there were. Reading begins with the first automation: until then nothing
    is read."""
    if not await has_reader(core.db, READER):
        return 0

    async def handle(tx: Connection, facts: Sequence[Recorded]) -> None:
        await _follow_statuses(core, tx, facts)
        await _follow_replies(core, tx, facts)
        await _follow_campaigns(core, tx, facts)
        loud = [fact for fact in facts if not fact.is_silent]
        await _feed_campaigns(core, tx, loud)
        await _begin(core, tx, loud)
        await reach_goals(core, tx, loud)

    return await read_batch(core.db, READER, handle, limit=limit)


async def _follow_statuses(core: Core, tx: Connection, facts: Sequence[Recorded]) -> None:
    moved = [f for f in facts if f.kind == "contact_status_changed" and f.contact_id is not None]
    if not moved:
        return
    now = core.clock.now()
    contacts = sorted({f.contact_id for f in moved if f.contact_id is not None})
    left = sorted(
        {f.contact_id for f in moved if f.contact_id and f.data.get("now") not in (*_MAY_BE_MAILED, "pending")}
    )
    await tx.execute(store.sql.begin_confirmed, contacts, now)
    if left:
        await tx.execute(store.sql.end_of_departed, left, LEFT, now)
        await cancel_standing(tx, left, note="The contact left.", now=now)


async def _follow_replies(core: Core, tx: Connection, facts: Sequence[Recorded]) -> None:
    told = [
        (f.contact_id, f.subject_id)
        for f in facts
        if f.kind == "message_replied" and f.contact_id is not None and f.subject_id is not None
    ]
    if not told:
        return
    now, mailings = core.clock.now(), [mailing for _, mailing in told]
    ended = await tx.fetch(store.sql.end_of_answered, [contact for contact, _ in told], mailings, ANSWERED, now)
    if ended:
        await tx.execute(store.sql.cancel_waiting, mailings, [row["contact_id"] for row in ended], ANSWERED, now)


async def _follow_campaigns(core: Core, tx: Connection, facts: Sequence[Recorded]) -> None:
    stopped = [f.subject_id for f in facts if f.kind == "campaign_cancelled" and f.subject_id is not None]
    if stopped:
        await tx.execute(store.sql.end_of_cancelled, stopped, STOPPED, core.clock.now())


async def _feed_campaigns(core: Core, tx: Connection, facts: Sequence[Recorded]) -> None:
    came: dict[int, set[int]] = {}
    for fact in facts:
        if fact.kind == "lists_added" and fact.contact_id is not None:
            for list_id in ids_told(fact):
                came.setdefault(list_id, set()).add(fact.contact_id)
    if came:
        await feed_campaigns(core, tx, came)


async def _begin(core: Core, tx: Connection, facts: Sequence[Recorded]) -> None:
    told: dict[str, list[Recorded]] = {}
    for fact in facts:
        trigger = FACT_KINDS.get(fact.kind)
        if trigger is not None:
            told.setdefault(trigger, []).append(fact)
    if not told:
        return
    automations = await store.published(tx, list(told))
    graphs = await _graphs(tx, automations)
    for automation in automations:
        mine = told[automation.trigger]
        if automation.trigger in CONTACT_FACTS:
            contacts = await matching(core, tx, automation, mine)
        else:
            contacts = await contacts_of_users(core, tx, automation, mine)
        if contacts:
            await enter(tx, automation, graphs[automation.id], contacts, now=core.clock.now())


async def _graphs(tx: Connection, automations: Sequence[Automation]) -> Mapping[int, Graph]:
    steps = await store.steps_of(tx, [one.id for one in automations])
    return {one: graph_of(rows) for one, rows in steps.items()}


async def begin_birthdays(core: Core) -> int:
    """Lets everybody whose birthday is today begin; once a day and automation, in the installation's zone."""
    today = core.clock.now().astimezone(await core.installation.zone()).date()
    begun = 0
    for automation in await store.published(core, ["birthday"]):
        begun += await _birthdays_of(core, automation.id, today)
    return begun


async def _birthdays_of(core: Core, automation_id: int, today: date) -> int:
    days, begun = born_on(today), 0
    async with core.db.transaction() as tx:
        automation = await store.locked(tx, automation_id)
        if automation.state != "published" or not await tx.fetchval(
            """UPDATE automations SET birthdays_on = $2 WHERE id = $1 AND birthdays_on IS DISTINCT FROM $2 RETURNING 1""",
            automation_id,
            today,
        ):
            return 0
        # A birthday comes once a year: whoever is through begins anew.
        automation = _repeating(automation)
        graph = await store.graph(tx, automation_id)
        after = 0
        while rows := await tx.fetch(store.sql.born, [m for m, _ in days], [d for _, d in days], after, BATCH):
            after = rows[-1]["id"]
            found = dict.fromkeys(row["id"] for row in rows)
            begun += len(await enter(tx, automation, graph, found, now=core.clock.now()))
    return begun


def _repeating(automation: Automation) -> Automation:
    return msgspec.structs.replace(automation, start=automation.start | {"is_repeatable": True})
