"""In a real browser: a change of everybody who matches, a person's data and erasure, moving in, and their settings."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import Page, expect

from tests.e2e.conftest import Browse, LiveServer
from tests.migrators.standin import standing_in
from tests.migrators.systems import SYSTEMS
from tests.privacy.person import ADDRESS, known_person
from tests.public.door import run_jobs
from tidings.accounts import jobs as account_jobs
from tidings.bulk import jobs as bulk_jobs
from tidings.contacts import actions
from tidings.migrators import jobs as migrator_jobs
from tidings.privacy import jobs as privacy_jobs
from tidings.tracking.tokens import Addresses

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]
# Imported for the handlers that they register.
HANDLERS = (account_jobs, bulk_jobs, migrator_jobs, privacy_jobs)


async def _looked_at(browse: Browse, page: Page, name: str) -> None:
    await browse.check_access()
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name
    await browse.shoot(name)


async def test_everybody_who_matches_is_changed_while_one_watches(administrator: LiveServer, browse: Browse):
    core = administrator.core
    await core.db.execute(
        "INSERT INTO contacts (email, first_name) SELECT 'p' || n || '@example.com', 'Reader' FROM generate_series(1, 1200) n"
    )
    tag = await actions.create_tag(core, title="Spring")
    page = await browse.log_in()
    await browse.go("/contacts")
    await page.get_by_label("Select every row of this page").check()
    await page.get_by_role("button", name="Select all that match").click()
    await page.get_by_role("button", name="More changes").click()
    await _looked_at(browse, page, "contacts-more-changes")
    await page.get_by_role("button", name="Custom field").click()
    dialog = page.get_by_role("dialog", name="Dialog")
    await expect(dialog).to_contain_text("There is no custom field yet.")
    await dialog.get_by_role("button", name="Cancel").click()
    await page.get_by_role("button", name="Tags").click()
    await dialog.get_by_label(re.compile("Spring")).check()
    await dialog.get_by_role("button", name="Apply").click()
    await expect(page.get_by_role("heading", name="Tag with Spring")).to_be_visible()
    await expect(page.get_by_text("Waiting for its turn").first).to_be_visible()
    await _looked_at(browse, page, "contacts-change-waiting")
    await browse.go("/contacts")
    await expect(page.get_by_role("region", name="Changes under way")).to_be_visible()
    await core.db.execute(
        """UPDATE jobs SET state = 'running', leased_until = now() + interval '1 hour',
        progress = '{"last_id": 500, "up_to": 1200, "total": 1200, "done": 500, "changed": 500, "seconds": 5}'"""
    )
    await expect(page.get_by_text("500 of 1,200 contacts")).to_be_visible()
    await _looked_at(browse, page, "contacts-change-live")
    await page.get_by_role("link", name="Tag with Spring").click()
    await expect(page.get_by_text("42%")).to_be_visible()
    await expect(page.get_by_text("100 per second")).to_be_visible()
    await _looked_at(browse, page, "contacts-change-running")
    await core.db.execute("UPDATE jobs SET leased_until = now() - interval '1 second'")
    await run_jobs(core)
    await expect(page.get_by_role("heading", name="It is done")).to_be_visible()
    assert await core.db.fetchval("SELECT count(*) FROM contact_tags WHERE tag_id = $1", tag) == 700
    await browse.go("/contacts/changes")
    await _looked_at(browse, page, "contacts-changes")


async def test_a_person_is_given_their_data_and_erased(administrator: LiveServer, browse: Browse):
    core = administrator.core
    sent = await known_person(core)
    page = await browse.log_in()
    for tab in ("forms", "events"):
        await browse.go(f"/contacts/{sent.contact_id}/{tab}")
        await _looked_at(browse, page, f"contact-{tab}")
    await browse.go(f"/contacts/{sent.contact_id}/privacy")
    await page.get_by_role("button", name="Make the file").click()
    await expect(page.get_by_text("The file is being made …")).to_be_visible()
    await run_jobs(core)
    async with page.expect_download() as download:
        await page.get_by_role("link", name="Download").click()
    assert (await download.value).suggested_filename == f"contact-{sent.contact_id}.zip"
    await _looked_at(browse, page, "contact-privacy")
    await page.get_by_label(re.compile("To confirm, type")).fill("ada")
    await page.get_by_role("button", name="Erase this contact").click()
    await expect(page.get_by_text("Type it exactly as it stands above.")).to_be_visible()
    await _looked_at(browse, page, "contact-privacy-refused")
    own = Addresses(core.keys, administrator.url, core.clock.now()).manage_url(sent.contact_id, 0)
    await page.goto(own)
    await expect(page.get_by_role("button", name="Send me my data")).to_be_visible()
    await browse.shoot("public-preferences-data")
    await browse.go(f"/contacts/{sent.contact_id}/privacy")
    await page.get_by_label(re.compile("To confirm, type")).fill(ADDRESS)
    await page.get_by_role("button", name="Erase this contact").click()
    await expect(page.get_by_text("The contact is being erased.")).to_be_visible()
    await run_jobs(core)
    assert await core.db.fetchval("SELECT count(*) FROM contacts") == 0


async def test_settings_and_fields_and_moving_in(administrator: LiveServer, browse: Browse):
    core = administrator.core
    await actions.create_tag(core, title="Staff")
    await actions.create_list(core, title="Newsletter")
    page = await browse.log_in()
    await browse.go("/settings/tracking")
    await _looked_at(browse, page, "settings-tracking")
    await browse.go("/settings/preferences")
    await page.get_by_label("Chosen lists").first.check()
    await page.get_by_label("Choose the fields").check()
    await _looked_at(browse, page, "settings-preferences")
    await browse.go("/settings/accounts")
    await page.get_by_label("A new account becomes a contact").check()
    await page.get_by_label("Newsletter").check()
    await page.get_by_text("Editor", exact=True).click()
    await _looked_at(browse, page, "settings-accounts")
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_text("Saved.")).to_be_visible()
    await browse.go("/companies/fields")
    await page.get_by_role("link", name="New field").click()
    await page.get_by_label("Name", exact=True).fill("Contract number")
    await page.get_by_role("button", name="Make the field").click()
    await expect(page.get_by_text("The field is there.")).to_be_visible()
    await expect(page.get_by_text("Contract number")).to_be_visible()
    await _looked_at(browse, page, "company-fields")

    await core.installation.put({"allow_private_targets": True})
    system = SYSTEMS["FluentCRM"]
    async with standing_in(system.answers) as stand:
        await browse.go("/import/move")
        await _looked_at(browse, page, "move-systems")
        await page.get_by_role("link", name=re.compile("FluentCRM")).click()
        await expect(page.get_by_role("button", name="Look what is there")).to_be_visible()
        await _looked_at(browse, page, "move-credentials")
        for name, value in {**system.credentials, "api_url": stand.base}.items():
            await page.locator(f"#{name}").fill(value)
        await page.get_by_role("button", name="Look what is there").click()
        await expect(page.get_by_role("heading", name="What goes where")).to_be_visible()
        await _looked_at(browse, page, "move-map")
        await page.get_by_role("button", name="Move in").click()
        await expect(page.get_by_text("Waiting for its turn")).to_be_visible()
        await run_jobs(core)
        await expect(page.get_by_role("heading", name="It is done")).to_be_visible()
    await _looked_at(browse, page, "move-done")
