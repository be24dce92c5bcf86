"""Companies in a real browser: made in the drawer, filled with people, described, found again in a profile."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.e2e.conftest import Browse, LiveServer
from tidings.contacts.actions import replace_custom_fields, write_contacts
from tidings.contacts.companies.actions import write_companies
from tidings.contacts.companies.types import CompanyDraft
from tidings.contacts.types import CustomField, Draft
from tidings.platform.core import Core

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


async def _world(core: Core) -> None:
    words = ("Customer", "Partner", "Vendor"), ("Maritime", "Book Publishing")
    await write_companies(
        core,
        [
            CompanyDraft(
                {
                    "name": f"Harbour Works {n}",
                    "type": words[0][n % 3],
                    "industry": words[1][n % 2],
                    "email": f"office{n}@example.com",
                    "employees_number": n * 7,
                }
            )
            for n in range(30)
        ],
    )
    names = ("Zoë Nowak", "Jürgen Ångström", "Anna Petrov", "Ida D'Angelo")
    drafts = [
        Draft({"email": f"p{n}@example.com", "first_name": name.split()[0], "last_name": name.split()[1]})
        for n, name in enumerate(names)
    ]
    await write_contacts(core, drafts)
    fields = [CustomField("berth", "Berth", "single-select", options=("North", "South"))]
    await replace_custom_fields(core, fields, subject="company")


async def test_a_company_is_made_found_and_deleted(administrator: LiveServer, browse: Browse):
    page = await browse.log_in()
    await browse.go("/companies")
    await _looks_right(browse, "companies-empty")
    await _world(administrator.core)
    await page.get_by_role("link", name="Make the first company").click()
    drawer = page.get_by_role("dialog", name="Details")
    await drawer.get_by_label("Name", exact=True).fill("Harbour works 3")
    await drawer.get_by_role("button", name="Make the company").click()
    await expect(drawer.get_by_text("The name is already in use by another company.")).to_be_visible()
    await browse.check_access()
    await browse.shoot("company-new-refused")
    await drawer.get_by_label("Name", exact=True).fill("Quay & Sons")
    await drawer.get_by_label("Type").fill("Reseller")
    await drawer.get_by_role("button", name="Make the company").click()
    await expect(page.get_by_role("heading", name="Quay & Sons")).to_be_visible()
    await expect(page.get_by_text("The company is there.")).to_be_visible()

    await browse.go("/companies")
    await expect(page.locator("#companies tbody tr")).to_have_count(25)
    await _looks_right(browse, "companies")
    await page.get_by_role("link", name="Next page").click()
    await expect(page.locator("#companies tbody tr")).to_have_count(6)
    await page.get_by_label("Type", exact=True).select_option("Reseller")
    await expect(page.locator("#companies tbody tr")).to_have_count(1)
    await page.locator("#q").fill("nowhere")
    await expect(page.get_by_role("heading", name="No company matches")).to_be_visible()
    await page.get_by_role("link", name="Show all").click()
    await page.get_by_role("link", name="Employees").click()
    await expect(page.locator("#companies tbody tr").first).to_contain_text("Harbour Works 0")
    await page.get_by_label("Select every row of this page").check()
    await page.get_by_role("button", name="Select all that match").click()
    await browse.check_access()
    await page.get_by_role("region", name="Selected rows").get_by_role("button", name="Delete").click()
    await page.get_by_role("alertdialog").get_by_role("button", name="Delete").click()
    await expect(page.get_by_text("31 companies deleted.")).to_be_visible()
    await expect(page.get_by_role("heading", name="No companies yet")).to_be_visible()


async def test_people_join_a_company_that_is_described(administrator: LiveServer, browse: Browse):
    page = await browse.log_in()
    await _world(administrator.core)
    await browse.go("/companies?q=Works 4")
    await page.get_by_role("link", name="Harbour Works 4").click()
    await expect(page.get_by_role("heading", name="Nobody belongs to this company yet")).to_be_visible()
    await _looks_right(browse, "company-empty")
    await page.get_by_role("link", name="Add contacts").click()
    drawer = page.get_by_role("dialog", name="Details")
    await drawer.get_by_label("Zoë Nowak").check()
    await drawer.get_by_role("searchbox").fill("p2@exam")
    await expect(drawer.get_by_role("checkbox")).to_have_count(2)
    await drawer.get_by_label("Anna Petrov").check()
    await browse.check_access()
    await browse.shoot("company-add")
    await drawer.get_by_role("button", name="Add the chosen").click()
    await expect(page.get_by_text("2 contacts added.")).to_be_visible()
    await page.get_by_role("button", name="Actions for Anna Petrov").click()
    await page.get_by_role("button", name="Make the owner").click()
    await expect(page.get_by_role("row", name="Anna Petrov").get_by_text("Owner", exact=True)).to_be_visible()
    await _looks_right(browse, "company")

    await page.get_by_role("link", name="Details", exact=True).click()
    await page.get_by_label("Website").fill("harbour.example")
    await page.get_by_label("Description").fill("Repairs what floats.")
    await page.get_by_label("City").fill("Bristol")
    await page.get_by_label("Berth").select_option("South")
    await page.get_by_label("Employees").fill("many")
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_text("The number of employees must be a whole number.")).to_be_visible()
    await page.get_by_label("Employees").fill("28")
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_text("Saved.")).to_be_visible()
    await _looks_right(browse, "company-details")
    await page.get_by_role("link", name="Notes", exact=True).click()
    await page.get_by_label("Kind").select_option("call")
    await page.get_by_label("Note", exact=True).fill("They need a second crane.")
    await page.get_by_role("button", name="Save note").click()
    await expect(page.get_by_text("They need a second crane.")).to_be_visible()
    await _looks_right(browse, "company-notes")

    await page.get_by_role("link", name="Contacts", exact=True).last.click()
    await page.get_by_role("link", name="Zoë Nowak").click()
    card = page.get_by_role("region", name="Companies")
    await expect(card.get_by_role("link", name="Harbour Works 4")).to_be_visible()
    await card.get_by_label("Add to a company").fill("Harbour Works 22")
    await expect(card.locator("datalist option")).to_have_count(1)
    await card.get_by_role("button", name="Add to the company").click()
    await card.get_by_role("button", name="Make Harbour Works 22 the primary company").click()
    await expect(card.get_by_role("button", name="Make Harbour Works 4 the primary company")).to_be_visible()
    await _looks_right(browse, "contact-companies")
    await card.get_by_role("button", name="Take out of Harbour Works 4").click()
    await expect(card.get_by_role("link", name="Harbour Works 4")).to_have_count(0)


async def test_a_row_that_was_searched_for_is_still_there_while_it_is_pressed(
    administrator: LiveServer, browse: Browse
):
    page = await browse.log_in()
    await _world(administrator.core)
    await browse.go("/companies")
    await page.locator("#q").fill("Works 4")
    link = page.get_by_role("link", name="Harbour Works 4")
    await expect(page.locator("#companies tbody tr")).to_have_count(1)
    await link.hover()
    await page.mouse.down()
    await page.wait_for_load_state("networkidle")
    # Whatever leaving the field led to is over by now.
    await page.wait_for_timeout(700)
    await page.mouse.up()
    await expect(page.get_by_role("heading", name="Harbour Works 4")).to_be_visible()
