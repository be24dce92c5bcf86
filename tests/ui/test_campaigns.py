"""Campaigns without a browser: what the forms store and refuse, who may do what, how many statements a list takes."""

from __future__ import annotations

import html
from typing import Any

import pytest

from tests.automations.flows import settle
from tests.conftest import StatementCounter
from tests.ui.conftest import PASSWORD
from tests.ui.door import Door
from tidings.access import actions as access
from tidings.automations import workflows
from tidings.automations.types import StepDraft
from tidings.campaigns import actions as campaigns
from tidings.campaigns import drawing, queries
from tidings.contacts import actions as contacts
from tidings.contacts.types import Draft
from tidings.platform import modules
from tidings.platform.core import Core
from tidings.segments.actions import save_segment
from tidings.segments.queries import Segment, list_segments
from tidings.segments.types import All, Audience, ColumnIs, Everybody, InLists, Not, Row, Rule, from_json, to_json
from tidings.ui.campaigns.audience import choice_of, read, rule_of

SETUP = {"title": "November", "subject": "Hello {{contact.first_name}}", "preheader": "News"}


async def _draft(core: Core, **values: Any) -> int:
    given = {"title": "News", "subject": "Hi", "body": "<p>Hello</p>", "audience": to_json(Everybody())} | values
    return await campaigns.create_campaign(core, **given)


async def _people(core: Core, n: int) -> None:
    await contacts.write_contacts(core, [Draft({"email": f"p{i}@y.co", "first_name": f"N{i}"}) for i in range(n)])


async def test_the_first_step_makes_a_draft_and_its_errors_stand_at_their_fields(core: Core, door: Door):
    await _draft(core, title="Taken")
    form = {"title": "Taken", "subject": "  ", "has_own_sender": "yes", "from_email": "nobody", "preheader": "keep me"}
    refused = await door.post("/campaigns/new", form)
    assert refused.status_code == 422
    for name in ("subject", "from_email"):
        assert f'id="{name}-error"' in refused.text
    assert "keep me" in refused.text
    refused = await door.post("/campaigns/new", {"title": "Taken", "subject": "Hi"})
    assert 'id="title-error"' in refused.text
    made = await door.post("/campaigns/new", {**SETUP, "subjects": "Another\r\n\r\nA third"})
    campaign_id = int(made.headers["location"].split("/")[2])
    view = await queries.campaign_view(core, campaign_id)
    assert (view.campaign.title, view.campaign.state) == ("November", "draft")
    assert [(one.weight, one.subject) for one in view.subjects] == [
        (33, "Hello {{contact.first_name}}"),
        (33, "Another"),
        (33, "A third"),
    ]
    page = await door.client.get(f"/campaigns/{campaign_id}/edit")
    assert "Another\nA third</textarea>" in page.text
    await door.post(f"/campaigns/{campaign_id}/edit", {**SETUP, "subjects": ""})
    assert not (await queries.campaign_view(core, campaign_id)).subjects


async def test_what_is_written_is_kept_and_previewed_as_a_person(core: Core, door: Door):
    await _people(core, 1)
    made = await _draft(core, body="")
    body = "<p>Dear {{contact.first_name}}</p><script>alert(1)</script>"
    seen = await door.post(f"/campaigns/{made}/content/draft", {"body": body, "design": "plain", "contact": "1"})
    assert f"/campaigns/{made}/preview?contact=1" in seen.text
    kept = await queries.campaign_by_id(core, made)
    assert (kept.body, kept.design) == (body, "plain")
    shown = await door.client.get(f"/campaigns/{made}/preview?contact=1")
    assert "Dear N0" in shown.text
    policy = shown.headers["content-security-policy"]
    assert "script-src" not in policy
    assert "default-src 'none'" in policy
    assert "sandbox allow-popups allow-popups-to-escape-sandbox" in policy
    assert "{{contact.first_name}}" in (await door.client.get(f"/campaigns/{made}/preview")).text
    await door.post(f"/campaigns/{made}/content/draft", {"body": body, "design": "plain"})
    assert (await queries.campaign_by_id(core, made)).version == kept.version, "nothing new, nothing stored"


async def test_a_test_mail_is_captured_and_a_wrong_address_is_refused_at_its_field(core: Core, door: Door):
    made = await _draft(core)
    refused = await door.post(f"/campaigns/{made}/test", {"recipient": "nobody"})
    assert (refused.status_code, "recipient-error" in refused.text) == (422, True)
    taken = await door.post(f"/campaigns/{made}/test", {"recipient": "you@example.com"})
    assert "you@example.com" in taken.headers["hx-trigger"]
    assert await core.db.fetchval("SELECT recipient FROM captured_mails") == "you@example.com"


async def test_recipients_are_estimated_stored_and_shown_again(core: Core, door: Door):
    await _people(core, 5)
    made = await _draft(core, audience={})
    path = f"/campaigns/{made}"
    assert 'data-reached="5"' in (await door.post(f"{path}/estimate", {"kind": "everybody"})).text
    refused = await door.post(f"{path}/recipients", {"kind": "lists"})
    assert (refused.status_code, 'id="lists-error"' in refused.text) == (422, True)
    assert 'id="kind-error"' in (await door.post(f"{path}/recipients", {})).text
    segment = (await save_segment(core, title="First ones", rule=ColumnIs("first_name", "in", ("N1", "N2")))).id
    await door.post(f"{path}/recipients", {"kind": "segment", "segment": str(segment)})
    assert from_json((await queries.campaign_by_id(core, made)).audience) == ColumnIs("first_name", "in", ("N1", "N2"))
    page = (await door.client.get(f"{path}/recipients")).text
    assert f'<option value="{segment}" selected>First ones' in page
    assert "First ones" in (await door.client.get(f"{path}/review")).text


@pytest.mark.parametrize(
    ("rule", "kind"),
    [
        (Everybody(), "everybody"),
        (Audience((Row(list_id=1), Row(tag_id=2)), (Row(list_id=3),)), "lists"),
        (All((Everybody(), Not(Audience((Row(tag_id=2),))))), "everybody"),
        (ColumnIs("city", "equals", "Bristol"), "segment"),
        (All((ColumnIs("city", "equals", "Bristol"), Not(Audience((Row(tag_id=2),))))), "segment"),
        (ColumnIs("city", "equals", "Bath"), "own"),
        (Audience((Row(1, 2),)), "own"),
    ],
)
async def test_a_rule_survives_the_form(core: Core, rule: Rule, kind: str):
    await save_segment(core, title="Bristol", rule=ColumnIs("city", "equals", "Bristol"))
    segments: list[Segment] = await list_segments(core)
    choice = choice_of(to_json(rule), segments)
    assert choice.kind == kind
    assert rule_of(read(choice.form(), segments, choice), segments) == rule


async def test_lists_of_other_doors_are_shown_as_lists(core: Core):
    assert choice_of(to_json(InLists("in", (1, 2))), []).lists == (1, 2)


async def test_a_mail_without_a_way_out_does_not_leave(core: Core, door: Door):
    made = await _draft(core, design="raw_html")
    page = await door.client.get(f"/campaigns/{made}/review")
    assert "must contain an unsubscribe" in page.text
    assert (await door.post(f"/campaigns/{made}/review", {"when": "now"})).status_code == 422
    assert (await queries.campaign_by_id(core, made)).state == "draft"


async def test_a_plan_needs_a_moment_ahead_and_can_be_taken_back(core: Core, door: Door):
    await access.set_preferences(core, 1, {"time_zone": "Europe/Berlin"})
    made = await _draft(core)
    path = f"/campaigns/{made}"
    for form, field in (
        ({"when": "later"}, "at"),
        ({"when": "later", "at": "2020-01-01T10:00"}, "at"),
        ({"when": "spread", "from": "2026-12-01T10:00", "until": "2026-12-01T09:00"}, "until"),
        ({}, "when"),
    ):
        refused = await door.post(f"{path}/review", form)
        assert (refused.status_code, f'id="{field}-error"' in refused.text) == (422, True), form
    planned = await door.post(f"{path}/review", {"when": "later", "at": "2026-12-24T09:00"})
    assert planned.headers["location"] == path
    campaign = await queries.campaign_by_id(core, made)
    assert (campaign.state, str(campaign.scheduled_at)) == ("scheduled", "2026-12-24 08:00:00+00:00")
    assert (await door.client.get(f"{path}/content")).headers["location"] == path, "what is planned is not edited"
    await door.post(f"{path}/unschedule", {})
    assert (await queries.campaign_by_id(core, made)).state == "draft"


async def test_progress_tells_the_speed_and_reloads_when_the_state_changed(core: Core, door: Door):
    await _people(core, 4)
    made = await _draft(core)
    await campaigns.schedule_campaign(core, made)
    await drawing.draw(core, made)
    await core.db.execute("UPDATE messages SET state = 'sent', sent_at = now() WHERE id % 2 = 0")
    before = int(core.clock.now().timestamp() * 1000) - 2000
    shown = (await door.client.get(f"/campaigns/{made}/progress?was=sending&done=0&at={before}")).text
    assert "<strong>2</strong> of 4 mails" in shown
    assert "1 per second" in shown
    assert "2 seconds left" in shown
    await door.post(f"/campaigns/{made}/pause", {})
    changed = await door.client.get(f"/campaigns/{made}/progress?was=sending&done=2&at={before}")
    assert changed.headers["hx-refresh"] == "true"
    again = await door.post(f"/campaigns/{made}/pause", {})
    assert again.status_code == 303, "too late is a word, not an error page"
    await door.post(f"/campaigns/{made}/resume", {})
    await door.post(f"/campaigns/{made}/cancel", {})
    assert (await queries.campaign_by_id(core, made)).state == "cancelled"


async def test_a_copy_is_a_draft_and_running_campaigns_are_not_deleted(core: Core, door: Door):
    made = await _draft(core)
    copied = await door.post(f"/campaigns/{made}/duplicate", {})
    copy = int(copied.headers["location"].split("/")[2])
    assert (await queries.campaign_by_id(core, copy)).title == "Copy of News"
    await campaigns.schedule_campaign(core, made)
    await door.post("/campaigns/delete", {"ids": [str(made), str(copy)]})
    assert await queries.find_campaign(core, copy) is not None, "all or nothing"
    await door.post(f"/campaigns/{copy}/delete", {})
    assert await queries.find_campaign(core, copy) is None


async def test_a_list_takes_the_same_number_of_statements_for_one_row_and_for_three(
    core: Core, door: Door, statements: StatementCounter
):
    await _draft(core)
    await door.client.get("/campaigns")
    with statements as counted:
        await door.client.get("/campaigns")
    alone = counted.count
    await _draft(core, title="Second")
    await _draft(core, title="Third")
    with statements as counted:
        shown = await door.client.get("/campaigns?q=news&state=draft")
    assert counted.count == alone
    assert "Second" not in shown.text
    assert "Nothing matches" in (await door.client.get("/campaigns?state=paused")).text


async def test_who_only_reads_writes_nothing(core: Core, door: Door):
    made = await _draft(core)
    await access.create_user(
        core, login="ed", email="ed@example.com", role="editor", permissions=["fcrm_read_emails"], password=PASSWORD
    )
    door.client.cookies.clear()
    await door.log_in("ed", PASSWORD)
    page = await door.client.get("/campaigns")
    assert "New campaign" not in page.text
    assert (await door.client.get(f"/campaigns/{made}")).status_code == 200
    for path in ("new", f"{made}/edit", f"{made}/content", f"{made}/recipients", f"{made}/review"):
        assert (await door.client.get(f"/campaigns/{path}")).status_code == 403
    for action in ("edit", "content", "content/draft", "recipients", "estimate", "review", "test", "pause", "delete"):
        assert (await door.post(f"/campaigns/{made}/{action}", {"kind": "everybody"})).status_code == 403


async def test_a_mail_is_shown_as_one_of_its_recipients_to_those_who_may_read_contacts(core: Core, door: Door):
    await _people(core, 3)
    made = await _draft(core, audience=to_json(ColumnIs("first_name", "in", ("N2",))))
    chosen = await core.db.fetchval("SELECT id FROM contacts WHERE first_name = 'N2'")
    assert f"preview?contact={chosen}&" in html.unescape((await door.client.get(f"/campaigns/{made}/review")).text)
    await access.create_user(
        core, login="ed", email="ed@example.com", role="editor", permissions=["fcrm_read_emails"], password=PASSWORD
    )
    door.client.cookies.clear()
    await door.log_in("ed", PASSWORD)
    assert "preview?contact=0&" in html.unescape((await door.client.get(f"/campaigns/{made}")).text)


async def _workflow(core: Core, *people: int, **values: Any) -> int:
    """A campaign of two mails with a day between them, for these contacts."""
    made = await campaigns.create_campaign(core, title="Long", kind="workflow", **values)
    if people:
        await workflows.add_people(core, made, ColumnIs("id", "in", tuple(people)))
    return made


async def test_a_campaign_of_several_steps_has_a_page_of_its_own_and_no_wizard(core: Core, door: Door):
    await _people(core, 3)
    ids = [row["id"] for row in await core.db.fetch("SELECT id FROM contacts ORDER BY id")]
    made = await _workflow(core, *ids)
    shown = await door.client.get("/campaigns")
    assert "Several steps" in shown.text
    assert "Not started" in (await door.client.get(f"/campaigns/{made}")).text
    for part in ("edit", "content", "recipients", "review", "report", "report/people"):
        answer = await door.client.get(f"/campaigns/{made}/{part}")
        assert (answer.status_code, answer.headers.get("location")) == (303, f"/campaigns/{made}"), part
    mails = [
        StepDraft("send_mail", {"key": key}, mail={"subject": f"The {key}", "body": "<p>x</p>"}, extras={"node": key})
        for key in ("first", "second")
    ]
    wait = StepDraft("wait", {"how": "for", "amount": 1, "unit": "days"})
    await workflows.start_workflow(core, made, [mails[0], wait, mails[1]])
    await workflows.enrol(core, made)
    await settle(core)
    page = (await door.client.get(f"/campaigns/{made}")).text
    for text in ("The first", "The second", "Under way", "Pause"):
        assert text in page
    await door.post(f"/campaigns/{made}/pause", {})
    assert (await queries.campaign_by_id(core, made)).state == "paused"
    states = await core.db.fetch("SELECT DISTINCT m.state FROM messages m JOIN campaigns c ON c.id = m.campaign_id")
    assert [row["state"] for row in states] == ["paused"]
    await door.post(f"/campaigns/{made}/resume", {})
    await door.post(f"/campaigns/{made}/cancel", {})
    await settle(core)
    assert "Ended early" in (await door.client.get(f"/campaigns/{made}")).text
    assert await workflows.count_enrolled(core, made) == {"cancelled": 3}


async def test_a_link_into_the_portal_is_offered_while_there_is_one(core: Core, door: Door):
    made = await _draft(core, body="")
    code = "##crm.frontend_portal_url##"
    assert code not in (await door.client.get(f"/campaigns/{made}/content")).text
    await modules.switch(core, {"portal": True})
    assert code in (await door.client.get(f"/campaigns/{made}/content")).text
