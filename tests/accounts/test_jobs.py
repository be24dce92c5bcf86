"""What becomes of contacts when accounts are made, changed, given a role and closed."""

from __future__ import annotations

from typing import Any

import pytest

from tests.public.door import run_jobs
from tidings.access import actions as access
from tidings.access.types import User
from tidings.accounts import jobs as account_jobs
from tidings.accounts.types import RoleTags, account_settings, save_account_settings
from tidings.contacts import actions as contacts
from tidings.contacts.queries import find_contact_by_email
from tidings.contacts.types import ContactView, Draft
from tidings.platform.core import Core
from tidings.platform.errors import Invalid

assert account_jobs


async def account(core: Core, login: str = "ada", role: str = "subscriber") -> User:
    made = await access.create_user(
        core, login=login, email=f"{login}@example.org", first_name="Ada", last_name="Lovelace", role=role
    )
    await run_jobs(core)
    return made


async def contact(core: Core, email: str = "ada@example.org") -> ContactView:
    found = await find_contact_by_email(core, email)
    assert found is not None
    return found


async def test_nothing_happens_while_everything_is_off(core: Core):
    user = await account(core)
    await account(core, "boss", "administrator")
    await access.set_role(core, user.id, "editor")
    await access.disable_user(core, user.id)
    await run_jobs(core)
    assert await core.db.fetchval("SELECT count(*) FROM contacts") == 0


@pytest.mark.parametrize(("asks", "status", "mails"), [(False, "subscribed", 0), (True, "pending", 1)])
async def test_whoever_signs_up_becomes_a_contact(core: Core, asks: bool, status: str, mails: int):
    tag, news = await contacts.create_tag(core, title="Members"), await contacts.create_list(core, title="News")
    await save_account_settings(core, makes_contacts=True, list_ids=[news], tag_ids=[tag], asks_to_confirm=asks)
    user = await account(core)
    made = await contact(core)
    assert (made.contact.user_id, made.contact.full_name, made.contact.status) == (user.id, "Ada Lovelace", status)
    assert ([one.id for one in made.lists], [one.id for one in made.tags]) == ([news], [tag])
    assert await core.db.fetchval("SELECT count(*) FROM captured_mails") == mails
    assert await core.db.fetchval("SELECT count(*) FROM consents WHERE source = 'sign_up'") == 1 - mails


async def test_who_is_a_contact_already_keeps_status_and_name(core: Core):
    await contacts.write_contact(core, Draft({"email": "ADA@example.org", "first_name": "A."}, status="unsubscribed"))
    await save_account_settings(core, makes_contacts=True)
    user = await account(core)
    made = await contact(core)
    assert (made.contact.status, made.contact.first_name, made.contact.last_name) == ("unsubscribed", "A.", "Lovelace")
    assert made.contact.user_id == user.id


async def test_a_contact_follows_its_account(core: Core):
    await save_account_settings(core, makes_contacts=True, follows_accounts=True)
    user = await account(core)
    await access.update_user(core, user.id, first_name="Augusta", last_name="", email="augusta@example.org")
    await run_jobs(core)
    made = await contact(core, "augusta@example.org")
    assert (made.contact.first_name, made.contact.last_name) == ("Augusta", None)
    await contacts.write_contact(core, Draft({"email": "taken@example.org"}))
    await access.update_user(core, user.id, first_name="X", last_name="", email="taken@example.org")
    await run_jobs(core)
    assert (await contact(core, "augusta@example.org")).contact.first_name == "Augusta"
    assert "does not follow" in await core.db.fetchval("SELECT title FROM system_logs")


async def test_a_role_brings_and_takes_tags(core: Core):
    new, old = await contacts.create_tag(core, title="Staff"), await contacts.create_tag(core, title="Reader")
    await contacts.write_contact(core, Draft({"email": "ada@example.org"}, tags=[old]))
    tags = {"editor": RoleTags([new], [old]), "subscriber": RoleTags([old], [new])}
    await save_account_settings(core, tags_by_role=True, role_tags=tags)
    await account(core, "boss", "administrator")
    user = await account(core)
    assert [one.id for one in (await contact(core)).tags] == [old]
    await access.set_role(core, user.id, "editor")
    await run_jobs(core)
    assert [one.id for one in (await contact(core)).tags] == [new]


@pytest.mark.parametrize(
    ("wanted", "installation", "left"),
    [
        ({"follows_accounts": True, "deletes_with_account": True}, {}, 0),
        ({"follows_accounts": False, "deletes_with_account": True}, {}, 1),
        ({}, {"deletes_contact_with_user": True}, 0),
        ({"follows_accounts": True}, {}, 1),
    ],
)
async def test_a_contact_goes_with_its_account_where_that_is_wanted(
    core: Core, wanted: dict[str, Any], installation: dict[str, Any], left: int
):
    await save_account_settings(core, makes_contacts=True, **wanted)
    await core.installation.put(installation)
    user = await account(core)
    await access.create_user(core, login="boss", email="boss@crm.test", role="administrator")
    await access.disable_user(core, user.id)
    await run_jobs(core)
    assert await core.db.fetchval("SELECT count(*) FROM contacts WHERE email = 'ada@example.org'") == left


async def test_settings_are_checked_and_merged(core: Core):
    await save_account_settings(core, makes_contacts=True)
    await save_account_settings(core, tags_by_role=True)
    assert ((await account_settings(core)).makes_contacts, (await account_settings(core)).tags_by_role) == (True, True)
    for wrong in ({"list_ids": "x"}, {"role_tags": {"king": RoleTags()}}):
        with pytest.raises(Invalid):
            await save_account_settings(core, **wrong)
