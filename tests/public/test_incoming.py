"""The address of a webhook as other programs meet it."""

from __future__ import annotations

import asyncio
import json
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest

from tests.public.door import captured_links, no_room_for, run_jobs
from tidings.contacts import actions as contacts
from tidings.contacts.companies.actions import create_company
from tidings.contacts.companies.types import CompanyDraft
from tidings.contacts.queries import find_contact_by_email
from tidings.contacts.types import ContactView, CustomField, Draft
from tidings.incoming_webhooks import actions
from tidings.incoming_webhooks.queries import webhook_by_id
from tidings.incoming_webhooks.types import WebhookDraft
from tidings.platform.core import Core


async def address(core: Core, **values: Any) -> str:
    draft: dict[str, Any] = {"name": "Page", **values}
    made = await actions.create_webhook(core, WebhookDraft(**draft))
    return f"/?fluentcrm=1&route=contact&hash={(await webhook_by_id(core, made)).key}"


async def person(core: Core, email: str) -> ContactView:
    found = await find_contact_by_email(core, email)
    assert found is not None
    return found


async def test_every_way_to_be_refused_is_a_200_with_its_type(core: Core, door: httpx.AsyncClient):
    url = await address(core)
    answers = [
        (await door.get(url), "invalid_request_method"),
        (await door.post("/?fluentcrm=1&route=contact"), "invalid_webhook_url"),
        (await door.post("/?fluentcrm=1&route=contact&hash=x"), "invalid_webhook_hash"),
        (await door.post(f"/?fluentcrm=1&route=contact&hash={uuid4()}"), "invalid_webhook_hash"),
        (await door.post(url, data={"email": "bad"}), "email_validation_failed"),
        (
            await door.post(url, content=b"{broken", headers={"content-type": "application/json"}),
            "email_validation_failed",
        ),
        (await door.post(url, json=["a"]), "email_validation_failed"),
        (await door.post(url, content=b"\xff\xfe\x00"), "email_validation_failed"),
    ]
    for answer, kind in answers:
        body = answer.json()
        assert (answer.status_code, body["success"], body["data"]["type"]) == (200, False, kind)
    assert answers[4][0].json()["data"]["errors"] == {"email": {"email": "The email must be a valid email address."}}
    assert await core.db.fetchval("SELECT count(*) FROM contacts") == 0
    other = (await door.get("/?fluentcrm=1&route=webhook&handler=x")).json()
    assert other == {"message": "No Action found", "action": "fluentcrm_webhook_to_x"}


async def test_a_form_makes_a_contact_and_a_second_one_changes_it(core: Core, door: httpx.AsyncClient):
    await contacts.replace_custom_fields(
        core, [CustomField("plan", "Plan", "text"), CustomField("size", "Size", "number")]
    )
    tag, list_id = await contacts.create_tag(core, title="Lead"), await contacts.create_list(core, title="News")
    url = await address(core, tag_ids=[tag, 999], list_ids=[list_id])
    sent = {"email": "Hook@example.net", "full_name": "Hook One", "phone": "123", "plan": "Pro", "size": "many"}
    first = (await door.post(url, data=sent | {"points": "9", "unknown": "x", "contact_type": "lead"})).json()
    made = await person(core, "hook@example.net")
    assert first == {"success": True, "data": {"message": "created", "id": made.contact.id, "type": "success"}}
    assert (made.contact.first_name, made.contact.last_name, made.contact.points) == ("Hook", "One", 0)
    assert made.contact.custom == {"plan": "Pro"}
    assert ([one.id for one in made.tags], [one.id for one in made.lists]) == ([tag], [list_id])
    again = await door.post(
        url,
        json={"email": "hook@example.net", "city": "Rome", "first_name": "", "detach_tags": [tag]},
    )
    assert again.json()["data"]["message"] == "updated"
    now = await person(core, "hook@example.net")
    assert (now.contact.city, now.contact.first_name, list(now.tags)) == ("Rome", "Hook", [])


async def test_the_request_may_choose_what_exists_and_makes_nothing(core: Core, door: httpx.AsyncClient):
    await contacts.create_tag(core, title="VIP", slug="vip")
    two = await contacts.create_list(core, title="Two")
    firm = await create_company(core, CompanyDraft({"name": "Acme"}))
    url = await address(core, list_ids=[await contacts.create_list(core, title="One")])
    sent = {"email": "a@example.net", "tags": ["vip", "new one"], "lists": str(two), "companies": ["acme", "nobody"]}
    await door.post(url, json=sent)
    made = await person(core, "a@example.net")
    assert ([one.slug for one in made.tags], [one.title for one in made.lists]) == (["vip"], ["Two"])
    assert made.contact.company_id == firm
    assert await core.db.fetchval("SELECT count(*) FROM tags") == 1
    form = "email=b%40example.net&tags%5B%5D=VIP&tags%5B%5D=vip&custom_values%5Bx%5D=1&lists%5B0%5D=Two"
    await door.post(url, content=form, headers={"content-type": "application/x-www-form-urlencoded"})
    second = await person(core, "b@example.net")
    assert ([one.slug for one in second.tags], [one.title for one in second.lists]) == (["vip"], ["Two"])


async def test_nested_json_is_read_by_the_paths_of_the_webhook(core: Core, door: httpx.AsyncClient):
    url = await address(core, mapping={"data.contact.mails.0": "email", "data.who": "full_name"})
    await door.post(url, json={"data": {"contact": {"mails": ["n@example.net"]}, "who": "Nora Ny\0s"}})
    made = (await person(core, "n@example.net")).contact
    assert (made.first_name, made.last_name) == ("Nora", "Nys")


async def test_nobody_rises_by_a_webhook_and_a_request_may_only_lower(core: Core, door: httpx.AsyncClient):
    left = Draft({"email": "left@example.net"}, status="unsubscribed")
    await contacts.write_contacts(core, [left, Draft({"email": "in@example.net"}, status="subscribed")])
    waiting = await address(core, status="pending")
    open_ = await address(core, status="subscribed")
    await door.post(open_, json={"email": "left@example.net", "status": "subscribed"})
    await door.post(waiting, json={"email": "new@example.net", "status": "subscribed"})
    await door.post(waiting, json={"email": "in@example.net"})
    stand = {email: (await person(core, f"{email}@example.net")).contact.status for email in ("left", "new", "in")}
    assert stand == {"left": "unsubscribed", "new": "pending", "in": "subscribed"}
    await run_jobs(core)
    assert len(await captured_links(core, "new@example.net")) == 1
    assert await captured_links(core, "in@example.net") == []
    await door.post(open_, json={"email": "in@example.net", "status": "unsubscribed"})
    assert (await person(core, "in@example.net")).contact.status == "unsubscribed"


async def test_one_address_that_comes_many_times_at_once_is_one_contact(core: Core, door: httpx.AsyncClient):
    url = await address(core, status="pending", tag_ids=[await contacts.create_tag(core, title="Lead")])
    sent = [door.post(url, json={"email": "Same@example.net", "city": f"City {n}"}) for n in range(12)]
    said = [answer.json()["data"]["message"] for answer in await asyncio.gather(*sent)]
    assert sorted(said) == ["created", *["updated"] * 11]
    assert await core.db.fetchval("SELECT count(*) FROM contacts") == 1
    assert await core.db.fetchval("SELECT count(*) FROM jobs WHERE kind = 'mail_opt_in'") == 1


async def test_a_flood_at_one_webhook_is_refused(core: Core, door: httpx.AsyncClient):
    url = await address(core)
    assert (await door.post(url, data={"email": "bad"})).status_code == 200
    await core.db.execute("UPDATE rate_windows SET used = 5000 WHERE key LIKE 'webhook:%'")
    refused = await door.post(url, data={"email": "a@example.net"})
    assert (refused.status_code, refused.json()["data"]["type"]) == (429, "rate_limited")


async def test_odd_bodies_are_refused_or_taken_but_never_crash(core: Core, door: httpx.AsyncClient):
    await contacts.replace_custom_fields(core, [CustomField("many", "Many", "checkbox", options=["a"])])
    url = await address(core, mapping={"a.0.b": "email", "": "city", "x" * 400: "tags"})
    deep: Any = "x"
    for _ in range(200):
        deep = {"a": [deep]}
    bodies: list[Any] = [
        {"email": ["a@example.net"]},
        {"email": {"a": 1}},
        {"email": True},
        {"email": "o1@example.net", "tags": {"a": [1]}, "lists": [[1]], "companies": [None, 1e300, "x" * 5000]},
        {"email": "o2@example.net", "first_name": "x" * 5000, "phone": "9" * 200, "date_of_birth": "soon", "ip": "::"},
        {"email": "o3@example.net", "custom_values": "x", "many": [{"a": 1}], "status": ["unsubscribed"]},
        {"email": "o4@example.net", "tags": list(range(10_000)), "detach_tags": "9" * 30, "detach_lists": -1},
        {"email": "o5@example.net\ud83d", "city": "\ud800"},
        {"a": [{"b": "o6@example.net"}], "": "Rome"},
        deep,
        12,
        None,
        "text",
    ]
    for body in bodies:
        answer = await door.post(
            url, content=json.dumps(body).encode(), headers={"content-type": "application/json; charset=utf-8"}
        )
        assert answer.status_code == 200, body
        assert "success" in answer.json()
    for form in (b"", b"&&&", b"email[]=a@example.net", b"email=o7%40example.net&tags[a][b]=1&tags[=2&]=3", b"%ff=%ff"):
        answer = await door.post(url, content=form, headers={"content-type": "application/x-www-form-urlencoded"})
        assert answer.status_code == 200
    known = {row["email"] for row in await core.db.fetch("SELECT email FROM contacts")}
    assert known >= {f"o{n}@example.net" for n in (1, 2, 3, 4, 6, 7)}


async def test_a_pending_contact_is_made_with_its_mail_or_not_at_all(core: Core):
    made = await actions.create_webhook(core, WebhookDraft("Page", "pending"))
    webhook = await webhook_by_id(core, made)
    async with no_room_for(core, "mail_opt_in"):
        with pytest.raises(asyncpg.CheckViolationError):
            await actions.receive(core, webhook, {"email": "a@example.org"})
    assert await find_contact_by_email(core, "a@example.org") is None
    assert (await actions.receive(core, webhook, {"email": "a@example.org"})).outcome == "created"
    assert (await actions.receive(core, webhook, {"email": "a@example.org"})).outcome == "updated"
    assert await core.db.fetchval("SELECT count(*) FROM jobs WHERE kind = 'mail_opt_in'") == 1
