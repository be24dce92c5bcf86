"""The board of the pipeline in a real browser: dragged, moved by keyboard with a note, filtered, and its stages kept."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.e2e.conftest import Browse, LiveServer
from tests.e2e.test_companies import _looks_right
from tidings.contacts.actions import write_contacts
from tidings.contacts.types import Draft
from tidings.pipeline.actions import move_contacts
from tidings.platform.core import Core

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]


async def _world(core: Core) -> list[int]:
    names = ("Zoë Nowak", "Jürgen Ångström", "Anna Petrov", "Ida D'Angelo")
    drafts = [
        Draft({"email": f"p{n}@example.com", "first_name": f.split()[0], "last_name": f.split()[1]})
        for n, f in enumerate(names)
    ]
    drafts += [Draft({"email": f"many{n}@example.com", "company_name": "Harbour Works"}) for n in range(23)]
    ids = [one.id for one in await write_contacts(core, drafts)]
    await move_contacts(core, ids[4:], 1)
    await move_contacts(core, ids[:2], 1)
    await move_contacts(core, [ids[2]], 2)
    return ids


async def test_people_go_through_the_stages(administrator: LiveServer, browse: Browse):
    page = await browse.log_in()
    await browse.go("/pipeline")
    await expect(page.get_by_role("heading", name="Nobody is in the pipeline yet")).to_be_visible()
    ids = await _world(administrator.core)
    await browse.go("/pipeline")
    lead, qualified = page.locator('[data-stage="1"]'), page.locator('[data-stage="2"]')
    await expect(lead.locator(".lane-card")).to_have_count(20)
    await lead.get_by_role("button", name="Show more").click()
    await expect(lead.locator(".lane-card")).to_have_count(25)
    await _looks_right(browse, "pipeline")

    # By hand.
    await page.locator("#board[data-mounted=done]").wait_for()
    card = page.locator(f'[data-contact="{ids[1]}"]')
    await card.hover()
    await page.mouse.down()
    box = await qualified.bounding_box()
    assert box is not None
    await page.mouse.move(box["x"] + 60, box["y"] + 30, steps=12)
    # Where the pointer is gets looked at every 50 ms.
    await expect(qualified.locator(".is-ghost")).to_have_count(1)
    await page.mouse.up()
    await expect(qualified.locator(".lane-card")).to_have_count(2)
    await expect(page.get_by_text("Moved.")).to_be_visible()
    await expect(page.locator('[data-count="1"]')).to_have_text("24")
    await expect(page.locator('[data-count="2"]')).to_have_text("2")

    # By keyboard, with a note.
    await page.get_by_role("link", name="Move Anna Petrov").focus()
    await page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label("Won").check()
    await dialog.get_by_label("Note").fill("Signed at the fair")
    await browse.check_access()
    await browse.shoot("pipeline-move")
    await dialog.get_by_role("button", name="Move", exact=True).click()
    await expect(page.locator('[data-stage="5"] .lane-card')).to_have_count(1)
    await page.locator("#q").fill("Nowak")
    await expect(page.locator(".lane-card")).to_have_count(1)

    await browse.go(f"/contacts/{ids[2]}")
    stage = page.get_by_role("region", name="Pipeline")
    await expect(stage.get_by_text("Qualified → Won · Signed at the fair")).to_be_visible()
    await stage.get_by_label("Stage", exact=True).select_option("Lost")
    await stage.get_by_label("Note about the move").fill("Changed their mind")
    await stage.get_by_role("button", name="Move").click()
    await expect(stage.get_by_text("Won → Lost · Changed their mind")).to_be_visible()
    await _looks_right(browse, "contact-stage")


async def test_stages_are_kept_and_counted(administrator: LiveServer, browse: Browse):
    page = await browse.log_in()
    await _world(administrator.core)
    await browse.go("/pipeline/stages")
    await page.get_by_label("Name").fill("Demo")
    await page.get_by_role("button", name="Make the stage").click()
    await expect(page.get_by_text("The stage is there.")).to_be_visible()
    await page.get_by_role("button", name="Move Demo up").click()
    await expect(page.locator("tbody tr").nth(5)).to_contain_text("Demo")
    await _looks_right(browse, "pipeline-stages")
    await page.get_by_role("link", name="Lead").click()
    await page.get_by_label("Where its 25 contacts go").select_option("Qualified")
    await _looks_right(browse, "pipeline-stage")
    await page.get_by_role("button", name="Delete").click()
    await page.get_by_role("alertdialog").get_by_role("button", name="Delete").click()
    await expect(page.get_by_text("The stage is deleted.")).to_be_visible()
    await expect(page.locator("tbody tr").first).to_contain_text("26")
    await browse.go("/pipeline/numbers")
    await _looks_right(browse, "pipeline-numbers")
