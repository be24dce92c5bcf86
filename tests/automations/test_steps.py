"""Each kind of step does what it says, for everybody at once, and what cannot be done is told and passed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import tidings.automations.jobs  # noqa: F401  # registers the handlers
from tests.automations.flows import mail, metrics, person, published, settle, states, step, tag
from tidings.automations.types import StepDraft
from tidings.campaigns import actions as campaigns
from tidings.contacts import actions as contacts
from tidings.contacts.companies.actions import create_company
from tidings.contacts.companies.types import CompanyDraft
from tidings.contacts.queries import contact_by_id
from tidings.contacts.types import CustomField
from tidings.platform import jobs
from tidings.platform.clock import FixedClock
from tidings.platform.core import Core
from tidings.workers.sender import Sender


async def run_steps(core: Core, *steps: StepDraft, email: str = "ann@x.co", **more: Any) -> int:
    """Lets one contact go through steps; answers its id."""
    vip = await tag(core, "vip")
    await published(core, "tags_added", steps, ids=(vip,))
    ann = await person(core, email, **more)
    await contacts.add_tags(core, [ann], [vip])
    await settle(core)
    return ann


async def run_jobs(core: Core, kind: str) -> None:
    for job in await jobs.claim(core.db, [kind], 10):
        await jobs.run_claimed(core, job)


async def test_tags_and_lists_come_and_go(core: Core):
    gold, old = await tag(core, "gold"), await tag(core, "old")
    news = (await contacts.ensure_lists(core, ["news"]))[0]
    steps = (step("add_tags", ids=[gold]), step("remove_tags", ids=[old]), step("add_lists", ids=[news]))
    ann = await run_steps(core, *steps, tags=["old"])
    view = await contact_by_id(core, ann)
    assert {one.title for one in view.tags} == {"vip", "gold"}
    assert [one.title for one in view.lists] == ["news"]
    other = await published(core, "lists_added", [step("remove_lists", ids=[news])], ids=(news,))
    await contacts.remove_lists(core, [ann], [news])
    await contacts.add_lists(core, [ann], [news])
    await settle(core)
    assert not (await contact_by_id(core, ann)).lists
    assert await core.db.fetchval("SELECT state FROM automation_runs WHERE automation_id = $1", other) == "completed"


async def test_companies_are_joined_and_left(core: Core):
    made = await create_company(core, CompanyDraft({"name": "Acme"}))
    ann = await run_steps(core, step("join_company", ids=[made]))
    members = "SELECT count(*) FROM contact_companies WHERE contact_id = $1"
    assert await core.db.fetchval(members, ann) == 1
    await published(core, "companies_joined", [step("leave_company", ids=[made])], ids=(made,))
    bob = await person(core, "bob@x.co", companies=[made])
    await settle(core)
    assert await core.db.fetchval(members, bob) == 0


async def test_fields_of_all_kinds_are_changed_together(core: Core):
    fields = [
        CustomField("points", "Points", "number"),
        CustomField("likes", "Likes", "checkbox", options=("a", "b")),
        CustomField("joined", "Joined", "date"),
    ]
    await contacts.replace_custom_fields(core, fields)
    changes = [
        {"field": "city", "operation": "replace", "value": "City of {{contact.first_name}}"},
        {"field": "points", "operation": "add", "value": "3"},
        {"field": "likes", "operation": "add", "value": ["b"]},
        {"field": "joined", "operation": "replace", "value": "current_date"},
    ]
    ann = await run_steps(core, step("change_contact", changes=changes), custom={"points": 4, "likes": ["a"]})
    contact = (await contact_by_id(core, ann)).contact
    assert contact.city == "City of Ann"
    assert contact.custom == {"points": "7", "likes": ["a", "b"], "joined": "2026-11-20"}


async def test_one_contact_that_cannot_be_changed_is_nobody_elses_trouble(core: Core):
    await contacts.replace_custom_fields(core, [CustomField("points", "Points", "number")])
    vip = await tag(core, "vip")
    changes = [{"field": "points", "operation": "add", "value": "{{contact.city}}"}]
    await published(core, "tags_added", [step("change_contact", changes=changes), step("end")], ids=(vip,))
    people = [await person(core, f"p{n}@x.co", values={"city": "x" if n == 3 else "1"}) for n in range(8)]
    await contacts.add_tags(core, people, [vip])
    await settle(core)
    told = [(kind, state) for kind, state, _ in await metrics(core)]
    assert told.count(("change_contact", "completed")) == 7
    assert told.count(("change_contact", "failed")) == 1
    assert set((await states(core)).values()) == {"completed"}


async def test_a_status_never_rises_by_a_step(core: Core):
    changes = [{"field": "status", "operation": "replace", "value": "subscribed"}]
    vip = await tag(core, "vip")
    await published(core, "tags_added", [step("change_contact", changes=changes)], ids=(vip,), is_forced=True)
    ann = await person(core, status="unsubscribed")
    await contacts.add_tags(core, [ann], [vip])
    await settle(core)
    assert (await contact_by_id(core, ann)).contact.status == "unsubscribed"


async def test_notes_and_events_are_written_for_each_contact(core: Core):
    ann = await run_steps(
        core,
        step("add_note", type="call", title="Call {{contact.first_name}}", text="Soon"),
        step("record_event", key="welcomed", title="Welcomed", value="{{contact.email}}"),
        step("record_event", key="welcomed", title="Welcomed", value="again"),
        step("record_event", key="welcomed", title="Welcomed", value="own", is_unique=True),
    )
    notes = await core.db.fetch("SELECT contact_id, kind, title, description FROM notes")
    assert [tuple(row) for row in notes] == [(ann, "call", "Call Ann", "Soon")]
    events = await core.db.fetch("SELECT value, counter FROM contact_events ORDER BY id")
    assert [tuple(row) for row in events] == [("again", 2), ("own", 1)]
    kinds = {row["kind"] for row in await core.db.fetch("SELECT kind FROM facts WHERE contact_id = $1", ann)}
    assert {"note_added", "event_tracked", "automation_entered", "automation_completed"} <= kinds


async def test_a_condition_sends_each_contact_its_way_and_both_go_on_behind(core: Core):
    vip, gold, done = await tag(core, "vip"), await tag(core, "gold"), await tag(core, "done")
    rule = {"rule": "column", "field": "city", "operator": "equals", "value": "Rome"}
    branch = StepDraft(
        "condition", {"rules": rule}, yes=[step("add_tags", ids=[gold]), step("end")], no=[step("add_note", title="n")]
    )
    await published(core, "tags_added", [branch, step("add_tags", ids=[done])], ids=(vip,))
    ann = await person(core, values={"city": "Rome"})
    bob = await person(core, "bob@x.co")
    await contacts.add_tags(core, [ann, bob], [vip])
    await settle(core)
    assert {one.title for one in (await contact_by_id(core, ann)).tags} == {"vip", "gold"}
    assert {one.title for one in (await contact_by_id(core, bob)).tags} == {"vip", "done"}
    ways = await core.db.fetch("SELECT branch FROM automation_metrics WHERE branch <> '' ORDER BY branch")
    assert [row["branch"] for row in ways] == ["no", "yes"]


async def test_a_split_shares_contacts_out(core: Core):
    vip, a, b = await tag(core, "vip"), await tag(core, "a"), await tag(core, "b")
    split = StepDraft("split", {"share_a": 50}, yes=[step("add_tags", ids=[a])], no=[step("add_tags", ids=[b])])
    await published(core, "tags_added", [split], ids=(vip,))
    people = [await person(core, f"p{n}@x.co") for n in range(40)]
    await contacts.add_tags(core, people, [vip])
    await settle(core)
    rows = await core.db.fetch("SELECT tag_id, count(*) AS n FROM contact_tags GROUP BY tag_id")
    counts = {row["tag_id"]: row["n"] for row in rows}
    assert counts[a] + counts[b] == 40
    assert min(counts[a], counts[b]) > 5


async def test_a_step_that_cannot_be_done_yet_is_told_and_the_run_goes_on(core: Core):
    ann = await run_steps(core, step("send_sms", message="Hi"), step("add_note", title="after"))
    assert [(kind, state) for kind, state, _ in await metrics(core)] == [
        ("send_sms", "failed"),
        ("add_note", "completed"),
    ]
    assert await states(core) == {ann: "completed"}


async def test_leaving_other_automations_cancels_their_runs(core: Core):
    vip, slow = await tag(core, "vip"), await tag(core, "slow")
    waiting = await published(core, "tags_added", [step("wait", amount=3, unit="days"), mail()], ids=(slow,))
    await published(
        core, "tags_added", [step("leave_automations", ids=[waiting]), step("add_note", title="n")], ids=(vip,)
    )
    ann = await person(core, tags=["slow"])
    await settle(core)
    await contacts.add_tags(core, [ann], [vip])
    await settle(core)
    rows = await core.db.fetch("SELECT state FROM automation_runs ORDER BY automation_id")
    assert [row["state"] for row in rows] == ["cancelled", "completed"]


async def test_the_mail_of_a_campaign_is_sent_as_it_is_now(core: Core):
    source = await campaigns.create_campaign(core, title="Source", subject="First", body="<p>First</p>")
    await run_steps(core, step("send_campaign_mail", campaign_id=source))
    await campaigns.update_campaign(core, source, subject="Second", body="<p>Second</p>")
    bob = await person(core, "bob@x.co")
    await contacts.add_tags(core, [bob], [await tag(core, "vip")])
    await settle(core)
    await Sender(core).pass_once()
    assert {row["subject"] for row in await core.db.fetch("SELECT subject FROM captured_mails")} == {"Second"}


async def test_a_mail_to_addresses_of_its_own_is_sent_by_a_job_and_only_once(core: Core):
    draft = StepDraft(
        "send_mail",
        {"to": "addresses", "addresses": "boss@x.co, nobody, {{contact.email}}"},
        mail={"subject": "New: {{contact.first_name}}", "body": "<p>b</p>"},
    )
    await run_steps(core, draft)
    await run_jobs(core, "mail_from_automation")
    await run_jobs(core, "mail_from_automation")
    rows = await core.db.fetch("SELECT recipient, subject FROM captured_mails ORDER BY recipient")
    assert [tuple(row) for row in rows] == [("ann@x.co", "New: Ann"), ("boss@x.co", "New: Ann")]
    assert await core.db.fetchval("SELECT count(*) FROM messages") == 0


async def test_a_mail_for_a_date_waits_for_it_or_is_left_out(core: Core, clock: FixedClock):
    later = StepDraft("send_mail", {"to": "contact", "at": "2026-11-22 08:00"}, mail={"subject": "s", "body": "b"})
    over = StepDraft(
        "send_mail",
        {"to": "contact", "at": "2020-01-01 08:00", "skips_overdue": True},
        mail={"subject": "o", "body": "b"},
    )
    await run_steps(core, later, over)
    assert await Sender(core).pass_once() == 0
    clock.set(clock.now() + timedelta(days=3))
    assert await Sender(core).pass_once() == 1
    assert [state for _, state, _ in await metrics(core)] == ["completed", "skipped"]


async def test_a_standing_mailing_goes_on_after_everybody_was_mailed(core: Core):
    await run_steps(core, mail())
    assert await Sender(core).pass_once() == 1
    assert await core.db.fetchval("SELECT state FROM campaigns") == "sending"
    bob = await person(core, "bob@x.co")
    await contacts.add_tags(core, [bob], [await tag(core, "vip")])
    await settle(core)
    assert await Sender(core).pass_once() == 1
    assert await core.db.fetchval("SELECT recipients_count FROM campaigns") == 2
