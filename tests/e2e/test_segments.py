"""The builder of segments in a real browser."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from playwright.async_api import Page, expect

from tests.e2e.conftest import Browse, LiveServer
from tidings.contacts import actions
from tidings.contacts.types import CustomField, Draft

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]


@asynccontextmanager
async def _redrawn(page: Page) -> AsyncIterator[None]:
    """Waits until what happens inside has drawn the lines anew and they are alive."""
    old = await page.locator("#builder").element_handle()
    yield
    await page.wait_for_function("(old) => !old.isConnected", arg=old)
    await page.wait_for_function("() => !document.querySelector('.htmx-added, .htmx-settling, .htmx-request')")


async def _choose(page: Page, label: str, value: str, place: int = 0) -> None:
    async with _redrawn(page):
        await page.get_by_label(label).nth(place).select_option(value)


async def test_a_segment_is_put_together_and_counted_while_it_grows(administrator: LiveServer, browse: Browse):
    core = administrator.core
    vip = await actions.create_tag(core, title="VIP")
    await actions.replace_custom_fields(core, [CustomField("plan", "Plan", "single-select", options=("Free", "Pro"))])
    people = [
        Draft(
            {"email": f"p{n}@example.com", "first_name": "Zoë", "city": "Lyon" if n % 2 else "Rome"},
            custom={"plan": "Pro" if n < 4 else "Free"},
            tags=[vip] if n == 0 else [],
        )
        for n in range(8)
    ]
    await actions.write_contacts(core, people)
    page = await browse.log_in()
    await browse.go("/segments")
    await browse.check_access()
    await page.get_by_role("link", name="Make the first segment").click()
    await page.get_by_label("Name", exact=True).fill("Lyon on Pro, or VIP")
    matching = page.locator("#matching")
    await expect(matching).to_contain_text("Finish the conditions")
    await _choose(page, "Property", "column.city")
    await _choose(page, "Comparison", "equals")
    await page.get_by_label("Value", exact=True).fill("lyon")
    await expect(matching.locator(".matching-count")).to_have_text("4")
    async with _redrawn(page):
        await page.get_by_role("button", name="And one more condition").click()
    await _choose(page, "Property", "custom.plan", 1)
    await page.get_by_label("Pro", exact=True).check()
    await expect(matching.locator(".matching-count")).to_have_text("2")
    async with _redrawn(page):
        await page.get_by_role("button", name="Or another group").click()
    await page.get_by_role("region", name="Group 2").get_by_label("VIP").check()
    await expect(matching.locator(".matching-count")).to_have_text("3")
    for theme in ("light", "dark"):
        await page.evaluate("(theme) => { document.documentElement.dataset.bsTheme = theme }", theme)
        await browse.check_access()
    await page.set_viewport_size({"width": 360, "height": 740})
    assert await page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    await page.set_viewport_size({"width": 1280, "height": 860})
    await browse.shoot("segment-builder")
    await page.get_by_role("button", name="Save the segment").click()
    await expect(page.get_by_role("row", name="Lyon on Pro, or VIP")).to_contain_text("3")
    await browse.check_access()
    await browse.shoot("segments")
    await page.get_by_role("link", name="Lyon on Pro, or VIP").click()
    await expect(page.locator("#people tbody tr")).to_have_count(3)
