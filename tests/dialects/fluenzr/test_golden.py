"""One request and its answer for each row of the table; a row without one fails."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from tests.dialects.fluenzr.test_workflow import one_mail
from tests.dialects.mouth import Mouth
from tidings.campaigns import actions as campaigns
from tidings.campaigns.drawing import advance_campaigns
from tidings.dialects.fluenzr.ids import number_of
from tidings.platform.core import Core

AT = "2026-11-20T12:00:00Z"
META = {"page": 1, "perPage": 20, "total": 1, "totalPages": 1}


@dataclass(frozen=True, slots=True)
class Case:
    """A request and what `data` of its answer holds at least. `{group}` and the like stand for the ids of the world."""

    expected: Any
    body: Any = None
    query: Mapping[str, str] | None = None
    status: int = 200
    has_meta: bool = False
    # what becomes of the campaign before: "started", "drawn", "finished"
    campaign: str = ""


CONTACT = {"id": "{contact}", "email": "ann@example.com", "status": "active", "company": "Acme", "updatedAt": AT}
GROUP = {"id": "{group}", "name": "Leads", "type": "static", "contactsCount": 1, "createdAt": AT}
STAGE = {"id": "{stage}", "name": "Lead", "color": "#64748b", "position": 0, "contactsCount": 1}
CAMPAIGN = {"id": "{campaign}", "name": "Q1", "emailAccountId": "{account}", "workflow": one_mail()}
ACCOUNT = {"id": "{account}", "email": "me@example.com", "provider": "smtp", "sentToday": 0, "status": "connected"}
WEBHOOK = {"id": "{webhook}", "name": "Shop", "url": "http://127.0.0.1:1/hook", "events": ["contact.created"]}
WEBHOOK |= {"active": True, "disabledReason": None, "createdAt": AT, "updatedAt": AT}
NONE_SENT = {"sent": 0, "openRate": 0.0, "clickRate": 0.0, "replyRate": 0.0, "bounceRate": 0.0, "unsubscribeRate": 0.0}
ADDED = {"added": 1, "skipped": 0, "errors": []}

CASES: dict[str, Case] = {
    "GET /contacts": Case([CONTACT], query={"email": "ann"}, has_meta=True),
    "POST /contacts": Case({"email": "x@example.com"}, {"email": "x@example.com"}, status=201),
    "POST /contacts/bulk": Case(
        {"created": 1, "updated": 0, "skipped": 1, "errors": []},
        {"contacts": [{"email": "x@example.com"}, {"email": "ann@example.com"}]},
    ),
    "POST /contacts/search": Case([CONTACT], {"query": "ann", "filters": {"status": "active"}}, has_meta=True),
    "GET /contacts/{id}": Case(CONTACT | {"pipelineStage": {"id": "{stage}", "name": "Lead"}}),
    "PUT /contacts/{id}": Case(CONTACT | {"firstName": "Ann"}, {"firstName": "Ann"}),
    "DELETE /contacts/{id}": Case({"id": "{contact}", "deleted": True}),
    "POST /contacts/{id}/groups": Case(
        CONTACT | {"groups": [{"id": "{group}", "name": "Leads"}]}, {"groupIds": ["{group}"]}
    ),
    "DELETE /contacts/{id}/groups": Case(CONTACT | {"groups": []}, {"groupIds": ["{group}"]}),
    "POST /contacts/{id}/tags": Case(CONTACT | {"tags": ["New", "VIP"]}, {"tags": ["New"]}),
    "DELETE /contacts/{id}/tags": Case(CONTACT | {"tags": []}, {"tags": ["VIP"]}),
    "GET /groups": Case([GROUP], has_meta=True),
    "POST /groups": Case({"name": "New", "type": "dynamic"}, {"name": "New", "type": "dynamic"}, status=201),
    "GET /groups/{id}": Case(GROUP),
    "PUT /groups/{id}": Case(GROUP | {"color": "#112233"}, {"color": "#112233"}),
    "DELETE /groups/{id}": Case({"id": "{group}", "deleted": True}),
    "POST /groups/{id}/contacts": Case({"added": 0, "skipped": 1}, {"contactIds": ["{contact}"]}),
    "GET /campaigns": Case([CAMPAIGN], has_meta=True),
    "POST /campaigns": Case(
        {"name": "Q2", "status": "draft", "workflow": one_mail()}, {"name": "Q2", "workflow": one_mail()}, status=201
    ),
    "GET /campaigns/{id}": Case(CAMPAIGN | {"status": "draft", "startedAt": None}),
    "PUT /campaigns/{id}": Case(CAMPAIGN | {"name": "Q3"}, {"name": "Q3"}),
    "POST /campaigns/{id}/start": Case(CAMPAIGN | {"status": "active"}),
    "POST /campaigns/{id}/pause": Case(CAMPAIGN | {"status": "paused"}, campaign="drawn"),
    "POST /campaigns/{id}/resume": Case(CAMPAIGN | {"status": "active"}, campaign="paused"),
    "POST /campaigns/{id}/archive": Case(CAMPAIGN | {"status": "archived"}, campaign="finished"),
    "GET /campaigns/{id}/contacts": Case([{"contactId": "{contact}", "status": "pending"}], has_meta=True),
    "POST /campaigns/{id}/contacts": Case(ADDED | {"added": 0, "skipped": 1}, {"contactIds": ["{contact}"]}),
    "DELETE /campaigns/{id}/contacts": Case({"removed": 1, "skipped": 0, "errors": []}, {"contactIds": ["{contact}"]}),
    "GET /campaigns/{id}/stats": Case(NONE_SENT | {"campaignId": "{campaign}", "contacts": 1}, campaign="drawn"),
    "GET /campaigns/{id}/stats/emails": Case([NONE_SENT | {"nodeId": "m"}], has_meta=True),
    "GET /campaigns/{id}/stats/timeline": Case([], has_meta=True),
    "GET /campaigns/{id}/activity": Case([], has_meta=True),
    "GET /email-accounts": Case([ACCOUNT], has_meta=True),
    "POST /email-accounts": Case(
        {"email": "b@example.com", "provider": "gmail", "imap": {"host": "imap.gmail.com", "port": 993}},
        {"email": "b@example.com", "provider": "gmail", "smtp": {"password": "x"}},
        status=201,
    ),
    "GET /email-accounts/{id}": Case(ACCOUNT),
    "PUT /email-accounts/{id}": Case(ACCOUNT | {"dailyLimit": 9}, {"dailyLimit": 9}),
    "DELETE /email-accounts/{id}": Case({"id": "{account}", "deleted": True}),
    "POST /email-accounts/{id}/test": Case({"id": "{account}", "status": "error"}),
    "GET /webhooks": Case([WEBHOOK], has_meta=True),
    "POST /webhooks": Case(
        {"name": "", "url": "https://example.com/2", "events": ["email.sent"], "active": True},
        {"url": "https://example.com/2", "events": ["email.sent"]},
        status=201,
    ),
    "GET /webhooks/{id}": Case(WEBHOOK),
    "PUT /webhooks/{id}": Case(WEBHOOK | {"active": False}, {"active": False}),
    "DELETE /webhooks/{id}": Case({"id": "{webhook}", "deleted": True}),
    "POST /webhooks/{id}/test": Case({"status": "failed", "statusCode": None, "eventType": "webhook.test"}),
    "GET /webhooks/{id}/logs": Case([], has_meta=True),
    "GET /pipeline/stages": Case([STAGE], has_meta=True),
    "POST /pipeline/stages": Case({"name": "Demo", "position": 6}, {"name": "Demo"}, status=201),
    "PUT /pipeline/stages/{id}": Case(STAGE | {"name": "Fresh"}, {"name": "Fresh"}),
    "DELETE /pipeline/stages/{id}": Case({"id": "{stage}", "deleted": True, "moved": 1}, {"moveTo": "{other_stage}"}),
}
_OF_PATH = {
    "contacts": "contact",
    "groups": "group",
    "campaigns": "campaign",
    "email-accounts": "account",
    "pipeline": "stage",
    "webhooks": "webhook",
}


def filled(value: Any, world: Mapping[str, str]) -> Any:
    """A structure with the ids of the world in it."""
    if isinstance(value, str):
        return world.get(value.strip("{}"), value) if value.startswith("{") and value.endswith("}") else value
    if isinstance(value, list):
        return [filled(one, world) for one in value]
    return {name: filled(one, world) for name, one in value.items()} if isinstance(value, dict) else value


async def made(fluenzr: Mouth) -> dict[str, str]:
    """Something of everything, by name."""

    async def post(path: str, body: Any) -> str:
        return (await fluenzr.post(path, body)).json()["data"]["id"]

    stages = [row["id"] for row in (await fluenzr.get("/pipeline/stages")).json()["data"]]
    world = {"stage": stages[0], "other_stage": stages[1], "group": await post("/groups", {"name": "Leads"})}
    person = {"email": "ann@example.com", "company": "Acme", "tags": ["VIP"], "groupIds": [world["group"]]}
    world["contact"] = await post("/contacts", {**person, "pipelineStageId": stages[0]})
    # nothing listens on port 1
    smtp = {"host": "127.0.0.1", "port": 1, "encryption": "none"}
    world["account"] = await post("/email-accounts", {"email": "me@example.com", "smtp": smtp})
    campaign = {"name": "Q1", "emailAccountId": world["account"], "workflow": one_mail()}
    world["campaign"] = await post("/campaigns", campaign)
    # told to a port where nobody listens
    await fluenzr.core.installation.put({"allow_private_targets": True})
    hook = {"name": "Shop", "url": "http://127.0.0.1:1/hook", "events": ["contact.created"]}
    world["webhook"] = await post("/webhooks", hook)
    await fluenzr.post(f"/campaigns/{world['campaign']}/contacts", {"contactIds": [world["contact"]]})
    return world


async def brought_to(core: Core, state: str, campaign: str) -> None:
    number = number_of("cmp", campaign)
    assert number is not None
    if state:
        await campaigns.schedule_campaign(core, number)
        await advance_campaigns(core)
    if state == "paused":
        await campaigns.pause_campaign(core, number)
    if state == "finished":
        await campaigns.cancel_campaign(core, number)


def holds(told: Any, expected: Any) -> bool:
    """Whether what is expected stands in what was told; lists begin with it."""
    if isinstance(expected, dict):
        return isinstance(told, dict) and all(
            name in told and (told[name] == one or (isinstance(one, dict | list) and holds(told[name], one)))
            for name, one in expected.items()
        )
    if isinstance(expected, list):
        return isinstance(told, list) and all(holds(t, e) for t, e in zip(told, expected, strict=False))
    return told == expected


@pytest.mark.parametrize("name", CASES)
async def test_a_row_answers_as_it_should(core: Core, fluenzr: Mouth, name: str):
    case, (method, path) = CASES[name], name.split(" ")
    world = await made(fluenzr)
    await brought_to(core, case.campaign, world["campaign"])
    path = path.replace("{id}", world[_OF_PATH[path.split("/")[1]]])
    answer = await fluenzr.ask(method, path, filled(case.body, world), query=case.query)
    told = answer.json()
    assert answer.status_code == case.status, answer.text
    assert set(told) == {"success", "data", *(["meta"] if case.has_meta else [])}
    expected = filled(case.expected, world)
    assert holds(told["data"], expected), told
    if case.has_meta:
        assert set(told["meta"]) == set(META)
        assert len(told["data"]) >= len(expected)


async def test_every_row_of_the_table_has_a_case(fluenzr: Mouth):
    rows = {f"{route.method} {route.path.replace('{id:word}', '{id}')}" for route in fluenzr.table.routes}
    # The document has tests of its own.
    assert rows - {"GET /openapi.json"} == set(CASES)
