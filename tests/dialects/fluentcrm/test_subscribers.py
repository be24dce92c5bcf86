"""Contacts as subscribers: every column on the wire, what a write may say, and what a filter finds."""

from __future__ import annotations

import hashlib
import json
from datetime import timedelta
from typing import Any

import httpx

from tests.dialects.mouth import Mouth
from tests.dialects.shapes import NOW, PAGE_KEYS
from tidings.access import actions as access
from tidings.contacts import actions as contacts
from tidings.contacts.types import CustomField, Draft
from tidings.messages.leaving import leave
from tidings.platform.clock import FixedClock
from tidings.platform.core import Core

_EMPTY = dict.fromkeys(
    (
        *("user_id", "contact_owner", "company_id", "prefix", "first_name", "last_name", "timezone"),
        *("address_line_1", "address_line_2", "postal_code", "city", "state", "country", "ip", "latitude", "longitude"),
        *("phone", "source", "avatar", "date_of_birth", "last_activity"),
    )
)
MISSING = {"data": {"wpfluent": {"env": "production"}}, "message": "No query results for model [Subscriber] 999"}


def bare(contact_id: int, email: str, **more: Any) -> dict[str, Any]:
    """A contact of which only the address is known, on the wire."""
    md5, lower = (hashlib.md5(one.encode()).hexdigest() for one in (email, email.lower()))
    row = _EMPTY | {"id": contact_id, "hash": md5, "email": email, "total_points": "0", "life_time_value": "0"}
    row |= {"status": "subscribed", "contact_type": "lead", "sms_status": "sms_pending", "full_name": ""}
    row |= {"created_at": NOW, "updated_at": NOW, "photo": f"https://www.gravatar.com/avatar/{lower}?s=128"}
    return row | more


def term(number: int, title: str, slug: str, contact_id: int, kind: str, **more: Any) -> dict[str, Any]:
    """A tag or list of a contact, made in the same moment."""
    iso = "2026-11-20T12:00:00+00:00"
    pivot = {"subscriber_id": str(contact_id), "object_id": str(number), "created_at": iso, "updated_at": iso}
    pivot["object_type"] = f"FluentCrm\\App\\Models\\{kind}"
    row = {"id": number, "title": title, "slug": slug, "description": "", "created_at": NOW, "updated_at": NOW}
    return row | {"pivot": pivot} | more


async def test_a_new_contact_is_told_whole(core: Core, crm: Mouth):
    await contacts.create_tag(core, title="VIP")
    await contacts.create_list(core, title="News")
    minimal = await crm.post("/subscribers", {"email": "Bob@Example.com", "status": "subscribed"})
    assert minimal.status_code == 200
    assert minimal.json() == {
        "message": "Successfully added the subscriber.",
        "contact": bare(1, "Bob@Example.com"),
        "action_type": "created",
    }
    plain = {"prefix": "Ms", "first_name": "Jane", "last_name": 'O\'Neil "Q" \\', "phone": "+44 20 7946"}
    plain |= {"address_line_1": "10 High St", "address_line_2": "Flat 2", "city": "London", "postal_code": "N1 1AA"}
    plain |= {"country": "GB", "date_of_birth": "1985-04-12", "timezone": "Europe/London", "contact_type": "customer"}
    plain |= {"source": "api", "ip": "10.0.0.9", "avatar": "https://a.example/x.png", "status": "pending"}
    sent = {**plain, "email": "jane@example.com", "state": "", "latitude": "51.5", "longitude": "-0.1"}
    # What the system keeps for itself is not taken from a body.
    sent |= {"id": 5000, "hash": "abc", "user_id": 1, "created_at": "2020-01-01 00:00:00"}
    sent |= {"life_time_value": 12.5, "total_points": 7, "last_activity": "2020-01-02 00:00:00"}
    made = (await crm.post("/subscribers", {**sent, "tags": [1], "lists": ["news"]})).json()["contact"]
    assert made == bare(
        2,
        "jane@example.com",
        **plain,
        latitude="51.50000000",
        longitude="-0.10000000",
        life_time_value="13",
        total_points="7",
        last_activity="2020-01-02 00:00:00",
        full_name='Jane O\'Neil "Q" \\',
        photo="https://a.example/x.png",
        tags=[term(1, "VIP", "vip", 2, "Tag")],
        lists=[term(1, "News", "news", 2, "Lists", is_public="0")],
    )
    read = (await crm.get("/subscribers/2")).json()
    assert read == {"subscriber": made | {"companies": []}}
    assert (await crm.get("/subscribers/1")).json()["subscriber"]["date_of_birth"] == ""
    page = (await crm.get("/subscribers")).json()
    assert set(page) == {"subscribers", "custom"} | PAGE_KEYS - {"links"}
    assert set(page["subscribers"]) == PAGE_KEYS
    assert page["subscribers"]["data"][0] == made | {"companies": [], "company": None}
    assert page["data"] == page["subscribers"]["data"]
    assert (page["custom"], page["total"]) == (None, 2)


async def test_a_create_says_what_is_wrong_or_makes_sense_of_it(core: Core, crm: Mouth):
    required = {name: {"required": f"The {name} field is required."} for name in ("email", "status")}
    invalid = {"email": {"email": "The email must be a valid email address."}}
    await contacts.write_contact(core, Draft({"email": "jane@example.com", "first_name": "Jane"}, status="subscribed"))
    for body, told in (
        ({}, required),
        ({"email": "x@example.com"}, {"status": required["status"]}),
        ({"email": "not-an-email", "status": "subscribed"}, invalid),
        ({"email": "utf8@exämple.com", "status": "subscribed"}, invalid),
        (
            {"email": "JANE@example.com", "status": "subscribed"},
            {"email": {"unique": "Provided email already assigned to another subscriber."}},
        ),
    ):
        answer = await crm.post("/subscribers", body)
        assert (answer.status_code, answer.json()) == (422, told), body

    async def made(**more: Any) -> dict[str, Any]:
        body = {"email": "new@example.com", "status": "subscribed", "__force_update": "yes", **more}
        answer = await crm.post("/subscribers", body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    first = await made(status="wonderful", full_name="Dora Mary Explorer", tags=["New Tag", "new-tag"])
    assert (first["action_type"], first["contact"]["status"]) == ("created", "subscribed")
    assert (first["contact"]["first_name"], first["contact"]["last_name"]) == ("Dora", "Mary Explorer")
    assert [tag["slug"] for tag in first["contact"]["tags"]] == ["new-tag"]
    again = await made(status="pending", first_name="<script>x</script>Ann", city="  Kiel ")
    assert (again["message"], again["action_type"]) == ("Contact has been successfully updated.", "updated")
    # Nobody who is subscribed falls back to pending; markup and blanks go.
    shown = again["contact"]
    assert (shown["status"], shown["first_name"], shown["last_name"], shown["city"]) == (
        "subscribed",
        "Ann",
        "Mary Explorer",
        "Kiel",
    )
    assert (await made(status="unsubscribed"))["contact"]["status"] == "unsubscribed"
    user = await access.create_user(core, login="wpu", email="wpu@example.com")
    linked = (await crm.post("/subscribers", {"email": "WPU@example.com", "status": "transactional"})).json()["contact"]
    assert linked["user_id"] == str(user.id)
    subscriber = (await crm.get(f"/subscribers/{linked['id']}")).json()["subscriber"]
    assert subscriber["user_roles"] == ["subscriber"]
    assert subscriber["user_edit_url"].endswith(f"/{user.id}")


async def test_a_contact_is_found_by_id_or_address_or_not_at_all(core: Core, crm: Mouth):
    await contacts.replace_custom_fields(core, [CustomField("plan", "Plan", "text")])
    await contacts.write_contact(core, Draft({"email": "jane@example.com"}, custom={"plan": "gold"}))
    unknown = await crm.get("/subscribers/999")
    assert (unknown.status_code, unknown.json()) == (422, {"message": "Subscriber not found"})
    assert (await crm.get("/subscribers/0", get_by_email="JANE@example.com")).json()["subscriber"]["id"] == 1
    assert (await crm.get("/subscribers/0", get_by_email="x@example.com")).status_code == 422
    blocks = [("with[]", name) for name in ("stats", "custom_fields", "subscriber.custom_values")]
    body = (await crm.ask("GET", "/subscribers/1", query=blocks)).json()
    assert body["subscriber"]["stats"] == {"emails": 0, "opens": 0, "clicks": 0}
    assert body["subscriber"]["custom_values"] == {"plan": "gold"}
    assert body["custom_fields"] == [
        {"type": "text", "field_key": "text", "label": "Plan", "slug": "plan", "options": []}
    ]
    for method, path in (("PUT", "/subscribers/999"), ("DELETE", "/subscribers/999")):
        answer = await crm.ask(method, path, {"first_name": "x"})
        assert (answer.status_code, answer.json()) == (404, MISSING), method


async def test_an_update_changes_what_it_names(core: Core, crm: Mouth, clock: FixedClock):
    for title in ("One", "Two"):
        await contacts.create_tag(core, title=title)
        await contacts.create_list(core, title=title)
    await contacts.write_contact(core, Draft({"email": "jane@example.com"}, status="subscribed"))
    draft = Draft({"email": "bob@example.com", "first_name": "Bob", "city": "Kiel"}, status="subscribed", lists=[1])
    await contacts.write_contact(core, draft)

    async def put(**body: Any) -> dict[str, Any]:
        answer = await crm.put("/subscribers/2", body)
        assert answer.status_code == 200, answer.text
        assert answer.json()["message"] == "Subscriber successfully updated"
        return answer.json()

    clock.set(clock.now() + timedelta(minutes=1))
    flat = await put(last_name="Builder", id=7, hash="x", created_at="2020-01-01 00:00:00")
    expected = bare(2, "bob@example.com", first_name="Bob", last_name="Builder", city="Kiel", full_name="Bob Builder")
    assert flat["contact"] == expected | {"updated_at": "2026-11-20 12:01:00", "photo": flat["contact"]["photo"]}
    assert (flat["isDirty"], flat["values"]) == (True, [])
    clock.set(clock.now() + timedelta(minutes=1))
    same = await put(last_name="Builder")
    assert (same["isDirty"], same["contact"]["updated_at"]) == (False, "2026-11-20 12:01:00")
    assert (await put(subscriber={"first_name": "Rob"}))["contact"]["full_name"] == "Rob Builder"
    assert (await put(subscriber='{"first_name": "Robert"}'))["contact"]["full_name"] == "Robert Builder"
    moved = (await put(attach_tags=[1, "Fresh"], detach_lists=[1], attach_lists=[2]))["contact"]
    assert {tag["title"] for tag in moved["tags"]} == {"One", "Fresh"}
    assert [one["id"] for one in moved["lists"]] == [2]
    assert (await put(tags=[2], detach_tags=["1"]))["contact"]["lists"][0]["id"] == 2
    titles = {tag["title"] for tag in (await crm.get("/subscribers/2")).json()["subscriber"]["tags"]}
    assert titles == {"Two", "Fresh"}
    # Empty text clears; an unknown status or one that is not set by hand does nothing.
    assert (await put(city="", date_of_birth=""))["contact"]["city"] is None
    for word in ("wonderful", "bounced", "complained", ""):
        assert (await put(status=word))["contact"]["status"] == "subscribed", word
    assert (await put(status="unsubscribed"))["contact"]["status"] == "unsubscribed"
    assert (await put(status="subscribed"))["contact"]["status"] == "subscribed"
    # Why somebody left is told as long as they are away.
    await leave(core, 2, reason="Too many")
    told = {"unsubscribe_reason": "Too many", "unsubscribe_date": "2026-11-20 12:02:00", "status": "unsubscribed"}
    assert (await crm.get("/subscribers/2")).json()["subscriber"].items() >= told.items()
    await put(status="subscribed")
    assert "unsubscribe_reason" not in (await crm.get("/subscribers/2")).json()["subscriber"]
    taken = await crm.put("/subscribers/2", {"subscriber": {"email": "jane@example.com"}})
    assert taken.status_code == 422
    assert taken.json() == {"email": {"unique": "Provided email already assigned to another subscriber."}}
    assert (await crm.put("/subscribers/2", {"email": "nope"})).json() == {
        "email": {"email": "The email must be a valid email address."}
    }


async def test_one_property_of_several_contacts(core: Core, crm: Mouth):
    drafts = [Draft({"email": f"{n}@example.com"}, status="subscribed") for n in range(1, 4)]
    await contacts.write_contacts(core, drafts)
    for name, value in (
        ("status", "pending"),
        ("contact_type", "customer"),
        ("sms_status", "sms_subscribed"),
        ("avatar", "https://a.example/x.png"),
    ):
        body = {"property": name, "value": value, "subscribers": [1, "2", 999]}
        answer = await crm.put("/subscribers/subscribers-property", body)
        assert (answer.status_code, answer.json()) == (200, {"message": "Subscribers successfully updated"})
        rows = {one["id"]: one[name] for one in (await crm.get("/subscribers")).json()["data"]}
        assert rows[1] == rows[2] == value
        assert rows[3] != value
    single = {"property": "status", "value": "subscribed", "subscribers": 2}
    assert (await crm.put("/subscribers/subscribers-property", single)).status_code == 200
    assert (await crm.get("/subscribers/2")).json()["subscriber"]["status"] == "subscribed"
    required = {name: {"required": f"The {name} field is required."} for name in ("column", "subscriber_ids")}
    for body, told in (
        ({}, required),
        ({"property": "status", "value": "bounced", "subscribers": [1]}, {"message": "Value is not valid"}),
        ({"property": "contact_type", "value": "alien", "subscribers": [1]}, {"message": "Value is not valid"}),
        ({"property": "email", "value": "x@example.com", "subscribers": [1]}, {"message": "Column is not valid"}),
    ):
        answer = await crm.put("/subscribers/subscribers-property", body)
        assert (answer.status_code, answer.json()) == (422, told), body


async def test_many_contacts_at_once_are_sorted_by_what_became_of_them(core: Core, crm: Mouth):
    await contacts.write_contact(core, Draft({"email": "jane@example.com"}, status="subscribed"))
    rows = [
        {"email": "b1@example.com", "first_name": "Bulk", "status": "pending", "tags": ["x"], "lists": ["y"]},
        {"email": "jane@example.com", "city": "Leeds", "status": "pending"},
        {"email": "broken"},
        {"first_name": "No mail"},
    ]
    told = {
        "message": "Successfully added/updated the subscribers.",
        "created": [{"id": 2, "email": "b1@example.com", "status": "pending"}],
        "updated": [{"id": 1, "email": "jane@example.com", "status": "subscribed"}],
        "invalids": [{"email": ""}, {"first_name": "No mail"}],
    }
    answer = await crm.post("/subscribers/bulk-add-update", {"contacts": rows})
    made = answer.json()
    made["created"][0]["id"] = 2
    assert (answer.status_code, made) == (200, told)
    text = json.dumps([{"email": "b2@example.com", "status": "subscribed"}])
    again = (await crm.post("/subscribers/bulk-add-update", {"contacts": text})).json()
    assert [one["email"] for one in again["created"]] == ["b2@example.com"]
    assert (await crm.post("/subscribers/bulk-add-update", {"contacts": "x"})).status_code == 422


async def _ids(crm: Mouth, *query: tuple[str, Any]) -> list[int]:
    answer: httpx.Response = await crm.ask(
        "GET", "/subscribers", query=[*query, ("sort_by", "id"), ("sort_type", "ASC")]
    )
    assert answer.status_code == 200, answer.text
    return [row["id"] for row in answer.json()["data"]]


async def test_filters_find_whom_they_name(core: Core, crm: Mouth):
    await contacts.replace_custom_fields(core, [CustomField("plan", "Plan", "text")])
    for title in ("T1", "T2"):
        await contacts.create_tag(core, title=title)
        await contacts.create_list(core, title=title)
    for number, (first, status, tags, lists) in enumerate(
        (("Ann", "subscribed", [1], [1]), ("Ben", "pending", [1, 2], []), ("Cid", "unsubscribed", [], [1, 2])), 1
    ):
        values = {"email": f"{first.lower()}@example.com", "first_name": first, "last_name": f"Row{number}"}
        custom = {"plan": "gold"} if number == 3 else {}
        await contacts.write_contact(core, Draft(values, custom, status=status, tags=tags, lists=lists))  # type: ignore[arg-type]
    for found, query in (
        ([1, 2], [("tags[]", 1)]),
        ([1, 2], [("tags", "1")]),
        ([1, 2, 3], [("lists[]", 1), ("lists[]", 2), ("tags[]", "")]),
        ([1], [("tags[]", 1), ("lists[]", 1)]),
        ([], [("tags[]", "t1")]),
        ([2, 3], [("statuses[]", "pending"), ("statuses[]", "unsubscribed")]),
        ([1, 2, 3], [("statuses[]", "nope")]),
        ([2], [("search", "BEN@")]),
        ([1, 3], [("search", "Ann Row3")]),
        ([], [("search", "gold")]),
        ([3], [("search", "gold"), ("custom_fields", "true")]),
        ([3], [("filter_type", "advanced"), ("advanced_filters", _advanced("custom_fields", "plan", "=", "gold"))]),
        ([2], [("filter_type", "advanced"), ("advanced_filters", _advanced("segment", "tags", "in", [2]))]),
        ([1, 2, 3], [("filter_type", "advanced"), ("advanced_filters", "[[]]")]),
    ):
        wanted = [1, 3] if found == [1, 2, 3] and query[0][0] == "lists[]" else found
        assert await _ids(crm, *query) == wanted, query
    unknown = await crm.get(
        "/subscribers", filter_type="advanced", advanced_filters=_advanced("subscriber", "nope", "=", 1)
    )
    assert unknown.status_code == 422
    custom = (await crm.get("/subscribers", custom_fields="true", search="Cid")).json()
    assert (custom["custom"], custom["data"][0]["custom_fields"]) == ("true", {"plan": "gold"})
    for column in ("email", "first_name", "status", "created_at", "last_activity", "life_time_value"):
        assert (await crm.get("/subscribers", sort_by=column, sort_type="ASC")).status_code == 200
    order = [
        one["id"] for one in (await crm.get("/subscribers", sort_by="first_name", sort_type="DESC")).json()["data"]
    ]
    assert order == [3, 2, 1]
    assert (await crm.get("/subscribers/search-contacts")).json() == {"contacts": {}}
    search = (await crm.get("/subscribers/search-contacts", search="ann")).json()["contacts"]
    assert search["1"].items() >= {"id": "1", "email": "ann@example.com", "full_name": "Ann Row1"}.items()
    assert set(search["1"]) == {"id", "first_name", "last_name", "full_name", "email", "photo"}
    beside = await crm.get("/subscribers/prev-next-ids", filter_type="simple", current_id=2)
    assert beside.json() == {"navigation": {"next": [1], "prev": [3]}, "has_next": False, "has_prev": True}
    missing = await crm.get("/subscribers/prev-next-ids")
    assert (missing.status_code, missing.json()) == (422, {"message": "filter_type and current_id are required"})


def _advanced(provider: str, name: str, operator: str, value: Any) -> str:
    return json.dumps([[{"source": [provider, name], "operator": operator, "value": value}]])


async def test_memberships_are_synced_and_contacts_removed(core: Core, crm: Mouth):
    for title in ("VIP", "Lead"):
        await contacts.create_tag(core, title=title)
        await contacts.create_list(core, title=title)
    drafts = [Draft({"email": f"{n}@example.com"}, tags=[2]) for n in range(3)]
    await contacts.write_contacts(core, drafts)
    body = {"type": "tags", "attach": ["vip", "unknown"], "detach": ["lead"], "subscribers": [1]}
    one = (await crm.post("/subscribers/sync-segments", body)).json()
    assert one["message"] == "Successfully updated the subscriber."
    assert [tag["slug"] for tag in one["subscribers"][0]["tags"]] == ["vip"]
    body = {"type": "lists", "attach": [1, 77], "find_by": "id", "subscribers": [1, 2, 999]}
    two = (await crm.post("/subscribers/sync-segments", body)).json()
    assert two["message"] == "Successfully updated the subscribers."
    assert [[row["id"] for row in each["lists"]] for each in two["subscribers"]] == [[1], [1]]
    assert (await crm.delete("/subscribers/1")).json() == {
        "message": "Selected Subscriber has been deleted successfully"
    }
    assert (await crm.delete("/subscribers", {"subscribers": [2, 999]})).json() == {
        "message": "Selected Subscribers have been deleted"
    }
    assert await _ids(crm) == [3]
    assert (await crm.get("/lists/1")).status_code == 200
    assert (await crm.get("/lists")).json()["lists"][1]["totalCount"] == 0
    missing = await crm.delete("/subscribers")
    assert missing.status_code == 422
    assert missing.json() == {"subscriber_ids": {"required": "The subscriber_ids field is required."}}


async def test_a_pending_contact_is_asked_to_confirm_where_the_body_says_so(core: Core, crm: Mouth):
    for name, more in (
        ("asked", {"status": "pending", "double_optin": True}),
        ("silent", {"status": "pending"}),
        ("in", {"status": "subscribed", "double_optin": True}),
    ):
        assert (await crm.post("/subscribers", {"email": f"{name}@example.com"} | more)).status_code == 200
    again = {"email": "asked@example.com", "status": "pending", "double_optin": True, "__force_update": "yes"}
    assert (await crm.post("/subscribers", again)).json()["action_type"] == "updated"
    rows = await core.db.fetch("SELECT args ->> 'contact_id' AS id FROM jobs WHERE kind = 'mail_opt_in'")
    assert [row["id"] for row in rows] == ["1"]
