"""A landing page in a real browser: built, published, visited, sent; the contact and the counts afterwards."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.e2e.conftest import Browse, LiveServer
from tests.e2e.test_campaigns import PERSON
from tests.e2e.test_ways_in import _looks_right
from tidings.contacts import actions as contacts
from tidings.contacts.queries import find_contact_by_email
from tidings.pages import queries

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]


async def test_a_page_is_built_published_visited_and_sent(administrator: LiveServer, browse: Browse):
    core = administrator.core
    await core.installation.put({"public_url": administrator.url})
    news = await contacts.create_list(core, title="Newsletter")
    await contacts.create_list(core, title="Berlin", parent_id=news)
    page = await browse.log_in()
    await browse.go("/pages")
    await _looks_right(browse, "pages-empty")
    await page.get_by_role("link", name="Make the first page").click()
    drawer = page.get_by_role("dialog", name="Details")
    await drawer.get_by_label("Title", exact=True).fill("Spring reading")
    await drawer.get_by_label("Who sends its form joins").select_option(label="Newsletter")
    await browse.check_access()
    await browse.shoot("page-new")
    await drawer.get_by_role("button", name="Make the page").click()
    await expect(page.get_by_text("Build it and publish it")).to_be_visible()

    seen = page.frame_locator("iframe.mail-frame:visible")
    await expect(seen.get_by_role("heading", name="Spring reading")).to_be_visible()
    await page.get_by_label("Text", exact=True).fill("Ten books for spring")
    await expect(seen.get_by_role("heading", name="Ten books for spring")).to_be_visible()
    await expect(page.locator("iframe.mail-frame")).to_have_count(1)
    # By the keyboard alone: a block is added, written and moved.
    await page.get_by_role("button", name="Text", exact=True).press("Enter")
    await page.locator("#blocks .ProseMirror").click()
    await page.keyboard.type("Picked by our crew.")
    await expect(seen.get_by_text("Picked by our crew.")).to_be_visible()
    await page.get_by_role("button", name="Move up: Text, block 3").press("Enter")
    await expect(page.locator("#blocks h2").nth(1)).to_have_text("Text")
    await page.get_by_role("button", name="Button", exact=True).click()
    await page.get_by_role("region", name="Button, block 4").get_by_label("Text").fill("Our shop")
    await page.get_by_role("button", name="Save").last.click()
    await expect(page.get_by_text("The address must begin with")).to_be_visible()
    await page.get_by_label("It leads to").fill("https://shop.example.com")
    await page.get_by_role("button", name="Save").last.click()
    await expect(page.get_by_text("Saved.")).to_be_visible()
    await expect(page.locator("#blocks h2")).to_have_count(4)
    await _looks_right(browse, "page-builder")

    # The same as HTML: the editor stands under the content policy too.
    await page.get_by_text("Your own markup").click()
    await page.locator(".cm-content").fill("<h1>By hand</h1>{{form}}")
    await expect(seen.get_by_role("heading", name="By hand")).to_be_visible()
    assert await page.locator(".cm-editor").evaluate("(one) => getComputedStyle(one).borderRadius") == "8px"
    await _looks_right(browse, "page-html")
    await page.get_by_text("From top to bottom").click()
    await page.get_by_role("button", name="Save").last.click()
    await expect(page.get_by_text("Saved.")).to_be_visible()

    await page.get_by_role("link", name="Settings").last.click()
    await page.get_by_label("Newsletter › Berlin").check()
    await page.get_by_label("Buttons and links").fill("green")
    await page.get_by_role("button", name="Save").last.click()
    await expect(page.get_by_text("A colour is written like")).to_be_visible()
    await page.get_by_label("Buttons and links").fill("#0f6e6b")
    await page.get_by_label("Thanks after sending").fill("Welcome aboard!")
    await page.get_by_role("button", name="Save").last.click()
    await expect(page.get_by_text("Saved.")).to_be_visible()
    await _looks_right(browse, "page-settings")
    await page.get_by_role("button", name="Publish").click()
    await expect(page.get_by_text("The page is published.")).to_be_visible()

    # A person's browser; the one of the tests says that it has no head, which is a machine.
    await browse.context.set_extra_http_headers({"user-agent": PERSON})
    await page.goto(f"{administrator.url}/p/spring-reading")
    await expect(page.get_by_role("heading", name="Ten books for spring")).to_be_visible()
    await _looks_right(browse, "page-public")
    await page.get_by_label("Email address").fill("ada@example.com")
    await page.get_by_role("button", name="Subscribe").click()
    await expect(page.get_by_text("Welcome aboard!")).to_be_visible()
    await browse.shoot("page-thanks")
    view = await find_contact_by_email(core, "ada@example.com")
    assert view is not None
    assert {one.title for one in view.lists} == {"Newsletter", "Berlin"}
    [counted] = (await queries.list_pages(core)).rows
    assert (counted.views, counted.submissions) == (1, 1)

    await browse.go("/pages")
    await expect(page.get_by_role("row", name="Spring reading")).to_contain_text("Published")
    await expect(page.get_by_role("row", name="Spring reading")).to_contain_text("100%")
    await _looks_right(browse, "pages")
    await page.get_by_role("link", name="Spring reading").click()
    await page.get_by_role("link", name="Submissions").click()
    await expect(page.get_by_role("link", name="ada@example.com")).to_be_visible()
    await _looks_right(browse, "page-submissions")
    await page.get_by_role("link", name="Statistics").click()
    await _looks_right(browse, "page-statistics")
    await page.get_by_role("button", name="Take down").click()
    await page.get_by_role("alertdialog").get_by_role("button", name="Take down").click()
    await expect(page.get_by_text("The page is taken down.")).to_be_visible()
    answer = await page.goto(f"{administrator.url}/p/spring-reading")
    assert answer is not None
    assert answer.status == 404
