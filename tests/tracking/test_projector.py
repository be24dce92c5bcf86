"""Hits have their effect exactly once, machines none."""

from __future__ import annotations

import asyncio

from tidings.campaigns import actions as campaigns
from tidings.campaigns.queries import message_counts
from tidings.contacts import actions as contacts
from tidings.contacts.types import Draft
from tidings.platform.core import Core
from tidings.segments.types import Everybody, to_json
from tidings.tracking.collector import CLICK, OPEN, Collector, Hit
from tidings.tracking.projector import fold_hits


async def sent_message(core: Core) -> tuple[int, int, int, int]:
    contact = (await contacts.write_contact(core, Draft({"email": "a@b.co"}))).id
    campaign = await campaigns.create_campaign(core, title="N", subject="s", body="b", audience=to_json(Everybody()))
    message = await core.db.fetchval(
        "INSERT INTO messages (campaign_id, contact_id, email, state, sent_at) VALUES ($1, $2, 'a@b.co', 'sent', now()) RETURNING id",
        campaign,
        contact,
    )
    link = await core.db.fetchval(
        "INSERT INTO links (campaign_id, position, url) VALUES ($1, 0, 'https://x.co') RETURNING id", campaign
    )
    return contact, campaign, message, link


async def fold_all(core: Core) -> int:
    total = 0
    while n := await fold_hits(core, limit=3):
        total += n
    return total


async def test_opens_and_clicks_reach_message_contact_link_counts_and_timeline(core: Core):
    contact, campaign, message, link = await sent_message(core)
    collector = Collector(core)
    hits = [Hit(OPEN, message), Hit(OPEN, message), Hit(CLICK, message, link), Hit(CLICK, message, link)]
    await asyncio.gather(*(collector.record(hit) for hit in hits))
    assert await fold_all(core) == 4
    assert await fold_all(core) == 0
    row = await core.db.fetchrow("SELECT opens, clicks, opened_at, clicked_at FROM messages WHERE id = $1", message)
    assert row is not None
    assert (row["opens"], row["clicks"]) == (2, 2)
    assert (await message_counts(core, [campaign]))[campaign] == {"sent": 1, "opened": 1, "clicked": 1}
    assert await core.db.fetchval("SELECT clicks FROM message_links WHERE link_id = $1", link) == 2
    assert await core.db.fetchval("SELECT clicked_at IS NOT NULL FROM contacts WHERE id = $1", contact)
    kinds = await core.db.fetch(
        "SELECT kind, data->>'first' AS first FROM facts WHERE object_id = $1 ORDER BY id", message
    )
    assert [(r["kind"], r["first"]) for r in kinds].count(("message_opened", "true")) == 1
    assert [(r["kind"], r["first"]) for r in kinds].count(("link_clicked", "true")) == 1
    assert len(kinds) == 4


async def test_a_click_alone_is_an_open_too(core: Core):
    _, campaign, message, link = await sent_message(core)
    await Collector(core).record(Hit(CLICK, message, link))
    await fold_all(core)
    assert (await message_counts(core, [campaign]))[campaign] == {"sent": 1, "opened": 1, "clicked": 1}


async def test_machines_and_unknown_messages_change_nothing(core: Core):
    _, campaign, message, link = await sent_message(core)
    collector = Collector(core)
    await collector.record(Hit(CLICK, message, link, is_machine=True))
    await collector.record(Hit(OPEN, 999_999))
    assert await fold_all(core) == 2
    assert (await message_counts(core, [campaign]))[campaign] == {"sent": 1}
    assert await core.db.fetchval("SELECT count(*) FROM facts WHERE kind IN ('link_clicked', 'message_opened')") == 0


async def test_anonymous_hits_count_on_the_campaign_and_on_nobody(core: Core):
    contact, campaign, message, link = await sent_message(core)
    await Collector(core).record(Hit(CLICK, message, link, is_anonymous=True))
    await fold_all(core)
    assert (
        await core.db.fetchval("SELECT n FROM anonymous_hits WHERE campaign_id = $1 AND link_id = $2", campaign, link)
        == 1
    )
    assert await core.db.fetchval("SELECT clicked_at IS NULL FROM contacts WHERE id = $1", contact)


async def test_two_projectors_at_once_count_once(core: Core):
    _, _, message, _ = await sent_message(core)
    collector = Collector(core)
    await asyncio.gather(*(collector.record(Hit(OPEN, message)) for _ in range(50)))
    await asyncio.gather(*(fold_all(core) for _ in range(3)))
    assert await core.db.fetchval("SELECT opens FROM messages WHERE id = $1", message) == 50


async def test_an_unknown_message_that_is_opened_has_arrived(core: Core):
    _, _, message, _ = await sent_message(core)
    await core.db.execute("UPDATE messages SET state = 'unknown', sent_at = NULL WHERE id = $1", message)
    await Collector(core).record(Hit(OPEN, message))
    await fold_all(core)
    assert await core.db.fetchval("SELECT state FROM messages WHERE id = $1", message) == "sent"
