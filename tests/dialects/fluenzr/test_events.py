"""Each event of the FluenzR dialect as a receiver gets it, from the change that sets it off."""

from __future__ import annotations

import hashlib
import hmac
import re
from datetime import UTC, datetime
from typing import Any

from tests.conftest import NOW
from tests.dialects.fluenzr.test_keys import data
from tests.dialects.mouth import Mouth
from tests.dialects.told import Told, sent_message
from tidings.campaigns import actions as campaigns
from tidings.contacts import actions as contacts
from tidings.contacts.types import Draft
from tidings.dialects.fluenzr.events import EVENTS, FORM
from tidings.dialects.fluenzr.ids import opaque
from tidings.messages import claims
from tidings.messages.leaving import leave
from tidings.messages.preview import find_person
from tidings.messages.transports.types import Outcome, Result
from tidings.outgoing_webhooks.forms import Signing
from tidings.platform.core import Core
from tidings.platform.facts import Fact, write_facts
from tidings.segments.types import Everybody, to_json
from tidings.tracking.collector import CLICK, OPEN, Collector, Hit
from tidings.tracking.projector import fold_hits


def _without_id(told: list[dict[str, Any]]) -> list[dict[str, Any]]:
    for one in told:
        assert re.fullmatch(r"evt_\w{8,}", one.pop("id"))
        assert set(one) == {"type", "data"}
    return told


async def test_a_contact_is_told_whole_and_each_change_of_it_once(core: Core, fluenzr: Mouth):
    told = await Told(core, "fluenzr").listen()
    group = data(await fluenzr.post("/groups", {"name": "Leads"}), 201)["id"]
    sent = {"email": "ada@example.com", "firstName": "Ada", "tags": ["vip"], "groupIds": [group]}
    made = data(await fluenzr.post("/contacts", sent), 201)
    assert _without_id(await told.news()) == [{"type": "contact.created", "data": made}]
    path = f"/contacts/{made['id']}"
    changed = data(await fluenzr.put(path, {"lastName": "Byron", "status": "unsubscribed", "tags": ["new"]}))
    assert _without_id(await told.news()) == [{"type": "contact.updated", "data": changed}]
    for method, rest, body in (
        ("POST", "/tags", {"tags": ["more"]}),
        ("DELETE", "/tags", {"tags": ["more"]}),
        ("DELETE", "/groups", {"groupIds": [group]}),
        ("POST", "/groups", {"groupIds": [group]}),
    ):
        changed = data(await fluenzr.ask(method, path + rest, body))
        assert _without_id(await told.news()) == [{"type": "contact.updated", "data": changed}], rest
    await fluenzr.put(path, {"lastName": "Byron"})
    assert await told.news() == [], "nothing changed"
    await fluenzr.delete(path)
    assert _without_id(await told.news()) == [{"type": "contact.deleted", "data": changed}]


async def test_who_is_gone_before_it_is_told_is_told_as_it_was_last_known(core: Core, fluenzr: Mouth):
    told = await Told(core, "fluenzr").listen()
    made = data(await fluenzr.post("/contacts", {"email": "ada@example.com", "customFields": {}}), 201)
    await fluenzr.delete(f"/contacts/{made['id']}")
    news = _without_id(await told.news())
    assert news == [{"type": "contact.created", "data": made}, {"type": "contact.deleted", "data": made}]


async def test_a_campaign_is_told_when_it_starts_pauses_and_completes(core: Core, fluenzr: Mouth):
    told = await Told(core, "fluenzr").listen()
    made = await campaigns.create_campaign(core, title="Spring", subject="s", body="b", audience=to_json(Everybody()))
    await core.db.execute("UPDATE campaigns SET state = 'sending' WHERE id = $1", made)
    async with core.db.transaction() as tx:
        await write_facts(tx, [Fact("campaign_started", subject_id=made, data={"title": "Spring"})])
    await campaigns.pause_campaign(core, made)
    await campaigns.resume_campaign(core, made)
    await claims.finish_campaigns(core)
    facts = {"campaignId": opaque("cmp", made), "campaignName": "Spring"}
    assert _without_id(await told.news()) == [
        {"type": kind, "data": facts} for kind in ("campaign.started", "campaign.paused", "campaign.completed")
    ]
    await core.db.execute("UPDATE campaigns SET kind = 'custom_email_campaign', state = 'sending'")
    await claims.finish_campaigns(core)
    assert await told.news() == [], "a mail to one person is no campaign"


async def test_a_mail_is_told_from_its_leaving_to_its_coming_back(core: Core, fluenzr: Mouth):
    person = data(await fluenzr.post("/contacts", {"email": "ada@example.com"}), 201)
    campaign, message, contact = await sent_message(core)
    link = await core.db.fetchval(
        "INSERT INTO links (campaign_id, position, url) VALUES ($1, 0, 'https://x.co/') RETURNING id", campaign
    )
    told = await Told(core, "fluenzr").listen()
    mail = {
        "campaignId": opaque("cmp", campaign),
        "campaignName": "Spring",
        "contactId": person["id"],
        "contactEmail": "ada@example.com",
        "emailNodeId": None,
        "emailSubject": "Hello {{contact.first_name}}",
    }
    await _outcome(core, message, Result(message, Outcome.SENT, 250, "ok"))
    assert _without_id(await told.news()) == [
        {"type": "email.sent", "data": mail},
        {"type": "email.delivered", "data": mail},
    ]
    collector = Collector(core)
    for hit in (Hit(OPEN, message, ip="198.51.100.7", agent="Firefox"), Hit(OPEN, message), Hit(CLICK, message, link)):
        await collector.record(hit)
    await fold_hits(core)
    assert _without_id(await told.news()) == [
        {
            "type": "email.opened",
            "data": mail | {"openCount": 1, "firstOpen": True, "userAgent": "Firefox", "ip": "198.51.100.7"},
        },
        {"type": "email.opened", "data": mail | {"openCount": 2, "firstOpen": False, "userAgent": None, "ip": None}},
        {"type": "email.clicked", "data": mail | {"linkUrl": "https://x.co/", "clickCount": 1}},
    ]
    async with core.db.transaction() as tx:
        reply = {"subject": "Re: Hello", "preview": "Thank you"}
        await write_facts(tx, [Fact("message_replied", contact, campaign, message, reply)])
        soft = {"service": "ses", "reason": "mailbox full", "times": 1}
        await write_facts(tx, [Fact("contact_soft_bounced", contact, None, message, soft)])
    await leave(core, contact, reason="enough", message_id=message)
    news = _without_id(await told.news())
    assert [one["type"] for one in news] == ["email.replied", "email.bounced", "contact.updated", "email.unsubscribed"]
    assert news[0]["data"] == mail | {"replySubject": "Re: Hello", "replyPreview": "Thank you"}
    assert news[1]["data"] == mail | {"bounceType": "soft", "bounceReason": "mailbox full"}
    assert news[2]["data"]["status"] == "unsubscribed"
    assert news[3]["data"] == mail


async def _outcome(core: Core, message: int, result: Result) -> None:
    person = await find_person(core, await core.db.fetchval("SELECT contact_id FROM messages WHERE id = $1", message))
    assert person is not None
    await claims.store_outcomes(core, "w", [(claims.Claimed(message, 0, None, person), result)])


async def test_a_mail_that_is_refused_bounced(core: Core, fluenzr: Mouth):
    await contacts.write_contact(core, Draft({"email": "ada@example.com"}))
    _, message, _ = await sent_message(core)
    told = await Told(core, "fluenzr").listen()
    await _outcome(core, message, Result(message, Outcome.REFUSED, 550, "no such user"))
    news = _without_id(await told.news())
    assert [one["type"] for one in news] == ["email.bounced", "contact.updated"]
    assert news[0]["data"]["bounceType"] == "hard"
    assert news[0]["data"]["bounceReason"] == "no such user"


def test_every_event_of_the_list_has_a_sentence():
    assert list(EVENTS) == [
        "contact.created",
        "contact.updated",
        "contact.deleted",
        "campaign.started",
        "campaign.paused",
        "campaign.completed",
        "email.sent",
        "email.delivered",
        "email.opened",
        "email.clicked",
        "email.replied",
        "email.bounced",
        "email.unsubscribed",
    ]


def test_the_signature_is_of_time_and_body_and_both_secrets_sign_meanwhile():
    at = datetime(2026, 11, 20, 12, 0, 0, 500_000, UTC)
    sent = FORM.headers(Signing("key", "old", "new", b'{"a":1}', at))
    stamp = str(int(NOW.timestamp()))

    def expected(secret: bytes) -> str:
        return "sha256=" + hmac.new(secret, stamp.encode() + b'.{"a":1}', hashlib.sha256).hexdigest()

    assert sent == {
        "X-FluenzR-Timestamp": stamp,
        "X-FluenzR-Signature": expected(b"old"),
        "X-FluenzR-Delivery": "key",
        "X-FluenzR-Signature-Next": expected(b"new"),
    }
    assert "X-FluenzR-Signature-Next" not in FORM.headers(Signing("key", "old", None, b"", at))


def test_only_answers_that_begin_with_four_fail_for_good():
    assert [status for status in range(300, 600) if FORM.is_final(status)] == list(range(400, 500))
    assert FORM.timeout == 30
