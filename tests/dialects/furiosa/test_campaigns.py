"""Campaigns of the Furiosa dialect: written, sent once, measured."""

from __future__ import annotations

from typing import Any

from tests.dialects.furiosa.test_contacts import NOW
from tests.dialects.furiosa.test_keys import refused
from tests.dialects.mouth import Mouth
from tidings.campaigns import actions as campaigns
from tidings.campaigns import drawing
from tidings.messages.leaving import leave
from tidings.platform.clock import FixedClock
from tidings.platform.core import Core
from tidings.tracking.collector import CLICK, OPEN, Collector, Hit
from tidings.tracking.projector import fold_hits

GOOD: dict[str, Any] = {"name": "Spring", "subject": "Hi", "content": "<p>Hi</p>", "audience_ids": [1]}


async def _audience(furiosa: Mouth, n: int = 4) -> None:
    await furiosa.post("/audiences", {"name": "News"})
    batch = [{"email": f"p{i}@example.com"} for i in range(n)]
    assert (await furiosa.post("/contacts/batch", {"audience_id": 1, "contacts": batch})).json()["created"] == n


async def test_a_campaign_is_written_and_refused_by_field(core: Core, furiosa: Mouth):
    await _audience(furiosa, 1)
    made = await furiosa.post("/campaigns", GOOD)
    whole = {"id": 1, "name": "Spring", "type": "email", "status": "draft", "subject": "Hi", "audience_ids": [1]}
    whole |= {"scheduled_at": None, "sent_at": None, "created_at": NOW, "updated_at": NOW}
    assert (made.status_code, made.json()) == (201, whole)
    assert (await furiosa.get("/campaigns/1")).json() == whole
    changed = await furiosa.put("/campaigns/1", {"subject": "Hello"})
    assert (changed.status_code, changed.json()) == (200, whole | {"subject": "Hello"})
    assert (await furiosa.put("/campaigns/1", {"audience_ids": []})).json()["audience_ids"] == []
    page = (await furiosa.get("/campaigns", per_page=1)).json()
    assert (page["data"][0]["id"], page["total"], page["page"], page["total_pages"]) == (1, 1, 1, 1)
    group = (await furiosa.post("/audiences/1/groups", {"name": "G"})).json()["id"]
    for change, field in (
        ({"name": ""}, "name"),
        ({"name": 5}, "name"),
        ({"subject": []}, "subject"),
        ({"content": None}, "content"),
        ({"type": "sms"}, "type"),
        ({"type": "fax"}, "type"),
        ({"audience_ids": 1}, "audience_ids"),
        ({"audience_ids": [99]}, "audience_ids"),
        ({"audience_ids": [group]}, "audience_ids"),
        ({"body": "x"}, "body"),
    ):
        answer = await furiosa.post("/campaigns", {**GOOD, **change})
        assert (answer.status_code, list(answer.json()["errors"])) == (422, [field]), change
    answer = await furiosa.put("/campaigns/1", {"type": "sms"})
    assert "not offered yet" in answer.json()["errors"]["type"]
    # Names are told apart, and the complaint uses this dialect's word for them.
    assert list((await furiosa.post("/campaigns", GOOD)).json()["errors"]) == ["name"]
    second = (await furiosa.post("/campaigns", {**GOOD, "name": "Other"})).json()["id"]
    assert list((await furiosa.put(f"/campaigns/{second}", {"name": "Spring"})).json()["errors"]) == ["name"]
    # A mail of another kind is no campaign here.
    step = await campaigns.create_campaign(core, title="Welcome", kind="automation_mail")
    for number in (99, step):
        for method, path in (("GET", ""), ("PUT", ""), ("GET", "/metrics"), ("POST", "/send")):
            refused(await furiosa.ask(method, f"/campaigns/{number}{path}", None if method == "GET" else {}), 404)
    assert [one["id"] for one in (await furiosa.get("/campaigns")).json()["data"]] == [1, second]


async def test_a_campaign_goes_out_once_and_only_when_it_is_whole(core: Core, furiosa: Mouth):
    await core.installation.put({"business_name": "Acme", "business_address": "1 Street", "from_email": "a@acme.test"})
    await _audience(furiosa)
    for change in ({"content": ""}, {"subject": ""}, {"audience_ids": []}):
        made = (await furiosa.post("/campaigns", {**GOOD, **change, "name": f"Not {next(iter(change))}"})).json()["id"]
        answer = await furiosa.post(f"/campaigns/{made}/send")
        assert (answer.status_code, answer.json()["error"]) == (422, True), change
    empty = (await furiosa.post("/audiences", {"name": "Nobody"})).json()["id"]
    await furiosa.post("/contacts", {"audience_id": empty, "phone": "+49301234567"})
    made = (await furiosa.post("/campaigns", {**GOOD, "name": "Unheard", "audience_ids": [empty]})).json()["id"]
    refused(await furiosa.post(f"/campaigns/{made}/send"), 422)
    assert (await furiosa.get(f"/campaigns/{made}")).json()["status"] == "draft"
    made = (await furiosa.post("/campaigns", GOOD)).json()["id"]
    sent = await furiosa.post(f"/campaigns/{made}/send")
    assert (sent.status_code, sent.json()["id"]) == (202, made)
    assert sent.json()["status"] in ("scheduled", "sending")
    refused(await furiosa.post(f"/campaigns/{made}/send"), 409)
    await drawing.draw(core, made)
    refused(await furiosa.put(f"/campaigns/{made}", {"subject": "Too late"}), 409)


async def test_metrics_are_counts_and_rates_with_one_decimal(core: Core, furiosa: Mouth, clock: FixedClock):
    await core.installation.put({"business_name": "Acme", "business_address": "1 Street", "from_email": "a@acme.test"})
    await _audience(furiosa)
    await furiosa.post("/campaigns", GOOD)
    empty = (await furiosa.get("/campaigns/1/metrics")).json()
    assert not any(empty.values())
    await furiosa.post("/campaigns/1/send")
    await drawing.draw(core, 1)
    ids = [row["id"] for row in await core.db.fetch("SELECT id FROM messages ORDER BY contact_id")]
    await core.db.execute("UPDATE messages SET state = 'sending'")
    await core.db.execute("UPDATE messages SET state = 'sent', sent_at = $1", clock.now())
    await core.db.execute("UPDATE messages SET state = 'bounced' WHERE id = $1", ids[3])
    link = await core.db.fetchval(
        "INSERT INTO links (campaign_id, position, url) VALUES (1, 0, 'https://example.com/') RETURNING id"
    )
    for hit in (Hit(OPEN, ids[0]), Hit(OPEN, ids[0]), Hit(OPEN, ids[1]), Hit(CLICK, ids[0], link)):
        await Collector(core).record(hit)
    assert await fold_hits(core) == 4
    await leave(core, 2, reason="", message_id=ids[1])
    assert (await furiosa.get("/campaigns/1/metrics")).json() == {
        "recipients": 4,
        "sent": 4,
        "delivered": 3,
        "opens": 3,
        "unique_opens": 2,
        "open_rate": 66.7,
        "clicks": 1,
        "unique_clicks": 1,
        "click_rate": 33.3,
        "bounces": 1,
        "bounce_rate": 25.0,
        "complaints": 0,
        "unsubscribes": 1,
        "links": [{"url": "https://example.com/", "clicks": 1, "unique_clicks": 1}],
    }
