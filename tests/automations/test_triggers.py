"""What begins an automation, what does not, what reaches a goal, and what ends a run before the next mail."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

from tests.automations.flows import mail, metrics, person, published, settle, states, step, tag
from tidings.access import actions as access
from tidings.automations import actions
from tidings.automations.entering import LOOP
from tidings.automations.rules import BEGINNINGS_PER_HOUR
from tidings.automations.triggers import begin_birthdays, read_facts
from tidings.automations.types import READER, Start, StepDraft
from tidings.consent.actions import confirm_contact
from tidings.contacts import actions as contacts
from tidings.contacts.events import track_event
from tidings.contacts.queries import find_contact_by_email
from tidings.contacts.types import Draft, WritePolicy
from tidings.messages.leaving import leave
from tidings.platform.clock import FixedClock
from tidings.platform.core import Core
from tidings.platform.facts import has_reader
from tidings.workers.sender import Sender


async def test_any_or_all_tags_begin_it_and_others_do_not(core: Core):
    a, b, c = await tag(core, "a"), await tag(core, "b"), await tag(core, "c")
    anyone = await published(core, "tags_added", [step("end")], ids=(a, b))
    both = await published(core, "tags_added", [step("end")], ids=(a, b), match="all")
    nobody = await published(core, "tags_added", [step("end")])
    ann, bob, eve = await person(core), await person(core, "bob@x.co"), await person(core, "eve@x.co")
    await contacts.add_tags(core, [ann], [a])
    await contacts.add_tags(core, [bob], [a, b])
    await contacts.add_tags(core, [eve], [c])
    await settle(core)
    rows = await core.db.fetch("SELECT automation_id, contact_id FROM automation_runs ORDER BY 1, 2")
    assert [tuple(row) for row in rows] == [(anyone, ann), (anyone, bob), (both, bob)]
    assert nobody not in {row["automation_id"] for row in rows}


async def test_losing_all_tags_begins_what_asks_for_all(core: Core):
    a, b = await tag(core, "a"), await tag(core, "b")
    await published(core, "tags_removed", [step("end")], ids=(a, b), match="all")
    ann = await person(core, tags=["a", "b"])
    await contacts.remove_tags(core, [ann], [a])
    await settle(core)
    assert await states(core) == {}
    await contacts.remove_tags(core, [ann], [b])
    await settle(core)
    assert await states(core) == {ann: "completed"}


async def test_silent_facts_and_drafts_begin_nothing(core: Core):
    vip = await tag(core, "vip")
    made = await published(core, "contact_created", [step("end")])
    await contacts.write_contacts(core, [Draft({"email": "s@x.co"})], WritePolicy(is_silent=True))
    await settle(core)
    assert await states(core) == {}
    await actions.set_state(core, made, "draft")
    await person(core, "d@x.co")
    await settle(core)
    assert await states(core) == {}
    assert vip


async def test_each_fact_begins_it_once_however_often_it_is_read(core: Core):
    await published(core, "contact_created", [mail()])
    ann = await person(core)
    assert await read_facts(core) > 0
    await settle(core)
    await core.db.execute("UPDATE fact_readers SET xid = '0', id = 0 WHERE name = 'automations'")
    await settle(core)
    assert await states(core) == {ann: "completed"}
    assert await core.db.fetchval("SELECT count(*) FROM messages") == 1


async def test_whoever_repeats_is_mailed_at_every_pass_and_others_once(core: Core):
    vip, gold = await tag(core, "vip"), await tag(core, "gold")
    await published(core, "tags_added", [mail()], ids=(vip,), is_repeatable=True)
    await published(core, "tags_added", [mail()], ids=(gold,))
    ann = await person(core)
    for _ in range(3):
        await contacts.add_tags(core, [ann], [vip, gold])
        await settle(core)
        await contacts.remove_tags(core, [ann], [vip, gold])
        await settle(core)
    rows = await core.db.fetch("SELECT count(*) AS n FROM messages GROUP BY campaign_id ORDER BY campaign_id")
    assert [row["n"] for row in rows] == [3, 1]
    assert len(await metrics(core)) == 2


async def test_a_loop_stops_by_itself_and_says_so(core: Core):
    a, b = await tag(core, "a"), await tag(core, "b")
    steps = (step("remove_tags", ids=[a]), step("add_tags", ids=[b]))
    await published(core, "tags_added", steps, ids=(a,), is_repeatable=True)
    steps = (step("remove_tags", ids=[b]), step("add_tags", ids=[a]), mail())
    await published(core, "tags_added", steps, ids=(b,), is_repeatable=True)
    ann = await person(core)
    await contacts.add_tags(core, [ann], [a])
    done = await settle(core, rounds=500)
    assert 0 < done < 2000
    assert await settle(core) == 0
    assert await core.db.fetchval("SELECT count(*) FROM messages") == BEGINNINGS_PER_HOUR
    assert LOOP in {row["note"] for row in await core.db.fetch("SELECT note FROM automation_runs")}


async def test_after_an_hour_it_may_begin_again(core: Core, clock: FixedClock):
    vip = await tag(core, "vip")
    await published(core, "tags_added", [mail()], ids=(vip,), is_repeatable=True)
    ann = await person(core)

    async def again() -> None:
        await contacts.add_tags(core, [ann], [vip])
        await settle(core)
        await contacts.remove_tags(core, [ann], [vip])

    for _ in range(BEGINNINGS_PER_HOUR + 3):
        await again()
    assert await core.db.fetchval("SELECT count(*) FROM messages") == BEGINNINGS_PER_HOUR
    clock.set(clock.now() + timedelta(hours=1, minutes=1))
    await again()
    assert await core.db.fetchval("SELECT count(*) FROM messages") == BEGINNINGS_PER_HOUR + 1


async def test_who_left_is_taken_out_before_the_next_mail_and_what_is_queued_is_cancelled(
    core: Core, clock: FixedClock
):
    vip = await tag(core, "vip")
    await published(core, "tags_added", [mail(), step("wait", amount=1, unit="days"), mail()], ids=(vip,))
    ann, bob = await person(core), await person(core, "bob@x.co")
    await contacts.add_tags(core, [ann, bob], [vip])
    await settle(core)
    await leave(core, ann, reason="enough")
    await settle(core)
    rows = await core.db.fetch("SELECT contact_id, state FROM messages ORDER BY contact_id")
    assert [tuple(row) for row in rows] == [(ann, "cancelled"), (bob, "queued")]
    clock.set(clock.now() + timedelta(days=2))
    await settle(core)
    await Sender(core).pass_once()
    assert await states(core) == {ann: "cancelled", bob: "completed"}
    assert {row["recipient"] for row in await core.db.fetch("SELECT recipient FROM captured_mails")} == {"bob@x.co"}


async def test_between_the_departure_and_its_reading_nobody_is_mailed_either(core: Core):
    vip = await tag(core, "vip")
    await published(core, "tags_added", [mail()], ids=(vip,), is_forced=True)
    for word in ("unsubscribed", "bounced", "complained", "spammed"):
        one = await person(core, f"{word}@x.co", status=word)
        await contacts.add_tags(core, [one], [vip])
    await settle(core)
    assert await core.db.fetchval("SELECT count(*) FROM messages") == 0
    assert {state for _, state, _ in await metrics(core)} == {"skipped"}


async def test_pending_contacts_wait_for_their_confirmation(core: Core):
    vip = await tag(core, "vip")
    await published(core, "tags_added", [mail()], ids=(vip,))
    ann = await person(core, status="pending")
    left = await person(core, "left@x.co", status="unsubscribed")
    await contacts.add_tags(core, [ann, left], [vip])
    await settle(core)
    assert await states(core) == {ann: "pending"}
    await confirm_contact(core, ann, source="test")
    await settle(core)
    assert await states(core) == {ann: "completed"}
    assert await core.db.fetchval("SELECT count(*) FROM messages") == 1


async def test_an_account_that_is_made_becomes_a_contact_and_begins(core: Core):
    await published(core, "user_created", [mail()], roles=("editor",))
    await access.create_user(core, login="ed", email="ed@x.co", first_name="Ed", role="editor")
    await access.create_user(core, login="sub", email="sub@x.co")
    await settle(core)
    view = await find_contact_by_email(core, "ed@x.co")
    assert view is not None
    assert await states(core) == {view.contact.id: "completed"}
    assert await find_contact_by_email(core, "sub@x.co") is None


async def test_an_account_that_becomes_a_pending_contact_is_asked_to_confirm_and_its_run_waits(core: Core):
    await published(core, "user_created", [mail()], status="pending")
    waits = await person(core, "waits@x.co", status="pending")
    await access.create_user(core, login="new", email="new@x.co")
    await access.create_user(core, login="waits", email="waits@x.co")
    await settle(core)
    new = await find_contact_by_email(core, "new@x.co")
    assert new is not None
    assert await states(core) == {waits: "pending", new.contact.id: "pending"}
    asked = await core.db.fetch("SELECT args ->> 'contact_id' AS id FROM jobs WHERE kind = 'mail_opt_in'")
    assert [row["id"] for row in asked] == [str(new.contact.id)]
    await confirm_contact(core, new.contact.id, source="test")
    await settle(core)
    assert (await states(core))[new.contact.id] == "completed"


async def test_known_contacts_are_left_out_where_the_trigger_wants_new_ones(core: Core):
    await published(core, "user_created", [step("end")], on_existing="skip")
    await person(core, "known@x.co")
    await access.create_user(core, login="known", email="Known@x.co")
    await settle(core)
    assert await states(core) == {}


async def test_signing_in_begins_it(core: Core):
    await published(core, "user_signed_in", [step("end")])
    await access.create_user(core, login="ada", email="ada@x.co", password="a long password 12")
    await access.start_session(core, "ada", "a long password 12")
    await settle(core)
    assert list((await states(core)).values()) == ["completed"]


async def test_an_event_begins_it_when_it_came_often_enough(core: Core):
    await published(core, "event_tracked", [step("end")], event_key="login", min_count=2)
    ann = await person(core)
    await track_event(core, ann, event_key="other", title="t")
    await track_event(core, ann, event_key="login", title="t")
    await settle(core)
    assert await states(core) == {}
    await track_event(core, ann, event_key="login", title="t")
    await settle(core)
    assert await states(core) == {ann: "completed"}


async def test_rules_of_the_trigger_are_asked(core: Core):
    rule = {"rule": "column", "field": "city", "operator": "equals", "value": "Rome"}
    await published(core, "contact_created", [step("end")], rules=rule)
    ann = await person(core, values={"city": "Rome"})
    await person(core, "bob@x.co")
    await settle(core)
    assert await states(core) == {ann: "completed"}


async def test_birthdays_come_once_a_day_and_leap_days_on_the_28th(core: Core, clock: FixedClock):
    await published(core, "birthday", [mail()])
    ann = await person(core, values={"date_of_birth": "1984-02-29"})
    bob = await person(core, "bob@x.co", values={"date_of_birth": "1990-02-28"})
    await person(core, "eve@x.co", values={"date_of_birth": "1990-03-01"})
    clock.set(datetime(2027, 2, 28, 9, 0, tzinfo=UTC))
    assert await begin_birthdays(core) == 2
    assert await begin_birthdays(core) == 0
    await settle(core)
    assert await states(core) == {ann: "completed", bob: "completed"}
    clock.set(datetime(2028, 2, 28, 9, 0, tzinfo=UTC))
    assert await begin_birthdays(core) == 1
    await settle(core)
    clock.set(datetime(2028, 2, 29, 9, 0, tzinfo=UTC))
    assert await begin_birthdays(core) == 1
    await settle(core)
    assert await core.db.fetchval("SELECT count(*) FROM messages") == 4


def goal(tag_id: int, *, is_required: bool = False, may_enter: bool = False) -> StepDraft:
    return step("goal", event="tags_added", ids=[tag_id], match="any", is_required=is_required, may_enter=may_enter)


async def test_a_goal_reached_early_leaves_out_what_stands_before_it(core: Core):
    vip, paid = await tag(core, "vip"), await tag(core, "paid")
    steps = [step("wait", amount=5, unit="days"), mail(), goal(paid, may_enter=True), step("add_note", title="thanks")]
    await published(core, "tags_added", steps, ids=(vip,))
    ann, bob = await person(core, tags=["vip"]), await person(core, "bob@x.co")
    await settle(core)
    await contacts.add_tags(core, [ann, bob], [paid])
    await settle(core)
    assert await states(core) == {ann: "completed", bob: "completed"}
    assert await core.db.fetchval("SELECT count(*) FROM messages") == 0
    told = await core.db.fetch(
        """SELECT r.contact_id, s.kind, m.state FROM automation_metrics m JOIN automation_runs r ON r.id = m.run_id
        JOIN automation_steps s ON s.id = m.step_id ORDER BY 1, s.position"""
    )
    assert [tuple(row) for row in told] == [
        (ann, "wait", "completed"),
        (ann, "send_mail", "skipped"),
        (ann, "goal", "completed"),
        (ann, "add_note", "completed"),
        (bob, "goal", "completed"),
        (bob, "add_note", "completed"),
    ]


async def test_a_required_goal_is_waited_at_and_an_optional_one_passed(core: Core):
    vip, paid = await tag(core, "vip"), await tag(core, "paid")
    await published(core, "tags_added", [goal(paid, is_required=True), step("end")], ids=(vip,), title="must")
    await published(core, "tags_added", [goal(paid), step("end")], ids=(vip,), title="may")
    ann = await person(core, tags=["vip"])
    await settle(core)
    rows = await core.db.fetch("SELECT state FROM automation_runs ORDER BY automation_id")
    assert [row["state"] for row in rows] == ["waiting", "completed"]
    await contacts.add_tags(core, [ann], [paid])
    await settle(core)
    assert set((await states(core)).values()) == {"completed"}


async def test_a_goal_that_is_met_already_is_reached_on_arrival(core: Core):
    vip = await tag(core, "vip")
    paid = await tag(core, "paid")
    await published(core, "tags_added", [goal(paid, is_required=True)], ids=(vip,))
    ann = await person(core, tags=["paid"])
    await contacts.add_tags(core, [ann], [vip])
    await settle(core)
    assert await states(core) == {ann: "completed"}


async def test_waits_survive_a_restart_because_they_are_rows(core: Core, clock: FixedClock):
    vip = await tag(core, "vip")
    await published(core, "tags_added", [step("wait", amount=1, unit="hours"), mail()], ids=(vip,))
    await person(core, tags=["vip"])
    await settle(core)
    before = await core.db.fetchval("SELECT due_at FROM automation_runs")
    await settle(core)
    assert await core.db.fetchval("SELECT due_at FROM automation_runs") == before == clock.now() + timedelta(hours=1)


async def test_what_is_kept_for_others_is_stored_and_begins_nothing(core: Core):
    made = await actions.create_automation(core, title="Shop", trigger="woocommerce_order", start=Start(ids=(1,)))
    await actions.set_state(core, made, "published")
    await person(core)
    await settle(core)
    assert await states(core) == {}


async def test_facts_are_read_from_the_first_automation_on(core: Core):
    vip = await tag(core, "vip")
    ann = await person(core)
    await contacts.add_tags(core, [ann], [vip])
    assert await read_facts(core) == 0
    assert not await has_reader(core.db, READER)
    while not await core.db.fetchval("SELECT bool_and(xid < pg_snapshot_xmin(pg_current_snapshot())) FROM facts"):  # noqa: ASYNC110
        # older transactions of the server, those of other tests too
        await asyncio.sleep(0.01)
    await published(core, "tags_added", [mail()], ids=(vip,))
    await settle(core)
    assert await states(core) == {}, "what happened before begins nothing"
    bob = await person(core, "bob@x.co")
    await contacts.add_tags(core, [bob], [vip])
    await settle(core)
    assert list(await states(core)) == [bob]
