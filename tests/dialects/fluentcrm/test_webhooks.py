"""Incoming webhooks on the wire: made, changed, found, deleted, and those of text message providers."""

from __future__ import annotations

import re

from tests.dialects.mouth import Mouth
from tests.dialects.shapes import NOW
from tidings.contacts import actions as contacts
from tidings.contacts.types import CustomField
from tidings.platform import modules
from tidings.platform.core import Core

URL = re.compile(r"http\S+/\?fluentcrm=1&route=contact&hash=[0-9a-f-]{36}")


async def test_a_webhook_is_made_changed_found_and_deleted(crm: Mouth):
    missing = await crm.post("/webhooks", {})
    assert missing.status_code == 422
    assert missing.json() == {
        "name": {"required": "The name field is required."},
        "status": {"required": "The status field is required."},
    }
    given = {"name": "Landing page", "lists": [2], "tags": [2], "status": "subscribed"}
    made = (await crm.post("/webhooks", given)).json()
    url = made["webhook"]["url"]
    assert URL.fullmatch(url)
    assert made["webhook"] == given | {"url": url}
    [row] = made["webhooks"]
    assert (row["id"], row["object_type"], row["object_id"], row["created_at"]) == (made["id"], "webhook", None, NOW)
    assert row["key"] == url[-36:]
    changed = {"name": "Landing page 2", "status": "pending", "tags": [1], "map": {"a.b": "email"}}
    body = (await crm.put(f"/webhooks/{made['id']}", changed)).json()
    assert body["message"] == "Successfully updated the webhook"
    value = body["webhooks"][0]["value"]
    assert (value["lists"], value["tags"], value["status"], value["map"]) == ([], [1], "pending", {"a.b": "email"})
    assert value["url"] == url
    assert (await crm.put(f"/webhooks/{made['id']}", {"name": "x", "status": "gone"})).status_code == 422
    assert (await crm.put("/webhooks/999", given)).status_code == 404
    assert len((await crm.get("/webhooks", search="LANDING")).json()["webhooks"]) == 1
    assert (await crm.get("/webhooks", search="100%")).json()["webhooks"] == []
    gone = (await crm.delete(f"/webhooks/{made['id']}")).json()
    assert gone == {"webhooks": [], "message": "Successfully deleted the webhook"}
    assert (await crm.delete(f"/webhooks/{made['id']}")).status_code == 404


async def test_the_list_offers_fields_lists_tags_and_companies(crm: Mouth, core: Core):
    await contacts.replace_custom_fields(core, [CustomField("plan", "Plan", "text")])
    await contacts.create_list(core, title="News")
    await contacts.create_tag(core, title="Lead")
    body = (await crm.get("/webhooks")).json()
    assert body["fields"][0] == {"key": "prefix", "field": "Name Prefix"}
    assert len(body["fields"]) == 18
    assert body["custom_fields"] == [{"key": "plan", "field": "Plan"}]
    assert ([one["title"] for one in body["lists"]], [one["title"] for one in body["tags"]]) == (["News"], ["Lead"])
    assert body["companies"] == []
    await modules.switch(core, {"companies": False})
    body = (await crm.get("/webhooks")).json()
    assert "companies" not in body
    assert len(body["fields"]) == 17


async def test_a_provider_of_text_messages_has_one_that_cannot_be_edited(crm: Mouth):
    given = {"name": "Replies", "type": "sms_webhook", "sms_provider": "twilio"}
    made = (await crm.post("/webhooks", given)).json()
    assert made["webhooks"] == []
    twice = await crm.post("/webhooks", given)
    assert twice.json() == {"message": "A webhook already exists for twilio provider"}
    assert (await crm.post("/webhooks", given | {"sms_provider": ""})).status_code == 422
    [row] = (await crm.get("/webhooks/sms")).json()["sms_webhooks"]
    assert (row["object_type"], row["value"]["sms_provider"]) == ("webhook_twilio", "twilio")
    assert "fc_s_webhook=twilio" in row["value"]["url"]
    edited = await crm.put(f"/webhooks/{made['id']}", {"name": "x"})
    assert (edited.status_code, edited.json()["type"]) == (422, "sms_webhook_edit_blocked")
