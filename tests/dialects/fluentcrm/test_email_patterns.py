"""Patterns on the wire, under their own names and as the block editor names its blocks."""

from __future__ import annotations

import re

from tests.dialects.mouth import Mouth
from tests.dialects.shapes import NOW

GIVEN = {"title": "Header", "content": "<!-- wp:paragraph --><p>Hi</p><!-- /wp:paragraph -->", "category": "Headers"}
_MOMENT = {"date": f"{NOW}.000000", "timezone_type": 3, "timezone": "UTC"}


async def test_a_pattern_is_made_read_changed_and_deleted(crm: Mouth):
    made = (await crm.post("/email-patterns", GIVEN)).json()
    assert made["message"] == "Pattern saved successfully"
    pattern = made["pattern"]
    assert re.fullmatch(r"fluentcrm/header-[0-9a-f]{13}", pattern.pop("slug"))
    assert pattern == GIVEN | {
        "id": pattern["id"],
        "description": "",
        "sync_status": "unsynced",
        "created_at": NOW,
        "updated_at": NOW,
    }
    path = f"/email-patterns/{pattern['id']}"
    changed = (await crm.put(path, {"title": "Header 2", "sync_status": "synced"})).json()["pattern"]
    assert changed == pattern | {
        "slug": f"fluentcrm/header-2-{pattern['id']}",
        "title": "Header 2",
        "sync_status": "synced",
    }
    assert (await crm.get(path)).json() == {"pattern": changed}
    assert (await crm.get("/email-patterns", search="HEADER")).json() == {"patterns": {"data": [changed], "total": 1}}
    assert (await crm.get("/email-patterns", category="Other")).json() == {"patterns": {"data": [], "total": 0}}
    assert (await crm.delete(path)).json() == {"message": "Pattern deleted successfully"}
    for method in ("GET", "PUT", "DELETE"):
        assert (await crm.ask(method, path, None if method == "GET" else {})).status_code == 404
    nameless = await crm.post("/email-patterns", {"content": "<p>x</p>"})
    assert (nameless.status_code, list(nameless.json())) == (422, ["title"])


async def test_several_are_deleted_together(crm: Mouth):
    ids = [(await crm.post("/email-patterns", GIVEN)).json()["pattern"]["id"] for _ in range(3)]
    for body in ({"action_name": "delete_patterns", "pattern_ids": []}, {"action_name": "x", "pattern_ids": ids}):
        refused = await crm.post("/email-patterns/do-bulk-action", body)
        assert (refused.status_code, list(refused.json())) == (422, ["message"])
    done = await crm.post("/email-patterns/do-bulk-action", {"action_name": "delete_patterns", "pattern_ids": ids[:2]})
    assert done.status_code == 200
    assert [one["id"] for one in (await crm.get("/email-patterns")).json()["patterns"]["data"]] == ids[2:]


async def test_the_block_editor_reads_and_makes_them(crm: Mouth):
    shelf = (await crm.post("/email-patterns/categories", {"name": "Footers"})).json()
    assert shelf == {"id": shelf["id"], "count": 0, "name": "Footers", "slug": "footers", "parent": 0}
    body = {
        "title": {"raw": "WP"},
        "content": {"raw": "<p>x</p>"},
        "meta": {"wp_pattern_sync_status": "unsynced"},
        "wp_pattern_category": [shelf["id"]],
    }
    made = await crm.post("/email-patterns/wp-format", body)
    assert made.status_code == 200
    block = made.json()
    assert block | {"slug": ""} == {
        "id": block["id"],
        **dict.fromkeys(("date", "date_gmt", "modified", "modified_gmt"), _MOMENT),
        "slug": "",
        "status": "publish",
        "type": "wp_block",
        "link": "",
        "title": {"raw": "WP"},
        "content": {"raw": "<p>x</p>", "protected": False},
        "meta": {},
        "wp_pattern_sync_status": "unsynced",
        "wp_pattern_category": [shelf["id"]],
    }
    synced = await crm.post("/editor-patterns", {"title": "E", "content": "<p>e</p>"})
    assert (synced.status_code, synced.json()["wp_pattern_sync_status"]) == (201, "")
    for path in ("/email-patterns/wp-format", "/editor-patterns"):
        assert (await crm.get(path)).json() == [synced.json(), block]
    own = (await crm.get(f"/email-patterns/{synced.json()['id']}")).json()["pattern"]
    assert (own["sync_status"], own["category"]) == ("synced", "")


async def test_categories_are_named_counted_and_deleted(crm: Mouth):
    shelf = await crm.post("/editor-pattern-categories", {"name": "Headers"})
    assert shelf.status_code == 201
    assert (await crm.get("/email-patterns/categories")).json() == {"categories": []}
    await crm.post("/email-patterns", GIVEN)
    assert (await crm.get("/email-patterns/categories")).json() == {"categories": ["Headers"]}
    assert (await crm.get("/editor-pattern-categories")).json() == [shelf.json() | {"count": 1}]
    path = f"/email-patterns/categories/{shelf.json()['id']}"
    assert (await crm.delete(path)).status_code == 200
    assert (await crm.delete(path)).status_code == 404
    assert (await crm.get("/email-patterns/categories")).json() == {"categories": []}
    nameless = await crm.post("/email-patterns/categories", {})
    assert (nameless.status_code, list(nameless.json())) == (422, ["name"])
