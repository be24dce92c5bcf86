"""People in a real browser: contacts, lists and tags, custom fields, segments, imports."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import Page, expect

from tests.e2e.conftest import Browse, LiveServer
from tidings.contacts import actions
from tidings.contacts.types import CustomField, Draft
from tidings.platform.core import Core

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]


async def _people(core: Core, count: int = 30) -> tuple[int, int]:
    """A newsletter list, a tag and some people; answers the ids of list and tag."""
    readers = await actions.create_list(core, title="Newsletter")
    await actions.create_list(core, title="Monthly letter", parent_id=readers)
    press = await actions.create_tag(core, title="Press")
    await actions.replace_custom_fields(
        core,
        [
            CustomField("plan", "Plan", "single-select", options=("Free", "Pro", "Team")),
            CustomField("since", "Reader since", "date"),
            CustomField("interests", "Interests", "checkbox", options=("Poetry", "Maps")),
        ],
    )
    first = ("Zoë", "Jürgen", "Anna", "François", "Ida", "Márton")
    last = ("Nowak", "Ångström", "Petrov", "Lefèvre", "D'Angelo", "Weber")
    drafts = [
        Draft(
            {
                "email": f"reader{n}@example.com",
                "first_name": first[n % 6],
                "last_name": last[(n // 6) % 6],
                "city": "Bristol" if n % 3 else "Lyon",
                "country": "GB" if n % 3 else "FR",
            },
            custom={"plan": ("Free", "Pro", "Team")[n % 3]},
            status="unsubscribed" if n % 10 == 9 else "subscribed",
            lists=(readers,) if n % 2 else (),
            tags=(press,) if n % 5 == 0 else (),
        )
        for n in range(count)
    ]
    await actions.write_contacts(core, drafts)
    return readers, press


async def _fits_and_is_accessible(browse: Browse, path: str, name: str) -> None:
    page = await browse.go(path)
    for theme in ("light", "dark"):
        await page.evaluate("(theme) => { document.documentElement.dataset.bsTheme = theme }", theme)
        await browse.check_access()
    await _fits(page, path)
    await browse.shoot(name)


async def _fits(page: Page, path: str) -> None:
    await page.set_viewport_size({"width": 360, "height": 740})
    overhang = await page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert overhang <= 0, f"{path} is {overhang} pixels too wide for a phone"
    await page.set_viewport_size({"width": 1280, "height": 860})


async def test_a_contact_is_made_changed_and_annotated(administrator: LiveServer, browse: Browse):
    page = await browse.log_in()
    await browse.go("/contacts")
    await expect(page.get_by_role("heading", name="No contacts yet")).to_be_visible()
    await browse.check_access()
    await browse.shoot("contacts-empty")
    await _people(administrator.core, 1)
    await page.get_by_role("link", name="New contact").first.click()
    drawer = page.get_by_role("dialog", name="Details")
    await drawer.get_by_label("E-mail").fill("reader0@example.com")
    await drawer.get_by_role("button", name="Add contact").click()
    await expect(drawer.get_by_text("The email is already in use by another contact.")).to_be_visible()
    await browse.check_access()
    await browse.shoot("contact-new-refused")
    await drawer.get_by_label("E-mail").fill("vera@example.com")
    await drawer.get_by_label("First name").fill("Věra")
    await drawer.get_by_label("Newsletter").check()
    await drawer.get_by_label("Plan").select_option("Pro")
    await drawer.get_by_role("button", name="Add contact").click()
    await expect(page.get_by_role("heading", name="Věra")).to_be_visible()
    await expect(page.get_by_text("The contact is there.")).to_be_visible()
    await browse.check_access()

    await page.get_by_role("link", name="Details").click()
    await page.get_by_label("Reader since").fill("2024-05-01")
    await page.get_by_label("Birthday").fill("1985-04-12")
    await page.get_by_label("Poetry").check()
    await page.get_by_label("E-mail").evaluate("field => { field.type = 'text'; field.value = 'no address' }")
    await page.get_by_role("button", name="Save").click()
    await expect(page.locator("#email-error")).to_have_text("The email must be a valid email address.")
    await expect(page.get_by_label("Reader since")).to_have_value("2024-05-01")
    await browse.check_access()
    await browse.shoot("contact-details")
    await page.get_by_label("E-mail").fill("vera@example.org")
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_text("Details changed")).to_be_visible()

    await page.get_by_label("Add a tag").fill("VIP")
    await page.get_by_role("button", name="Add the tag").click()
    await expect(page.get_by_role("button", name="Remove the tag VIP")).to_be_visible()
    await page.get_by_role("button", name="Remove from Newsletter").click()
    await expect(page.get_by_role("button", name="Remove from Newsletter")).to_have_count(0)
    await page.get_by_role("link", name="Notes").click()
    await page.get_by_label("Title").fill("Called")
    await page.get_by_label("Note", exact=True).fill("Wants the paper edition.")
    await page.get_by_label("Kind").select_option(label="Quote sent")
    await page.get_by_role("button", name="Save note").click()
    await expect(page.get_by_text("Wants the paper edition.")).to_be_visible()
    await browse.check_access()
    await browse.shoot("contact-notes")
    await page.get_by_role("button", name="Actions for this note").click()
    await page.get_by_role("link", name="Change").click()
    await expect(page.get_by_label("Kind")).to_have_value("quote_sent")
    await page.get_by_label("Kind").select_option(label="Quote accepted")
    await browse.check_access()
    await browse.shoot("contact-note-change")
    await page.get_by_role("button", name="Save note").click()
    await expect(page.locator(".note-list").get_by_text("Quote accepted")).to_be_visible()
    await _fits(page, "/contacts/2/notes")
    await page.get_by_role("button", name="Change status").click()
    await page.locator(".dropdown-menu.show").get_by_role("button", name="Unsubscribed").click()
    await page.get_by_role("alertdialog").get_by_role("button", name="Change status").click()
    await expect(page.get_by_text("Subscribed → Unsubscribed")).to_be_visible()
    await _fits(page, "/contacts/2")
    await browse.check_access()
    await browse.shoot("contact-activity")


async def test_the_table_is_searched_filtered_and_changed_in_bulk(administrator: LiveServer, browse: Browse):
    _readers, press = await _people(administrator.core)
    page = await browse.log_in()
    await _fits_and_is_accessible(browse, "/contacts", "contacts")
    rows = page.locator("#people tbody tr")
    await expect(rows).to_have_count(25)
    await page.get_by_role("link", name="Next page").click()
    await expect(rows).to_have_count(5)
    await expect(page).to_have_url(re.compile("page=2"))
    await page.locator("#q").fill("ångström")
    await expect(rows).to_have_count(6)
    await page.get_by_label("Tag", exact=True).select_option("Press")
    await expect(rows).to_have_count(1)
    await expect(page).to_have_url(re.compile(f"tag={press}"))
    await page.locator("#q").fill("nobody at all")
    await expect(page.get_by_role("heading", name="Nobody matches")).to_be_visible()

    await browse.go("/contacts?q=bristol")
    await page.get_by_label("Select every row of this page").check()
    await expect(page.get_by_role("region", name="Selected rows")).to_be_visible()
    await browse.check_access()
    await browse.shoot("contacts-picked")
    await page.get_by_role("button", name="Tags").click()
    dialog = page.get_by_role("dialog", name="Dialog")
    await dialog.get_by_role("button", name="Apply").click()
    await expect(dialog.get_by_role("alert")).to_have_text("Choose at least one tag.")
    await dialog.get_by_label("New tag").fill("West country")
    await browse.check_access()
    await browse.shoot("contacts-bulk-tags")
    await dialog.get_by_role("button", name="Apply").click()
    await expect(page.get_by_text("20 contacts changed.")).to_be_visible()
    await expect(page).to_have_url(re.compile("q=bristol"))
    await expect(page.locator("#people .tag", has_text="West country")).to_have_count(20)

    await browse.go("/contacts?status=unsubscribed")
    await page.get_by_label("Select every row of this page").check()
    await page.get_by_role("button", name="Delete").click()
    await page.get_by_role("alertdialog").get_by_role("button", name="Delete").click()
    await expect(page.get_by_text("3 contacts deleted.")).to_be_visible()
