"""An automation in a real browser: made in drawers, published, looked at."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.e2e.conftest import Browse, LiveServer
from tidings.contacts import actions

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]


async def test_an_automation_is_put_together_and_published(administrator: LiveServer, browse: Browse):
    await actions.ensure_tags(administrator.core, ["VIP", "Gold"])
    page = await browse.log_in()
    await browse.go("/automations")
    await browse.check_access()
    await page.get_by_role("link", name="Make the first automation").click()
    await page.get_by_label("Name", exact=True).fill("Welcome")
    await page.get_by_label("VIP", exact=True).check()
    await page.get_by_role("button", name="Make the automation").click()
    await expect(page.get_by_text("No steps yet")).to_be_visible()
    await page.get_by_role("link", name="Add a step at the beginning").click()
    await page.get_by_role("link", name="Send a mail").click()
    await page.get_by_label("Subject", exact=True).fill("Welcome, {{contact.first_name}}")
    await page.get_by_label("Text of the mail").fill("<p>Hello</p>")
    await page.get_by_role("button", name="Add the step").click()
    await page.get_by_role("link", name="Add a step after Send a mail").click()
    await page.get_by_role("link", name="Condition").click()
    await page.get_by_label("Gold", exact=True).check()
    await page.get_by_role("button", name="Add the step").click()
    await page.get_by_role("link", name="Add a step at the beginning of Yes").click()
    await page.get_by_role("link", name="Wait", exact=False).click()
    await page.get_by_label("How long").fill("2")
    await page.get_by_role("button", name="Add the step").click()
    await expect(page.get_by_text("2 days")).to_be_visible()
    await page.get_by_role("button", name="Publish").click()
    await expect(page.get_by_text("It runs now.")).to_be_visible()
    await browse.check_access()
    await browse.shoot("automation-flow")
    await browse.go("/automations/1/people")
    await browse.check_access()
    await browse.go("/automations")
    await browse.check_access()
    await browse.shoot("automations")
