"""Contacts of the FluenzR dialect, with their groups, tags and filters."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.conftest import StatementCounter
from tests.dialects.fluenzr.test_keys import NO_CONTACT, data, refused
from tests.dialects.mouth import Mouth, changed, rows
from tidings.consent import actions as consent
from tidings.consent.queries import ledger_of
from tidings.contacts import actions as contacts
from tidings.contacts.types import CustomField
from tidings.dialects.fluenzr.ids import number_of, opaque
from tidings.messages.leaving import leave
from tidings.pipeline.queries import history_of
from tidings.platform.core import Core

NOW = "2026-11-20T12:00:00Z"
FULL: dict[str, Any] = {
    "email": "Jane@example.com",
    "firstName": "Jane",
    "lastName": "Doe",
    "company": "Acme",
    "jobTitle": "Head",
    "phone": "+49301234567",
    "website": "https://acme.example",
    "status": "active",
    "tags": ["VIP"],
    "customFields": {"plan": "gold"},
    "consentSource": "event",
}


@pytest.fixture
async def groups(core: Core, fluenzr: Mouth) -> list[str]:
    """Two groups, One and Two, and a custom field."""
    fields = [
        CustomField("plan", "Plan", "text"),
        CustomField("likes", "Likes", "checkbox", options=["Tea", "Rye"]),
        CustomField("size", "Size", "number"),
        CustomField("since", "Since", "date"),
    ]
    await contacts.replace_custom_fields(core, fields)
    return [data(await fluenzr.post("/groups", {"name": name}), 201)["id"] for name in ("One", "Two")]


async def test_a_contact_is_created_read_changed_and_removed(core: Core, fluenzr: Mouth, groups: list[str]):
    one, two = groups
    made = data(await fluenzr.post("/contacts", {**FULL, "groupIds": [one]}), 201)
    whole = {**FULL, "id": made["id"], "groups": [{"id": one, "name": "One"}], "pipelineStage": None}
    whole |= {"consentNotes": None, "consentDate": NOW, "createdAt": NOW, "updatedAt": NOW}
    assert made == whole
    assert made["id"].startswith("con_")
    path = f"/contacts/{made['id']}"
    assert data(await fluenzr.get(path)) == whole
    changed_ = data(await fluenzr.put(path, {"lastName": "Smith", "phone": None, "customFields": {"plan": "tin"}}))
    assert changed_ == whole | {"lastName": "Smith", "phone": None, "customFields": {"plan": "tin"}}
    assert data(await fluenzr.put(path, {"status": "unsubscribed"}))["status"] == "unsubscribed"
    # A new group or tag is joined to those there are.
    more = data(await fluenzr.put(path, {"groupId": two, "tags": ["New"]}))
    assert {group["name"] for group in more["groups"]} == {"One", "Two"}
    assert set(more["tags"]) == {"VIP", "New"}
    assert data(await fluenzr.delete(path)) == {"id": made["id"], "deleted": True}
    for method in ("GET", "PUT", "DELETE"):
        refused(await fluenzr.ask(method, path, {} if method == "PUT" else None), 404, "NOT_FOUND")
    minimal = data(await fluenzr.post("/contacts", {"email": "x@example.com"}), 201)
    empty = dict.fromkeys(whole) | {"id": minimal["id"], "email": "x@example.com", "status": "active"}
    assert minimal == empty | {"groups": [], "tags": [], "customFields": {}, "createdAt": NOW, "updatedAt": NOW}


async def test_what_is_wrong_is_told_by_field_and_nothing_is_written(core: Core, fluenzr: Mouth, groups: list[str]):
    await fluenzr.post("/contacts", {"email": "jane@example.com"})
    other = data(await fluenzr.post("/contacts", {"email": "max@example.com"}), 201)["id"]
    before = await rows(core)
    for change, field in (
        ({"email": None}, "email"),
        ({"email": 5}, "email"),
        ({"email": "nope"}, "email"),
        ({"firstName": 5}, "firstName"),
        ({"status": "asleep"}, "status"),
        ({"status": "replied"}, "status"),
        ({"groupIds": groups[0]}, "groupIds"),
        ({"groupIds": ["grp_nope"]}, "groupIds"),
        ({"groupIds": [NO_CONTACT]}, "groupIds"),
        ({"tags": "VIP"}, "tags"),
        ({"tags": [5]}, "tags"),
        ({"customFields": []}, "customFields"),
        ({"consentSource": "dream"}, "consentSource"),
        ({"consentSource": ["event"]}, "consentSource"),
        ({"consentNotes": 5}, "consentNotes"),
        ({"consentNotes": "x" * 1001}, "consentNotes"),
        ({"consentDate": "yesterday"}, "consentDate"),
        ({"consentDate": 5}, "consentDate"),
        ({"pipelineStageId": 5}, "pipelineStageId"),
        ({"pipelineStageId": "stg_nope"}, "pipelineStageId"),
        ({"pipelineStageId": NO_CONTACT}, "pipelineStageId"),
        ({"pipelineStageId": opaque("stg", 999)}, "pipelineStageId"),
        ({"firstName": "x" * 1001}, "firstName"),
        ({"phone": "1" * 51}, "phone"),
        ({"customFields": {"plan": ["a"]}}, "customFields.plan"),
    ):
        refused(await fluenzr.post("/contacts", {"email": "n@example.com", **change}), 400, "VALIDATION_ERROR", field)
        refused(await fluenzr.put(f"/contacts/{other}", change), 400, "VALIDATION_ERROR", field)
    assert refused(await fluenzr.post("/contacts", {}), 400, "VALIDATION_ERROR", "email") == "Email is required"
    invalid = await fluenzr.post("/contacts", {"email": "a@"})
    assert refused(invalid, 400, "VALIDATION_ERROR", "email") == "Invalid email format"
    taken = await fluenzr.post("/contacts", {"email": "JANE@example.com"})
    assert refused(taken, 409, "CONFLICT") == "Email already exists"
    refused(await fluenzr.put(f"/contacts/{other}", {"email": "jane@example.com"}), 409, "CONFLICT")
    assert await changed(core, before) == []
    answers = await asyncio.gather(*(fluenzr.post("/contacts", {"email": "race@example.com"}) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]


async def test_lists_and_searches_are_paged_sorted_and_filtered(
    fluenzr: Mouth, groups: list[str], statements: StatementCounter
):
    one, two = groups
    people: list[dict[str, Any]] = [
        {
            "email": "a@example.com",
            "firstName": "Cid",
            "groupIds": [one],
            "tags": ["VIP"],
            "customFields": {"plan": "gold"},
        },
        {
            "email": "b@example.com",
            "firstName": "Ann",
            "groupIds": [one, two],
            "status": "unsubscribed",
            "customFields": {"likes": ["Tea", "Rye"], "size": "7", "since": "2026-01-31"},
        },
        {"email": "c@example.org", "firstName": "Ben", "status": "blocked"},
    ]
    for person in people:
        data(await fluenzr.post("/contacts", person), 201)

    async def found(answer: Any) -> str:
        return "".join(row["email"][0] for row in data(answer))

    for query, letters in (
        ({}, "cba"),
        ({"sort": "firstName", "order": "asc"}, "bca"),
        ({"sort": "createdAt", "order": "desc"}, "cba"),
        ({"email": "EXAMPLE.com"}, "ba"),
        ({"email": "%"}, ""),
        ({"status": "unsubscribed"}, "b"),
        ({"status": "active"}, "a"),
        ({"status": "blocked"}, "c"),
        ({"status": "replied"}, ""),
        ({"groupId": one}, "ba"),
        ({"group": two}, "b"),
        ({"group": "nope"}, ""),
        ({"tag": "vip"}, "a"),
        ({"tag": "none"}, ""),
        ({"groupId": one, "status": "active"}, "a"),
        ({"perPage": 2, "page": 2}, "a"),
        ({"perPage": 2, "page": 9}, ""),
    ):
        assert await found(await fluenzr.get("/contacts", **query)) == letters, query
    for body, letters in (
        ({}, "cba"),
        ({"query": "cid"}, "a"),
        ({"query": "example.com", "sort": {"field": "email", "order": "asc"}}, "ab"),
        ({"filters": {"groups": [one], "status": "unsubscribed"}}, "b"),
        ({"filters": {"tags": ["VIP", "none"]}}, "a"),
        ({"filters": {"customFields": {"plan": "gold"}}}, "a"),
        ({"filters": {"customFields": {"nope": "gold"}}}, ""),
        ({"filters": {"customFields": {"likes": "Tea"}}}, "b"),
        ({"filters": {"customFields": {"size": 7}}}, "b"),
        ({"filters": {"customFields": {"since": "2026-01-31"}}}, "b"),
        ({"page": 2, "perPage": 1}, "b"),
    ):
        assert await found(await fluenzr.post("/contacts/search", body)) == letters, body
    meta = (await fluenzr.get("/contacts", perPage=2)).json()["meta"]
    assert meta == {"page": 1, "perPage": 2, "total": 3, "totalPages": 2}
    for name, value in (
        ("perPage", 101),
        ("perPage", 0),
        ("page", -1),
        ("sort", "secret"),
        ("order", "up"),
        ("status", "x"),
        ("email", "x" * 1001),
    ):
        refused(await fluenzr.get("/contacts", **{name: value}), 400, "VALIDATION_ERROR", name)
    for body, field in (
        ({"filters": 5}, "filters"),
        ({"filters": {"groups": ["x"]}}, "filters.groups"),
        ({"filters": {"tags": "x"}}, "filters.tags"),
        ({"perPage": 101}, "perPage"),
        ({"sort": {"field": "secret"}}, "sort"),
        ({"query": "x" * 1001}, "query"),
        ({"filters": {"customFields": {"plan": "x" * 1001}}}, "filters.customFields.plan"),
        ({"filters": {"customFields": {"plan": []}}}, "filters.customFields.plan"),
        ({"filters": {"customFields": {"size": "many"}}}, "filters.customFields.size"),
        ({"filters": {"customFields": {"since": "soon"}}}, "filters.customFields.since"),
    ):
        refused(await fluenzr.post("/contacts/search", body), 400, "VALIDATION_ERROR", field)
    with statements as small:
        await fluenzr.get("/contacts", perPage=1)
    with statements as large:
        await fluenzr.get("/contacts", perPage=3)
    assert small.count == large.count


async def test_many_contacts_are_skipped_or_updated(core: Core, fluenzr: Mouth, groups: list[str]):
    await fluenzr.post("/contacts", {"email": "old@example.com", "firstName": "Old"})
    people: list[Any] = [
        {"email": "old@example.com", "firstName": "New"},
        {"email": "a@example.com", "groupIds": [groups[1]]},
        {"email": "nope"},
        "text",
        {"email": "b@example.com", "tags": [5]},
    ]
    body: dict[str, Any] = {"contacts": people, "groupIds": [groups[0]]}
    told = data(await fluenzr.post("/contacts/bulk", body))
    assert (told["created"], told["updated"], told["skipped"]) == (1, 0, 1)
    assert [(one["index"], one["email"], set(one)) for one in told["errors"]] == [
        (2, "nope", {"index", "email", "message"}),
        (3, None, {"index", "email", "message"}),
        (4, "b@example.com", {"index", "email", "message"}),
    ]
    old = data(await fluenzr.get("/contacts", email="old@"))[0]
    assert (old["firstName"], old["groups"]) == ("Old", [])
    again = data(await fluenzr.post("/contacts/bulk", {**body, "onDuplicate": "update"}))
    assert (again["created"], again["updated"], again["skipped"]) == (0, 2, 0)
    old = data(await fluenzr.get("/contacts", email="old@"))[0]
    assert (old["firstName"], [group["name"] for group in old["groups"]]) == ("New", ["One"])
    for change, field in (
        ({"contacts": []}, "contacts"),
        ({"contacts": {}}, "contacts"),
        ({"contacts": [{}] * 1001}, "contacts"),
        ({"onDuplicate": "merge"}, "onDuplicate"),
        ({"groupIds": ["grp_x"]}, "groupIds"),
    ):
        refused(await fluenzr.post("/contacts/bulk", {**body, **change}), 400, "VALIDATION_ERROR", field)


async def test_groups_and_tags_of_a_contact_are_added_and_taken(fluenzr: Mouth, groups: list[str]):
    path = f"/contacts/{data(await fluenzr.post('/contacts', {'email': 'a@example.com'}), 201)['id']}"
    both = data(await fluenzr.post(f"{path}/groups", {"groupIds": groups}))
    assert {group["id"] for group in both["groups"]} == set(groups)
    assert len(data(await fluenzr.post(f"{path}/groups", {"groupIds": groups[:1]}))["groups"]) == 2
    left = data(await fluenzr.delete(f"{path}/groups", {"groupIds": groups[:1]}))
    assert [group["id"] for group in left["groups"]] == groups[1:]
    assert sorted(data(await fluenzr.post(f"{path}/tags", {"tags": ["a", "b", "A"]}))["tags"]) == ["a", "b"]
    assert data(await fluenzr.delete(f"{path}/tags", {"tags": ["A", "none"]}))["tags"] == ["b"]
    for name, field in (("groups", "groupIds"), ("tags", "tags")):
        for method in ("POST", "DELETE"):
            bad = await fluenzr.ask(method, f"{path}/{name}", {field: "x"})
            refused(bad, 400, "VALIDATION_ERROR", field)
            refused(await fluenzr.ask(method, f"{path}/{name}", {}), 400, "VALIDATION_ERROR", field)
            refused(await fluenzr.ask(method, f"/contacts/{NO_CONTACT}/{name}", {field: []}), 404, "NOT_FOUND")


async def test_a_contact_has_a_stage_with_its_history(core: Core, fluenzr: Mouth):
    stages = {stage["name"]: stage["id"] for stage in data(await fluenzr.get("/pipeline/stages"))}
    made = data(await fluenzr.post("/contacts", {"email": "a@example.com", "pipelineStageId": stages["Lead"]}), 201)
    assert made["pipelineStage"] == {"id": stages["Lead"], "name": "Lead"}
    path = f"/contacts/{made['id']}"
    # What says nothing of the stage leaves it; null takes the contact out.
    assert data(await fluenzr.put(path, {"firstName": "A"}))["pipelineStage"]["name"] == "Lead"
    assert data(await fluenzr.put(path, {"pipelineStageId": stages["Won"]}))["pipelineStage"]["name"] == "Won"
    assert data(await fluenzr.get("/contacts"))[0]["pipelineStage"] == {"id": stages["Won"], "name": "Won"}
    assert data(await fluenzr.put(path, {"pipelineStageId": None}))["pipelineStage"] is None
    bulk = {"contacts": [{"email": "a@example.com", "pipelineStageId": stages["Lost"]}], "onDuplicate": "update"}
    bulk["contacts"] += [{"email": "b@example.com", "pipelineStageId": "stg_x"}, {"email": "c@example.com"}]
    told = data(await fluenzr.post("/contacts/bulk", bulk))
    assert (told["created"], told["updated"], [one["index"] for one in told["errors"]]) == (1, 1, [1])
    number = await core.db.fetchval("SELECT id FROM contacts WHERE email = 'a@example.com'")
    log = await history_of(core, number)
    assert [(m.was_title, m.now_title) for m in log] == [
        (None, "Lost"),
        ("Won", None),
        ("Lead", "Won"),
        (None, "Lead"),
    ]
    assert {m.actor for m in log} == {"Ada Byron"}


async def test_a_consent_stands_in_the_ledger(core: Core, fluenzr: Mouth):
    said = {"consentSource": "event", "consentNotes": "Fair", "consentDate": "2026-03-01T10:00:00Z"}
    made = data(await fluenzr.post("/contacts", {"email": "a@example.com", **said}), 201)
    assert {name: made[name] for name in said} == said
    path, number = f"/contacts/{made['id']}", number_of("con", made["id"])
    assert number is not None
    # The same again and changes of other things are no new consent.
    for body in (
        said,
        {"firstName": "A"},
        {"consentSource": "event"},
        {"status": "unsubscribed"},
        {"status": "active"},
    ):
        assert {name: data(await fluenzr.put(path, body))[name] for name in said} == said, body
    kinds = [(line.kind, line.source) for line in reversed(await ledger_of(core, number))]
    assert kinds == [("opt_in", "event"), ("opt_out", "by_hand"), ("opt_in", "by_hand")]
    noted = data(await fluenzr.put(path, {"consentNotes": "Fair, hall 2"}))
    assert (noted["consentSource"], noted["consentNotes"], noted["consentDate"]) == (
        "event",
        "Fair, hall 2",
        said["consentDate"],
    )
    other = data(await fluenzr.put(path, {"consentSource": "referral"}))
    assert (other["consentSource"], other["consentNotes"], other["consentDate"]) == ("referral", None, NOW)
    unnamed = data(await fluenzr.post("/contacts", {"email": "b@example.com", "consentNotes": "On the phone"}), 201)
    assert (unnamed["consentSource"], unnamed["consentDate"]) == ("not_specified", NOW)
    await leave(core, number, reason="")
    await consent.confirm_contact(core, number, source="double_opt_in")
    assert data(await fluenzr.get(path))["consentSource"] == "web_optin"


async def test_a_thousand_rows_cost_as_many_statements_as_two(fluenzr: Mouth, groups: list[str], statements: Any):
    stage = data(await fluenzr.get("/pipeline/stages"))[0]["id"]

    def body(word: str, n: int) -> dict[str, Any]:
        more = {"groupIds": groups, "tags": ["x"], "pipelineStageId": stage, "consentSource": "event"}
        return {"contacts": [{"email": f"{word}{i}@example.com", **more} for i in range(n)]}

    with statements as small:
        data(await fluenzr.post("/contacts/bulk", body("s", 2)))
    with statements as large:
        assert data(await fluenzr.post("/contacts/bulk", body("l", 1000)))["created"] == 1000
    assert small.count == large.count
    # Of many rows with one address all but the first are skipped, and cost nothing.
    repeated = {"contacts": [{"email": ("R" if n % 2 else "r") + "@example.com"} for n in range(300)]}
    with statements as same:
        told = data(await fluenzr.post("/contacts/bulk", repeated))
    assert (told["created"], told["skipped"]) == (1, 299)
    assert same.count <= large.count


async def test_bulks_of_the_same_people_at_once_make_each_once(core: Core, fluenzr: Mouth):
    rows = [{"email": f"p{n}@example.com", "tags": [f"t{n % 3}"]} for n in range(80)]
    bodies = [{"contacts": rows if n % 2 else rows[::-1], "onDuplicate": "update"} for n in range(6)]
    answers = await asyncio.gather(*(fluenzr.post("/contacts/bulk", body) for body in bodies))
    told = [data(answer) for answer in answers]
    assert (sum(one["created"] for one in told), sum(one["updated"] for one in told)) == (80, 400)
    assert await core.db.fetchval("SELECT count(*) FROM contacts") == 80
