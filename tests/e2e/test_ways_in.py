"""How contacts come in by themselves, in a real browser: forms, webhooks, smart links, and the settings about it."""

from __future__ import annotations

import httpx
import pytest
from playwright.async_api import expect

from tests.e2e.conftest import Browse, LiveServer
from tidings.contacts import actions as contacts
from tidings.contacts.queries import find_contact_by_email
from tidings.incoming_webhooks.queries import webhook_by_id
from tidings.platform.system_log import log_event

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]


async def _looks_right(browse: Browse, name: str) -> None:
    """Accessible in both themes, no sideways scroll on a phone."""
    page = browse.page
    for theme in ("light", "dark"):
        await page.evaluate("(theme) => { document.documentElement.dataset.bsTheme = theme }", theme)
        await browse.check_access()
    await page.set_viewport_size({"width": 360, "height": 740})
    overhang = await page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert overhang <= 0, f"{page.url} is {overhang} pixels too wide for a phone"
    await page.set_viewport_size({"width": 1280, "height": 860})
    await browse.shoot(name)


async def test_a_form_is_made_put_into_a_page_and_sent(administrator: LiveServer, browse: Browse):
    core = administrator.core
    await core.installation.put({"public_url": administrator.url})
    await contacts.create_list(core, title="Newsletter")
    page = await browse.log_in()
    await browse.go("/forms")
    await _looks_right(browse, "forms-empty")
    await page.get_by_role("link", name="Make the first form").click()
    drawer = page.get_by_role("dialog", name="Details")
    await drawer.get_by_label("Name", exact=True).fill("Footer")
    await drawer.get_by_label("Who sends it joins").select_option(label="Newsletter")
    await browse.check_access()
    await browse.shoot("form-new")
    await drawer.get_by_role("button", name="Make the form").click()
    await expect(page.get_by_text("Put its code into your page")).to_be_visible()
    await page.get_by_role("button", name="One more question").click()
    question = page.get_by_role("region", name="New question")
    await question.get_by_label("Question", exact=True).fill("Which colour?")
    await question.get_by_label("Kind").select_option("select")
    await page.get_by_role("button", name="Save").last.click()
    await expect(page.get_by_text("needs something to choose from")).to_be_visible()
    await page.get_by_label("To choose from").last.fill("Red\nBlue")
    await page.get_by_role("button", name="Move up: Which colour?").click()
    await expect(page.locator("#fields h2").first).to_have_text("Which colour?")
    await page.get_by_label("Question", exact=True).first.press("Enter")
    await expect(page.get_by_text("Saved.")).to_be_visible()
    await expect(page.locator("#fields h2")).to_have_count(2)
    await _looks_right(browse, "form")

    await page.goto(await page.get_by_role("link", name="Open its page").get_attribute("href") or "")
    await page.get_by_label("Email address").fill("ada@example.com")
    await page.get_by_label("Which colour?").select_option("Blue")
    await page.get_by_role("button", name="Subscribe").click()
    await expect(page.get_by_text("look into your mailbox")).to_be_visible()
    await browse.go("/forms")
    await expect(page.get_by_text("1 new")).to_be_visible()
    await _looks_right(browse, "forms")
    await page.get_by_role("link", name="1", exact=True).click()
    await _looks_right(browse, "submissions")
    await page.get_by_role("link", name="ada@example.com").click()
    await expect(drawer.get_by_text("Blue")).to_be_visible()
    await browse.check_access()
    await browse.shoot("submission")


async def test_webhooks_and_smart_links_are_made_and_used(administrator: LiveServer, browse: Browse):
    core = administrator.core
    await core.installation.put({"public_url": administrator.url})
    await contacts.create_tag(core, title="Keen")
    page = await browse.log_in()
    await browse.go("/webhooks")
    await _looks_right(browse, "webhooks-empty")
    await page.get_by_role("link", name="Make the first webhook").click()
    drawer = page.get_by_role("dialog", name="Details")
    await drawer.get_by_label("Which program sends?").fill("Shop")
    await drawer.get_by_label("Keen").check()
    await browse.check_access()
    await drawer.get_by_role("button", name="Make the webhook").click()
    await page.get_by_role("button", name="Add a line").click()
    await page.get_by_label("The sender says (line 1)").fill("buyer.mail")
    await page.get_by_label("It is (line 1)").select_option("email")
    await page.get_by_role("button", name="Save").last.click()
    await expect(page.get_by_text("Saved.")).to_be_visible()
    await _looks_right(browse, "webhook")
    address = await page.locator(".secret code").first.inner_text()
    assert str((await webhook_by_id(core, 1)).key) in address
    async with httpx.AsyncClient() as client:
        await client.post(address, json={"buyer": {"mail": "eve@example.com"}})
    view = await find_contact_by_email(core, "eve@example.com")
    assert view is not None
    await browse.go("/webhooks")
    await _looks_right(browse, "webhooks")

    await browse.go("/smart-links")
    await page.get_by_role("link", name="Make the first smart link").click()
    await drawer.get_by_label("Name", exact=True).fill("Offer")
    await drawer.get_by_label("It leads to").fill("example.com")
    await drawer.get_by_role("button", name="Make the link").click()
    await expect(drawer.get_by_text("The target url format is invalid.")).to_be_visible()
    await drawer.get_by_label("It leads to").fill("https://example.com/offer")
    await drawer.get_by_role("group", name="A click gives the tags").last.get_by_label("Keen").check()
    await browse.check_access()
    await browse.shoot("smart-link")
    await drawer.get_by_role("button", name="Make the link").click()
    await expect(page.get_by_role("link", name="Offer")).to_be_visible()
    await _looks_right(browse, "smart-links")


async def test_opt_in_system_log_and_modules_are_looked_after(administrator: LiveServer, browse: Browse):
    core = administrator.core
    await contacts.create_list(core, title="Newsletter")
    await contacts.create_tag(core, title="Keen")
    await log_event(core, "Sending stopped", "The server of the mail account refused the password. " * 4)
    page = await browse.log_in()
    await browse.go("/settings/opt-in")
    await page.get_by_text("Some tags lead elsewhere").click()
    await page.get_by_role("button", name="Add a line").click()
    await page.get_by_label("Keen").check()
    await page.get_by_label("Address of line 1").fill("nowhere")
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_text("Every redirect URL must begin with")).to_be_visible()
    await page.get_by_label("Address of line 1").fill("https://example.com/keen")
    await _looks_right(browse, "opt-in")
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_text("Saved.")).to_be_visible()
    await page.get_by_role("link", name="Newsletter").click()
    await page.get_by_text("Its own").click()
    await browse.check_access()
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_role("row", name="Newsletter")).to_contain_text("Its own")

    await browse.go("/settings/system-log")
    await _looks_right(browse, "system-log")
    async with page.expect_download() as waiting:
        await page.get_by_role("button", name="CSV file").click()
        await page.get_by_role("link", name="The last 7 days").click()
    assert (await waiting.value).suggested_filename == "system-log.csv"
    await browse.go("/settings/modules")
    await _looks_right(browse, "modules")
    await page.get_by_label("System log").uncheck()
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_text("Saved.")).to_be_visible()
    await browse.go("/settings/system-log")
    await page.get_by_role("button", name="Empty").click()
    await page.get_by_role("alertdialog").get_by_role("button", name="Empty").click()
    await expect(page.get_by_role("heading", name="Nothing happened")).to_be_visible()
