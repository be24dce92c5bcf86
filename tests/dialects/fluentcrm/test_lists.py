"""Lists: like tags, but for the words, the counts and the shape of the whole."""

from __future__ import annotations

from tests.dialects.mouth import Mouth
from tests.dialects.shapes import NOW, kinds
from tidings.contacts import actions as contacts
from tidings.contacts.types import Draft
from tidings.platform.core import Core


async def test_a_list_is_created_read_bare_and_replaced(crm: Mouth):
    made = (await crm.post("/lists", {"title": "Newsletter", "description": "Weekly"})).json()
    item = {"title": "Newsletter", "slug": "newsletter", "description": "Weekly"}
    item |= {"updated_at": NOW, "created_at": NOW, "id": 1}
    assert made == {"lists": item, "item": item, "message": "Successfully saved the list."}
    assert (await crm.get("/lists/1")).json() == item | {"is_public": "0"}
    assert (await crm.put("/lists/1", {"title": "News"})).json() == {
        "lists": 1,
        "message": "Successfully saved the list.",
    }
    row = (await crm.get("/lists/1")).json()
    assert (row["title"], row["slug"], row["description"]) == ("News", "news", "")
    unknown = await crm.get("/lists/999")
    assert (unknown.status_code, unknown.json()) == (200, "")


async def test_a_list_is_refused_under_the_names_of_its_fields(crm: Mouth):
    required = {name: {"required": f"The {name} field is required."} for name in ("title", "slug")}
    answer = await crm.post("/lists", {})
    assert (answer.status_code, answer.json()) == (422, required)
    answer = await crm.post("/lists", {"slug": "x"})
    assert (answer.status_code, answer.json()) == (422, {"title": required["title"]})
    await crm.post("/lists", {"title": "News"})
    answer = await crm.post("/lists", {"title": "Other", "slug": "news"})
    assert answer.status_code == 422
    assert kinds(answer.json()) == {"slug": {"unique": "str"}}
    missing = await crm.put("/lists/999", {"title": "x"})
    assert (missing.status_code, missing.json()["message"]) == (404, "No query results for model [List] 999")


async def test_all_lists_come_at_once_with_their_counts(core: Core, crm: Mouth):
    assert (await crm.get("/lists")).json() == {"lists": [], "pagination": {"total": 0}}
    titles = [f"List {n:02d}" for n in range(20)]
    assert (await crm.post("/lists/bulk", {"lists": [{"title": one} for one in titles]})).json() == {
        "message": "Provided Lists have been successfully created",
        "ids": list(range(1, 21)),
    }
    await contacts.write_contact(core, Draft({"email": "a@example.com"}, lists=[3]))
    body = (await crm.get("/lists", per_page=5)).json()
    assert len(body["lists"]) == 20
    assert body["pagination"] == {"total": 20}
    third = next(one for one in body["lists"] if one["id"] == 3)
    assert third == {
        "id": 3,
        "title": "List 02",
        "slug": "list-02",
        "description": None,
        "is_public": "0",
        "created_at": NOW,
        "updated_at": NOW,
        "totalCount": 1,
        "subscribersCount": 1,
    }
    bare = (await crm.get("/lists", exclude_counts="true", all_lists="true", search="19")).json()
    assert set(third) - set(bare["lists"][0]) == {"totalCount", "subscribersCount"}
    assert len(bare["all_lists"]) == 20
    assert {"id": "3", "title": "List 02", "slug": "list-02"} in bare["all_lists"]
    found = (await crm.get("/lists", search="list 1", sort_by="title", sort_order="ASC")).json()
    assert [one["title"] for one in found["lists"]] == titles[10:]
    assert found["pagination"] == {"total": 10}
    first = (await crm.get("/lists", sort_by="totalCount", sort_order="DESC")).json()["lists"][0]
    assert first["id"] == 3


async def test_removing_a_list_keeps_its_people(core: Core, crm: Mouth):
    await crm.post("/lists", {"title": "One"})
    await crm.post("/lists", {"title": "Two"})
    made = await contacts.write_contact(core, Draft({"email": "a@example.com"}, lists=[1, 2]))
    assert (await crm.delete("/lists/1")).json() == {"message": "Successfully removed the list."}
    assert (await crm.delete("/lists/1")).status_code == 200
    assert (await crm.post("/lists/do-bulk-action", {"listIds": [2, 7]})).json() == {
        "message": "Selected Lists have been removed permanently"
    }
    subscriber = (await crm.get(f"/subscribers/{made.id}")).json()["subscriber"]
    assert (subscriber["email"], subscriber["lists"]) == ("a@example.com", [])
