"""Templates and patterns in a real browser: made, edited, taken along, and the way from a template to a campaign and back."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.e2e.conftest import Browse, LiveServer
from tidings.access import actions as access
from tidings.contacts import actions as contacts
from tidings.contacts.types import Draft
from tidings.templates import actions as templates
from tidings.templates import queries

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]


async def _looks_right(browse: Browse, name: str) -> None:
    """Axe in both themes, no sideways scroll on a phone, pictures."""
    page = browse.page
    for theme in ("dark", "light"):
        await page.evaluate("(theme) => { document.documentElement.dataset.bsTheme = theme }", theme)
        await browse.check_access()
    before = page.viewport_size
    await page.set_viewport_size({"width": 360, "height": 740})
    wide = await page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert wide <= 0, f"{page.url} is {wide} px too wide for a phone"
    await page.set_viewport_size(before or {"width": 1280, "height": 860})
    await page.evaluate("() => scrollTo(0, 0)")
    await browse.shoot(name)


async def test_a_template_is_made_of_a_ready_one_and_a_campaign_of_it(administrator: LiveServer, browse: Browse):
    await contacts.write_contact(administrator.core, Draft({"email": "zoe@example.com", "first_name": "Zoë"}))
    page = await browse.log_in()
    await browse.go("/templates")
    await expect(page.get_by_role("heading", name="No templates yet")).to_be_visible()
    await _looks_right(browse, "templates-empty")
    await page.get_by_role("link", name="Choose a template").click()
    await expect(
        page.frame_locator("iframe[title='Preview of Invitation']").get_by_text("You are invited")
    ).to_be_visible()
    await page.wait_for_load_state("networkidle")
    await _looks_right(browse, "templates-new")
    await page.locator("article", has_text="The first mail after somebody joined").get_by_role("button").click()

    await expect(page).to_have_url(re.compile(r"/templates/\d+$"))
    await page.get_by_label("Name of the template").fill("Hello to new readers")
    await page.get_by_label("Subject (optional)", exact=True).fill("Hello, ")
    await page.get_by_role("switch", name="Published").check()
    await expect(page.get_by_role("toolbar", name="Formatting")).to_be_visible()
    editor = page.get_by_role("textbox", name="Text of the mail")
    await editor.get_by_text("Good to have you here.").click()
    await page.keyboard.press("End")
    await page.keyboard.type(" The quay is open.")
    frame = page.frame_locator("#seen .mail-frame")
    await expect(frame.get_by_text("The quay is open.")).to_be_visible()
    await expect(page.locator(".mail-subject")).to_contain_text("Hello,")
    await _looks_right(browse, "template")
    await page.get_by_role("button", name="Send a test").click()
    await page.get_by_role("dialog").get_by_role("button", name="Send").click()
    await expect(page.get_by_text("The test mail is on its way to ada@example.com.")).to_be_visible()
    await page.get_by_role("button", name="Save", exact=True).click()

    await expect(page.get_by_role("link", name="Hello to new readers")).to_be_visible()
    await _looks_right(browse, "templates")
    await page.get_by_role("button", name="Actions for Hello to new readers").click()
    await page.get_by_role("button", name="Start a campaign").click()
    await expect(page).to_have_url(re.compile(r"/campaigns/\d+/edit$"))
    await expect(page.get_by_label("Name of the campaign")).to_have_value("Hello to new readers")
    await page.get_by_role("button", name="Save and write the content").click()
    await expect(page.frame_locator("#seen .mail-frame").get_by_text("The quay is open.")).to_be_visible()
    await page.get_by_role("button", name="Send a test").click()
    await page.get_by_role("dialog").get_by_label("To").fill("zoe@example.com")
    await page.get_by_role("dialog").get_by_role("button", name="Send").click()
    await expect(page.get_by_text("The test mail is on its way to zoe@example.com.")).to_be_visible()
    await browse.go("/mailbox")
    await page.get_by_role("link", name=re.compile("zoe@example.com")).first.click()
    await expect(page.frame_locator(".mail-frame").get_by_text("Welcome, Zoë!")).to_be_visible()


async def test_a_campaign_is_kept_as_a_template_and_takes_another(administrator: LiveServer, browse: Browse):
    page = await browse.log_in()
    await browse.go("/campaigns/new")
    await page.get_by_label("Name of the campaign").fill("November")
    await page.get_by_label("Subject", exact=True).fill("The tide is in")
    await page.get_by_role("button", name="Save and write the content").click()
    await expect(page.get_by_role("toolbar", name="Formatting")).to_be_visible()
    editor = page.get_by_role("textbox", name="Text of the mail")
    await editor.click()
    await page.keyboard.type("Maps and poems")
    await expect(page.frame_locator("#seen .mail-frame").get_by_text("Maps and poems")).to_be_visible()
    await page.get_by_role("button", name="Save as template").click()
    keep = page.get_by_role("dialog", name="Save as template")
    await expect(keep.get_by_label("Name of the template")).to_have_value("November")
    await browse.check_access()
    await keep.get_by_label("Name of the template").fill("")
    await keep.get_by_role("button", name="Save").click()
    await expect(keep.get_by_text("Give the template a name.")).to_be_visible()
    await keep.get_by_label("Name of the template").fill("Monthly")
    await keep.get_by_role("button", name="Save").click()
    await expect(page.get_by_text("The template is there, for the next campaign.")).to_be_visible()
    [kept] = (await queries.list_templates(administrator.core)).rows
    assert (kept.title, kept.state, kept.subject) == ("Monthly", "published", "The tide is in")
    assert "Maps and poems" in kept.body

    await page.get_by_role("link", name="Start from a template").click()
    await expect(page.frame_locator("iframe[title='Preview of Monthly']").get_by_text("Maps and poems")).to_be_visible()
    await page.wait_for_load_state("networkidle")
    await _looks_right(browse, "campaign-templates")
    await page.locator("article", has_text="A price that is better for a while").get_by_role("button").click()
    await page.get_by_role("button", name="Replace").click()
    await expect(page.get_by_text("The template is copied. Make it yours.")).to_be_visible()
    await expect(page.frame_locator("#seen .mail-frame").get_by_text("THANKS15")).to_be_visible()
    await expect(page.locator(".mail-subject")).to_contain_text("The tide is in")
    await expect(page.get_by_role("switch", name="Put it into our frame, with the footer")).not_to_be_checked()


async def test_patterns_are_written_once_and_put_into_mails(administrator: LiveServer, browse: Browse):
    made = await templates.create_template(administrator.core, title="Letter", design="raw_classic", subject="S")
    page = await browse.log_in()
    await browse.go("/patterns")
    await expect(page.get_by_role("heading", name="No patterns yet")).to_be_visible()
    await page.get_by_role("link", name="Make the first pattern").click()
    await page.get_by_role("button", name="Make the pattern").click()
    await page.get_by_label("Name", exact=True).fill("Signature")
    await page.get_by_label("Category").fill("Endings")
    await page.get_by_role("switch", name="Mails follow its changes").check()
    await page.get_by_role("textbox", name="HTML of the pattern").click()
    await page.keyboard.insert_text("<p>Yours, Ada</p>")
    await expect(page.frame_locator(".mail-frame:not([hidden])").get_by_text("Yours, Ada")).to_be_visible()
    await _looks_right(browse, "pattern")
    # By keyboard: just after the window had another size the browser may give a click to the frame that was there.
    await page.get_by_role("button", name="Make the pattern").press("Enter")
    await expect(page.get_by_role("link", name="Signature")).to_be_visible()
    await page.get_by_role("navigation", name="Categories").get_by_role("link", name="Endings").click()
    await expect(page.get_by_text("Follows changes")).to_be_visible()
    await _looks_right(browse, "patterns")

    await browse.go(f"/templates/{made}")
    await page.get_by_role("button", name="Patterns").click()
    await page.get_by_role("button", name="Signature").click()
    await expect(page.frame_locator("#seen .mail-frame").get_by_text("Yours, Ada")).to_be_visible()
    assert "wp:block" in (await queries.template_by_id(administrator.core, made)).body
    await page.get_by_role("button", name="Rich text").click()
    await page.get_by_role("button", name="Edit as rich text").click()
    await expect(page.get_by_role("toolbar", name="Formatting")).to_be_visible()
    await page.get_by_role("button", name="Patterns").click()
    await page.get_by_role("button", name="Signature").click()
    await expect(page.get_by_role("textbox", name="Text of the mail").get_by_text("Yours, Ada")).to_be_visible()
    await expect(page.frame_locator("#seen .mail-frame").get_by_text("Yours, Ada")).to_have_count(1)

    await browse.go("/patterns")
    await page.get_by_role("button", name="Actions for Signature").click()
    await page.get_by_role("button", name="Duplicate").click()
    await expect(page.get_by_label("Name", exact=True)).to_have_value("Copy of Signature")
    await browse.go("/patterns")
    await page.get_by_role("button", name="Actions for Copy of Signature").click()
    await page.get_by_role("button", name="Delete").click()
    await page.get_by_role("alertdialog").get_by_role("button", name="Delete").click()
    await expect(page.get_by_text("The pattern is gone.")).to_be_visible()


async def test_templates_are_found_moved_and_carried_in_files(
    administrator: LiveServer, browse: Browse, tmp_path: Path
):
    core = administrator.core
    for title in ("Alpha", "Beta"):
        await templates.create_template(core, title=title, subject=f"About {title}", body="<p>x</p>")
    page = await browse.log_in()
    await browse.go("/templates")
    await page.get_by_role("searchbox", name="Find a template").fill("alp")
    await expect(page.get_by_role("link", name="Beta")).to_have_count(0)
    await browse.go("/templates")
    await page.get_by_role("checkbox", name="Select every row of this page").check()
    async with page.expect_download() as waiting:
        await page.get_by_role("button", name="Export", exact=True).last.click()
    path = tmp_path / "templates.json"
    await (await waiting.value).save_as(path)
    assert [one["title"] for one in json.loads(path.read_text())["templates"]] == ["Beta", "Alpha"]
    await page.get_by_role("button", name="Publish").click()
    await expect(page.get_by_text("Published: new campaigns may begin with them.")).to_be_visible()
    assert {one.state for one in (await queries.list_templates(core)).rows} == {"published"}
    await page.get_by_role("checkbox", name="Select Beta").check()
    await page.get_by_role("region", name="Selected rows").get_by_role("button", name="Delete").click()
    await page.get_by_role("alertdialog").get_by_role("button", name="Delete").click()
    await expect(page.get_by_text("The template is gone.")).to_be_visible()

    await page.get_by_role("button", name="Import").click()
    await page.get_by_label("File of templates").set_input_files(path)
    await browse.check_access()
    await page.get_by_role("dialog").get_by_role("button", name="Import").click()
    await expect(page.get_by_text("2 templates came in, as drafts.")).to_be_visible()
    assert await queries.count_templates(core) == 3
    path.write_text("{}")
    await page.get_by_role("button", name="Import").click()
    await page.get_by_label("File of templates").set_input_files(path)
    await page.get_by_role("dialog").get_by_role("button", name="Import").click()
    await expect(page.get_by_role("alert")).to_contain_text("This is no file of templates")


async def test_whoever_may_not_manage_templates_sees_none(administrator: LiveServer, browse: Browse):
    await access.create_user(
        administrator.core,
        login="eve",
        email="eve@example.com",
        password="a long password of eve 1",
        role="editor",
        permissions=["fcrm_view_dashboard", "fcrm_read_emails", "fcrm_manage_emails"],
    )
    page = await browse.log_in("eve", "a long password of eve 1")
    await expect(page.get_by_role("link", name="Templates")).to_have_count(0)
    answer = await page.goto(f"{administrator.url}/templates")
    assert answer is not None
    assert answer.status == 403
    await browse.go("/campaigns/new")
    await page.get_by_label("Name of the campaign").fill("November")
    await page.get_by_label("Subject", exact=True).fill("The tide is in")
    await page.get_by_role("button", name="Save and write the content").click()
    await expect(page.get_by_role("link", name="Start from a template")).to_be_visible()
    await expect(page.get_by_role("button", name="Save as template")).to_have_count(0)
