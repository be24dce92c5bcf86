"""Lists, tags and custom fields in a real browser."""

from __future__ import annotations

import asyncio
import contextlib
import re

import pytest
from playwright.async_api import Error, Page, Route, expect

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


class Held:
    """Requests whose address fits a pattern are kept until they are let go; whoever gave up meanwhile is left alone."""

    def __init__(self, page: Page, pattern: str) -> None:
        self._page, self._pattern = page, re.compile(pattern)
        self.arrived, self._may_go, self.done = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def __aenter__(self) -> Held:
        await self._page.route(self._pattern, self._hold)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._may_go.set()

    async def _hold(self, route: Route) -> None:
        self.arrived.set()
        await self._may_go.wait()
        with contextlib.suppress(Error):
            await route.continue_()
        self.done.set()

    async def let_go(self) -> None:
        self._may_go.set()
        await asyncio.wait_for(self.done.wait(), 20)
        await self._page.wait_for_load_state("networkidle")


async def _rows_are(page: Page, *titles: str) -> None:
    await expect(page.locator("#shelf tbody .main-link")).to_have_text(titles)


async def test_what_was_asked_last_is_shown_whatever_answer_comes_last(administrator: LiveServer, browse: Browse):
    for title in ("Bern", "Berlin", "Oslo"):
        await actions.create_list(administrator.core, title=title)
    page = await browse.log_in()
    # A search while the table is being sorted, and one while another search is under way.
    for word, ask in (
        ("sort=", page.get_by_role("link", name="Contacts", exact=True).last.click),
        ("q=ber$", lambda: page.locator("#q").fill("ber")),
    ):
        await browse.go("/lists")
        await _rows_are(page, "Berlin", "Bern", "Oslo")
        async with Held(page, word) as held:
            await ask()
            await asyncio.wait_for(held.arrived.wait(), 20)
            await page.locator("#q").fill("berl")
            await _rows_are(page, "Berlin")
            await held.let_go()
            await _rows_are(page, "Berlin")
        await page.unroute_all()


async def test_what_is_typed_while_the_page_loads_is_searched_for(administrator: LiveServer, browse: Browse):
    for title in ("Berlin", "Oslo"):
        await actions.create_list(administrator.core, title=title)
    page = await browse.log_in()
    async with Held(page, "/assets/main-") as held:
        await page.goto(f"{administrator.url}/lists", wait_until="commit")
        await asyncio.wait_for(held.arrived.wait(), 20)
        await page.locator("#q").fill("berl")
        await _rows_are(page, "Berlin", "Oslo")
        await held.let_go()
        await _rows_are(page, "Berlin")
