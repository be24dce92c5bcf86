"""The portal in a real browser: switched on, asked for, entered by the button of a mailed link, used and left. And the
preference form on a landing page."""

from __future__ import annotations

import email
import email.policy
import re
from dataclasses import replace
from html import unescape
from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.e2e.conftest import SHOTS, Browse, LiveServer
from tests.public.door import run_jobs
from tidings.consent.preference_page import PreferencePage, save_preference_page
from tidings.contacts import actions as contacts
from tidings.contacts.queries import find_contact_by_email
from tidings.contacts.types import Draft
from tidings.messages.mailing import addresses
from tidings.pages.actions import create_page
from tidings.pages.types import Block, PageDraft
from tidings.platform.clock import SystemClock
from tidings.platform.core import Core

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]
BEN = "ben@example.com"


async def shown(browse: Browse, name: str) -> None:
    """No breach of accessibility, no sideways scrolling on the smallest phone, pictures in both lights."""
    await browse.check_access()
    before = browse.page.viewport_size
    for size, width, height in (("desk", 1280, 860), ("phone", 360, 740)):
        await browse.page.set_viewport_size({"width": width, "height": height})
        over = await browse.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert over == 0, (name, size)
        for light in ("light", "dark"):
            await browse.page.emulate_media(color_scheme=light)
            if SHOTS:
                await browse.page.screenshot(path=Path(SHOTS) / f"{name}-{size}-{light}.png", full_page=True)
    await browse.check_access()
    await browse.page.emulate_media(color_scheme="light")
    await browse.page.set_viewport_size(before or {"width": 1280, "height": 860})


async def mailed_link(core: Core) -> str:
    """The link in the last mail."""
    raw = await core.db.fetchval("SELECT raw FROM captured_mails ORDER BY id DESC LIMIT 1")
    part = email.message_from_bytes(raw, policy=email.policy.default).get_body(("html",))
    assert part is not None
    found = re.search(r'href="([^"]+ticket=[^"]+)"', part.get_content())
    assert found
    return unescape(found[1])


async def test_a_contact_logs_in_by_a_mailed_link_and_sees_what_is_theirs(administrator: LiveServer, browse: Browse):
    # The server lives by the clock on the wall, and so do the links that it believes.
    core = replace(administrator.core, clock=SystemClock())
    await core.installation.put({"public_url": administrator.url})
    news = await contacts.create_list(core, title="Newsletter", is_public=True)
    await contacts.create_list(core, title="New arrivals", is_public=True)
    fields = ("first_name", "last_name", "date_of_birth", "city", "country")
    await save_preference_page(core, PreferencePage(has_own_fields=True, fields=fields))
    person = Draft({"email": BEN, "first_name": "Ben"}, status="subscribed", lists=[news])
    contact = (await contacts.write_contact(core, person)).id

    page = await browse.log_in()
    await browse.go("/settings/modules")
    await page.get_by_label("Portal for contacts").check()
    await page.get_by_label("Address of the portal").fill("members")
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_role("link", name=f"{administrator.url}/members")).to_be_visible()
    await browse.check_access()
    await browse.shoot("portal-modules")
    await core.db.execute(
        """WITH made AS (INSERT INTO campaigns (title, subject, body, state) SELECT 'C' || n, 'Books for week ' || n,
        '<p>Hello {{contact.first_name}}, week ' || n || '.</p>', 'finished' FROM generate_series(1, 23) n RETURNING id)
        INSERT INTO messages (campaign_id, contact_id, email, state, sent_at)
        SELECT id, $1, $2, 'sent', now() - (30 - id) * interval '7 days' FROM made""",
        contact,
        BEN,
    )

    # The person's browser knows nothing of the team.
    await browse.context.clear_cookies()
    await page.goto(f"{administrator.url}/members")
    assert page.url == f"{administrator.url}/portal"
    await shown(browse, "portal-ask")
    await page.get_by_label("Your email address").fill(BEN)
    await page.get_by_role("button", name="Send me the link").click()
    await expect(page.get_by_text("If we know this address")).to_be_visible()
    await shown(browse, "portal-asked")
    await run_jobs(core)
    link = await mailed_link(core)
    await page.goto(link)
    await shown(browse, "portal-enter")
    await page.get_by_role("button", name="Log in").click()
    await expect(page.get_by_role("heading", name="Your details")).to_be_visible()
    assert page.url == f"{administrator.url}/portal"
    await shown(browse, "portal-details")

    await page.get_by_label("First name").fill("Benedict")
    await page.get_by_label("New arrivals").check()
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_role("status")).to_contain_text("successfully updated")
    view = await find_contact_by_email(core, BEN)
    assert view is not None
    assert view.contact.first_name == "Benedict"
    assert {one.title for one in view.lists} == {"Newsletter", "New arrivals"}
    await shown(browse, "portal-saved")

    await page.get_by_role("link", name="Mails", exact=True).click()
    await expect(page.get_by_role("listitem")).to_have_count(20)
    await shown(browse, "portal-mails")
    await page.get_by_role("link", name="Older").click()
    await expect(page.get_by_role("listitem")).to_have_count(3)
    async with browse.context.expect_page() as opening:
        await page.get_by_role("link", name="Books for week 1", exact=True).click()
    mail = await opening.value
    await expect(mail.get_by_text("Hello Benedict, week 1.")).to_be_visible()
    await mail.close()

    await page.get_by_role("link", name="Details").click()
    await page.get_by_role("link", name="Unsubscribe from all mails").click()
    await page.get_by_role("button", name="Unsubscribe").click()
    await page.goto(f"{administrator.url}/portal")
    await page.get_by_role("button", name="Save and subscribe again").click()
    await expect(page.get_by_role("status")).to_contain_text("A confirmation email has been sent")
    await shown(browse, "portal-left")

    await page.get_by_role("button", name="Log out").click()
    await expect(page.get_by_label("Your email address")).to_be_visible()
    await page.goto(link)
    await expect(page.get_by_role("alert")).to_contain_text("used already")
    await shown(browse, "portal-over")


async def test_the_preference_form_stands_on_a_landing_page(administrator: LiveServer, browse: Browse):
    core = administrator.core
    await core.installation.put({"public_url": administrator.url})
    await contacts.create_list(core, title="New arrivals", is_public=True)
    person = Draft({"email": BEN, "first_name": "Ben"}, status="subscribed")
    contact = (await contacts.write_contact(core, person)).id
    page_id = await create_page(
        core, PageDraft("Your choice", "choice", blocks=(Block("heading", "Your choice", level=1),))
    )
    page = await browse.log_in()
    await browse.go(f"/pages/{page_id}")
    await page.get_by_role("button", name="Preference form").click()
    await expect(page.get_by_role("link", name="preference page")).to_be_visible()
    await expect(page.get_by_role("button", name="Preference form", exact=True)).to_have_count(0)
    await expect(
        page.frame_locator("iframe.mail-frame:visible").get_by_text("everybody finds the form")
    ).to_be_visible()
    await browse.check_access()
    await browse.shoot("preferences-builder")
    await page.get_by_role("button", name="Save").last.click()
    await expect(page.get_by_text("Saved.")).to_be_visible()
    await page.get_by_role("button", name="Publish").click()
    await expect(page.get_by_text("The page is published.")).to_be_visible()
    await browse.go("/settings/preferences")
    await page.get_by_label("On a landing page").check()
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_text("Choose a page that has the preference form.")).to_be_visible()
    await page.get_by_label("Landing page", exact=True).select_option(label="Your choice")
    await browse.check_access()
    await browse.shoot("preferences-place")
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_text("Saved.")).to_be_visible()

    made = await addresses(replace(core, clock=SystemClock()))
    await page.goto(made.manage_url(contact, 0))
    assert page.url.startswith(f"{administrator.url}/p/choice?secure_hash=")
    await shown(browse, "preferences-page")
    await page.get_by_label("First name").fill("Benedict")
    await page.get_by_label("New arrivals").check()
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_text("successfully updated")).to_be_visible()
    await page.goto(f"{administrator.url}/p/choice")
    await expect(page.get_by_role("button", name="Send me the link")).to_be_visible()
    await shown(browse, "preferences-asked")
