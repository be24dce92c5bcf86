"""Contacts of an audience: memberships that look like people, one by one and in batches."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.conftest import StatementCounter
from tests.dialects.furiosa.test_keys import refused
from tests.dialects.mouth import Mouth, changed, rows
from tidings.contacts import actions as contacts
from tidings.contacts.types import CustomField
from tidings.platform.core import Core

NOW = "2026-11-20T12:00:00Z"
_NEITHER = dict.fromkeys(("email", "phone"), "The email or phone field is required.")


@pytest.fixture
async def audiences(core: Core, furiosa: Mouth) -> None:
    """Audience 1 with the groups 2 and 3, audience 4 with group 5; one custom field."""
    await contacts.replace_custom_fields(core, [CustomField("plan", "Plan", "text")])
    for path, name in (
        ("/audiences", "News"),
        ("/audiences/1/groups", "Berlin"),
        ("/audiences/1/groups", "Paris"),
        ("/audiences", "Shop"),
        ("/audiences/4/groups", "Sale"),
    ):
        assert (await furiosa.post(path, {"name": name})).status_code == 201


async def _counts(furiosa: Mouth, audience: int = 1) -> tuple[int, int, int]:
    body = (await furiosa.get(f"/audiences/{audience}")).json()
    return body["contacts_count"], body["emails_count"], body["phones_count"]


@pytest.mark.usefixtures("audiences")
async def test_a_contact_is_created_read_changed_and_removed(core: Core, furiosa: Mouth):
    sent = {"email": "Jane@example.com", "phone": "+44 7911 123456", "first_name": "Jane", "last_name": "Smith"}
    body = {**sent, "audience_id": 1, "groups": [2, 3], "custom_fields": {"plan": "gold"}}
    made = await furiosa.post("/contacts", body)
    whole = {**sent, "phone": "+447911123456", "audience_id": 1, "groups": [2, 3], "custom_fields": {"plan": "gold"}}
    whole |= {"id": made.json()["id"], "status": "subscribed", "created_at": NOW, "updated_at": NOW}
    assert (made.status_code, made.json()) == (201, whole)
    path = f"/contacts/{whole['id']}"
    assert (await furiosa.get(path)).json() == whole
    assert await _counts(furiosa) == (1, 1, 1)
    changed_ = await furiosa.put(path, {"last_name": "Doe", "phone": "+447911999888"})
    assert (changed_.status_code, changed_.json()) == (200, whole | {"last_name": "Doe", "phone": "+447911999888"})
    assert (await furiosa.put(path, {"groups": [3]})).json()["groups"] == [3]
    assert (await furiosa.put(path, {"groups": []})).json()["groups"] == []
    assert (await furiosa.put(path, {})).json()["first_name"] == "Jane"
    cleared = (await furiosa.put(path, {"phone": None, "first_name": ""})).json()
    assert (cleared["phone"], cleared["first_name"]) == (None, None)
    assert await _counts(furiosa) == (1, 1, 0)
    gone = await furiosa.delete(path)
    assert (gone.status_code, gone.content) == (204, b"")
    assert await _counts(furiosa) == (0, 0, 0)
    assert await core.db.fetchval("SELECT count(*) FROM contacts") == 0
    for method in ("GET", "PUT", "DELETE"):
        refused(await furiosa.ask(method, path, {} if method == "PUT" else None), 404)


@pytest.mark.usefixtures("audiences")
async def test_one_person_in_two_audiences_is_two_contacts(core: Core, furiosa: Mouth):
    first = (await furiosa.post("/contacts", {"audience_id": 1, "email": "j@example.com", "first_name": "Jane"})).json()
    other = {"audience_id": 4, "email": "J@Example.com", "first_name": "Janet", "last_name": "Doe", "groups": [5]}
    second = await furiosa.post("/contacts", other)
    assert second.status_code == 201
    # Only what was empty is filled.
    shown = second.json()
    assert (shown["first_name"], shown["last_name"], shown["groups"]) == ("Jane", "Doe", [5])
    assert shown["id"] != first["id"]
    assert await core.db.fetchval("SELECT count(*) FROM contacts") == 1
    assert refused(await furiosa.post("/contacts", {"audience_id": 1, "email": "J@EXAMPLE.COM"}), 409)
    await furiosa.put(f"/contacts/{first['id']}", {"first_name": "Jo"})
    assert (await furiosa.get(f"/contacts/{shown['id']}")).json()["first_name"] == "Jo"
    await furiosa.delete(f"/contacts/{first['id']}")
    assert (await furiosa.get(f"/contacts/{shown['id']}")).json()["groups"] == [5]
    await furiosa.delete(f"/contacts/{shown['id']}")
    assert await core.db.fetchval("SELECT count(*) FROM contacts") == 0


@pytest.mark.usefixtures("audiences")
async def test_what_is_wrong_is_told_by_field_and_nothing_is_written(core: Core, furiosa: Mouth):
    await furiosa.post("/contacts", {"audience_id": 1, "email": "jane@example.com"})
    max_id = (await furiosa.post("/contacts", {"audience_id": 1, "email": "max@example.com"})).json()["id"]
    before = await rows(core)
    good = {"audience_id": 1, "email": "new@example.com"}
    for change, fields in (
        ({"email": None}, {"email", "phone"}),
        ({"email": "", "phone": " "}, {"email", "phone"}),
        ({"email": "nope"}, {"email"}),
        ({"email": 5}, {"email"}),
        ({"phone": "12"}, {"phone"}),
        ({"phone": "nope"}, {"phone"}),
        ({"groups": [5]}, {"groups"}),
        ({"groups": "2"}, {"groups"}),
        ({"groups": [True]}, {"groups"}),
        ({"custom_fields": []}, {"custom_fields"}),
        ({"audience_id": 99}, {"audience_id"}),
        ({"audience_id": 2}, {"audience_id"}),
        ({"audience_id": "1"}, {"audience_id"}),
        ({"audience_id": None}, {"audience_id"}),
        ({"firstname": "x", "tags": []}, {"firstname", "tags"}),
        ({"first_name": "x" * 5000}, {"first_name"}),
    ):
        answer = await furiosa.post("/contacts", {**good, **change})
        assert (answer.status_code, set(answer.json().get("errors", {}))) == (422, fields), (change, answer.text)
        assert answer.json()["message"] == "Validation failed"
    for change, status in (
        ({"email": "nope"}, 422),
        ({"audience_id": 4}, 422),
        ({"groups": [5]}, 422),
        ({"email": None}, 422),
        ({"email": "JANE@example.com"}, 409),
    ):
        answer = await furiosa.put(f"/contacts/{max_id}", change)
        assert answer.status_code == status, (change, answer.text)
    assert await changed(core, before) == []
    refused(await furiosa.post("/contacts", {"audience_id": 1}), 422, **_NEITHER)


@pytest.mark.usefixtures("audiences")
async def test_a_list_is_paged_and_filtered(furiosa: Mouth, statements: StatementCounter):
    batch = [
        {
            "email": f"p{n}@example.com",
            "first_name": f"N{n}",
            "phone": f"+4930123456{n}",
            "groups": [2] if n < 2 else [],
        }
        for n in range(5)
    ]
    await furiosa.post("/contacts/batch", {"audience_id": 1, "contacts": batch})
    await furiosa.post("/contacts", {"audience_id": 4, "email": "p0@example.com"})
    page = (await furiosa.get("/contacts", audience_id=1, page=2, per_page=2)).json()
    assert [one["email"] for one in page.pop("data")] == ["p2@example.com", "p3@example.com"]
    assert page == {"total": 5, "page": 2, "per_page": 2, "total_pages": 3}
    everyone = (await furiosa.get("/contacts", unknown="x")).json()
    assert (everyone["total"], everyone["per_page"], everyone["total_pages"]) == (6, 25, 1)
    for query, n in (
        ({"group_id": 2}, 2),
        ({"group_id": 2, "audience_id": 4}, 0),
        ({"group_id": 1}, 0),
        ({"audience_id": 4}, 1),
        ({"audience_id": 99}, 0),
        ({"email": "P0@example.com"}, 2),
        ({"email": "%"}, 0),
        ({"name": "n3"}, 1),
        ({"phone": "+49301234563"}, 1),
        ({"audience_id": 1, "email": "p0@example.com"}, 1),
        ({"page": 9}, 6),
    ):
        answer = (await furiosa.get("/contacts", **query)).json()
        assert answer["total"] == n, query
    assert (await furiosa.get("/contacts", page=9)).json()["data"] == []
    for name, value in (("per_page", 101), ("per_page", 0), ("page", -1), ("page", "x"), ("audience_id", "x")):
        answer = await furiosa.get("/contacts", **{name: value})
        assert (answer.status_code, list(answer.json()["errors"])) == (422, [name])
    with statements as small:
        await furiosa.get("/contacts", per_page=1)
    with statements as large:
        await furiosa.get("/contacts", per_page=6)
    assert small.count == large.count


@pytest.mark.usefixtures("audiences")
async def test_one_bad_row_of_a_batch_harms_no_other(core: Core, furiosa: Mouth):
    batch: list[Any] = [
        {"email": "a@example.com"},
        {"email": "A@example.com"},
        {},
        {"email": "b@example.com", "audience_id": 4, "groups": [5]},
        {"email": "c@example.com", "groups": [5]},
        "text",
        {"phone": "+49301234567"},
    ]
    answer = await furiosa.post("/contacts/batch", {"audience_id": 1, "contacts": batch})
    body = answer.json()
    assert (answer.status_code, body["created"], body["failed"]) == (200, 3, 4)
    assert [one["index"] for one in body["results"]] == list(range(7))
    assert [one["status"] for one in body["results"]] == [201, 409, 422, 201, 422, 422, 201]
    assert body["results"][2]["errors"] == _NEITHER
    for one in body["results"]:
        assert set(one) == {"index", "status", "id", "errors"}
        assert (one["id"] is None) == (one["status"] != 201)
        assert (one["errors"] is None) == (one["status"] == 201)
    assert await _counts(furiosa) == (2, 1, 1)
    assert await _counts(furiosa, 4) == (1, 1, 0)
    for bad in ({}, {"contacts": []}, {"contacts": {}}, {"contacts": [{}] * 101}, {"contacts": [{}], "list": 1}):
        assert (await furiosa.post("/contacts/batch", bad)).status_code == 422
    assert await core.db.fetchval("SELECT count(*) FROM contacts") == 3


@pytest.mark.usefixtures("audiences")
async def test_a_batch_takes_as_many_statements_as_a_contact(furiosa: Mouth, statements: StatementCounter):
    def batch(word: str, n: int) -> dict[str, Any]:
        people = [{"email": f"{word}{i}@example.com", "groups": [2], "custom_fields": {"plan": "x"}} for i in range(n)]
        # refused before anything is written, and somebody of two audiences
        return {"audience_id": 1, "contacts": [*people, {}, {"email": f"{word}0@example.com", "audience_id": 4}]}

    with statements as small:
        assert (await furiosa.post("/contacts/batch", batch("s", 1))).json()["created"] == 2
    with statements as large:
        assert (await furiosa.post("/contacts/batch", batch("l", 98))).json()["created"] == 99
    assert small.count == large.count
    assert await _counts(furiosa) == (99, 99, 0)
    # Those who are there already cost one look more, however many they are.
    with statements as few:
        assert (await furiosa.post("/contacts/batch", batch("s", 1))).json()["failed"] == 3
    with statements as many:
        assert (await furiosa.post("/contacts/batch", batch("l", 98))).json()["failed"] == 100
    assert few.count == many.count


@pytest.mark.usefixtures("audiences")
async def test_a_row_of_a_batch_answers_as_it_would_alone(core: Core, furiosa: Mouth):
    await furiosa.post("/contacts", {"audience_id": 1, "email": "member@example.com", "first_name": "Old"})
    await furiosa.post("/contacts", {"audience_id": 4, "email": "known@example.com", "first_name": "Known"})
    batch: list[dict[str, Any]] = [
        {"email": "Member@example.com", "first_name": "New", "phone": "+49301234567"},
        {"email": "known@example.com", "first_name": "New", "phone": "+49301234567"},
        {"email": "new@example.com", "last_name": "Lee"},
        {"email": "New@example.com", "audience_id": 4, "first_name": "Ann", "last_name": "Other", "groups": [5]},
        {"email": "a@example.com", "audience_id": 99},
        {"email": "b@example.com", "audience_id": 2},
        {"email": "c@example.com", "audience_id": None},
        {"email": "d@example.com", "firstname": "x"},
        {"email": "e@example.com", "first_name": "x" * 5000},
        {"email": "f@example.com", "phone": "12"},
        {"email": "g@example.com", "custom_fields": []},
        {"email": "h@example.com", "custom_fields": {"plan": ["x"]}},
        {"email": "<b>"},
    ]
    results = (await furiosa.post("/contacts/batch", {"audience_id": 1, "contacts": batch})).json()["results"]
    assert [one["status"] for one in results] == [409, 201, 201, 201] + [422] * 9
    assert list(results[-2]["errors"]) == ["custom_fields.plan"]
    for one, row in zip(results[4:], batch[4:], strict=True):
        alone = await furiosa.post("/contacts", {"audience_id": 1, **row})
        assert (alone.status_code, alone.json()["errors"]) == (422, one["errors"]), row
    shown = [(await furiosa.get(f"/contacts/{one['id']}")).json() for one in results[1:4]]
    assert [(one["audience_id"], one["first_name"], one["phone"]) for one in shown] == [
        (1, "Known", "+49301234567"),
        (1, "Ann", None),
        (4, "Ann", None),
    ]
    assert (shown[2]["last_name"], shown[2]["groups"], shown[1]["groups"]) == ("Lee", [5], [])
    member = await core.db.fetchrow("SELECT first_name, phone FROM contacts WHERE email = 'member@example.com'")
    assert member is not None
    assert tuple(member) == ("Old", None)


@pytest.mark.usefixtures("audiences")
async def test_batches_of_the_same_people_at_once_make_each_a_member_once(core: Core, furiosa: Mouth):
    emails = [f"p{n}@example.com" for n in range(60)]

    async def send(n: int) -> list[int]:
        there = emails if n % 2 else emails[::-1]
        body = {"audience_id": 1, "contacts": [{"email": one} for one in there]}
        answer = await furiosa.post("/contacts/batch", body)
        assert answer.status_code == 200, answer.text
        return [one["status"] for one in answer.json()["results"]]

    told = [status for one in await asyncio.gather(*(send(n) for n in range(8))) for status in one]
    assert (told.count(201), told.count(409)) == (60, 420)
    assert await _counts(furiosa) == (60, 60, 0)
    assert await core.db.fetchval("SELECT count(*) FROM contacts") == 60


@pytest.mark.usefixtures("audiences")
async def test_of_two_who_create_at_once_one_is_told(core: Core, furiosa: Mouth):
    body = {"audience_id": 1, "email": "race@example.com"}
    answers = await asyncio.gather(*(furiosa.post("/contacts", body) for _ in range(5)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409, 409]
    assert await _counts(furiosa) == (1, 1, 0)
