"""Tags: what a client of the original meets, from creation to deletion."""

from __future__ import annotations

from tests.dialects.mouth import Mouth
from tests.dialects.shapes import NOW, PAGE_KEYS, kinds
from tidings.contacts import actions as contacts
from tidings.contacts.types import Draft
from tidings.platform.core import Core


async def test_a_created_tag_is_told_twice_and_gets_its_slug(crm: Mouth):
    answer = await crm.post("/tags", {"title": " VIP <b>Customer</b> ", "description": "Best ones"})
    item = {"title": "VIP Customer", "slug": "vip-customer", "description": "Best ones"}
    item |= {"updated_at": NOW, "created_at": NOW, "id": 1}
    assert answer.status_code == 200
    assert answer.json() == {"lists": item, "item": item, "message": "Successfully saved the tag."}
    # A slug that is given is kept as it is; a title without letters of ours gets one by chance.
    kept = (await crm.post("/tags", {"title": "Weird", "slug": "Hello World!"})).json()["item"]
    assert (kept["slug"], kept["description"]) == ("Hello World!", "")
    foreign = [(await crm.post("/tags", {"title": "日本"})).json()["item"]["slug"] for _ in range(2)]
    assert all(slug.isascii() for slug in foreign)
    assert len({"", *foreign}) == 3


async def test_a_tag_is_refused_under_the_names_of_its_fields(crm: Mouth):
    for body in ({}, {"title": ""}, {"title": "  "}, {"title": "<script></script>"}, {"title": ["x"]}):
        answer = await crm.post("/tags", body)
        assert answer.status_code == 422, body
        assert answer.json() == {"title": {"required": "The title field is required."}}
    await crm.post("/tags", {"title": "New Lead"})
    for again in ({"title": "New Lead"}, {"title": "Other", "slug": "new-lead"}):
        answer = await crm.post("/tags", again)
        assert answer.status_code == 422
        assert kinds(answer.json()) == {"slug": {"unique": "str"}}


async def test_a_list_of_tags_has_counts_search_and_a_form_without_pages(core: Core, crm: Mouth):
    for title in ("Blue", "Red 100%", "Green"):
        await crm.post("/tags", {"title": title, "description": f"the {title}"})
    await contacts.write_contact(core, Draft({"email": "a@example.com"}, tags=[2, 3]))
    await contacts.write_contact(core, Draft({"email": "b@example.com"}, tags=[2]))
    page = (await crm.get("/tags")).json()["tags"]
    assert set(page) == PAGE_KEYS
    row = {"id": 2, "title": "Red 100%", "slug": page["data"][1]["slug"], "description": "the Red 100%"}
    row |= {"created_at": NOW, "updated_at": NOW}
    assert page["data"][1] == row | {"subscribersCount": 2}
    bare = (await crm.get("/tags", exclude_counts=1)).json()["tags"]["data"]
    assert [set(one) for one in bare] == [set(row)] * 3
    # A picker gets every tag beside the page, its ids as text.
    picker = (await crm.get("/tags", all_tags=1, per_page=1)).json()
    assert (set(picker), len(picker["tags"]["data"])) == ({"tags", "all_tags"}, 1)
    assert {one["id"] for one in picker["all_tags"]} == {"1", "2", "3"}
    assert {frozenset(one) for one in picker["all_tags"]} == {frozenset({"id", "title", "slug"})}
    # What a search holds is text, not a pattern.
    for text, found in (("100%", [2]), ("%", [2]), ("_", []), ("RED", [2]), ("nobody", [])):
        data = (await crm.get("/tags", search=text)).json()["tags"]["data"]
        assert [one["id"] for one in data] == found, text
    for column, order in (("title", [1, 3, 2]), ("subscribersCount", [1, 3, 2]), ("slug", [1, 3, 2])):
        data = (await crm.get("/tags", sort_by=column, sort_order="ASC")).json()["tags"]["data"]
        assert [one["id"] for one in data] == order, column


async def test_a_tag_is_read_replaced_and_removed(core: Core, crm: Mouth):
    await crm.post("/tags", {"title": "VIP", "slug": "vip", "description": "Best"})
    await crm.post("/tags", {"title": "Lead"})
    assert (await crm.get("/tags/1")).json() == {
        "tag": {
            "id": 1,
            "title": "VIP",
            "slug": "vip",
            "description": "Best",
            "created_at": NOW,
            "updated_at": NOW,
        }
    }
    saved = {"lists": 1, "message": "Successfully saved the tag."}
    assert (await crm.put("/tags/1", {"title": "VIPs"})).json() == saved
    tag = (await crm.get("/tags/1")).json()["tag"]
    # A replacement: what is left out is emptied or derived again.
    assert (tag["title"], tag["slug"], tag["description"]) == ("VIPs", "vips", "")
    assert (await crm.put("/tags/0", {"title": "By slug", "slug": "vips", "update_by": "slug"})).json() == saved
    assert (await crm.get("/tags/1")).json()["tag"]["title"] == "By slug"
    # A derived slug that another tag has changes nothing of one's own.
    assert (await crm.put("/tags/1", {"title": "Lead"})).json() == saved
    assert (await crm.get("/tags/1")).json()["tag"]["slug"] == "vips"
    taken = await crm.put("/tags/1", {"title": "X", "slug": "lead"})
    assert taken.status_code == 422
    assert set(taken.json()) == {"message"}
    empty = await crm.put("/tags/1", {})
    assert (empty.status_code, empty.json()) == (422, {"title": {"required": "The title field is required."}})
    missing = await crm.put("/tags/999", {"title": "x"})
    assert missing.status_code == 404
    assert missing.json()["message"] == "No query results for model [Tag] 999"
    assert missing.json()["data"] == {"wpfluent": {"env": "production"}}
    made = await contacts.write_contact(core, Draft({"email": "a@example.com"}, tags=[1]))
    assert (await crm.delete("/tags/1")).json() == {"message": "Successfully removed the tag."}
    assert (await crm.get(f"/subscribers/{made.id}")).json()["subscriber"]["tags"] == []
    assert (await crm.get("/tags/1")).json() == {"tag": None}
    gone = await crm.delete("/tags/1")
    assert gone.status_code == 404
    assert gone.json() == {"message": "Tag not found", "data": {"wpfluent": {"env": "production"}}}


async def test_many_tags_are_made_and_removed_at_once(crm: Mouth):
    rows = [{"title": "A"}, {"title": "B", "slug": "bee"}, {"title": ""}, {"slug": "none"}, "text", None]
    made = await crm.post("/tags/bulk", {"tags": rows})
    assert made.json() == {"message": "Successfully saved the tags.", "ids": [1, 2]}
    again = await crm.post("/tags/bulk", {"items": [{"title": "B renamed", "slug": "bee"}]})
    assert again.json()["ids"] == [2]
    assert (await crm.get("/tags/2")).json()["tag"]["title"] == "B renamed"
    for nothing in ({}, {"tags": []}, {"tags": "x"}):
        assert (await crm.post("/tags/bulk", nothing)).json()["ids"] == []
    gone = await crm.post("/tags/do-bulk-action", {"tagIds": [1, 999, "x"]})
    assert gone.json() == {"message": "Selected Tags have been removed permanently"}
    assert [tag["id"] for tag in (await crm.get("/tags")).json()["tags"]["data"]] == [2]
