"""Stages of the pipeline in the FluenzR dialect."""

from __future__ import annotations

from tests.dialects.fluenzr.test_contacts import NOW
from tests.dialects.fluenzr.test_keys import NO_CONTACT, data, refused
from tests.dialects.mouth import Mouth, changed, rows
from tidings.platform.core import Core

PATH = "/pipeline/stages"


async def test_stages_are_made_ordered_changed_and_removed(fluenzr: Mouth):
    names = ["Lead", "Qualified", "Proposal", "Negotiation", "Won", "Lost"]
    assert [stage["name"] for stage in data(await fluenzr.get(PATH))] == names
    made = data(await fluenzr.post(PATH, {"name": "Demo", "color": "#1d4ed8", "position": 2}), 201)
    assert made == {
        "id": made["id"],
        "name": "Demo",
        "color": "#1d4ed8",
        "position": 2,
        "contactsCount": 0,
        "createdAt": NOW,
        "updatedAt": NOW,
    }
    assert made["id"].startswith("stg_")
    one = f"{PATH}/{made['id']}"
    assert data(await fluenzr.put(one, {"name": "Call"})) == made | {"name": "Call"}
    assert data(await fluenzr.put(one, {"position": 0, "color": "#000000"}))["position"] == 0
    stages = data(await fluenzr.get(PATH))
    assert [stage["name"] for stage in stages] == ["Call", *names]
    assert [stage["position"] for stage in stages] == list(range(7))
    assert data(await fluenzr.delete(one)) == {"id": made["id"], "deleted": True, "moved": 0}
    for method in ("PUT", "DELETE"):
        refused(await fluenzr.ask(method, one, {}), 404, "NOT_FOUND")
    refused(await fluenzr.delete(f"{PATH}/{NO_CONTACT}"), 404, "NOT_FOUND")


async def test_a_stage_with_contacts_needs_another(fluenzr: Mouth):
    lead, qualified = (stage["id"] for stage in data(await fluenzr.get(PATH))[:2])
    for n in range(3):
        data(await fluenzr.post("/contacts", {"email": f"p{n}@example.com", "pipelineStageId": lead}), 201)
    assert "3" in refused(await fluenzr.delete(f"{PATH}/{lead}"), 409, "CONFLICT")
    for bad in (5, "x", lead, "stg_UkLWZg9D0"):
        refused(await fluenzr.delete(f"{PATH}/{lead}", {"moveTo": bad}), 400, "VALIDATION_ERROR", "moveTo")
    told = data(await fluenzr.delete(f"{PATH}/{lead}", {"moveTo": qualified}))
    assert told == {"id": lead, "deleted": True, "moved": 3}
    assert data(await fluenzr.get(PATH))[0]["contactsCount"] == 3
    assert {row["pipelineStage"]["id"] for row in data(await fluenzr.get("/contacts"))} == {qualified}


async def test_what_is_wrong_with_a_stage_is_told_by_field(core: Core, fluenzr: Mouth):
    stages = data(await fluenzr.get(PATH))
    before = await rows(core)
    for body, fields in (
        ({}, ["name"]),
        ({"name": "  "}, ["name"]),
        ({"name": 5}, ["name"]),
        ({"name": "x" * 81}, ["name"]),
        ({"name": "LOST"}, ["name"]),
        ({"name": "x", "color": "blue"}, ["color"]),
        ({"name": "x", "color": 5, "position": "first"}, ["color", "position"]),
        ({"name": "x", "position": True}, ["position"]),
    ):
        refused(await fluenzr.post(PATH, body), 400, "VALIDATION_ERROR", *fields)
        if body:
            refused(await fluenzr.put(f"{PATH}/{stages[0]['id']}", body), 400, "VALIDATION_ERROR", *fields)
    assert await changed(core, before) == []
