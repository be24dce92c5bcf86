"""Contacts begin an automation: one statement for any number, whatever made them begin."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from tidings.automations import rules, store
from tidings.automations.types import Automation
from tidings.platform.core import Core
from tidings.platform.db import Connection
from tidings.platform.errors import Refused
from tidings.platform.facts import wake_readers

LOOP = (
    f"It began {rules.BEGINNINGS_PER_HOUR} times within an hour. It begins no more for a while: this looks like a loop."
)
BY_HAND = "by_hand"


async def enter(
    tx: Connection,
    automation: Automation,
    graph: rules.Graph,
    contacts: Mapping[int, int | None],
    *,
    now: datetime,
    source: str = "",
    after: int | None = None,
) -> dict[int, int]:
    """Lets contacts begin (id → the record of another system it is about); answers run ids by contact.

    `after`: they come in at this goal and go on with what follows it. An automation without steps is completed at once.
    The statuses of contacts decide as fluentcrm.md §6.1 says; who was in it begins anew only when it repeats.
    """
    asks = automation.asks
    first = graph.first() if after is None else graph.after(after)
    state = "active" if first is not None else "completed"
    rows = await tx.fetch(
        store.sql.enter,
        automation.id,
        list(contacts),
        list(contacts.values()),
        first,
        after,
        asks.is_forced,
        asks.is_repeatable,
        state,
        rules.BEGINNINGS_PER_HOUR,
        source or automation.trigger,
        now,
    )
    again = [row["id"] for row in rows if row["pass"]]
    if again:
        await tx.execute("DELETE FROM automation_metrics WHERE run_id = ANY($1::bigint[])", again)
    made = {row["contact_id"]: row["id"] for row in rows}
    missed = [one for one in contacts if one not in made] if asks.is_repeatable else []
    if missed:
        await tx.execute(store.sql.note_loops, automation.id, missed, now, LOOP, rules.BEGINNINGS_PER_HOUR)
    if made:
        if automation.campaign_id is not None:
            await tx.execute(
                "UPDATE campaigns SET recipients_count = recipients_count + $2 WHERE id = $1",
                automation.campaign_id,
                len(made),
            )
        await tx.execute(store.sql.tell_entered, list(made.values()))
        await wake_readers(tx)
    return made


async def add_contacts(core: Core, automation_id: int, contact_ids: Sequence[int]) -> int:
    """Puts contacts into a published automation by hand; answers how many began.

    Raises NotFound, Refused for a draft. Who may not be mailed, or was through and may not begin anew, does not begin.
    """
    async with core.db.transaction() as tx:
        return await begin_by_hand(core, tx, automation_id, contact_ids)


async def begin_by_hand(core: Core, tx: Connection, automation_id: int, contact_ids: Sequence[int]) -> int:
    """As `add_contacts`, inside the caller's transaction."""
    automation = await store.locked(tx, automation_id)
    if automation.state != "published":
        raise Refused("The automation is not published.", code="not_published")
    graph = await store.graph(tx, automation_id)
    wanted = dict.fromkeys(contact_ids)
    return len(await enter(tx, automation, graph, wanted, now=core.clock.now(), source=BY_HAND))
