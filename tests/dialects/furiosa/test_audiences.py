"""Audiences with their exact counts, and their groups."""

from __future__ import annotations

from tests.conftest import StatementCounter
from tests.dialects.furiosa.test_contacts import NOW
from tests.dialects.furiosa.test_keys import refused
from tests.dialects.mouth import Mouth
from tidings.contacts import actions as contacts
from tidings.contacts.types import Draft
from tidings.platform.core import Core


async def test_an_audience_is_created_read_changed_and_removed(core: Core, furiosa: Mouth):
    made = await furiosa.post("/audiences", {"name": "News", "description": "Weekly"})
    whole = {"id": 1, "name": "News", "description": "Weekly", "contacts_count": 0, "emails_count": 0}
    whole |= {"phones_count": 0, "groups": [], "created_at": NOW, "updated_at": NOW}
    assert (made.status_code, made.json()) == (201, whole)
    assert (await furiosa.get("/audiences/1")).json() == whole
    # Names need not be unique, and what is not sent stays.
    assert (await furiosa.post("/audiences", {"name": "News"})).json()["description"] == ""
    assert (await furiosa.put("/audiences/1", {"description": "Daily"})).json() == whole | {"description": "Daily"}
    renamed = await furiosa.put("/audiences/1", {"name": "Letters"})
    assert (renamed.status_code, renamed.json()["name"], renamed.json()["description"]) == (200, "Letters", "Daily")
    for body, field in (
        ({}, "name"),
        ({"name": ""}, "name"),
        ({"name": 5}, "name"),
        ({"name": "x", "description": 5}, "description"),
        ({"name": "x", "title": "y"}, "title"),
    ):
        answer = await furiosa.post("/audiences", body)
        assert (answer.status_code, list(answer.json()["errors"])) == (422, [field]), body
    page = (await furiosa.get("/audiences", per_page=1)).json()
    assert (page["total"], page["total_pages"], page["data"][0]["id"]) == (2, 2, 1)
    member = (await furiosa.post("/contacts", {"audience_id": 1, "email": "a@example.com"})).json()["id"]
    gone = await furiosa.delete("/audiences/1")
    assert (gone.status_code, gone.content) == (204, b"")
    refused(await furiosa.get(f"/contacts/{member}"), 404)
    for method in ("GET", "PUT", "DELETE"):
        refused(await furiosa.ask(method, "/audiences/1", {} if method == "PUT" else None), 404)
    # The person stays known to the installation.
    assert await core.db.fetchval("SELECT count(*) FROM contacts") == 1


async def test_groups_belong_to_their_audience(furiosa: Mouth, statements: StatementCounter):
    for name in ("News", "Shop"):
        await furiosa.post("/audiences", {"name": name})
    made = await furiosa.post("/audiences/1/groups", {"name": "Berlin"})
    assert (made.status_code, made.json()) == (201, {"id": 3, "name": "Berlin", "contacts_count": 0})
    await furiosa.post("/audiences/1/groups", {"name": "Paris"})
    await furiosa.post("/audiences/2/groups", {"name": "Berlin"})
    await furiosa.post(
        "/contacts", {"audience_id": 1, "email": "a@example.com", "phone": "+49301234567", "groups": [3]}
    )
    await furiosa.post("/contacts", {"audience_id": 1, "phone": "+49301234568"})
    page = (await furiosa.get("/audiences/1/groups")).json()
    assert [one["name"] for one in page.pop("data")] == ["Berlin", "Paris"]
    assert page == {"total": 2, "page": 1, "per_page": 25, "total_pages": 1}
    groups = [{"id": 3, "name": "Berlin", "contacts_count": 1}, {"id": 4, "name": "Paris", "contacts_count": 0}]
    audience = (await furiosa.get("/audiences/1")).json()
    assert audience["groups"] == groups
    assert (audience["contacts_count"], audience["emails_count"], audience["phones_count"]) == (2, 1, 2)
    stats = (await furiosa.get("/audiences/1/stats")).json()
    told = {name: stats[name] for name in ("contacts_count", "emails_count", "phones_count", "audience_id")}
    assert told == {"contacts_count": 2, "emails_count": 1, "phones_count": 2, "audience_id": 1}
    assert stats["statuses"] == {"subscribed": 2}
    assert sorted(stats["groups"], key=lambda one: one["id"]) == groups
    # A group is no audience, and is reached through its own audience only.
    refused(await furiosa.get("/audiences/3"), 404)
    refused(await furiosa.put("/audiences/2/groups/3", {"name": "x"}), 404)
    refused(await furiosa.delete("/audiences/2/groups/3"), 404)
    refused(await furiosa.post("/audiences/3/groups", {"name": "x"}), 404)
    refused(await furiosa.get("/audiences/99/groups"), 404)
    assert (await furiosa.put("/audiences/1/groups/3", {"name": "Bonn"})).json() == groups[0] | {"name": "Bonn"}
    assert list((await furiosa.put("/audiences/1/groups/3", {})).json()["errors"]) == ["name"]
    assert list((await furiosa.post("/audiences/1/groups", {"name": "x", "id": 1})).json()["errors"]) == ["id"]
    assert (await furiosa.delete("/audiences/1/groups/3")).status_code == 204
    assert (await furiosa.get("/contacts", audience_id=1)).json()["data"][0]["groups"] == []
    with statements as small:
        await furiosa.get("/audiences", per_page=1)
    with statements as large:
        await furiosa.get("/audiences", per_page=2)
    assert small.count == large.count


async def test_counts_follow_every_way_a_person_comes_and_goes(core: Core, furiosa: Mouth):
    await furiosa.post("/audiences", {"name": "News"})
    await furiosa.post("/contacts", {"audience_id": 1, "email": "a@example.com", "phone": "+49301234567"})

    async def counts() -> tuple[int, int, int]:
        body = (await furiosa.get("/audiences/1")).json()
        return body["contacts_count"], body["emails_count"], body["phones_count"]

    await contacts.write_contacts(core, [Draft({"email": f"p{n}@example.com"}, lists=[1]) for n in range(3)])
    assert await counts() == (4, 4, 1)
    ids = [row["id"] for row in await core.db.fetch("SELECT id FROM contacts ORDER BY id")]
    await contacts.remove_lists(core, ids[1:2], [1])
    assert await counts() == (3, 3, 1)
    await contacts.delete_contacts(core, ids[:1])
    assert await counts() == (2, 2, 0)
