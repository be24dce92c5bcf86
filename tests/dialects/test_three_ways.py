"""One person, written in any dialect, is the same in the other two and in the core; so are lists and departures."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from tests.dialects.mouth import Mouth
from tidings.consent import actions as consent
from tidings.contacts import actions as contacts
from tidings.contacts import queries
from tidings.contacts.types import STATUSES, CustomField
from tidings.messages.leaving import leave
from tidings.platform.core import Core

NAMES = {"email": "Jane@Example.com", "first": "Jane", "last": "O'Neil-Müller", "phone": "+447911123456"}
CUSTOM = {"plan": "gold", "score": "7", "interests": ["Music", "News"]}
FIELDS = [
    CustomField("plan", "Plan", "text"),
    CustomField("score", "Score", "number"),
    CustomField("interests", "Interests", "checkbox", options=["Music", "News"]),
]


class Three:
    """The dialects, and a person as each of them shows it: names, custom values, tags, titles of lists, left or not."""

    def __init__(self, core: Core, crm: Mouth, furiosa: Mouth, fluenzr: Mouth) -> None:
        self.core, self.crm, self.furiosa, self.fluenzr = core, crm, furiosa, fluenzr

    async def group(self, title: str) -> str:
        """The FluenzR id of a list."""
        rows = (await self.fluenzr.get("/groups", name=title)).json()["data"]
        return next(row["id"] for row in rows if row["name"] == title)

    async def flz_id(self) -> str:
        """The FluenzR id of the person."""
        return (await self.fluenzr.get("/contacts", email="jane")).json()["data"][0]["id"]

    async def in_core(self) -> dict[str, Any]:
        view = await queries.find_contact_by_email(self.core, "jane@example.com")
        assert view is not None
        c = view.contact
        return {
            "names": {"email": c.email, "first": c.first_name, "last": c.last_name, "phone": c.phone},
            "custom": c.custom,
            "tags": {tag.title for tag in view.tags},
            "lists": {one.title for one in view.lists},
            "is_mailed": c.status == "subscribed",
        }

    async def in_fluentcrm(self) -> dict[str, Any]:
        query = [("get_by_email", "jane@example.com"), ("with[]", "subscriber.custom_values")]
        row = (await self.crm.ask("GET", "/subscribers/0", query=query)).json()["subscriber"]
        names = {"email": "email", "first": "first_name", "last": "last_name", "phone": "phone"}
        return {
            "names": {name: row[wire] for name, wire in names.items()},
            "custom": row["custom_values"],
            "tags": {tag["title"] for tag in row["tags"]},
            "lists": {one["title"] for one in row["lists"]},
            "is_mailed": row["status"] == "subscribed",
        }

    async def in_fluenzr(self) -> dict[str, Any]:
        row = (await self.fluenzr.get("/contacts", email="jane")).json()["data"][0]
        assert row == (await self.fluenzr.get(f"/contacts/{row['id']}")).json()["data"]
        names = {"email": "email", "first": "firstName", "last": "lastName", "phone": "phone"}
        return {
            "names": {name: row[wire] for name, wire in names.items()},
            "custom": row["customFields"],
            "tags": set(row["tags"]),
            "lists": {one["name"] for one in row["groups"]},
            "is_mailed": row["status"] == "active",
        }

    async def in_furiosa(self) -> dict[str, Any]:
        """Without tags, which it does not know; each audience shows the person once."""
        rows = (await self.furiosa.get("/contacts", email="jane@example.com")).json()["data"]
        told: list[dict[str, Any]] = []
        for row in rows:
            audience = (await self.furiosa.get(f"/audiences/{row['audience_id']}")).json()
            groups = {one["name"] for one in audience["groups"] if one["id"] in row["groups"]}
            names = {"email": "email", "first": "first_name", "last": "last_name", "phone": "phone"}
            told.append(
                {
                    "names": {name: row[wire] for name, wire in names.items()},
                    "custom": row["custom_fields"],
                    "lists": {audience["name"], *groups},
                    "is_mailed": row["status"] == "subscribed",
                }
            )
        lists: set[str] = set().union(*(one.pop("lists") for one in told))
        assert all(one == told[0] for one in told)
        return {**told[0], "lists": lists}

    async def agree(self) -> dict[str, Any]:
        """What all of them say, which must be the same."""
        core = await self.in_core()
        assert await self.in_fluentcrm() == core
        assert await self.in_fluenzr() == core
        assert await self.in_furiosa() == {name: value for name, value in core.items() if name != "tags"}
        return core


@pytest.fixture
async def three(core: Core, crm: Mouth, furiosa: Mouth, fluenzr: Mouth) -> Three:
    """Two lists, News (with the group Berlin) and Shop, made in three dialects; a tag and custom fields."""
    await contacts.replace_custom_fields(core, FIELDS)
    assert (await crm.post("/lists", {"title": "News"})).status_code == 200
    assert (await furiosa.post("/audiences/1/groups", {"name": "Berlin"})).status_code == 201
    assert (await fluenzr.post("/groups", {"name": "Shop"})).status_code == 201
    return Three(core, crm, furiosa, fluenzr)


async def _through_fluentcrm(three: Three) -> None:
    body = {"email": NAMES["email"], "first_name": NAMES["first"], "last_name": NAMES["last"], "phone": NAMES["phone"]}
    body |= {"status": "subscribed", "custom_values": CUSTOM, "tags": ["VIP"], "lists": [1, 2, 3]}
    answer = await three.crm.post("/subscribers", body)
    assert answer.status_code == 200, answer.text


async def _through_fluenzr(three: Three) -> None:
    body = {"email": NAMES["email"], "firstName": NAMES["first"], "lastName": NAMES["last"], "phone": NAMES["phone"]}
    ids = [await three.group(title) for title in ("News", "Berlin", "Shop")]
    answer = await three.fluenzr.post("/contacts", {**body, "customFields": CUSTOM, "tags": ["VIP"], "groupIds": ids})
    assert answer.status_code == 201, answer.text


async def _through_furiosa(three: Three) -> None:
    body = {"email": NAMES["email"], "first_name": NAMES["first"], "last_name": NAMES["last"], "phone": NAMES["phone"]}
    for audience, groups in ((1, [2]), (3, [])):
        sent = {**body, "audience_id": audience, "groups": groups, "custom_fields": CUSTOM}
        answer = await three.furiosa.post("/contacts", sent)
        assert answer.status_code == 201, answer.text
    await three.crm.put("/subscribers/1", {"attach_tags": ["VIP"]})


Write = Callable[[Three], Awaitable[None]]
WAYS: dict[str, Write] = {
    "fluentcrm": _through_fluentcrm,
    "fluenzr": _through_fluenzr,
    "furiosa": _through_furiosa,
}


@pytest.mark.parametrize("way", WAYS)
async def test_a_person_written_in_one_dialect_is_the_same_in_all(three: Three, way: str):
    await WAYS[way](three)
    person = await three.agree()
    assert person == {
        "names": NAMES,
        "custom": CUSTOM,
        "tags": {"VIP"},
        "lists": {"News", "Berlin", "Shop"},
        "is_mailed": True,
    }


# What FluenzR calls a status; the other two show the word of the core.
FLUENZR_WORDS = {
    "subscribed": "active",
    "pending": "active",
    "transactional": "active",
    "unsubscribed": "unsubscribed",
    "bounced": "bounced",
    "complained": "blocked",
    "spammed": "blocked",
}


@pytest.mark.parametrize("way", WAYS)
async def test_every_status_is_the_same_in_all(three: Three, way: str):
    await WAYS[way](three)
    for status in STATUSES:
        await contacts.set_status(three.core, [1], status, may_rise=True)
        crm = (await three.crm.ask("GET", "/subscribers/0", query=[("get_by_email", "jane@example.com")])).json()
        assert crm["subscriber"]["status"] == status
        rows = (await three.furiosa.get("/contacts", email="jane@example.com")).json()["data"]
        assert {row["status"] for row in rows} == {status}
        fluenzr = (await three.fluenzr.get("/contacts", email="jane")).json()["data"][0]
        assert fluenzr["status"] == FLUENZR_WORDS[status]
        # The filter finds whom it shows.
        found = (await three.fluenzr.get("/contacts", status=fluenzr["status"])).json()["data"]
        assert [row["id"] for row in found] == [fluenzr["id"]]


async def test_a_change_in_one_dialect_is_seen_in_all(three: Three):
    await _through_fluenzr(three)
    contact = await three.flz_id()
    member = (await three.furiosa.get("/contacts", audience_id=1)).json()["data"][0]["id"]
    for mouth, path, body, name, value in (
        (three.crm, "/subscribers/1", {"first_name": "Jo"}, "first", "Jo"),
        (three.furiosa, f"/contacts/{member}", {"last_name": "Doe"}, "last", "Doe"),
        (three.fluenzr, f"/contacts/{contact}", {"phone": "+49301234567"}, "phone", "+49301234567"),
        (three.fluenzr, f"/contacts/{contact}", {"email": "jane.b@example.com"}, "email", "jane.b@example.com"),
        (three.crm, "/subscribers/1", {"email": "JANE@example.com"}, "email", "JANE@example.com"),
        (three.furiosa, f"/contacts/{member}", {"email": "Jane@Example.com"}, "email", "Jane@Example.com"),
    ):
        answer = await mouth.put(path, body)
        assert answer.status_code == 200, answer.text
        if value != "jane.b@example.com":
            assert (await three.agree())["names"][name] == value
    for mouth, path, name, value in (
        (three.crm, "/subscribers/1", "custom_values", "8"),
        (three.furiosa, f"/contacts/{member}", "custom_fields", "9"),
        (three.fluenzr, f"/contacts/{contact}", "customFields", "10"),
    ):
        await mouth.put(path, {name: {"score": value}})
        # One value is changed, the others stay.
        assert (await three.agree())["custom"] == {**CUSTOM, "score": value}, mouth.name


async def test_a_list_is_an_audience_is_a_group(three: Three):
    crm = {one["title"]: one for one in (await three.crm.get("/lists")).json()["lists"]}
    flz = {one["name"]: one for one in (await three.fluenzr.get("/groups")).json()["data"]}
    audiences = (await three.furiosa.get("/audiences")).json()["data"]
    assert set(crm) == set(flz) == {"News", "Berlin", "Shop"}
    assert {one["name"]: {group["name"] for group in one["groups"]} for one in audiences} == {
        "News": {"Berlin"},
        "Shop": set(),
    }
    await three.furiosa.put("/audiences/1", {"name": "Letters"})
    await three.crm.put("/lists/2", {"title": "Bonn"})
    await three.fluenzr.put(f"/groups/{flz['Shop']['id']}", {"name": "Store"})
    assert {one["title"] for one in (await three.crm.get("/lists")).json()["lists"]} == {"Letters", "Bonn", "Store"}
    assert {one["name"] for one in (await three.furiosa.get("/audiences")).json()["data"]} == {"Letters", "Store"}
    assert (await three.furiosa.get("/audiences/1/groups")).json()["data"][0]["name"] == "Bonn"
    # Members come and go by any door, and every count follows.
    await _through_furiosa_with(three, 1)
    contact = await three.flz_id()
    for step, lists in (
        (lambda: three.fluenzr.post(f"/contacts/{contact}/groups", {"groupIds": [flz["Shop"]["id"]]}), {1, 3}),
        (lambda: three.crm.put("/subscribers/1", {"detach_lists": [1]}), {3}),
        (lambda: three.crm.put("/subscribers/1", {"attach_lists": [1, 2]}), {1, 2, 3}),
        (lambda: three.fluenzr.delete(f"/contacts/{contact}/groups", {"groupIds": [flz["Berlin"]["id"]]}), {1, 3}),
    ):
        await step()
        assert {one["id"]: one["totalCount"] for one in (await three.crm.get("/lists")).json()["lists"]} == {
            number: int(number in lists) for number in (1, 2, 3)
        }
        shown = (await three.furiosa.get("/audiences")).json()["data"]
        assert [one["contacts_count"] for one in shown] == [int(1 in lists), int(3 in lists)]
        counts = {one["name"]: one["contactsCount"] for one in (await three.fluenzr.get("/groups")).json()["data"]}
        assert counts == {"Letters": int(1 in lists), "Bonn": int(2 in lists), "Store": int(3 in lists)}
    await three.fluenzr.delete(f"/groups/{flz['News']['id']}")
    assert (await three.furiosa.get("/audiences/1")).status_code == 404
    assert (await three.crm.get("/lists/1")).json() == ""


async def _through_furiosa_with(three: Three, audience: int) -> None:
    answer = await three.furiosa.post("/contacts", {"audience_id": audience, "email": "jane@example.com"})
    assert answer.status_code == 201, answer.text


async def test_who_leaves_by_one_door_has_left_everywhere(three: Three):
    await _through_fluentcrm(three)
    contact = await three.flz_id()

    async def by_property(value: str) -> None:
        body = {"property": "status", "value": value, "subscribers": [1]}
        assert (await three.crm.put("/subscribers/subscribers-property", body)).status_code == 200

    async def by_fluenzr(value: str) -> None:
        word = "active" if value == "subscribed" else value
        assert (await three.fluenzr.put(f"/contacts/{contact}", {"status": word})).status_code == 200

    async def by_page(value: str) -> None:
        if value == "unsubscribed":
            await leave(three.core, 1, reason="Too many")
        else:
            await consent.confirm_contact(three.core, 1, source="preferences")

    for door in (by_property, by_fluenzr, by_page):
        for value in ("unsubscribed", "subscribed"):
            await door(value)
            person = await three.agree()
            assert person["is_mailed"] is (value == "subscribed"), (door.__name__, value)
            assert person["lists"] == {"News", "Berlin", "Shop"}
    # A write that says nothing of the status never brings anybody back.
    await by_page("unsubscribed")
    await three.fluenzr.put(f"/contacts/{contact}", {"firstName": "J"})
    await three.fluenzr.post("/contacts/bulk", {"contacts": [{"email": "jane@example.com"}], "onDuplicate": "update"})
    member = (await three.furiosa.get("/contacts", audience_id=1)).json()["data"][0]["id"]
    await three.furiosa.put(f"/contacts/{member}", {"first_name": "Jane"})
    await three.furiosa.delete(f"/contacts/{member}")
    await _through_furiosa_with(three, 1)
    await three.crm.put("/subscribers/1", {"last_name": "Doe"})
    await three.crm.post("/subscribers/bulk-add-update", {"contacts": [{"email": "jane@example.com", "city": "Bonn"}]})
    assert (await three.agree())["is_mailed"] is False


async def test_who_is_deleted_in_one_dialect_is_gone_from_all(three: Three):
    async def by_fluentcrm() -> None:
        assert (await three.crm.ask("DELETE", f"/subscribers/{number}")).status_code == 200

    async def by_fluenzr() -> None:
        assert (await three.fluenzr.delete(f"/contacts/{await three.flz_id()}")).status_code == 200

    async def by_furiosa() -> None:
        for row in (await three.furiosa.get("/contacts")).json()["data"]:
            assert (await three.furiosa.delete(f"/contacts/{row['id']}")).status_code == 204

    for delete in (by_fluentcrm, by_fluenzr, by_furiosa):
        await _through_fluentcrm(three)
        number = (await three.crm.get("/subscribers")).json()["data"][0]["id"]
        await delete()
        assert await three.core.db.fetchval("SELECT count(*) FROM contacts") == 0, delete.__name__
        for mouth in (three.crm, three.fluenzr, three.furiosa):
            path = "/subscribers" if mouth is three.crm else "/contacts"
            assert (await mouth.get(path)).json()["data"] == []
        assert [one["contacts_count"] for one in (await three.furiosa.get("/audiences")).json()["data"]] == [0, 0]
