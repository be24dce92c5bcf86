"""HTML in notes, in a real browser: what programs wrote looks as they meant it, and nothing hostile runs or loads."""

from __future__ import annotations

import base64

import pytest
from playwright.async_api import expect

from tests.contacts.test_note_markup import HOSTILE
from tests.e2e.conftest import Browse, LiveServer
from tests.e2e.test_ways_in import _looks_right
from tidings.access import actions as access
from tidings.contacts import actions as contacts
from tidings.contacts.companies import actions as companies
from tidings.contacts.companies.notes import add_company_note
from tidings.contacts.companies.types import CompanyDraft
from tidings.contacts.types import Draft

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]
GOOD = """<h2>Call of Monday</h2><p>She likes <strong>sea charts</strong> &amp; old <em>log books</em>:</p>
<ul><li>call again in May</li><li>send the <a href="https://shop.example.com/charts?a=1&amp;b=2">list</a></li></ul>
<blockquote>Not before noon.</blockquote><table><tr><th>Budget</th><td>£200</td></tr></table>"""
FOREIGN = [
    "script",
    "img",
    "iframe",
    "form",
    "input",
    "style",
    "link",
    "base",
    "meta",
    "svg",
    "object",
    "video",
    "[onclick]",
]


async def test_notes_are_shown_as_safe_html(administrator: LiveServer, browse: Browse):
    core = administrator.core
    person = (await contacts.write_contact(core, Draft({"email": "ben@example.com", "first_name": "Ben"}))).id
    quay = await companies.create_company(core, CompanyDraft({"name": "Quay & Sons"}))
    for number, text in enumerate(HOSTILE):
        await contacts.add_note(core, person, title=f"Odd {number}", description=text.replace("\0", ""), author_id=1)
        await add_company_note(core, quay, title=f"Odd {number}", description=text.replace("\0", ""), author_id=1)
    await contacts.add_note(core, person, title="By hand", description="Wrote to <ada@example.org>:\n5 < 6")
    _, secret = await access.create_key(core, kind="application-password", name="Shop", user_login="admin")
    told = await browse.context.request.post(
        f"{administrator.url}/wp-json/fluent-crm/v2/subscribers/{person}/notes",
        headers={"authorization": "Basic " + base64.b64encode(f"admin:{secret}".encode()).decode()},
        data={"note": {"title": "From the shop", "type": "call", "description": GOOD}},
    )
    assert told.status == 200, await told.text()

    page = await browse.log_in()
    for path in (f"/contacts/{person}/notes", f"/companies/{quay}/notes"):
        await browse.go(path)
        notes = page.locator(".note-text")
        assert await notes.count() >= 10
        assert await notes.locator(", ".join(FOREIGN)).count() == 0
        assert await notes.locator("[style], [id], [name], [src], [srcdoc]").count() == 0
        for link in await notes.locator("a").all():
            assert await link.get_attribute("rel") == "noopener noreferrer nofollow"
            assert (await link.get_attribute("href") or "https://").startswith("https://")
        await browse.check_access()
        await expect(page.get_by_role("button", name="Save note")).to_be_visible()
    await browse.go(f"/contacts/{person}/notes")
    shop = page.get_by_role("listitem").filter(has_text="From the shop").first
    await expect(shop.locator("ul li")).to_have_count(2)
    await expect(shop.get_by_role("strong").filter(has_text="sea charts")).to_be_visible()
    await expect(shop.get_by_role("link", name="list")).to_have_attribute(
        "href", "https://shop.example.com/charts?a=1&b=2"
    )
    await expect(page.get_by_text("Wrote to <ada@example.org>:")).to_be_visible()
    await core.db.execute("DELETE FROM notes WHERE title LIKE 'Odd%'")
    await browse.go(f"/contacts/{person}/notes")
    await _looks_right(browse, "notes-html")
    await page.get_by_role("button", name="Actions for this note").first.click()
    await page.get_by_role("link", name="Change").first.click()
    await expect(page.get_by_text("Its markup stays as it is")).to_be_visible()
    await browse.shoot("notes-change")
