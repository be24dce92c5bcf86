"""Changing a live automation, and what somebody does with the people in it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.automations.flows import mail, metrics, person, published, settle, states, step, tag
from tidings.automations import actions, people, queries
from tidings.automations.entering import add_contacts
from tidings.automations.types import StepDraft
from tidings.contacts import actions as contacts
from tidings.platform.clock import FixedClock
from tidings.platform.core import Core
from tidings.platform.errors import Conflict, Invalid, NotFound, Refused

DAY = timedelta(days=1)


async def waiting(core: Core) -> tuple[int, int, list[int]]:
    """An automation with a contact in a wait of a day: (automation, contact, ids of the steps)."""
    vip = await tag(core, "vip")
    steps = [step("wait", amount=1, unit="days"), step("add_note", title="a"), step("add_note", title="b")]
    made = await published(core, "tags_added", steps, ids=(vip,))
    ann = await person(core, tags=["vip"])
    await settle(core)
    return made, ann, [one.id for one in await queries.steps_of(core, made)]


async def drafts(core: Core, automation_id: int, *, without: int = 0) -> list[StepDraft]:
    steps = await queries.steps_of(core, automation_id)
    return [StepDraft(s.kind, s.params, id=s.id, title=s.title) for s in steps if s.id != without]


async def test_saving_again_keeps_the_steps_and_raises_the_version(core: Core):
    made, ann, ids = await waiting(core)
    version = (await queries.automation_by_id(core, made)).version
    saved = await actions.update_automation(core, made, steps=await drafts(core, made))
    assert [one.id for one in saved] == ids
    assert (await queries.automation_by_id(core, made)).version == version + 1
    assert await states(core) == {ann: "active"}


async def test_whoever_stood_at_a_deleted_step_goes_on_at_the_next_one(core: Core, clock: FixedClock):
    made, ann, ids = await waiting(core)
    await actions.update_automation(core, made, steps=await drafts(core, made, without=ids[1]))
    assert await core.db.fetchval("SELECT step_id FROM automation_runs") == ids[2]
    clock.set(clock.now() + DAY)
    await settle(core)
    assert await states(core) == {ann: "completed"}
    assert [row["title"] for row in await core.db.fetch("SELECT title FROM notes")] == ["b"]


async def test_without_a_step_left_they_are_through(core: Core, clock: FixedClock):
    made, ann, _ = await waiting(core)
    await actions.update_automation(core, made, steps=[])
    clock.set(clock.now() + DAY)
    await settle(core)
    assert await states(core) == {ann: "completed"}


async def test_a_draft_lets_nobody_go_on_until_it_is_published_again(core: Core, clock: FixedClock):
    made, ann, _ = await waiting(core)
    await actions.set_state(core, made, "draft")
    clock.set(clock.now() + DAY)
    await settle(core)
    assert await states(core) == {ann: "active"}
    await actions.set_state(core, made, "published")
    await settle(core)
    assert await states(core) == {ann: "completed"}
    with pytest.raises(Conflict):
        await actions.set_state(core, made, "published")


async def test_steps_added_later_reach_those_who_are_through_on_demand(core: Core):
    vip = await tag(core, "vip")
    made = await published(core, "tags_added", [step("add_note", title="a")], ids=(vip,))
    ann = await person(core, tags=["vip"])
    await settle(core)
    assert await people.count_syncable(core, made) == 0
    await actions.update_automation(core, made, steps=[*await drafts(core, made), step("add_note", title="b")])
    assert await people.count_syncable(core, made) == 1
    assert await people.sync_new_steps(core, made) == 1
    await settle(core)
    assert await states(core) == {ann: "completed"}
    assert await core.db.fetchval("SELECT count(*) FROM notes") == 2
    assert await people.count_syncable(core, made) == 0


async def test_a_deleted_step_takes_its_waiting_mails_along_and_keeps_what_was_sent(core: Core):
    vip = await tag(core, "vip")
    made = await published(core, "tags_added", [mail(), step("end")], ids=(vip,))
    await person(core, tags=["vip"])
    await settle(core)
    await actions.update_automation(core, made, steps=[])
    assert await core.db.fetchval("SELECT state FROM messages") == "cancelled"
    await actions.update_automation(core, made, steps=[mail()])
    await actions.delete_automations(core, [made])
    assert await core.db.fetchval("SELECT count(*) FROM campaigns") == 1
    assert await core.db.fetchval("SELECT count(*) FROM automation_runs") == 0


async def test_a_copy_has_mails_of_its_own(core: Core):
    vip = await tag(core, "vip")
    made = await published(
        core, "tags_added", [StepDraft("condition", {"rules": {"rule": "everybody"}}, yes=[mail()])], ids=(vip,)
    )
    copy = await actions.duplicate_automation(core, made, title="Copy")
    first, second = await queries.steps_of(core, made), await queries.steps_of(core, copy)
    assert [(one.kind, one.branch) for one in second] == [("condition", ""), ("send_mail", "yes")]
    assert second[1].parent_id == second[0].id
    assert second[1].mailing_id != first[1].mailing_id
    assert (await queries.automation_by_id(core, copy)).state == "draft"
    assert (await queries.automation_by_id(core, copy)).asks.ids == (vip,)
    mails = await core.db.fetch("SELECT subject FROM campaigns")
    assert {row["subject"] for row in mails} == {"Hello {{contact.first_name}}"}


async def test_runs_are_ended_taken_up_moved_and_taken_out(core: Core):
    made, ann, ids = await waiting(core)
    await people.set_run_state(core, made, ann, "cancelled")
    with pytest.raises(Conflict):
        await people.move_run(core, made, ann, ids[2])
    await people.set_run_state(core, made, ann, "active")
    with pytest.raises(Refused):
        await people.move_run(core, made, ann, 10**9)
    run = await people.move_run(core, made, ann, ids[2])
    assert run.state == "completed"
    assert [(kind, state) for kind, state, _ in await metrics(core)] == [
        ("wait", "completed"),
        ("add_note", "skipped"),
        ("add_note", "completed"),
    ]
    with pytest.raises(Conflict):
        await people.set_run_state(core, made, ann, "active")
    with pytest.raises(NotFound):
        await people.set_run_state(core, made, 10**9, "active")
    with pytest.raises(Invalid):
        await people.set_run_state(core, made, ann, "pending")
    assert await people.remove_contacts(core, made, [ann]) == 1
    assert await states(core) == {}


async def test_contacts_are_put_in_by_hand_only_while_it_runs(core: Core):
    made, ann, _ = await waiting(core)
    bob, left = await person(core, "bob@x.co"), await person(core, "left@x.co", status="unsubscribed")
    assert await add_contacts(core, made, [ann, bob, left, 10**9]) == 1
    assert await states(core) == {ann: "active", bob: "active"}
    await actions.set_state(core, made, "draft")
    with pytest.raises(Refused):
        await add_contacts(core, made, [left])


async def test_bad_input_changes_nothing(core: Core):
    made, _, ids = await waiting(core)
    with pytest.raises(Invalid):
        await actions.update_automation(core, made, title="  ", steps=[])
    with pytest.raises(Invalid):
        await actions.update_automation(core, made, steps=[step("end")] * 501)
    with pytest.raises(Invalid):
        await actions.create_automation(core, title="x", trigger=" ")
    with pytest.raises(NotFound):
        await actions.update_automation(core, 10**9, title="x")
    assert [one.id for one in await queries.steps_of(core, made)] == ids


async def test_a_contact_that_is_deleted_leaves_its_automations(core: Core):
    _, ann, _ = await waiting(core)
    await contacts.delete_contacts(core, [ann])
    await settle(core)
    assert await states(core) == {}
