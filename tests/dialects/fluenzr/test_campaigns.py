"""Campaigns of the FluenzR dialect: workflows that are one mail are campaigns like any other, the rest is kept."""

from __future__ import annotations

from typing import Any

import pytest

from tests.dialects.fluenzr.test_contacts import NOW
from tests.dialects.fluenzr.test_keys import NO_CONTACT, data, refused
from tests.dialects.fluenzr.test_workflow import MAIL, TEST, one_mail, whole
from tests.dialects.mouth import Mouth, changed, rows
from tidings.campaigns import actions, queries
from tidings.campaigns.drawing import advance_campaigns
from tidings.dialects.fluenzr.campaign_settings import DEFAULTS
from tidings.dialects.fluenzr.ids import number_of, opaque
from tidings.messages import accounts
from tidings.platform.core import Core
from tidings.platform.pagination import PageRequest
from tidings.segments.types import Everybody, to_json

COUNTS = dict.fromkeys(("contacts", "sent", "delivered", "opened", "clicked", "replied", "bounced", "unsubscribed"), 0)


@pytest.fixture
async def account(core: Core) -> str:
    return opaque("acc", await accounts.create_account(core, host="127.0.0.1", from_email="me@example.com"))


async def people(fluenzr: Mouth, n: int, **more: Any) -> list[str]:
    return [data(await fluenzr.post("/contacts", {"email": f"p{i}@example.com", **more}), 201)["id"] for i in range(n)]


async def test_a_campaign_is_made_read_and_changed(core: Core, fluenzr: Mouth, account: str):
    settings = {"sendDays": ["friday"], "sendHoursStart": 9, "timezone": "Europe/Paris", "maxEmailsPerHour": 40}
    sent = {"name": "Q1", "description": "First", "emailAccountId": account, "workflow": one_mail()}
    made = data(await fluenzr.post("/campaigns", {**sent, "settings": settings}), 201)
    shown = {**sent, "id": made["id"], "status": "draft", "settings": DEFAULTS | settings, "stats": COUNTS}
    assert made == {**shown, "createdAt": NOW, "startedAt": None, "updatedAt": NOW}
    assert made["id"].startswith("cmp_")
    path = f"/campaigns/{made['id']}"
    assert data(await fluenzr.get(path)) == made
    number = number_of("cmp", made["id"])
    assert number is not None
    stored = await queries.campaign_by_id(core, number)
    assert (stored.kind, stored.language, stored.subject, stored.per_hour) == (
        "campaign",
        "variables",
        MAIL["subject"],
        40,
    )
    changed_ = data(await fluenzr.put(path, {"name": "Q2", "settings": {"maxEmailsPerHour": None}}))
    assert (changed_["name"], changed_["settings"]["maxEmailsPerHour"]) == ("Q2", None)
    assert changed_["settings"]["sendDays"] == ["friday"]
    assert (await queries.campaign_by_id(core, number)).per_hour is None
    tested = data(await fluenzr.put(path, {"workflow": one_mail(abTest=TEST, trackOpens=False)}))
    assert tested["workflow"] == one_mail(abTest=TEST, trackOpens=False)
    view = await queries.campaign_view(core, number)
    assert [(one.weight, one.subject) for one in view.subjects] == [(30, "One"), (70, "Two")]
    # What is changed elsewhere is seen here.
    await actions.update_campaign(core, number, subject="Elsewhere", subjects=[])
    mail = data(await fluenzr.get(path))["workflow"]["nodes"][1]["data"]
    assert (mail["subject"], "abTest" in mail) == ("Elsewhere", False)


async def test_a_campaign_of_another_door_is_shown_as_a_workflow(core: Core, fluenzr: Mouth):
    made = await actions.create_campaign(
        core, title="News", subject="Hi", body="<p>x</p>", audience=to_json(Everybody())
    )
    shown = data(await fluenzr.get("/campaigns"))[0]
    assert (shown["id"], shown["emailAccountId"], shown["settings"]) == (opaque("cmp", made), None, DEFAULTS)
    assert [(node["id"], node["type"]) for node in shown["workflow"]["nodes"]] == [
        ("node_start", "start"),
        ("node_email", "email"),
        ("node_end", "end"),
    ]
    assert shown["workflow"]["nodes"][1]["data"]["subject"] == "Hi"


async def test_a_workflow_of_several_steps_is_kept_and_is_no_campaign_of_one_mail(core: Core, fluenzr: Mouth):
    made = data(await fluenzr.post("/campaigns", {"name": "Long", "workflow": whole()}), 201)
    path = f"/campaigns/{made['id']}"
    assert (made["status"], made["workflow"]) == ("draft", whole())
    (person,) = await people(fluenzr, 1)
    await fluenzr.post(f"{path}/contacts", {"contactIds": [person]})
    winner = one_mail(abTest={**TEST, "criterion": "reply", "winner": {"samplePercent": 20, "waitHours": 4}})
    data(await fluenzr.put(path, {"workflow": winner}))
    assert "an A/B winner by reply" in refused(await fluenzr.post(f"{path}/start"), 409, "CONFLICT")
    # It is no campaign of one mail, so no other door sends it by mistake.
    assert (await queries.list_campaigns(core, PageRequest())).rows == []
    assert len(data(await fluenzr.get(f"{path}/stats/emails"))) == 1
    data(await fluenzr.put(path, {"workflow": one_mail()}))
    assert data(await fluenzr.post(f"{path}/start"))["status"] == "active"


async def test_every_fault_is_told_by_its_place_and_nothing_is_written(core: Core, fluenzr: Mouth):
    made = data(await fluenzr.post("/campaigns", {"name": "Q1", "workflow": one_mail()}), 201)
    before = await rows(core)
    bad: list[tuple[dict[str, Any], list[str]]] = [
        ({"name": " "}, ["name"]),
        ({"name": 5, "description": 5}, ["name", "description"]),
        ({"name": "x" * 193, "description": "x" * 2001}, ["name", "description"]),
        ({"emailAccountId": "acc_nope"}, ["emailAccountId"]),
        ({"emailAccountId": NO_CONTACT}, ["emailAccountId"]),
        ({"settings": {"timezone": "x", "sendDays": []}}, ["settings.timezone", "settings.sendDays"]),
        ({"settings": []}, ["settings"]),
        ({"workflow": 5}, ["workflow"]),
        ({"workflow": one_mail(subject="", body="")}, [f"workflow.nodes[1].data.{one}" for one in ("subject", "body")]),
    ]
    for body, fields in bad:
        refused(await fluenzr.post("/campaigns", {"name": "n", **body}), 400, "VALIDATION_ERROR", *fields)
        refused(await fluenzr.put(f"/campaigns/{made['id']}", body), 400, "VALIDATION_ERROR", *fields)
    refused(await fluenzr.post("/campaigns", {}), 400, "VALIDATION_ERROR", "name")
    refused(await fluenzr.post("/campaigns", {"name": "Q1"}), 400, "VALIDATION_ERROR", "name")
    assert await changed(core, before) == []


async def test_a_campaign_lives_from_draft_to_the_archive(core: Core, fluenzr: Mouth):
    made = data(await fluenzr.post("/campaigns", {"name": "Q1", "workflow": one_mail()}), 201)
    path = f"/campaigns/{made['id']}"
    number = number_of("cmp", made["id"])
    for move in ("pause", "resume", "archive"):
        refused(await fluenzr.post(f"{path}/{move}"), 409, "CONFLICT")
    refused(await fluenzr.post(f"{path}/start"), 400, "VALIDATION_ERROR")
    ids = await people(fluenzr, 3)
    await fluenzr.post(f"{path}/contacts", {"contactIds": ids})
    assert data(await fluenzr.post(f"{path}/start"))["status"] == "active"
    await advance_campaigns(core)
    for call in (fluenzr.post(f"{path}/start"), fluenzr.post(f"{path}/resume"), fluenzr.put(path, {"name": "x"})):
        refused(await call, 409, "CONFLICT")
    assert data(await fluenzr.post(f"{path}/pause"))["status"] == "paused"
    assert data(await fluenzr.put(path, {"name": "Paused"}))["name"] == "Paused"
    assert data(await fluenzr.post(f"{path}/resume"))["status"] == "active"
    await core.db.execute("UPDATE messages SET state = 'sent', sent_at = now()")
    await core.db.execute("UPDATE campaigns SET state = 'finished' WHERE id = $1", number)
    assert data(await fluenzr.get(path))["status"] == "completed"
    refused(await fluenzr.post(f"{path}/contacts", {"contactIds": ids}), 409, "CONFLICT")
    assert data(await fluenzr.post(f"{path}/archive"))["status"] == "archived"
    refused(await fluenzr.post(f"{path}/archive"), 409, "CONFLICT")
    for status, n in (("archived", 1), ("completed", 0), ("active", 0), ("", 1)):
        assert len(data(await fluenzr.get("/campaigns", status=status))) == n
    refused(await fluenzr.get("/campaigns", status="odd"), 400, "VALIDATION_ERROR", "status")
    for method, tail in (("GET", ""), ("PUT", ""), ("POST", "/start"), ("GET", "/stats"), ("DELETE", "/contacts")):
        refused(await fluenzr.ask(method, f"/campaigns/{NO_CONTACT}{tail}", {}), 404, "NOT_FOUND")


async def test_a_start_outside_the_window_waits_for_its_opening(core: Core, fluenzr: Mouth):
    # NOW is a Friday noon in UTC.
    settings = {"sendDays": ["monday"], "sendHoursStart": "08:30", "sendHoursEnd": 18, "timezone": "Europe/Paris"}
    made = data(await fluenzr.post("/campaigns", {"name": "Q1", "workflow": one_mail(), "settings": settings}), 201)
    path = f"/campaigns/{made['id']}"
    await fluenzr.post(f"{path}/contacts", {"contactIds": await people(fluenzr, 1)})
    assert data(await fluenzr.post(f"{path}/start"))["status"] == "active"
    stored = await queries.campaign_by_id(core, number_of("cmp", made["id"]) or 0)
    assert stored.scheduled_at is not None
    assert (stored.state, stored.scheduled_at.isoformat()) == ("scheduled", "2026-11-23T07:30:00+00:00")


async def test_contacts_are_added_by_id_by_group_and_by_filter(core: Core, fluenzr: Mouth):
    group = data(await fluenzr.post("/groups", {"name": "One"}), 201)["id"]
    ids = await people(fluenzr, 4)
    await fluenzr.post(f"/groups/{group}/contacts", {"contactIds": ids[:2]})
    await fluenzr.post(f"/contacts/{ids[3]}/tags", {"tags": ["VIP"]})
    await fluenzr.put(f"/contacts/{ids[2]}", {"status": "unsubscribed"})
    made = data(await fluenzr.post("/campaigns", {"name": "Q1", "workflow": one_mail()}), 201)
    path = f"/campaigns/{made['id']}/contacts"
    assert data(await fluenzr.post(path, {"groupId": group})) == {"added": 2, "skipped": 0, "errors": []}
    assert data(await fluenzr.post(path, {"filters": {"tags": ["vip"]}})) == {"added": 1, "skipped": 0, "errors": []}
    gone = data(await fluenzr.post("/contacts", {"email": "gone@example.com"}), 201)["id"]
    await fluenzr.delete(f"/contacts/{gone}")
    told = data(await fluenzr.post(path, {"contactIds": [ids[0], ids[2], gone]}))
    assert (told["added"], told["skipped"]) == (0, 3)
    assert [(one["contactId"], one["message"]) for one in told["errors"]] == [
        (gone, "Contact not found"),
        (ids[2], "Contact cannot be mailed"),
    ]
    listed = data(await fluenzr.get(path))
    assert {row["contactId"] for row in listed} == {ids[0], ids[1], ids[3]}
    assert {row["status"] for row in listed} == {"pending"}
    assert data(await fluenzr.get(path, status="completed")) == []
    removed = data(await fluenzr.delete(path, {"contactIds": [ids[0], ids[2]]}))
    assert removed == {"removed": 1, "skipped": 1, "errors": []}
    for body, field in (
        ({}, "contactIds"),
        ({"contactIds": "x"}, "contactIds"),
        ({"contactIds": [group]}, "contactIds"),
        ({"groupIds": ids}, "groupIds"),
        ({"filters": 5}, "filters"),
    ):
        refused(await fluenzr.post(path, body), 400, "VALIDATION_ERROR", field)
    many = [opaque("con", n) for n in range(1, 1002)]
    refused(await fluenzr.post(path, {"contactIds": many}), 400, "VALIDATION_ERROR", "contactIds")
    refused(await fluenzr.delete(path, {}), 400, "VALIDATION_ERROR", "contactIds")
    refused(await fluenzr.get(path, status="odd"), 400, "VALIDATION_ERROR", "status")


async def test_numbers_over_time_and_one_by_one(core: Core, fluenzr: Mouth):
    made = data(await fluenzr.post("/campaigns", {"name": "Q1", "workflow": one_mail()}), 201)
    path = f"/campaigns/{made['id']}"
    ids = await people(fluenzr, 5)
    await fluenzr.post(f"{path}/contacts", {"contactIds": ids})
    await fluenzr.post(f"{path}/start")
    await advance_campaigns(core)
    numbers = [number_of("con", one) for one in ids]
    moment = "timestamptz '2026-11-20 12:05:00+00'"
    for n, sets in enumerate(
        (
            f"state = 'sent', sent_at = {moment}, opened_at = {moment} + interval '1 hour', opens = 2",
            f"state = 'sent', sent_at = {moment}, opened_at = {moment} + interval '1 day', opens = 1,"
            f" clicked_at = {moment} + interval '1 day', clicks = 3",
            f"state = 'sent', sent_at = {moment}, unsubscribed_at = {moment} + interval '2 hours'",
            f"state = 'bounced', sent_at = {moment}, updated_at = {moment} + interval '1 minute'",
        )
    ):
        await core.db.execute(f"UPDATE messages SET {sets} WHERE contact_id = $1", numbers[n])
    stats = data(await fluenzr.get(f"{path}/stats"))
    assert stats == {
        "campaignId": made["id"],
        "contacts": 5,
        "pending": 1,
        "failed": 0,
        "unknown": 0,
        "totalOpens": 3,
        "totalClicks": 3,
        "sent": 4,
        "delivered": 3,
        "opened": 2,
        "clicked": 1,
        "replied": 0,
        "bounced": 1,
        "unsubscribed": 1,
        "openRate": 66.7,
        "clickRate": 33.3,
        "replyRate": 0.0,
        "bounceRate": 25.0,
        "unsubscribeRate": 33.3,
    }
    (mail,) = data(await fluenzr.get(f"{path}/stats/emails"))
    assert (mail["nodeId"], mail["subject"], mail["openRate"]) == ("m", MAIL["subject"], 66.7)
    days = data(await fluenzr.get(f"{path}/stats/timeline"))
    assert [(day["at"], day["sent"], day["opened"], day["clicked"]) for day in days] == [
        ("2026-11-20T00:00:00Z", 4, 1, 0),
        ("2026-11-21T00:00:00Z", 0, 1, 1),
    ]
    hours = data(await fluenzr.get(f"{path}/stats/timeline", interval="hour", to="2026-11-20T14:00:00Z"))
    assert [(hour["at"], hour["bounced"], hour["opened"]) for hour in hours] == [
        ("2026-11-20T12:00:00Z", 1, 0),
        ("2026-11-20T13:00:00Z", 0, 1),
    ]
    assert len(data(await fluenzr.get(f"{path}/stats/timeline", interval="week"))) == 1
    first = await fluenzr.get(f"{path}/activity", perPage=3)
    assert first.json()["meta"] == {"page": 1, "perPage": 3, "total": 9, "totalPages": 3}
    assert {row["type"] for row in data(first)} == {"email.opened", "email.clicked", "email.unsubscribed"}
    for query, n in (
        ({"type": "email.sent"}, 4),
        ({"type": "bounced"}, 1),
        ({"type": "email.replied"}, 0),
        ({"contactId": ids[1]}, 3),
        ({"contactId": ids[4]}, 0),
        ({"from": "2026-11-21"}, 2),
        ({"to": "2026-11-20T12:30:00Z", "type": "sent"}, 4),
    ):
        assert (await fluenzr.get(f"{path}/activity", **query)).json()["meta"]["total"] == n, query
    for status, who in (
        ("pending", [4]),
        ("completed", [1, 0]),
        ("bounced", [3]),
        ("unsubscribed", [2]),
        ("replied", []),
        ("error", []),
        ("in_progress", []),
    ):
        listed = data(await fluenzr.get(f"{path}/contacts", status=status))
        assert [row["contactId"] for row in listed] == [ids[n] for n in who], status
        assert {row["status"] for row in listed} <= {status}
    for tail, query, field in (
        ("stats/timeline", {"interval": "year"}, "interval"),
        ("stats/timeline", {"from": "soon"}, "from"),
        ("activity", {"type": "email.lost"}, "type"),
        ("activity", {"contactId": "x"}, "contactId"),
        ("activity", {"to": "x"}, "to"),
    ):
        refused(await fluenzr.get(f"{path}/{tail}", **query), 400, "VALIDATION_ERROR", field)
