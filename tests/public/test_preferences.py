"""Preferences: names and public lists at once; coming back and a new address only with a link that was mailed."""

from __future__ import annotations

import re
from typing import Any

import httpx

from tests.public.door import AJAX, Mailed, captured_links, form_of, mailed, status_of
from tidings.consent.preference_page import PreferencePage, save_preference_page
from tidings.contacts import actions as contacts
from tidings.contacts.queries import contact_by_id
from tidings.contacts.types import CustomField, Draft
from tidings.platform.core import Core

TAKEN = "The new email has been used to another account"


async def opened(door: httpx.AsyncClient, sent: Mailed) -> tuple[str, dict[str, str]]:
    """The page, and its form as a browser would send it unchanged (without boxes)."""
    page = (await door.get(sent.address("route=manage_subscription"))).text
    return page, form_of(page)


async def lists_of(core: Core, contact_id: int) -> set[str]:
    return {one.title for one in (await contact_by_id(core, contact_id)).lists}


async def test_names_are_changed_and_only_public_lists_are_shown_and_touched(core: Core, door: httpx.AsyncClient):
    sent = await mailed(core)
    made = {
        title: await contacts.create_list(core, title=title, is_public=is_public)
        for title, is_public in (("News", True), ("Offers", True), ("Staff", False), ("Secret", False))
    }
    await contacts.write_contact(core, Draft(id=sent.contact_id, lists=[made["News"], made["Staff"]]))
    page, form = await opened(door, sent)
    assert ("News" in page, "Offers" in page, "Staff" in page, "Secret" in page) == (True, True, False, False)
    assert re.findall(r'value="(\d+)" checked', page) == [str(made["News"])]
    boxes = [str(made["Offers"]), str(made["Secret"]), "999999", "x"]
    answer = await door.post(AJAX, data=form | {"first_name": "Grace", "lists[]": boxes})
    assert "successfully updated" in answer.text
    assert await lists_of(core, sent.contact_id) == {"Offers", "Staff"}
    contact = (await contact_by_id(core, sent.contact_id)).contact
    assert (contact.first_name, contact.email) == ("Grace", "Ada.Lovelace@example.org")
    assert await core.db.fetchval("SELECT count(*) FROM captured_mails") == 1, "nothing had to be confirmed"


async def test_the_page_shows_the_address_masked(core: Core, door: httpx.AsyncClient):
    sent = await mailed(core)
    page, form = await opened(door, sent)
    assert "Ada.Lovelace@example.org" not in page
    assert form["email"] == "Ad**********@e******.org"


async def test_who_left_comes_back_only_by_the_link_in_a_mail(core: Core, door: httpx.AsyncClient):
    sent = await mailed(core)
    await door.post(sent.one_click, data={"List-Unsubscribe": "One-Click"})
    _, form = await opened(door, sent)
    answer = await door.post(AJAX, data=form)
    assert "A confirmation email has been sent to Ad**" in answer.text
    assert await status_of(core, sent.contact_id) == "unsubscribed"
    [link] = await captured_links(core, "Ada.Lovelace@example.org")
    page = await door.get(link)
    assert "Confirm my subscription" in page.text
    assert await status_of(core, sent.contact_id) == "unsubscribed", "a look confirms nothing for who has left"
    await door.post(link)
    assert await status_of(core, sent.contact_id) == "subscribed"
    kinds = await core.db.fetch("SELECT kind, source FROM consents ORDER BY id")
    assert [tuple(row) for row in kinds] == [("opt_out", "list_unsubscribe_header"), ("opt_in", "double_opt_in")]


async def test_a_new_address_is_taken_only_with_its_own_proof(core: Core, door: httpx.AsyncClient):
    sent = await mailed(core)
    _, form = await opened(door, sent)
    answer = await door.post(AJAX, data=form | {"email": "new@example.net"})
    assert "with changed email address" in answer.text
    contact = (await contact_by_id(core, sent.contact_id)).contact
    assert contact.email == "Ada.Lovelace@example.org"
    [link] = await captured_links(core, "new@example.net")
    url = httpx.URL(link)
    for wrong in (url.copy_set_param("email", "evil@example.net"), url.copy_set_param("new", "0" * 32)):
        assert (await door.get(wrong)).status_code == 200
        assert (await contact_by_id(core, sent.contact_id)).contact.email == "Ada.Lovelace@example.org"
    assert "not valid" in (await door.get(url.copy_set_param("secure_hash", "0" * 32))).text
    assert (await door.get(link)).status_code == 200
    assert (await contact_by_id(core, sent.contact_id)).contact.email == "new@example.net"
    facts = await core.db.fetch("SELECT data FROM facts WHERE kind = 'contact_email_changed'")
    assert [(row["data"]["was"], row["data"]["now"]) for row in facts] == [
        ("Ada.Lovelace@example.org", "new@example.net")
    ]


async def test_an_address_of_somebody_else_is_refused_even_when_it_was_free_before(core: Core, door: httpx.AsyncClient):
    sent = await mailed(core)
    _, form = await opened(door, sent)
    await door.post(AJAX, data=form | {"email": "new@example.net"})
    [link] = await captured_links(core, "new@example.net")
    await contacts.write_contact(core, Draft({"email": "NEW@example.net"}))
    refused = await door.post(AJAX, data=form | {"email": "New@Example.net"})
    assert (refused.status_code, TAKEN in refused.text) == (422, True)
    late = await door.get(link)
    assert (late.status_code, "already in use" in late.text) == (422, True)
    assert (await contact_by_id(core, sent.contact_id)).contact.email == "Ada.Lovelace@example.org"


async def test_a_bad_status_stays_through_form_and_confirmation(core: Core, door: httpx.AsyncClient):
    sent = await mailed(core)
    for status in ("bounced", "complained", "spammed"):
        await core.db.execute("UPDATE contacts SET status = $1", status)
        _, form = await opened(door, sent)
        await door.post(AJAX, data=form)
        [link] = await captured_links(core, "Ada.Lovelace@example.org")
        for answer in (await door.get(link), await door.post(link)):
            assert (answer.status_code, "cannot get our mails any more" in answer.text) == (422, True)
        assert await status_of(core, sent.contact_id) == status
    assert await core.db.fetchval("SELECT count(*) FROM consents") == 0


async def test_nothing_is_changed_with_a_wrong_proof_or_a_broken_address(core: Core, door: httpx.AsyncClient):
    sent = await mailed(core)
    _, form = await opened(door, sent)
    for wrong in ({"_secure_hash": "0" * 32 + f"__{sent.contact_id}"}, {"_secure_hash": ""}, {"email": "no address"}):
        answer = await door.post(AJAX, data=form | {"first_name": "Evil"} | wrong)
        assert answer.status_code == 422, wrong
    assert (await contact_by_id(core, sent.contact_id)).contact.first_name == "Ada"


async def test_confirmation_mails_cannot_bomb_anybody(core: Core, door: httpx.AsyncClient):
    sent = await mailed(core)
    _, form = await opened(door, sent)
    answers = [await door.post(AJAX, data=form | {"email": "victim@example.net"}) for _ in range(5)]
    assert [one.status_code for one in answers] == [200, 200, 200, 422, 422]
    assert await core.db.fetchval("SELECT count(*) FROM captured_mails WHERE recipient = 'victim@example.net'") == 3


async def test_what_people_write_into_their_names_is_text(core: Core, door: httpx.AsyncClient):
    sent = await mailed(core)
    _, form = await opened(door, sent)
    hostile = '"><script>alert(1)</script>'
    await door.post(AJAX, data=form | {"first_name": hostile, "last_name": "x" * 5000})
    await core.db.execute("UPDATE contacts SET prefix = $1, first_name = $1, email = $2", hostile, f"{hostile}@x.co")
    page, form = await opened(door, sent)
    assert "<script>" not in page
    contact = (await contact_by_id(core, sent.contact_id)).contact
    assert len(contact.last_name or "") == 190


async def saved(core: Core, **more: Any) -> None:
    await save_preference_page(core, PreferencePage(**more))


async def test_the_page_offers_the_lists_that_are_set_and_touches_no_others(core: Core, door: httpx.AsyncClient):
    sent = await mailed(core)
    news = await contacts.create_list(core, title="News", is_public=True)
    staff = await contacts.create_list(core, title="Staff")
    await contacts.write_contact(core, Draft(id=sent.contact_id, lists=[news, staff]))
    for lists, shown in (("none", ()), ("all", ("News", "Staff")), ("chosen", ("Staff",)), ("public", ("News",))):
        await saved(core, lists=lists, list_ids=[staff])
        page, _ = await opened(door, sent)
        assert tuple(one for one in ("News", "Staff") if f"> {one}</label>" in page) == shown, lists
    await saved(core, lists="none")
    await door.post(AJAX, data=(await opened(door, sent))[1])
    assert await lists_of(core, sent.contact_id) == {"News", "Staff"}
    await saved(core, lists="chosen", list_ids=[staff])
    await door.post(AJAX, data=(await opened(door, sent))[1] | {"lists[]": [str(news)]})
    assert await lists_of(core, sent.contact_id) == {"News"}


async def test_the_page_asks_for_the_fields_that_are_set_and_takes_no_others(core: Core, door: httpx.AsyncClient):
    sent = await mailed(core)
    fields = [
        CustomField("likes", "Likes <b>", "checkbox", options=["Maps", "Boats"]),
        CustomField("plan", "Plan", "radio", options=["A", "B"]),
        CustomField("seen", "Seen", "date_time"),
        CustomField("about", "About", "textarea"),
        CustomField("secret", "Secret", "text"),
    ]
    await contacts.replace_custom_fields(core, fields)
    own = {"likes": ["Maps"], "plan": "A", "secret": "kept"}
    await contacts.write_contact(core, Draft({"first_name": "Ada", "city": "London"}, own, id=sent.contact_id))
    shown: Any = {"fields": ["country", "date_of_birth", "phone"], "custom": ["likes", "plan", "seen", "about", "gone"]}
    await saved(core, **shown)
    assert 'name="first_name"' in (await opened(door, sent))[0]
    assert 'name="phone"' not in (await opened(door, sent))[0]
    await saved(core, has_own_fields=True, **shown)
    page, form = await opened(door, sent)
    assert 'name="first_name"' not in page
    assert "Likes &lt;b&gt;" in page
    assert 'value="Maps" checked' in page
    typed = {"country": "GB", "date_of_birth": "1990-02-03", "phone": "+44 1", "custom_likes[]": ["Boats", "Cars"]}
    typed |= {"custom_plan": "B", "custom_seen": "2027-01-31T09:30:00", "custom_about": "Two\nlines"}
    wrong = {"first_name": "Eve", "status": "subscribed", "city": "Rome", "custom_secret": "x", "email": form["email"]}
    answer = await door.post(AJAX, data=form | typed | wrong)
    assert "successfully updated" in answer.text
    contact = (await contact_by_id(core, sent.contact_id)).contact
    assert (contact.first_name, contact.city, contact.country, contact.phone) == ("Ada", "London", "GB", "+44 1")
    assert contact.custom == {
        "likes": ["Boats"],
        "plan": "B",
        "seen": "2027-01-31 09:30:00",
        "about": "Two\nlines",
        "secret": "kept",
    }
    refused = await door.post(AJAX, data=form | {"date_of_birth": "yesterday"})
    assert refused.status_code == 422
    await door.post(AJAX, data=form | {"custom_plan": "C"})
    contact = (await contact_by_id(core, sent.contact_id)).contact
    assert (contact.custom["plan"], contact.custom.get("likes")) == ("B", None)
