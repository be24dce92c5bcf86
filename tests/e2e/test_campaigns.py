"""Campaigns in a real browser: from the first draft through the capture mailbox to the report."""

from __future__ import annotations

import asyncio
import dataclasses
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from playwright.async_api import Page, expect

from tests.automations.flows import settle
from tests.e2e.conftest import Browse, LiveServer
from tidings import workers
from tidings.automations import workflows
from tidings.automations.types import StepDraft
from tidings.campaigns import actions as campaigns
from tidings.campaigns import drawing
from tidings.campaigns.types import WORKFLOW
from tidings.contacts import actions as contacts
from tidings.contacts.types import Draft
from tidings.platform.clock import SystemClock
from tidings.platform.core import Core
from tidings.segments.types import Everybody, to_json
from tidings.tracking.projector import fold_hits
from tidings.workers.sender import Sender

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

# A browser of a person: one without a window calls itself headless and counts as a machine.
PERSON = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36"
# What sticks out of the page, if the page scrolls sideways.
TOO_WIDE = """() => document.documentElement.scrollWidth <= innerWidth ? [] : [...document.querySelectorAll("main *")]
    .filter((one) => one.getBoundingClientRect().right > innerWidth).slice(0, 5).map((one) => one.outerHTML.slice(0, 120))"""
BODY = """<h2>Books of the season, {{contact.first_name|friend}}</h2><p>New on the quay this month: maps, poems and a
novel about the tide. <a href="https://books.example/maps">See the maps</a></p><ul><li><a href="https://books.example/poems">Poems</a>
</li><li><a href="https://books.example/novel?from=mail&amp;shelf=3">The novel</a></li></ul>"""


@asynccontextmanager
async def _working(core: Core) -> AsyncIterator[None]:
    """The worker's loops beside the server."""
    stop = asyncio.Event()
    task = asyncio.create_task(workers.run_loops(core, stop))
    try:
        yield
    finally:
        stop.set()
        await task


@pytest.fixture
async def office(administrator: LiveServer) -> LiveServer:
    """The server with a list, a tag, three people, its own address in the mails, and the clock of the machine."""
    core = dataclasses.replace(administrator.core, clock=SystemClock())
    await core.installation.put(
        {"public_url": administrator.url, "from_email": "news@harbour.example", "from_name": "Harbour Books"}
    )
    readers = await contacts.create_list(core, title="Readers")
    await contacts.create_tag(core, title="Press")
    people = [("Zoë", "zoe@example.com"), ("Jürgen", "juergen@example.com"), ("Ida", "ida@example.com")]
    drafts = [Draft({"email": email, "first_name": name}, lists=(readers,)) for name, email in people]
    await contacts.write_contacts(core, [*drafts, Draft({"email": "other@example.com"})])
    return LiveServer(administrator.url, core)


async def _looks_right(browse: Browse, name: str, *themes: str) -> None:
    """Axe in the themes (the present one when none is named), no sideways scroll on a phone, pictures."""
    page = browse.page
    if not themes:
        await browse.check_access()
    for theme in themes:
        await page.evaluate("(theme) => { document.documentElement.dataset.bsTheme = theme }", theme)
        await browse.check_access()
    before = page.viewport_size
    await page.set_viewport_size({"width": 360, "height": 740})
    wide = await page.evaluate(TOO_WIDE)
    assert not wide, f"{page.url} is too wide for a phone: {wide}"
    await page.set_viewport_size(before or {"width": 1280, "height": 860})
    await page.evaluate("() => scrollTo(0, 0)")
    await browse.shoot(name)


async def _choose(page: Page, label: str) -> None:
    await page.get_by_role("radio", name=re.compile(label)).check()


async def _write(browse: Browse, link: str) -> None:
    """The second step: a heading, a merge tag, a link, by hand in the editor."""
    page = browse.page
    await expect(page.get_by_role("toolbar", name="Formatting")).to_be_visible()
    editor = page.get_by_role("textbox", name="Text of the mail")
    await editor.click()
    await page.get_by_role("button", name="Heading", exact=True).click()
    await page.keyboard.type("The tide is in")
    await page.keyboard.press("Enter")
    await page.keyboard.type("Hello ")
    await page.get_by_role("button", name="Personalise").click()
    await page.get_by_role("button", name="First Name").click()
    await page.keyboard.type(", look at ")
    page.once("dialog", lambda dialog: asyncio.ensure_future(dialog.accept(link)))
    await page.keyboard.type("our maps")
    for _ in range(len("our maps")):
        await page.keyboard.press("Shift+ArrowLeft")
    await page.get_by_role("button", name="Link", exact=True).click()
    await expect(editor.get_by_role("link", name="our maps")).to_have_attribute("href", link)
    await expect(page.frame_locator(".mail-frame").get_by_role("link", name="our maps")).to_be_visible()


async def test_a_newsletter_from_the_first_draft_to_the_report(office: LiveServer, browse: Browse):
    page = await browse.log_in()
    await browse.context.set_extra_http_headers({"user-agent": PERSON})
    await browse.go("/campaigns")
    await expect(page.get_by_role("heading", name="No campaigns yet")).to_be_visible()
    await _looks_right(browse, "list-empty")

    await page.get_by_role("link", name="Write a newsletter").click()
    await page.get_by_role("button", name="Save and write the content").click()
    await page.get_by_label("Name of the campaign").fill("November")
    await page.get_by_label("Subject", exact=True).fill("The tide is in, ")
    await _looks_right(browse, "setup")
    await page.get_by_role("button", name="Save and write the content").click()

    await expect(page).to_have_url(re.compile("/content$"))
    await _write(browse, f"{office.url}/healthz?from=mail")
    await _looks_right(browse, "content")
    await page.get_by_role("button", name="Send a test").click()
    test = page.get_by_role("dialog", name="Send a test mail")
    await expect(test.get_by_label("To")).to_have_value("ada@example.com")
    await browse.check_access()
    await test.get_by_label("To").fill("zoe@example.com")
    await test.get_by_role("button", name="Send").click()
    await expect(page.get_by_text("The test mail is on its way to zoe@example.com.")).to_be_visible()
    await page.get_by_role("button", name="Choose recipients").click()

    await _choose(page, "Lists and tags")
    await page.get_by_role("checkbox", name=re.compile("Readers")).first.check()
    await expect(page.locator("[data-reached]")).to_have_attribute("data-reached", "3")
    await _looks_right(browse, "recipients")
    await page.get_by_role("button", name="Save and review").click()
    await expect(page.get_by_text("Capture mode: no mail server is connected")).to_be_visible()
    await expect(page.get_by_role("heading", name="Checks")).to_be_visible()
    await _looks_right(browse, "review")
    await page.get_by_role("button", name="Send now").click()
    await expect(page.get_by_role("alertdialog")).to_contain_text("Send to 3 people now?")
    await page.get_by_role("alertdialog").get_by_role("button", name="Send now").click()
    await expect(page).to_have_url(re.compile(r"/campaigns/\d+$"))
    await expect(page.get_by_text("It is on its way.")).to_be_visible()
    await _looks_right(browse, "on-its-way")

    async with _working(office.core):
        # The page follows by itself until everything is sent.
        await expect(page.locator(".tag", has_text="Sent").first).to_be_visible(timeout=30_000)
        await _looks_right(browse, "overview")
        await _open_and_click(browse)
        await _read_report(browse)


async def _open_and_click(browse: Browse) -> None:
    """Opens a captured mail, which fetches its picture, and follows its link."""
    page = browse.page
    await page.get_by_role("link", name="Open the mailbox").click()
    await expect(page.locator(".mail-list li")).to_have_count(4)
    await _looks_right(browse, "mailbox")
    await page.get_by_role("link", name=re.compile("juergen@example.com")).click()
    mail = page.frame_locator(".mail-frame")
    await expect(mail.get_by_text("Hello Jürgen, look at")).to_be_visible()
    # The frame names a tab of its own for its links; the browser opens it here as that tab would.
    link = mail.get_by_role("link", name="our maps")
    assert await link.evaluate("(a) => a.ownerDocument.querySelector('base').target") == "_blank"
    beside = await browse.context.new_page()
    await beside.goto(await link.get_attribute("href") or "")
    await expect(beside).to_have_url(re.compile(r"/healthz\?from=mail"))
    await beside.close()
    await _looks_right(browse, "mail")
    for word in ("Text part", "Headers", "Source"):
        await page.get_by_role("link", name=word).click()
        await expect(page.get_by_role("link", name=word)).to_have_attribute("aria-current", "page")
        await _looks_right(browse, f"mail-{word.split()[0].lower()}")


async def _read_report(browse: Browse) -> None:
    """The numbers of that one open and click, on the report and at the person."""
    page, core = browse.page, browse.server.core
    async with asyncio.timeout(20):
        while not await core.db.fetchval("SELECT count(*) FROM messages WHERE clicked_at IS NOT NULL"):  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    await browse.go("/campaigns")
    await _looks_right(browse, "list")
    await page.get_by_role("link", name="November").click()
    await page.get_by_role("link", name="Report", exact=True).click()
    figures = page.locator(".funnel > div")
    await expect(figures.filter(has_text="Opened")).to_contain_text("1")
    await expect(figures.filter(has_text="Opened")).to_contain_text("33.3%")
    await expect(figures.filter(has_text="Clicked")).to_contain_text("33.3%")
    await expect(page.get_by_role("row", name=re.compile("healthz"))).to_contain_text("1")
    await expect(page.get_by_text("No machine opened or clicked so far.")).to_be_visible()
    await expect(page.locator(".chart canvas")).to_be_visible()
    await page.get_by_role("link", name="People").click()
    await page.get_by_label("State").select_option("Clicked")
    await expect(page.get_by_role("link", name="Jürgen")).to_be_visible()
    await expect(page.locator("tbody tr")).to_have_count(1)


async def _season(core: Core) -> int:
    """A campaign with everything a report can show; answers its id."""
    names = ("Zoë Nowak", "Jürgen Weber", "Anna Petrova", "François Lefèvre", "Ida D'Angelo", "Márton Kiss")
    drafts = [
        Draft(
            {
                "email": f"reader{n}@example.com",
                **dict(zip(("first_name", "last_name"), names[n % 6].split(), strict=True)),
            }
        )
        for n in range(240)
    ]
    await contacts.write_contacts(core, drafts)
    made = await campaigns.create_campaign(
        core, title="Books of the season", subject="New on the quay", body=BODY, audience=to_json(Everybody())
    )
    await campaigns.update_campaign(core, made, subjects=[(50, "New on the quay"), (50, "Maps, poems and the tide")])
    await campaigns.schedule_campaign(core, made)
    await drawing.draw(core, made)
    sender = Sender(core)
    await sender.pass_once()
    await sender.pass_once()
    await sender.close()
    start = core.clock.now() - timedelta(hours=30)
    await core.db.execute("UPDATE messages SET sent_at = $2 WHERE campaign_id = $1", made, start)
    await core.db.execute(
        """UPDATE messages SET state = CASE WHEN id % 3 = 0 THEN 'bounced' WHEN id % 3 = 1 THEN 'failed' ELSE 'unknown' END,
        code = CASE WHEN id % 3 = 0 THEN 550 WHEN id % 3 = 1 THEN 554 END,
        note = CASE WHEN id % 3 = 0 THEN '550 5.1.1 <' || email || '>: Recipient address rejected: User unknown in relay table'
            WHEN id % 3 = 1 THEN '554 5.7.1 Message blocked' ELSE 'The sender stopped before the outcome was stored.' END,
        sent_at = CASE WHEN id % 3 = 0 THEN sent_at END
        WHERE campaign_id = $1 AND id % 20 < 3""",
        made,
    )
    await core.db.execute(
        """INSERT INTO hits (at, kind, message_id, link_id, is_machine)
        SELECT $2::timestamptz + (n * n % 97) * interval '17 minutes', CASE WHEN m.id % 3 = 0 THEN 2 ELSE 1 END, m.id,
            CASE WHEN m.id % 3 = 0 THEN (SELECT l.id FROM links l WHERE l.campaign_id = $1 ORDER BY (l.id + m.id) % 4, l.id LIMIT 1) END,
            m.id % 11 = 0
        FROM (SELECT id, row_number() OVER () AS n FROM messages WHERE campaign_id = $1 AND state = 'sent' AND id % 5 < 3) m""",
        made,
        start,
    )
    await fold_hits(core)
    await core.db.execute(
        """WITH gone AS (UPDATE messages SET unsubscribed_at = $2 WHERE campaign_id = $1 AND id % 50 = 7 RETURNING contact_id)
        INSERT INTO consents (contact_id, kind, source, reason, at)
        SELECT contact_id, 'opt_out', 'link', CASE WHEN contact_id % 2 = 0 THEN 'I get too many mails' ELSE '' END, $2 FROM gone""",
        made,
        start + timedelta(hours=5),
    )
    return made


async def test_every_page_of_a_report_reads_well(office: LiveServer, browse: Browse):
    core = office.core
    made = await _season(core)
    for n, title in enumerate(("Spring letter", "Summer letter with a rather long name that must not break anything")):
        other = await campaigns.create_campaign(
            core, title=title, subject="Hello", body=BODY, audience=to_json(Everybody())
        )
        await campaigns.schedule_campaign(core, other, at=core.clock.now() + timedelta(days=n + 1))
    page = await browse.log_in()
    for path, name in (
        (f"/campaigns/{made}/report", "report"),
        (f"/campaigns/{made}/report/people", "report-people"),
        (f"/campaigns/{made}/report/people?show=bounced", "report-people-bounced"),
        (f"/campaigns/{made}/report/unsubscribes", "report-unsubscribes"),
        (f"/campaigns/{made}/report/undelivered", "report-undelivered"),
        (f"/campaigns/{made + 1}/report", "report-none"),
        (f"/campaigns/{made + 1}", "overview-planned"),
        ("/campaigns?q=letter", "list-found"),
        ("/reports", "reports"),
        ("/reports?from=2020-01-01&until=2020-03-01", "reports-empty"),
    ):
        await browse.go(path)
        await _looks_right(browse, name, "dark", "light")
    await browse.go(f"/campaigns/{made}/report")
    await expect(page.locator(".other-hits")).to_contain_text("by machines")
    await page.get_by_text("As a table").click()
    await expect(page.get_by_role("columnheader", name="From")).to_be_visible()
    await browse.check_access()

    await browse.go(f"/campaigns/{made}/report/undelivered")
    await page.get_by_role("button", name="Send failed again").click()
    await page.get_by_role("alertdialog").get_by_role("button", name="Send again").click()
    await expect(page.get_by_text(re.compile("mails? goes? out again|mails go out again"))).to_be_visible()
    await browse.go(f"/campaigns/{made}/report/people")
    async with page.expect_download() as loading:
        await page.get_by_role("link", name="CSV of everybody").click()
    file = await (await loading.value).path()
    assert len(file.read_text("utf-8-sig").splitlines()) == 245


async def test_a_campaign_of_several_steps_shows_where_its_contacts_are(office: LiveServer, browse: Browse):
    core = office.core
    made = await campaigns.create_campaign(core, title="Getting started", kind=WORKFLOW)
    await workflows.add_people(core, made, Everybody())
    page = await browse.log_in()
    await browse.go(f"/campaigns/{made}")
    await expect(page.get_by_text("Not started")).to_be_visible()
    await _looks_right(browse, "workflow-draft", "light", "dark")
    mails = [
        StepDraft("send_mail", {"key": key}, mail={"subject": subject, "body": "<p>x</p>"}, extras={"node": key})
        for key, subject in (("hello", "Hello {{contact.first_name}}"), ("more", "One more thing"))
    ]
    wait = StepDraft("wait", {"how": "for", "amount": 1, "unit": "days"})
    await workflows.start_workflow(core, made, [mails[0], wait, mails[1]])
    await workflows.enrol(core, made)
    await settle(core)
    await Sender(core).pass_once()
    await browse.go(f"/campaigns/{made}")
    await expect(page.get_by_role("cell", name="Hello")).to_be_visible()
    await _looks_right(browse, "workflow", "light", "dark")
    await page.get_by_role("button", name="Pause").click()
    await expect(page.get_by_text("Paused. What is not sent waits.")).to_be_visible()
    await browse.go("/campaigns")
    await expect(page.get_by_text("Several steps")).to_be_visible()
    await _looks_right(browse, "workflow-in-the-list")
