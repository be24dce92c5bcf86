"""Automations as pages: made, filled with steps, published, watched, changed, and the people inside."""

from __future__ import annotations

import re

import pytest

from tests.automations.flows import published, settle, step
from tests.conftest import StatementCounter
from tests.ui.door import Door
from tidings.automations import queries
from tidings.automations.types import StepDraft
from tidings.contacts import actions as contacts
from tidings.contacts.types import Draft
from tidings.platform.core import Core

HTMX = {"hx-request": "true"}


async def kinds_of(core: Core, automation: int) -> list[tuple[str, str]]:
    return [(one.kind, one.branch) for one in await queries.steps_of(core, automation)]


async def test_one_is_made_filled_published_and_goes(core: Core, door: Door):
    vip, gold = await contacts.ensure_tags(core, ["VIP", "Gold"])
    assert "No automations yet" in (await door.client.get("/automations")).text
    refused = await door.post("/automations/new", {"title": "Hello", "trigger": "tags_added"})
    assert refused.status_code == 422
    assert 'id="tags-error"' in refused.text
    made = await door.post("/automations/new", {"title": "Hello", "trigger": "tags_added", "tags": str(vip)})
    assert made.headers["location"] == "/automations/1"
    assert "No steps yet" in (await door.client.get("/automations/1")).text
    assert "<html" not in (await door.client.get("/automations/1/add", headers=HTMX)).text
    add = "/automations/1/add?"
    mail = {"title": "Mail", "subject": "Hi {{contact.first_name}}", "body": "<p>Hi</p>"}
    bad = await door.post(f"{add}kind=send_mail", mail | {"subject": " "}, headers=HTMX)
    assert bad.status_code == 422
    assert 'id="subject-error"' in bad.text
    await door.post(f"{add}kind=send_mail", mail)
    await door.post(f"{add}kind=wait", {"title": "Pause", "how": "for", "amount": "2", "unit": "days"})
    await door.post(f"{add}after=1&kind=condition", {"title": "Gold?", "about": "tags", "tags": str(gold)})
    await door.post(f"{add}parent=3&branch=yes&kind=add_note", {"title": "Note", "note_title": "Call"})
    assert await kinds_of(core, 1) == [("wait", ""), ("send_mail", ""), ("condition", ""), ("add_note", "yes")]
    page = (await door.client.get("/automations/1")).text
    for words in ("2 days", "Hi {{contact.first_name}}", "Gold", "Call", "A tag is applied", "VIP"):
        assert words in page
    await door.post("/automations/1/steps/2/move", {"to": "down"})
    assert [kind for kind, _ in await kinds_of(core, 1)][:2] == ["send_mail", "wait"]
    sheet = (await door.client.get("/automations/1/steps/1", headers=HTMX)).text
    assert 'value="Hi {{contact.first_name}}"' in sheet
    await door.post("/automations/1/steps/1", mail | {"subject": "Later"})
    assert await core.db.fetchval("SELECT subject FROM campaigns") == "Later"
    await door.post("/automations/1/steps/3/delete", {})
    assert await kinds_of(core, 1) == [("send_mail", ""), ("wait", "")]
    await door.post("/automations/1/state", {"state": "published"})
    ann = (await contacts.write_contact(core, Draft({"email": "ann@x.co", "first_name": "Ann"}, tags=["VIP"]))).id
    await settle(core)
    assert "ann@x.co" in (await door.client.get("/automations/1/people")).text
    assert "Hello" in (await door.client.get(f"/contacts/{ann}/automations")).text
    assert re.search(r"1 done", (await door.client.get("/automations/1")).text)
    assert (await door.post("/automations/1/copy", {})).headers["location"] == "/automations/2"
    assert "No automation is like that" in (await door.client.get("/automations?q=zebra")).text
    await door.post("/automations/1/delete", {})
    assert (await door.client.get("/automations/1")).status_code == 404


KINDS = [
    ("wait", {"how": "until", "at": "2027-01-01T10:00"}, {"how": "until", "at": "2027-01-01 10:00"}),
    ("wait", {"how": "weekday", "days": "Mon", "time": "09:30"}, {"how": "weekday", "days": ["Mon"], "time": "09:30"}),
    ("split", {"share_a": "30"}, {"share_a": 30}),
    (
        "change_contact",
        {"field": "city", "value": "Rome"},
        {"changes": [{"field": "city", "operation": "replace", "value": "Rome"}]},
    ),
    (
        "call_webhook",
        {"url": "https://x.co/h"},
        {"method": "POST", "url": "https://x.co/h", "format": "json", "sends": "contact"},
    ),
    ("end", {}, {}),
]


@pytest.mark.parametrize(("kind", "form", "params"), KINDS)
async def test_every_kind_is_written_and_read_back(
    core: Core, door: Door, kind: str, form: dict[str, str], params: object
):
    made = await published(core, "contact_created", [])
    await door.post(f"/automations/{made}/add?kind={kind}", {"title": "Step"} | form)
    [one] = await queries.steps_of(core, made)
    assert (one.kind, one.title, one.params) == (kind, "Step", params)
    sheet = (await door.client.get(f"/automations/{made}/steps/{one.id}", headers=HTMX)).text
    for value in form.values():
        assert value in sheet
    await door.post(f"/automations/{made}/steps/{one.id}", {"title": "Other"} | form)
    assert (await queries.steps_of(core, made))[0].params == params


BAD = [
    ("wait", {"how": "for", "amount": "x"}, "amount"),
    ("wait", {"how": "for", "amount": "0"}, "amount"),
    ("wait", {"how": "weekday"}, "days"),
    ("split", {"share_a": "101"}, "share_a"),
    ("add_tags", {}, "tags"),
    ("add_lists", {"lists": "99"}, "lists"),
    ("goal", {}, "tags"),
    ("add_note", {}, "note_title"),
    ("call_webhook", {"url": "javascript:alert(1)"}, "url"),
]


@pytest.mark.parametrize(("kind", "form", "field"), BAD)
async def test_bad_steps_are_refused_at_their_field(
    core: Core, door: Door, kind: str, form: dict[str, str], field: str
):
    made = await published(core, "contact_created", [])
    answer = await door.post(f"/automations/{made}/add?kind={kind}", form)
    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.text
    assert await queries.steps_of(core, made) == []


async def test_what_the_forms_cannot_show_is_told_and_left_alone(core: Core, door: Door):
    rule = {"rule": "column", "field": "city", "operator": "equals", "value": "Rome"}
    made = await published(
        core, "contact_created", [StepDraft("condition", {"rules": rule}), step("send_sms", text="x")]
    )
    page = (await door.client.get(f"/automations/{made}")).text
    assert "Set up over the API" in page
    [first, second] = await queries.steps_of(core, made)
    for one in (first, second):
        assert (await door.client.get(f"/automations/{made}/steps/{one.id}")).status_code == 404
        assert (await door.post(f"/automations/{made}/steps/{one.id}", {"title": "x"})).status_code == 404


async def test_people_are_moved_ended_let_go_on_and_taken_out(core: Core, door: Door):
    made = await published(
        core, "contact_created", [step("wait", amount=1, unit="days"), step("wait", amount=1, unit="days"), step("end")]
    )
    ann = (await contacts.write_contact(core, Draft({"email": "ann@x.co"}))).id
    await settle(core)
    state = "SELECT state FROM automation_runs"

    async def press(to: str) -> None:
        await door.post(f"/automations/{made}/people/{ann}", {"to": to})

    await press("cancelled")
    assert await core.db.fetchval(state) == "cancelled"
    await press("active")
    await press("next")
    assert await core.db.fetchval("SELECT count(*) FROM automation_metrics") == 2
    assert await core.db.fetchval(state) == "active"
    await press("out")
    assert await core.db.fetchval(state) is None


async def test_pages_cost_the_same_and_are_for_those_who_may(core: Core, door: Door, statements: StatementCounter):
    made = await published(core, "contact_created", [step("wait", amount=1, unit="days"), step("end")])
    paths = ("/automations", f"/automations/{made}", f"/automations/{made}/people")
    counts: list[list[int]] = []
    for n in range(3):
        await contacts.write_contacts(core, [Draft({"email": f"p{n}{m}@x.co"}) for m in range(1 + 3 * (n == 2))])
        await settle(core)
        if n == 2:
            await published(core, "contact_created", [step("end")], title="Another")
        mine = []
        for path in paths:
            with statements as counter:
                assert (await door.client.get(path)).status_code == 200
            mine.append(counter.count)
        counts.append(mine)
    assert counts[1] == counts[2]
    await core.db.execute("UPDATE users SET role = 'editor', permissions = '{fcrm_read_contacts}'")
    for path in (*paths, "/automations/new", f"/automations/{made}/add"):
        assert (await door.client.get(path)).status_code == 403
    assert (await door.post(f"/automations/{made}/delete", {})).status_code == 403
