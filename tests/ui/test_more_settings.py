"""Accounts and contacts, personal data, fields of companies, moving in: the screens without a browser."""

from __future__ import annotations

import re
from html import unescape

import pytest

from tests.migrators.standin import standing_in
from tests.migrators.systems import SYSTEMS
from tests.public.door import run_jobs
from tests.ui.door import Door
from tidings.accounts.types import account_settings
from tidings.contacts import actions, catalog
from tidings.contacts.queries import custom_fields
from tidings.migrators import jobs as migrator_jobs
from tidings.platform.core import Core

assert migrator_jobs


async def test_what_becomes_of_accounts_is_stored_and_shown(core: Core, door: Door):
    tag, news = await actions.create_tag(core, title="Staff"), await actions.create_list(core, title="News")
    form = {"makes_contacts": "1", "lists": str(news), "tags": str(tag), "tags_by_role": "1", "add_editor": str(tag)}
    assert (await door.post("/settings/accounts", form)).status_code == 303
    stored = await account_settings(core)
    assert (stored.makes_contacts, stored.asks_to_confirm, stored.list_ids, stored.tag_ids) == (
        True,
        False,
        [news],
        [tag],
    )
    assert list(stored.role_tags) == ["editor"]
    page = (await door.client.get("/settings/accounts")).text
    for name in (f"lists-{news}", f"tags-{tag}", f"add_editor-{tag}"):
        assert re.search(rf'id="{name}"[^>]* checked', page), name
    await door.post("/settings/accounts", {})
    assert (await account_settings(core)).role_tags == {}


async def test_the_settings_of_personal_data_are_stored(core: Core, door: Door):
    assert 'name="personal_data_on_request"' in (await door.client.get("/settings/tracking")).text
    await door.post("/settings/tracking", {"deletes_contact_with_user": "1"})
    values = await core.installation.values()
    assert (values["personal_data_on_request"], values["deletes_contact_with_user"]) == (False, True)


async def test_how_long_things_are_kept_is_stored_and_checked_at_the_field(core: Core, door: Door):
    assert 'name="keep_mails_days"' in (await door.client.get("/settings/tracking")).text
    for wrong in ("3", "a month"):
        page = await door.post("/settings/tracking", {"keep_hits_days": "90", "keep_audit_days": wrong})
        assert page.status_code == 422
        assert 'id="keep_audit_days-error"' in page.text
    assert await core.installation.get("keep_hits_days") == 0
    form = {"keep_hits_days": "90", "keep_audit_days": "", "keep_jobs_days": "7"}
    assert (await door.post("/settings/tracking", form)).status_code == 303
    values = await core.installation.values()
    assert [values[f"keep_{name}_days"] for name in ("hits", "audit", "jobs", "deliveries")] == [90, 0, 7, 30]


async def test_companies_have_fields_of_their_own(core: Core, door: Door):
    await door.post("/companies/fields/new", {"label": "Contract", "kind": "text"})
    assert list(await custom_fields(core, "company")) == ["contract"]
    assert await custom_fields(core) == {}
    assert "Contract" in (await door.client.get("/companies/fields")).text
    await door.post("/companies/fields/contract/edit", {"label": "Contract no."})
    assert "Contract no." in (await door.client.get("/companies/fields")).text
    await door.post("/companies/fields/contract/delete", {})
    assert await custom_fields(core, "company") == {}
    await core.installation.put({"modules": {"companies": False}})
    assert (await door.client.get("/companies/fields")).status_code == 404


async def test_people_move_in_from_another_system(core: Core, door: Door):
    await core.installation.put({"allow_private_targets": True})
    system = SYSTEMS["FluentCRM"]
    for title in ("FluentCRM", "listmonk"):
        assert title in (await door.client.get("/import/move")).text
    async with standing_in(system.answers) as stand:
        given = {**system.credentials, "api_url": stand.base}
        refused = await door.post("/import/move/FluentCRM", {**given, "api_key": "wrong"})
        assert refused.status_code == 422
        assert "wrong" not in refused.text
        page = await door.post("/import/move/FluentCRM", given)
        assert page.status_code == 200
        assert 'value="pw"' not in page.text
        sealed = re.search(r'name="sealed" value="([0-9a-f]+)"', page.text)
        assert sealed
        form = {"sealed": sealed[1], "existing": "update"}
        for tag in re.findall(r'<select class="form-select" name="([^"]+)"', page.text):
            form[unescape(tag)] = "make"
        assert [name for name in form if name.startswith("tag.")]
        address = (await door.post("/import/move/FluentCRM/start", form)).headers["location"]
        assert "Waiting for its turn" in (await door.client.get(address)).text
        await run_jobs(core)
    assert (await door.client.get(f"{address}/progress?was=queued")).headers["hx-refresh"] == "true"
    assert "It is done" in (await door.client.get(address)).text
    assert address in (await door.client.get("/import/move")).text
    assert await core.db.fetchval("SELECT count(*) FROM contacts") > 0
    assert (await catalog.list_tags(core)).total > 0
    assert [row["action"] for row in await core.db.fetch("SELECT action FROM audit_entries")] == ["move_started"]


@pytest.mark.parametrize("sealed", ["", "zz", "00" * 40])
async def test_credentials_that_we_did_not_seal_start_nothing(core: Core, door: Door, sealed: str):
    answer = await door.post("/import/move/FluentCRM/start", {"sealed": sealed})
    assert answer.status_code == 422
    assert (await door.client.get("/import/move/Nowhere")).status_code == 404
    assert await core.db.fetchval("SELECT count(*) FROM jobs WHERE kind = 'move_in'") == 0
