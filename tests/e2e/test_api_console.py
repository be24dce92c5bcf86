"""The console of the interfaces, as a stranger with a key uses it."""

from __future__ import annotations

import pytest
from playwright.async_api import Page, expect

from tests.e2e.conftest import Browse, LiveServer
from tidings.access import actions as access
from tidings.contacts import actions as contacts
from tidings.contacts.types import Draft

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]


async def _fits_a_phone(page: Page) -> None:
    await page.set_viewport_size({"width": 360, "height": 740})
    overhang = await page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert overhang <= 0, f"{page.url} is {overhang} pixels too wide for a phone"
    await page.set_viewport_size({"width": 1280, "height": 860})


async def _open_listing(page: Page) -> None:
    await page.get_by_label("Find by address or words").fill("list contacts")
    await expect(page.locator(".opblock")).to_have_count(2)
    await page.locator("#operations-contacts-listContacts .opblock-summary-control").click()


async def test_a_stranger_reads_and_downloads_and_tries_with_a_key(administrator: LiveServer, browse: Browse):
    core = administrator.core
    await contacts.write_contact(core, Draft({"email": "mira@harbour.example"}))
    _, key = await access.create_key(core, kind="fluenzr", name="console", user_login="admin")
    page = await browse.go("/docs/api")
    await browse.check_access()
    await _fits_a_phone(page)
    await browse.shoot("api")
    async with page.expect_download() as download:
        await page.get_by_role("link", name="OpenAPI document of FluenzR").click()
    assert (await download.value).suggested_filename == "fluenzr-openapi.json"

    await page.get_by_role("link", name="Reference").first.click()
    await expect(page.get_by_role("heading", name="FluenzR API")).to_be_visible()
    find = page.get_by_label("Find by address or words")
    await find.fill("list contacts")
    operation = page.locator("#operations-contacts-listContacts")
    await expect(page.locator(".opblock")).to_have_count(2)
    await expect(operation).to_contain_text("/contacts")
    await find.fill("")
    await browse.shoot("api-fluenzr")
    await _fits_a_phone(page)

    await page.get_by_role("button", name="Authorize", exact=True).first.click()
    dialog = page.locator(".dialog-ux")
    await dialog.get_by_role("textbox").fill(key)
    await browse.shoot("api-authorize")
    await dialog.get_by_role("button", name="Apply credentials").click()
    await dialog.get_by_role("button", name="Close").first.click()
    await _open_listing(page)
    await expect(operation).to_contain_text("groupId")
    await operation.get_by_role("button", name="Execute").click()
    await expect(operation.locator(".live-responses-table")).to_contain_text("mira@harbour.example")
    await _fits_a_phone(page)
    await browse.shoot("api-tried")
    # Nothing that was typed is kept.
    assert key not in await page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}]) + document.cookie")
    await browse.go("/docs/api/fluenzr")
    await _open_listing(page)
    await operation.get_by_role("button", name="Execute").click()
    await expect(operation.locator(".live-responses-table")).to_contain_text("UNAUTHORIZED")


@pytest.mark.parametrize("word", ["furiosa", "fluentcrm"])
async def test_the_other_interfaces_are_told_too(administrator: LiveServer, browse: Browse, word: str):
    page = await browse.go(f"/docs/api/{word}")
    await expect(page.locator(".opblock").first).to_be_visible()
    find = page.get_by_label("Find by address or words")
    await find.fill("create" if word == "furiosa" else "bulk contacts")
    await expect(page.locator(".opblock").first).to_be_visible()
    await page.locator(".opblock-summary-control").first.click()
    await browse.shoot(f"api-{word}")
    await _fits_a_phone(page)
