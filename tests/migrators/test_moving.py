"""Moving in from every system, against a stand-in that answers in its shape."""

from __future__ import annotations

import pytest

from tests.migrators.standin import Asked, standing_in
from tests.migrators.systems import SYSTEMS
from tidings.contacts import actions as contacts
from tidings.contacts.queries import find_contact_by_email
from tidings.contacts.types import ContactView, CustomField, Draft
from tidings.migrators import actions
from tidings.migrators.types import Choice, Moved, Plan
from tidings.migrators.vendors import VENDORS
from tidings.platform.core import Core
from tidings.platform.errors import NotFound, Refused


async def person(core: Core, name: str) -> ContactView:
    found = await find_contact_by_email(core, f"{name}@example.org")
    assert found is not None
    return found


async def move(core: Core, name: str, plan: Plan, base: str) -> list[Moved]:
    """Page after page until nothing is left."""
    pages = [await actions.move_page(core, name, SYSTEMS[name].credentials, plan, base=base)]
    while pages[-1].next:
        assert len(pages) < 10
        pages.append(await actions.move_page(core, name, SYSTEMS[name].credentials, plan, pages[-1].next, base=base))
    return pages


@pytest.mark.parametrize("name", list(VENDORS))
async def test_people_come_with_status_names_fields_tags_and_lists(core: Core, name: str):
    await core.installation.put({"allow_private_targets": True})
    await contacts.replace_custom_fields(core, [CustomField("shoe", "Shoe size", "number")])
    system = SYSTEMS[name]
    async with standing_in(system.answers) as stand:
        await actions.verify(core, name, system.credentials, base=stand.base)
        seen = await actions.overview(core, name, system.credentials, base=stand.base)
        assert [one.name for one in seen.lists] == (["News"] if system.has_lists else [])
        assert [one.name for one in seen.tags][:1] == (["VIP"] if system.has_tags else [])
        by_tag = (system.tag,) if name in ("ConvertKit", "MailerLite") else ()
        choice = Choice((system.list,) if name == "mailchimp" else (), by_tag)
        plan = Plan(choice, {system.tag: "VIP"}, {system.list: "News"}, {system.field: "custom.shoe"})
        pages = await move(core, name, plan, stand.base)
        assert sum(page.created for page in pages) == 3
        again = await move(core, name, plan, stand.base)
        assert (sum(page.created for page in again), sum(page.updated for page in again)) == (0, 3)
    ada, bob, cy = [await person(core, one) for one in ("ada", "bob", "cy")]
    assert [one.contact.status for one in (ada, bob, cy)] == ["subscribed", "unsubscribed", "pending"]
    assert (ada.contact.first_name, ada.contact.custom, ada.contact.source) == ("Ada", {"shoe": "38"}, name.lower())
    assert [one.title for one in ada.tags] == (["VIP"] if system.has_tags else [])
    assert [one.title for one in ada.lists] == (["News"] if system.has_lists else [])
    # Nothing that happens here starts anything.
    assert await core.db.fetchval("SELECT bool_and(is_silent) FROM facts WHERE contact_id IS NOT NULL")
    assert await core.db.fetchval("SELECT count(*) FROM jobs") == 0


@pytest.mark.parametrize("name", list(VENDORS))
async def test_wrong_credentials_and_broken_answers_are_told_without_secrets(core: Core, name: str):
    await core.installation.put({"allow_private_targets": True})
    system = SYSTEMS[name]
    wrong = {key: "0-us1" if key == "api_key" else value for key, value in system.credentials.items()}
    wrong |= {"api_secret": "wrong"} if "api_secret" in wrong else {}
    async with standing_in(system.answers) as stand:
        with pytest.raises(Refused) as caught:
            await actions.verify(core, name, wrong, base=stand.base)
        assert caught.value.code == "credentials"
    for broken in ((500, {}), (302, {}), (200, b"<html>")):
        async with standing_in(lambda _, answer=broken: answer) as stand:
            with pytest.raises(Refused) as caught:
                await actions.verify(core, name, system.credentials, base=stand.base)
            assert caught.value.code == "answered"
    # An answer of another shape than expected is nobody, not a crash.
    for odd in ([], {"members": "x", "subscribers": None, "data": [1], "contacts": {}}, "text", None, 7):
        async with standing_in(lambda _, answer=odd: (200, answer)) as stand:
            page = await actions.first_page(core, name, system.credentials, Choice(("1",), ("1",)), base=stand.base)
            assert (list(page.people), page.next) == ([], "")
    with pytest.raises(Refused) as caught:
        await actions.verify(core, name, system.credentials, base="http://127.0.0.1:9")
    assert caught.value.code == "unreachable"
    assert all(secret not in caught.value.message for secret in ("key-us10", "api_secret", "pw"))
    with pytest.raises(Refused):
        await actions.verify(core, name, {})


async def test_who_left_here_stays_away_and_active_only_leaves_the_others_there(core: Core):
    await core.installation.put({"allow_private_targets": True})
    await contacts.write_contact(core, Draft({"email": "ada@example.org", "first_name": "A"}, status="unsubscribed"))
    system = SYSTEMS["mailchimp"]
    async with standing_in(system.answers) as stand:
        pages = await move(core, "mailchimp", Plan(Choice(is_active_only=True)), stand.base)
        assert [(page.created, page.updated) for page in pages] == [(0, 1)]
        ada = await person(core, "ada")
        assert (ada.contact.status, ada.contact.first_name, ada.contact.city) == ("unsubscribed", "Ada", "Rome")
        kept = await move(core, "mailchimp", Plan(Choice(is_active_only=True), on_existing="skip"), stand.base)
        assert [(page.updated, page.skipped) for page in kept] == [(0, 1)]


@pytest.mark.parametrize(("name", "n"), [("MailerLite", 1), ("ConvertKit", 3)])
async def test_where_no_tag_is_chosen_everybody_comes(core: Core, name: str, n: int):
    await core.installation.put({"allow_private_targets": True})
    async with standing_in(SYSTEMS[name].answers) as stand:
        [page] = await move(core, name, Plan(tags={"7": "VIP"}), stand.base)
    assert page.created == n
    known = [one.title for one in (await person(core, "ada")).tags]
    # Kit does not tell the tags of people who are read all at once.
    assert known == (["VIP"] if name == "MailerLite" else [])


async def test_one_that_says_wait_is_asked_again(core: Core):
    await core.installation.put({"allow_private_targets": True})
    asked: list[Asked] = []

    def busy(one: Asked) -> object:
        asked.append(one)
        return (429, {}) if len(asked) < 3 else SYSTEMS["Drip"].answers(one)

    async with standing_in(busy) as stand:
        await actions.verify(core, "Drip", SYSTEMS["Drip"].credentials, base=stand.base)
    assert len(asked) == 3


async def test_addresses_inside_the_house_are_refused_and_unknown_systems_too(core: Core):
    given = {"api_key": "T", "username": "api", "api_url": "http://127.0.0.1:8000"}
    for name in ("listmonk", "FluentCRM", "ActiveCampaign"):
        with pytest.raises(Refused) as caught:
            await actions.verify(core, name, given)
        assert caught.value.code == "unreachable"
        for url in ("", "ftp://x", "http://", "https://user:pw@host", "https://x/?a=b"):
            with pytest.raises(Refused) as caught:
                await actions.verify(core, name, given | {"api_url": url})
            assert caught.value.code in ("url", "unreachable")
    with pytest.raises(Refused):
        await actions.verify(core, "mailchimp", {"api_key": "x-us1.evil.test/"})
    with pytest.raises(NotFound):
        await actions.verify(core, "nope", {})
