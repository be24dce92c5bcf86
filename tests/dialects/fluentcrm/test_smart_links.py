"""Smart links on the wire: made, changed, found, sorted, deleted, and switched off."""

from __future__ import annotations

from tests.dialects.mouth import Mouth
from tests.dialects.shapes import NOW, PAGE_KEYS
from tidings.platform import modules
from tidings.platform.core import Core
from tidings.smart_links.actions import follow
from tidings.smart_links.queries import link_by_id

GIVEN = {
    "title": "Upgrade",
    "target_url": "https://example.com/upgrade",
    "actions": {"tags": [1, 3], "lists": [2]},
    "detach_actions": {"tags": [5], "lists": []},
    "auto_login": "no",
    "notes": "who may upgrade",
}


async def test_a_link_is_made_changed_and_deleted(crm: Mouth):
    made = (await crm.post("/smart-links", {"link": GIVEN})).json()
    assert made["message"] == "SmartLink has be created"
    link = made["link"]
    assert link["actions"] == {
        "tags": [1, 3],
        "lists": [2],
        "remove_tags": [5],
        "remove_lists": [],
        "auto_login": "no",
    }
    assert link["short_url"].endswith(f"/?fluentcrm=1&route=smart_url&slug={link['short']}")
    assert (link["created_at"], link["contact_clicks"], link["all_clicks"], link["created_by"]) == (NOW, 0, 0, 1)
    changed = (
        await crm.put(f"/smart-links/{link['id']}", {"link": GIVEN | {"title": "Other", "auto_login": "yes"}})
    ).json()
    assert changed["link"] == link | {
        "title": "Other",
        "auto_login": "yes",
        "actions": link["actions"] | {"auto_login": "yes"},
    }
    flat = (await crm.post("/smart-links", {"title": "F", "target_url": "https://a.test", "apply_tags": [7]})).json()
    assert flat["link"]["actions"]["tags"] == [7]
    bad = await crm.post("/smart-links", {"link": {"title": "", "target_url": "javascript:alert(1)"}})
    assert bad.status_code == 422
    assert bad.json()["errors"] == {
        "title": ["The title field is required."],
        "target_url": ["The target url format is invalid."],
    }
    assert (await crm.put("/smart-links/999", {"link": GIVEN})).status_code == 404
    assert (await crm.delete(f"/smart-links/{link['id']}")).json() == {
        "message": "Selected Smart Link has been deleted"
    }
    assert (await crm.delete(f"/smart-links/{link['id']}")).status_code == 404


async def test_links_are_found_sorted_and_counted(crm: Mouth, core: Core):
    ids = [
        (await crm.post("/smart-links", {"link": GIVEN | {"title": title}})).json()["link"]["id"]
        for title in ("A", "B")
    ]
    assert await follow(core, await link_by_id(core, ids[0]), None) == GIVEN["target_url"]
    body = (await crm.get("/smart-links", orderBy="all_clicks", order="descending")).json()["action_links"]
    assert set(PAGE_KEYS) <= set(body)
    assert [(row["title"], row["all_clicks"]) for row in body["data"]] == [("A", 1), ("B", 0)]
    assert [row["title"] for row in (await crm.get("/smart-links")).json()["action_links"]["data"]] == ["B", "A"]
    assert (await crm.get("/smart-links", search="MAY up")).json()["action_links"]["total"] == 2
    assert (await crm.get("/smart-links", search="100%")).json()["action_links"]["total"] == 0


async def test_switched_off_they_are_disabled_until_they_are_activated(crm: Mouth, core: Core):
    await modules.switch(core, {"smart_links": False})
    assert (await crm.get("/smart-links")).json() == {"status": "disabled"}
    refused = await crm.post("/smart-links", {"link": GIVEN})
    assert (refused.status_code, refused.json()["status"]) == (422, "disabled")
    assert (await crm.post("/smart-links/activate")).status_code == 200
    assert (await crm.post("/smart-links", {"link": GIVEN})).status_code == 200
