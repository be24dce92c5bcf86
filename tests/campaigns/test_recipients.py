"""Contacts picked for a campaign, before and after it is drawn."""

from __future__ import annotations

import asyncio

import pytest

from tests.conftest import StatementCounter
from tidings.campaigns import actions, queries
from tidings.campaigns.drawing import advance_campaigns
from tidings.campaigns.recipients import list_recipients, pick_contacts, unpick_contacts
from tidings.contacts.actions import write_contacts
from tidings.contacts.types import Draft
from tidings.platform.core import Core
from tidings.platform.errors import Conflict, NotFound
from tidings.platform.pagination import PageRequest
from tidings.segments.types import ColumnIs, Everybody, InLists, to_json


async def people(core: Core, n: int, *, lists: tuple[str, ...] = ()) -> list[int]:
    drafts = [Draft({"email": f"p{i}@example.com"}, lists=lists) for i in range(n)]
    return [one.id for one in await write_contacts(core, drafts)]


async def draft(core: Core, **values: object) -> int:
    return await actions.create_campaign(core, subject="s", body="<p>b</p>", **values)  # type: ignore[arg-type]


def chosen(ids: list[int]) -> ColumnIs:
    return ColumnIs("id", "in", tuple(ids))


async def shown(core: Core, campaign: int) -> dict[int, str]:
    page = await list_recipients(core, campaign, PageRequest(per_page=100))
    assert page.total == len(page.rows)
    return {one.contact_id: one.state for one in page.rows}


async def test_who_is_picked_is_drawn_and_who_may_not_be_mailed_is_not(core: Core):
    ids = await people(core, 5)
    await write_contacts(core, [Draft(id=ids[4], status="unsubscribed")])
    made = await draft(core)
    assert await pick_contacts(core, made, chosen(ids[:2])) == 2
    assert await pick_contacts(core, made, Everybody()) == 2
    assert await pick_contacts(core, made, Everybody()) == 0
    assert await unpick_contacts(core, made, [ids[0], ids[4], 999]) == 1
    assert await shown(core, made) == dict.fromkeys(ids[1:4], "waiting")
    await actions.schedule_campaign(core, made)
    await advance_campaigns(core)
    assert await shown(core, made) == dict.fromkeys(ids[1:4], "queued")
    with pytest.raises(NotFound):
        await pick_contacts(core, 999, Everybody())
    with pytest.raises(NotFound):
        await unpick_contacts(core, 999, ids)


async def test_what_a_form_chose_stays_beside_what_is_picked(core: Core):
    listed = await people(core, 2, lists=("News",))
    (other,) = [one.id for one in await write_contacts(core, [Draft({"email": "x@example.com"})])]
    list_id = await core.db.fetchval("SELECT id FROM lists")
    made = await draft(core, audience=to_json(InLists("in", (list_id,))))
    for _ in range(2):
        await pick_contacts(core, made, chosen([other]))
    assert await shown(core, made) == dict.fromkeys([*listed, other], "waiting")


async def test_a_running_campaign_takes_more_and_gives_back_what_waits(core: Core):
    ids = await people(core, 6)
    made = await draft(core)
    await pick_contacts(core, made, chosen(ids[:2]))
    await actions.schedule_campaign(core, made)
    await advance_campaigns(core)
    assert await pick_contacts(core, made, chosen(ids[:4])) == 2
    await actions.pause_campaign(core, made)
    await pick_contacts(core, made, chosen([ids[4]]))
    assert await shown(core, made) == dict.fromkeys(ids[:5], "paused")
    await core.db.execute("UPDATE messages SET state = 'sent' WHERE contact_id = $1", ids[0])
    # The one whose mail is out is picked no more, but its mail stays in the book.
    assert await unpick_contacts(core, made, [ids[0], ids[1], ids[5]]) == 2
    campaign = await queries.campaign_by_id(core, made)
    assert campaign.recipients_count == len(await shown(core, made)) == 4
    await actions.cancel_campaign(core, made)
    with pytest.raises(Conflict, match="no more"):
        await pick_contacts(core, made, chosen(ids))


async def test_many_who_pick_at_once_pick_each_once(core: Core, statements: StatementCounter):
    ids = await people(core, 60)
    made = await draft(core)
    await actions.update_campaign(core, made, audience=to_json(chosen(ids[:1])))
    await actions.schedule_campaign(core, made)
    await advance_campaigns(core)
    told = await asyncio.gather(*(pick_contacts(core, made, chosen(ids[n : n + 30])) for n in range(0, 31, 5)))
    assert sum(told) == 60
    campaign = await queries.campaign_by_id(core, made)
    assert campaign.recipients_count == await core.db.fetchval("SELECT count(*) FROM messages") == 60
    other = await draft(core)
    with statements as small:
        await pick_contacts(core, other, chosen(ids[:1]))
    third = await draft(core)
    with statements as large:
        await pick_contacts(core, third, chosen(ids))
    assert small.count == large.count


async def test_only_what_has_ended_is_put_away_once(core: Core):
    made = await draft(core)
    with pytest.raises(Conflict, match="draft"):
        await actions.archive_campaign(core, made)
    await core.db.execute("UPDATE campaigns SET state = 'finished' WHERE id = $1", made)
    await actions.archive_campaign(core, made)
    with pytest.raises(Conflict, match="already"):
        await actions.archive_campaign(core, made)
    for is_archived, found in ((True, [made]), (False, []), (None, [made])):
        page = await queries.list_campaigns(core, PageRequest(), is_archived=is_archived)
        assert [view.campaign.id for view in page.rows] == found
    with pytest.raises(NotFound):
        await actions.archive_campaign(core, 999)
