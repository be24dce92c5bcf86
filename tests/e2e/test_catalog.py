"""Lists, tags and custom fields in a real browser."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.e2e.conftest import Browse, LiveServer
from tidings.contacts import actions
from tidings.contacts.types import Draft

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


async def test_lists_groups_tags_and_fields_are_kept(administrator: LiveServer, browse: Browse):
    page = await browse.log_in()
    await browse.go("/lists")
    await _looks_right(browse, "lists-empty")
    await page.get_by_role("link", name="Make the first list").click()
    drawer = page.get_by_role("dialog", name="Details")
    await drawer.get_by_label("Name", exact=True).fill("Newsletter")
    await drawer.get_by_label("Offer it on the preference page").check()
    await browse.check_access()
    await browse.shoot("list-new")
    await drawer.get_by_role("button", name="Make the list").click()
    await expect(page.get_by_text("The list is there.")).to_be_visible()
    await page.get_by_role("button", name="Actions for Newsletter").click()
    await page.get_by_role("link", name="New group").click()
    await drawer.get_by_label("Name", exact=True).fill("Newsletter")
    await drawer.get_by_role("button", name="Make the list").click()
    await expect(drawer.get_by_text("The slug is already taken and must be unique.")).to_be_visible()
    await drawer.get_by_label("Name", exact=True).fill("Berlin")
    await drawer.get_by_role("button", name="Make the list").click()
    await expect(page.get_by_text("Group of Newsletter")).to_be_visible()
    people = [Draft({"email": f"p{n}@example.com"}, lists=["Berlin"]) for n in range(3)]
    await actions.write_contacts(administrator.core, people)
    await browse.go("/lists")
    await expect(page.get_by_role("row", name="Newsletter").first).to_contain_text("3")
    await _looks_right(browse, "lists")
    await page.locator("#q").fill("berl")
    await expect(page.locator("#shelf tbody tr")).to_have_count(1)
    await page.get_by_role("link", name="Berlin").click()
    await expect(page.locator("#people tbody tr")).to_have_count(3)

    await browse.go("/tags")
    await page.get_by_role("link", name="New tag").click()
    await drawer.get_by_label("Name", exact=True).fill("VIP")
    await drawer.get_by_role("button", name="Make the tag").click()
    await expect(page.get_by_role("link", name="VIP")).to_be_visible()
    await _looks_right(browse, "tags")
    await page.get_by_role("button", name="Actions for VIP").click()
    await page.get_by_role("button", name="Delete").last.click()
    await page.get_by_role("alertdialog").get_by_role("button", name="Delete").click()
    await expect(page.get_by_role("heading", name="No tags yet")).to_be_visible()

    await browse.go("/fields")
    await page.get_by_role("link", name="New field").click()
    await drawer.get_by_label("Name", exact=True).fill("Plan")
    await drawer.get_by_label("Kind").select_option("single-select")
    await drawer.get_by_role("button", name="Make the field").click()
    await expect(drawer.get_by_text("Write at least one option.")).to_be_visible()
    await drawer.get_by_label("Options").fill("Free\nPro")
    await browse.check_access()
    await browse.shoot("field-new")
    await drawer.get_by_role("button", name="Make the field").click()
    await expect(page.get_by_text("{{contact.custom.plan}}")).to_be_visible()
    await _looks_right(browse, "fields")
