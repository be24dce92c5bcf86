"""Incoming webhooks as pages: made, their address and mapping, deleted."""

from __future__ import annotations

from tests.conftest import StatementCounter
from tests.ui.door import Door
from tidings.contacts import actions as contacts
from tidings.contacts.types import CustomField
from tidings.incoming_webhooks import actions, queries
from tidings.incoming_webhooks.types import WebhookDraft
from tidings.platform.core import Core

HTMX = {"hx-request": "true"}


async def test_one_is_made_changed_and_deleted(core: Core, door: Door):
    news, tag = await contacts.create_list(core, title="News"), await contacts.create_tag(core, title="Shop")
    await contacts.replace_custom_fields(core, [CustomField("plan", "Plan", "text")])
    assert "No webhooks yet" in (await door.client.get("/webhooks")).text
    assert "<html" not in (await door.client.get("/webhooks/new", headers=HTMX)).text
    refused = await door.post("/webhooks/new", {"name": " ", "status": "boss"})
    assert refused.status_code == 422
    assert 'id="name-error"' in refused.text
    assert 'id="status-error"' in refused.text
    made = await door.post("/webhooks/new", {"name": "Shop <1>", "status": "pending", "lists": str(news), "tags": "99"})
    assert made.headers["location"] == "/webhooks/1"
    one = await queries.webhook_by_id(core, 1)
    assert (one.status, list(one.list_ids), list(one.tag_ids)) == ("pending", [news], [])
    page = (await door.client.get("/webhooks/1")).text
    assert f"&amp;route=contact&amp;hash={one.key}" in page
    whole = {"name": "Shop", "status": "subscribed", "tags": str(tag), "count": "2"}
    lines = {"path.0": "customer.mail", "name.0": "email", "path.1": "tariff", "name.1": "plan"}
    press = {**HTMX, "hx-target": "mapping"}
    added = await door.post("/webhooks/1", {**whole, **lines, "do": "add"}, press)
    assert 'name="path.2"' in added.text
    assert "<html" not in added.text
    dropped = await door.post("/webhooks/1", {**whole, **lines, "do": "drop:0"}, press)
    assert 'value="customer.mail"' not in dropped.text
    assert 'value="tariff"' in dropped.text
    bad = {"path.0": "a", "name.0": "", "path.1": "", "name.1": "email"}
    wrong = await door.post("/webhooks/1", {**whole, **bad})
    assert wrong.status_code == 422
    assert 'id="name.0-error"' in wrong.text
    assert 'id="path.1-error"' in wrong.text
    await core.db.execute("UPDATE webhooks SET company_ids = '{7}'")
    assert (await door.post("/webhooks/1", {**whole, **lines})).status_code == 303
    one = await queries.webhook_by_id(core, 1)
    assert (one.name, one.status, dict(one.mapping)) == (
        "Shop",
        "subscribed",
        {"customer.mail": "email", "tariff": "plan"},
    )
    assert (list(one.list_ids), list(one.tag_ids), list(one.company_ids)) == ([], [tag], [7])
    assert "Shop" in (await door.client.get("/webhooks?q=sho")).text
    assert "No webhook is called that" in (await door.client.get("/webhooks?q=zebra")).text
    await door.post("/webhooks/1/delete", {})
    assert (await door.client.get("/webhooks/1")).status_code == 404
    noted = await core.db.fetch("SELECT action FROM audit_entries ORDER BY id")
    assert [row["action"] for row in noted][-3:] == ["webhook_created", "webhook_changed", "webhook_deleted"]


async def test_those_of_text_messages_are_not_shown_and_the_table_costs_the_same(
    core: Core, door: Door, statements: StatementCounter
):
    sms = await actions.create_webhook(core, WebhookDraft("Provider", kind="sms:twilio"))
    await actions.create_webhook(core, WebhookDraft("One"))
    assert "Provider" not in (await door.client.get("/webhooks")).text
    assert (await door.client.get(f"/webhooks/{sms}")).status_code == 404
    assert (await door.post(f"/webhooks/{sms}/delete", {})).status_code == 404
    with statements as few:
        await door.client.get("/webhooks")
    for n in range(3):
        await actions.create_webhook(core, WebhookDraft(f"More {n}"))
    with statements as many:
        await door.client.get("/webhooks")
    assert many.count == few.count <= 8
    await core.db.execute("UPDATE users SET role = 'editor', permissions = '{fcrm_read_contacts}'")
    for path in ("/webhooks", "/webhooks/new", "/webhooks/2"):
        assert (await door.client.get(path)).status_code == 403
