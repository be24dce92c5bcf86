"""Each event of the Furiosa dialect as a receiver gets it, from the change that sets it off."""

from __future__ import annotations

import hashlib
import hmac
from typing import Any

from tests.conftest import NOW
from tests.dialects.mouth import Mouth
from tests.dialects.told import Told, sent_message
from tidings.contacts import actions as contacts
from tidings.contacts.types import Draft
from tidings.dialects.furiosa.events import EVENTS, FORM
from tidings.forms import actions as forms
from tidings.forms.queries import form_by_id
from tidings.forms.types import FormDraft, FormField, Sent
from tidings.messages import claims
from tidings.outgoing_webhooks.forms import Signing
from tidings.platform.core import Core
from tidings.platform.facts import Fact, write_facts


async def _audience(furiosa: Mouth, name: str) -> int:
    return (await furiosa.post("/audiences", {"name": name})).json()["id"]


async def test_a_contact_is_told_as_a_member_of_its_audience(core: Core, furiosa: Mouth):
    news, shop = await _audience(furiosa, "News"), await _audience(furiosa, "Shop")
    berlin = (await furiosa.post(f"/audiences/{news}/groups", {"name": "Berlin"})).json()["id"]
    told = await Told(core, "furiosa").listen()
    sent = {"email": "jane@example.com", "first_name": "Jane"}
    made = (await furiosa.post("/contacts", {**sent, "audience_id": news, "groups": [berlin]})).json()
    assert await told.news() == [{"event": "contact.created", "data": made}]
    # the person is known: its empty name is filled in the same change, but here it is new
    other = (await furiosa.post("/contacts", {**sent, "last_name": "Smith", "audience_id": shop})).json()
    first = await told.news()
    assert {"event": "contact.created", "data": other} in first
    assert {(one["event"], one["data"]["id"]) for one in first} == {
        ("contact.created", other["id"]),
        ("contact.updated", made["id"]),
    }
    await furiosa.put(f"/contacts/{made['id']}", {"first_name": "Joan"})
    both = await told.news()
    assert [(one["event"], one["data"]["id"], one["data"]["first_name"]) for one in both] == [
        ("contact.updated", made["id"], "Joan"),
        ("contact.updated", other["id"], "Joan"),
    ]
    await furiosa.put(f"/contacts/{made['id']}", {"groups": []})
    alone = await told.news()
    assert [(one["event"], one["data"]["id"], one["data"]["groups"]) for one in alone] == [
        ("contact.updated", made["id"], [])
    ]
    await furiosa.put(f"/contacts/{made['id']}", {"groups": [berlin]})
    assert [one["data"]["groups"] for one in await told.news()] == [[berlin]]


async def test_leaving_an_audience_and_being_deleted_are_told_with_the_data(core: Core, furiosa: Mouth):
    news, shop = await _audience(furiosa, "News"), await _audience(furiosa, "Shop")
    sent = {"email": "jane@example.com", "first_name": "Jane", "phone": "+447911123456"}
    berlin = (await furiosa.post(f"/audiences/{news}/groups", {"name": "Berlin"})).json()["id"]
    made = (await furiosa.post("/contacts", {**sent, "audience_id": news, "groups": [berlin]})).json()
    other = (await furiosa.post("/contacts", {**sent, "audience_id": shop})).json()
    told = await Told(core, "furiosa").listen()
    await furiosa.delete(f"/contacts/{made['id']}")
    assert await told.news() == [{"event": "contact.deleted", "data": made}]
    await furiosa.delete(f"/contacts/{other['id']}")
    assert await told.news() == [{"event": "contact.deleted", "data": other}]
    again = [(await furiosa.post("/contacts", {**sent, "audience_id": one})).json() for one in (news, shop)]
    await told.news()
    await contacts.delete_contacts(core, [await core.db.fetchval("SELECT id FROM contacts")])
    assert await told.news() == [{"event": "contact.deleted", "data": one} for one in again]
    third = (await furiosa.post("/contacts", {**sent, "audience_id": news, "groups": [berlin]})).json()
    contact = await core.db.fetchval("SELECT id FROM contacts")
    await contacts.add_lists(core, [contact], [shop])
    await told.news()
    # taken off from another door, and deleted before anybody reads of it
    await contacts.remove_lists(core, [contact], [news])
    await contacts.delete_contacts(core, [contact])
    first, second = await told.news()
    assert first == {"event": "contact.deleted", "data": third}
    assert (second["event"], second["data"]["audience_id"]) == ("contact.deleted", shop)


async def test_a_campaign_is_told_when_all_is_sent_and_when_mails_come_back(core: Core, furiosa: Mouth):
    news = await _audience(furiosa, "News")
    member = (await furiosa.post("/contacts", {"email": "ada@example.com", "audience_id": news})).json()["id"]
    campaign, message, contact = await sent_message(core)
    told = await Told(core, "furiosa").listen()
    bounce: dict[str, Any] = {"campaign_id": campaign, "campaign_name": "Spring", "email": "ada@example.com"}
    bounce |= {"contact_ids": [member]}
    async with core.db.transaction() as tx:
        hard = Fact("message_bounced", contact, campaign, message, {"code": 550, "text": "no such user"})
        soft = Fact("contact_soft_bounced", contact, None, message, {"service": "ses", "reason": "full", "times": 1})
        await write_facts(tx, [hard, soft])
    assert await told.news() == [
        {"event": "campaign.bounced", "data": bounce | {"bounce_type": "hard", "reason": "no such user"}},
        {"event": "campaign.bounced", "data": bounce | {"bounce_type": "soft", "reason": "full"}},
    ]
    await core.db.execute("UPDATE messages SET state = 'sent'")
    await claims.finish_campaigns(core)
    sent = (await furiosa.get(f"/campaigns/{campaign}")).json()
    assert sent["status"] == "sent"
    assert await told.news() == [{"event": "campaign.sent", "data": sent}]


async def test_a_submission_is_told_with_its_answers(core: Core, furiosa: Mouth):
    news = await _audience(furiosa, "News")
    fields = [FormField("email", "Email", "email", "email", is_required=True), FormField("colour", "Colour")]
    made = await forms.create_form(core, FormDraft("Footer", fields, list_ids=[news]))
    told = await Told(core, "furiosa").listen()
    answers = {"email": ["ada@example.com"], "colour": ["Blue"]}
    await forms.submit(core, await form_by_id(core, made), Sent(answers, page_url="https://example.com/join"))
    created, submitted = await told.news()
    assert (created["event"], created["data"]["email"]) == ("contact.created", "ada@example.com")
    assert submitted == {
        "event": "page.submission",
        "data": {
            "id": 1,
            "page_id": None,
            "form_id": made,
            "title": "Footer",
            "url": "https://example.com/join",
            "email": "ada@example.com",
            "contact_ids": [created["data"]["id"]],
            "fields": {"email": "ada@example.com", "colour": "Blue"},
            "created_at": "2026-11-20T12:00:00Z",
        },
    }


async def test_people_outside_of_audiences_are_nobodys_contacts(core: Core, furiosa: Mouth):
    told = await Told(core, "furiosa").listen()
    made = await contacts.write_contact(core, Draft({"email": "ada@example.com"}))
    await contacts.write_contact(core, Draft({"first_name": "Ada"}, id=made.id))
    await contacts.delete_contacts(core, [made.id])
    assert await told.news() == []


def test_the_events_are_those_of_the_guide():
    assert list(EVENTS) == [
        "contact.created",
        "contact.updated",
        "contact.deleted",
        "campaign.sent",
        "campaign.bounced",
        "page.submission",
    ]


def test_the_signature_is_of_the_raw_body_and_both_secrets_sign_meanwhile():
    sent = FORM.headers(Signing("key", "old", "new", b"raw", NOW))
    assert sent == {
        "X-Furiosa-Delivery": "key",
        "X-Furiosa-Signature": hmac.new(b"old", b"raw", hashlib.sha256).hexdigest(),
        "X-Furiosa-Signature-Next": hmac.new(b"new", b"raw", hashlib.sha256).hexdigest(),
    }
    assert set(FORM.headers(Signing("key", "old", None, b"raw", NOW))) == {"X-Furiosa-Delivery", "X-Furiosa-Signature"}


def test_whatever_is_not_a_success_is_tried_again():
    assert [status for status in range(100, 600) if FORM.is_final(status)] == []
    assert FORM.timeout == 10
