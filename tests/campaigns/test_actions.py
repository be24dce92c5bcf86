"""The life of a campaign: what each action needs, refuses and leaves behind."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest

from tidings.campaigns import actions, drawing, rules
from tidings.campaigns.queries import campaign_by_id, campaign_view, list_campaigns, message_counts
from tidings.campaigns.types import STATES
from tidings.contacts import actions as contacts
from tidings.contacts.types import Draft
from tidings.messages import claims
from tidings.platform.clock import FixedClock
from tidings.platform.core import Core
from tidings.platform.errors import Conflict, Invalid, NotFound, Refused
from tidings.platform.pagination import PageRequest
from tidings.segments.types import Everybody, to_json

GOOD: dict[str, Any] = {"subject": "Hello", "body": "<p>Hello</p>", "audience": to_json(Everybody())}


async def people(core: Core, n: int) -> list[int]:
    drafts = [Draft({"email": f"p{i}@y.co"}) for i in range(n)]
    return [one.id for one in await contacts.write_contacts(core, drafts)]


async def facts_of(core: Core) -> list[str]:
    rows = await core.db.fetch("SELECT kind FROM facts WHERE kind LIKE 'campaign%' ORDER BY id")
    return [row["kind"] for row in rows]


async def true_counts(core: Core, campaign_id: int) -> dict[str, int]:
    """The rows by state, which the kept counts must equal."""
    rows = await core.db.fetch("SELECT state, count(*) n FROM messages WHERE campaign_id = $1 GROUP BY 1", campaign_id)
    real = {row["state"]: row["n"] for row in rows}
    told = (await message_counts(core, [campaign_id])).get(campaign_id, {})
    assert real == {k: v for k, v in told.items() if k not in ("opened", "clicked", "unsubscribed")}
    return real


async def test_titles_are_unique_and_an_empty_one_is_made_up(core: Core):
    first = await actions.create_campaign(core, title="Spring")
    for _ in range(2):
        await actions.create_campaign(core)
    with pytest.raises(Invalid) as refused:
        await actions.create_campaign(core, title=" Spring ")
    assert list(refused.value.fields) == ["title"]
    with pytest.raises(Invalid):
        await actions.update_campaign(core, first, title="Untitled 2")
    with pytest.raises(Invalid):
        await actions.update_campaign(core, first, title=" ")
    await actions.update_campaign(core, first, title="Spring")
    page = await list_campaigns(core, PageRequest(sort="id"))
    assert sorted(one.campaign.title for one in page.rows) == ["Spring", "Untitled", "Untitled 2"]


async def test_a_field_that_no_campaign_has_is_named(core: Core):
    with pytest.raises(Invalid) as refused:
        await actions.create_campaign(core, title="A", colour="red")
    assert list(refused.value.fields) == ["colour"]
    with pytest.raises(NotFound):
        await actions.update_campaign(core, 99, subject="x")


@pytest.mark.parametrize(
    ("without", "word"), [("subject", "subject"), ("body", "body"), ("audience", "recipient")], ids=str
)
async def test_a_plan_names_what_is_missing(core: Core, without: str, word: str):
    made = await actions.create_campaign(core, title="A", **{k: v for k, v in GOOD.items() if k != without})
    with pytest.raises(Refused, match=word):
        await actions.schedule_campaign(core, made)
    assert (await campaign_by_id(core, made)).state == "draft"
    assert await facts_of(core) == []


async def test_a_sending_range_must_run_forward(core: Core, clock: FixedClock):
    made = await actions.create_campaign(core, title="A", **GOOD)
    tomorrow = clock.now() + timedelta(days=1)
    for at, until in ((tomorrow, tomorrow), (tomorrow, clock.now()), (None, tomorrow)):
        with pytest.raises(Refused, match="range"):
            await actions.schedule_campaign(core, made, at=at, spread_until=until)
    assert (await campaign_by_id(core, made)).state == "draft"


async def test_a_date_in_the_past_means_now(core: Core, clock: FixedClock):
    made = await actions.create_campaign(core, title="A", **GOOD)
    await actions.schedule_campaign(core, made, at=clock.now() - timedelta(days=3))
    assert (await campaign_by_id(core, made)).state == "drawing"


async def test_a_plan_starts_when_its_time_comes_and_not_before(core: Core, clock: FixedClock):
    await people(core, 3)
    made = await actions.create_campaign(core, title="A", **GOOD)
    await actions.schedule_campaign(core, made, at=clock.now() + timedelta(hours=2))
    await drawing.advance_campaigns(core)
    assert (await campaign_by_id(core, made)).is_drawn is False
    clock.set(clock.now() + timedelta(hours=2) - drawing.DRAW_AHEAD)
    await drawing.advance_campaigns(core)
    drawn = await campaign_by_id(core, made)
    assert (drawn.state, drawn.is_drawn, drawn.recipients_count) == ("scheduled", True, 3)
    assert await claims.claim(core, made, limit=9, worker="w", account_id=1) == []
    clock.set(clock.now() + drawing.DRAW_AHEAD)
    await drawing.advance_campaigns(core)
    assert (await campaign_by_id(core, made)).state == "sending"
    assert await facts_of(core) == ["campaign_scheduled", "campaign_started"]


async def test_a_plan_is_moved_and_taken_back_with_its_messages(core: Core, clock: FixedClock):
    await people(core, 4)
    made = await actions.create_campaign(core, title="A", **GOOD)
    soon = clock.now() + timedelta(minutes=5)
    await actions.schedule_campaign(core, made, at=soon)
    await drawing.advance_campaigns(core)
    await actions.reschedule_campaign(core, made, soon + timedelta(days=1))
    due = await core.db.fetch("SELECT DISTINCT due_at FROM messages")
    assert [row["due_at"] for row in due] == [soon + timedelta(days=1)]
    with pytest.raises(Conflict, match="take the plan back"):
        await actions.update_campaign(core, made, audience={})
    await actions.unschedule_campaign(core, made)
    back = await campaign_by_id(core, made)
    assert (back.state, back.is_drawn, back.recipients_count, back.scheduled_at) == ("draft", False, 0, None)
    assert await true_counts(core, made) == {}
    with pytest.raises(Conflict):
        await actions.reschedule_campaign(core, made, soon)


async def test_what_is_sent_is_not_edited_but_renamed(core: Core):
    await people(core, 1)
    made = await actions.create_campaign(core, title="A", **GOOD)
    await actions.schedule_campaign(core, made)
    await drawing.draw(core, made)
    with pytest.raises(Conflict):
        await actions.update_campaign(core, made, subject="Too late")
    await actions.update_campaign(core, made, title="Renamed")
    sent = await campaign_by_id(core, made)
    assert (sent.title, sent.subject) == ("Renamed", "Hello")
    with pytest.raises(Conflict):
        await actions.unschedule_campaign(core, made)


async def test_a_copy_has_content_subjects_and_labels_but_no_past(core: Core):
    await people(core, 2)
    label = await contacts.create_label(core, title="Red", slug="red")
    made = await actions.create_campaign(core, title="A", **GOOD)
    await actions.update_campaign(core, made, subjects=[(1, "One"), (3, "Two")])
    await actions.set_labels(core, [made], attach=[label, 999])
    await actions.schedule_campaign(core, made)
    await drawing.draw(core, made)
    copy = await campaign_view(core, await actions.duplicate_campaign(core, made, title="A"))
    assert (copy.campaign.title, copy.campaign.state, copy.campaign.recipients_count) == ("A 2", "draft", 0)
    assert (copy.campaign.subject, copy.campaign.body, copy.campaign.audience) == tuple(GOOD.values())
    assert [(one.weight, one.subject) for one in copy.subjects] == [(1, "One"), (3, "Two")]
    assert list(copy.label_ids) == [label]
    assert copy.counts == {}


async def test_a_test_of_subjects_needs_two_and_keeps_those_that_stay(core: Core):
    made = await actions.create_campaign(core, title="A", **GOOD)
    with pytest.raises(Invalid):
        await actions.update_campaign(core, made, subjects=[(1, "Alone"), (1, " ")])
    await actions.update_campaign(core, made, subjects=[(1, "One"), (0, "Two"), (5, "Three")])
    before = (await campaign_view(core, made)).subjects
    assert [one.weight for one in before] == [1, 1, 5]
    await actions.update_campaign(core, made, subjects=[(1, "One"), (2, "Other")])
    after = (await campaign_view(core, made)).subjects
    assert [one.id for one in after] == [one.id for one in before[:2]]
    await actions.update_campaign(core, made, subjects=[])
    assert list((await campaign_view(core, made)).subjects) == []


async def test_deleting_takes_everything_along_and_refuses_what_is_being_sent(core: Core):
    await people(core, 3)
    busy = await actions.create_campaign(core, title="A", **GOOD)
    idle = await actions.create_campaign(core, title="B", **GOOD)
    await actions.schedule_campaign(core, busy)
    await drawing.draw(core, busy)
    with pytest.raises(Conflict, match="“A”"):
        await actions.delete_campaigns(core, [idle, busy])
    assert (await list_campaigns(core, PageRequest(sort="id"))).total == 2
    await actions.pause_campaign(core, busy)
    assert await actions.delete_campaigns(core, [idle, busy, 999]) == 2
    for table in ("messages", "message_tallies", "links", "campaign_subjects", "campaign_labels"):
        assert await core.db.fetchval(f"SELECT count(*) FROM {table}") == 0, table


async def test_single_messages_go_unless_they_are_on_their_way(core: Core):
    await people(core, 5)
    made = await actions.create_campaign(core, title="A", **GOOD)
    await actions.schedule_campaign(core, made)
    await drawing.draw(core, made)
    held = await claims.claim(core, made, limit=1, worker="w", account_id=1)
    ids = [row["id"] for row in await core.db.fetch("SELECT id FROM messages ORDER BY id")]
    other = [one for one in ids if one != held[0].id][:2]
    assert await actions.delete_messages(core, made, [held[0].id, *other]) == 2
    assert (await campaign_by_id(core, made)).recipients_count == 3
    assert await true_counts(core, made) == {"queued": 2, "sending": 1}
    with pytest.raises(NotFound):
        await actions.delete_messages(core, 999, ids)


async def died(core: Core) -> None:
    """The sender of what is in hand died, and its leases ran out."""
    await core.db.execute("UPDATE messages SET leased_until = now() - interval '1 second' WHERE state = 'sending'")
    await claims.recover_lost(core)


@pytest.mark.parametrize("seed", range(4))
async def test_any_order_of_actions_keeps_every_sum(core: Core, clock: FixedClock, seed: int):
    """Two hundred random steps; nothing but a clear refusal may stop one, and no row is ever lost on the way."""
    chance = random.Random(seed)
    await people(core, 30)
    made = await actions.create_campaign(core, title="A", **GOOD)
    steps: list[Callable[[], Awaitable[object]]] = [
        lambda: actions.schedule_campaign(core, made, at=clock.now() + timedelta(minutes=chance.randrange(-5, 9))),
        lambda: actions.unschedule_campaign(core, made),
        lambda: actions.pause_campaign(core, made),
        lambda: actions.resume_campaign(core, made),
        lambda: actions.resume_campaign(core, made),
        lambda: drawing.advance_campaigns(core),
        lambda: drawing.advance_campaigns(core),
        lambda: claims.claim(core, made, limit=3, worker="w", account_id=1),
        lambda: died(core),
        lambda: claims.retry_messages(core, made, ["unknown"]),
    ]
    seen = {(await campaign_by_id(core, made)).state}
    for n in range(200):
        before = await campaign_by_id(core, made)
        clock.set(clock.now() + timedelta(minutes=chance.random() * 2))
        with suppress(Conflict, Refused):
            await chance.choice(steps)()
        after = await campaign_by_id(core, made)
        seen.add(after.state)
        assert after.state == before.state or (before.state, after.state) in rules.TRANSITIONS, n
        found = await true_counts(core, made)
        assert sum(found.values()) == after.recipients_count, n
        if after.state in ("sending", "paused", "finished"):
            assert after.recipients_count == 30, n
        if after.state == "finished":
            assert set(found).isdisjoint(("queued", "deferred", "sending", "paused")), n
    assert {"draft", "sending", "paused"} <= seen
    assert seen <= set(STATES)


async def test_a_plan_may_be_made_before_the_mail_is_written(core: Core, clock: FixedClock):
    await people(core, 2)
    empty = await actions.create_campaign(core, title="Later", audience=GOOD["audience"])
    written = await actions.create_campaign(core, title="Written", audience=GOOD["audience"])
    at = clock.now() + timedelta(hours=1)
    for made in (empty, written):
        await actions.schedule_campaign(core, made, at=at)
    await actions.update_campaign(core, written, subject="Hello", body="<p>Hello</p>")
    clock.set(at - timedelta(minutes=3))
    await drawing.advance_campaigns(core)
    assert await true_counts(core, empty) == {"queued": 2}
    clock.set(at)
    await drawing.advance_campaigns(core)
    assert (await campaign_by_id(core, written)).state == "sending"
    back = await campaign_by_id(core, empty)
    assert (back.state, back.scheduled_at, back.recipients_count) == ("draft", None, 0)
    assert await true_counts(core, empty) == {}
    line = await core.db.fetchrow("SELECT title, description FROM system_logs")
    assert line is not None
    assert "Later" in line["title"]
    assert "no subject and no body" in line["description"]
    await drawing.advance_campaigns(core)
    assert await core.db.fetchval("SELECT count(*) FROM system_logs") == 1


async def test_a_plan_for_a_moment_that_has_come_needs_the_mail_at_once(core: Core, clock: FixedClock):
    made = await actions.create_campaign(core, title="Now", audience=GOOD["audience"])
    with pytest.raises(Refused, match="no subject"):
        await actions.schedule_campaign(core, made, at=clock.now())
