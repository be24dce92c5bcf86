"""Groups of the FluenzR dialect."""

from __future__ import annotations

from tests.dialects.fluenzr.test_contacts import NOW
from tests.dialects.fluenzr.test_keys import data, refused
from tests.dialects.mouth import Mouth


async def test_a_group_is_created_read_changed_and_removed(fluenzr: Mouth):
    sent = {"name": "Leads", "description": "Warm", "type": "dynamic", "color": "#1d4ed8"}
    made = data(await fluenzr.post("/groups", sent), 201)
    whole = {**sent, "id": made["id"], "contactsCount": 0, "createdAt": NOW, "updatedAt": NOW}
    assert made == whole
    assert made["id"].startswith("grp_")
    path = f"/groups/{made['id']}"
    assert data(await fluenzr.get(path)) == whole
    assert data(await fluenzr.put(path, {"description": ""})) == whole | {"description": ""}
    assert data(await fluenzr.put(path, {"name": "Clients", "type": "static"}))["type"] == "static"
    plain = data(await fluenzr.post("/groups", {"name": "Clients"}), 201)
    assert (plain["type"], plain["color"], plain["description"]) == ("static", None, "")
    for body, field in (
        ({}, "name"),
        ({"name": " "}, "name"),
        ({"name": 5}, "name"),
        ({"name": "x", "type": "odd"}, "type"),
        ({"name": "x", "color": "blue"}, "color"),
        ({"name": "x", "description": []}, "description"),
    ):
        refused(await fluenzr.post("/groups", body), 400, "VALIDATION_ERROR", field)
    assert data(await fluenzr.delete(path)) == {"id": made["id"], "deleted": True}
    for method in ("GET", "PUT", "DELETE"):
        refused(await fluenzr.ask(method, path, {} if method == "PUT" else None), 404, "NOT_FOUND")


async def test_groups_are_listed_and_filled(fluenzr: Mouth):
    ids = [data(await fluenzr.post("/groups", {"name": name}), 201)["id"] for name in ("Blue", "Ash", "Cyan")]
    people = [data(await fluenzr.post("/contacts", {"email": f"p{n}@example.com"}), 201)["id"] for n in range(3)]
    fill = f"/groups/{ids[1]}/contacts"
    assert data(await fluenzr.post(fill, {"contactIds": people[:2]})) == {"added": 2, "skipped": 0}
    assert data(await fluenzr.post(fill, {"contactIds": people + people[:1]})) == {"added": 1, "skipped": 2}
    assert data(await fluenzr.post(fill, {"contactIds": []})) == {"added": 0, "skipped": 0}
    for bad in ("x", ["x"], [ids[0]], None):
        refused(await fluenzr.post(fill, {"contactIds": bad}), 400, "VALIDATION_ERROR", "contactIds")
    gone = data(await fluenzr.post("/contacts", {"email": "gone@example.com"}), 201)["id"]
    await fluenzr.delete(f"/contacts/{gone}")
    assert data(await fluenzr.post(fill, {"contactIds": [gone]})) == {"added": 0, "skipped": 1}
    refused(await fluenzr.post("/groups/grp_x/contacts", {"contactIds": people}), 404, "NOT_FOUND")
    for query, names in (
        ({"sort": "name", "order": "asc"}, ["Ash", "Blue", "Cyan"]),
        ({"sort": "contactsCount", "perPage": 1}, ["Ash"]),
        ({"name": "YA"}, ["Cyan"]),
        ({}, ["Cyan", "Ash", "Blue"]),
        ({"page": 2, "perPage": 2}, ["Blue"]),
    ):
        assert [row["name"] for row in data(await fluenzr.get("/groups", **query))] == names, query
    meta = (await fluenzr.get("/groups", perPage=2)).json()["meta"]
    assert meta == {"page": 1, "perPage": 2, "total": 3, "totalPages": 2}
    for name, value in (("perPage", 101), ("sort", "secret"), ("order", "x")):
        refused(await fluenzr.get("/groups", **{name: value}), 400, "VALIDATION_ERROR", name)
    assert data(await fluenzr.get(f"/groups/{ids[1]}"))["contactsCount"] == 3
