"""Contacts picked for a campaign one by one or in sets, taken out again, and how each of its recipients fares.

Picking adds to what the campaign's audience says. Once it is drawn, who is picked gets a message at once.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from tidings.campaigns import store
from tidings.campaigns.actions import Also
from tidings.campaigns.drawing import MAILABLE, draw_range
from tidings.campaigns.queries import campaign_by_id, locked_campaign
from tidings.campaigns.types import WORKFLOW, Campaign
from tidings.contacts.queries import list_contacts
from tidings.messages.queries import list_messages
from tidings.platform.core import Core
from tidings.platform.db import Connection
from tidings.platform.errors import Conflict
from tidings.platform.facts import Fact, write_facts
from tidings.platform.pagination import Page, PageRequest
from tidings.segments.compiler import Where, compile_rule
from tidings.segments.types import Any, ColumnIs, PickedFor, Rule, from_json, to_json

ENDED = ("finished", "cancelled")


@dataclass(frozen=True, slots=True)
class Recipient:
    """One person of a campaign. `state` is that of the message, `waiting` while there is none; `has_left`: unsubscribed
    by this very mail."""

    contact_id: int
    email: str | None
    state: str
    has_left: bool
    added_at: datetime
    sent_at: datetime | None


async def pick_contacts(core: Core, campaign_id: int, rule: Rule, *, also: Also | None = None) -> int:
    """Picks everybody who matches and may be mailed, and answers how many are new. Raises NotFound, and Conflict for a
    campaign that has ended. `also` is done in the same transaction."""
    where = compile_rule(rule, zone=await core.installation.zone(), now=core.clock.now(), first=3)
    async with core.db.transaction() as tx:
        campaign = await locked_campaign(tx, campaign_id)
        if campaign.state in ENDED:
            raise Conflict(f"A campaign that is {campaign.state} takes no more contacts.", code="wrong_state")
        added = await _pick(core, tx, campaign, where)
        if also is not None:
            await also(tx, campaign)
        return added


async def _pick(core: Core, tx: Connection, campaign: Campaign, where: Where) -> int:
    statement = store.sql.pick.replace("{mailable}", MAILABLE).replace("{where}", where.sql)
    counted = f"WITH picked AS ({statement}) SELECT count(*) FROM picked"
    added = await tx.fetchval(counted, campaign.id, core.clock.now(), *where.args)
    await _extend_audience(core, tx, campaign)
    if campaign.kind != WORKFLOW and (campaign.drawn_up_to or campaign.is_drawn):
        await _draw_picked(core, tx, campaign)
    await write_facts(tx, [Fact("campaign_contacts_added", subject_id=campaign.id, data={"added": added})])
    return added


async def feed_campaigns(core: Core, tx: Connection, came: Mapping[int, Collection[int]]) -> None:
    """Picks contacts for the running campaigns of one mail that dynamic lists feed; `came`: list id → who came onto it.
    A campaign of several steps takes them by its automation."""
    zone = await core.installation.zone()
    for row in await tx.fetch(store.sql.fed.replace("{columns}", store.SELECTED), list(came), WORKFLOW):
        ids = sorted({one for list_id in row["list_ids"] for one in came[list_id]})
        where = compile_rule(ColumnIs("id", "in", tuple(ids)), zone=zone, now=core.clock.now(), first=3)
        await _pick(core, tx, store.campaign_from(row), where)


async def _extend_audience(core: Core, tx: Connection, campaign: Campaign) -> None:
    picked = PickedFor(campaign.id)
    was = from_json(campaign.audience) if campaign.audience else None
    if was == picked or (isinstance(was, Any) and picked in was.children):
        return
    audience = picked if was is None else Any((was, picked))
    await tx.execute(
        "UPDATE campaigns SET audience = $2, updated_at = $3 WHERE id = $1",
        campaign.id,
        to_json(audience),
        core.clock.now(),
    )


async def _draw_picked(core: Core, tx: Connection, campaign: Campaign) -> None:
    made = await draw_range(core, tx, campaign, PickedFor(campaign.id))
    if campaign.state == "paused":
        await tx.execute(store.sql.pause_messages, campaign.id, core.clock.now())
    await tx.execute("UPDATE campaigns SET recipients_count = recipients_count + $2 WHERE id = $1", campaign.id, made)


async def unpick_contacts(core: Core, campaign_id: int, contact_ids: Sequence[int], *, also: Also | None = None) -> int:
    """Takes contacts out: they are picked no more and what waits for them goes; a mail on its way or sent stays.
    Answers how many were taken out. Raises NotFound. `also` is done in the same transaction."""
    async with core.db.transaction() as tx:
        campaign = await locked_campaign(tx, campaign_id)
        if also is not None:
            await also(tx, campaign)
        rows = await tx.fetch(store.sql.unpick, campaign_id, list(contact_ids), core.clock.now())
        data = {"removed": len(rows)}
        await write_facts(tx, [Fact("campaign_contacts_removed", subject_id=campaign_id, data=data)])
        return len(rows)


async def list_recipients(
    core: Core, campaign_id: int, request: PageRequest, *, states: Sequence[str] = (), filter: str = ""
) -> Page[Recipient]:
    """Recipients, the newest first: messages once there are any (`states` and `filter` as in
    `messages.queries.list_messages`), before that whom the audience means, all of them `waiting`. Raises NotFound."""
    campaign = await campaign_by_id(core, campaign_id)
    if campaign.drawn_up_to or campaign.is_drawn:
        page = await list_messages(core, request, campaign_id=campaign_id, states=states, filter=filter)
        shown = [row.message for row in page.rows]
        found = [
            Recipient(m.contact_id, m.email, m.state, m.unsubscribed_at is not None, m.created_at, m.sent_at)
            for m in shown
        ]
        return Page(found, page.total, request)
    if (states and "queued" not in states) or not campaign.audience or filter:
        return Page([], 0, request)
    where = compile_rule(from_json(campaign.audience), zone=await core.installation.zone(), now=core.clock.now())
    people = await list_contacts(core, request, where)
    rows = [Recipient(v.contact.id, v.contact.email, "waiting", False, v.contact.created_at, None) for v in people.rows]
    return Page(rows, people.total, request)
