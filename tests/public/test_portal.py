"""The portal: in by a link that works once, and then one's own details, lists and mails; nobody else's, and not for the
team."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape
from urllib.parse import quote_from_bytes

import httpx
import pytest

from tests.conftest import StatementCounter
from tests.public.door import (
    AJAX,
    HOME,
    captured_links,
    form_of,
    mailed,
    run_jobs,
    status_of,
    visitor,
)
from tests.public.test_odd_requests import ODD
from tidings.access import actions as access
from tidings.app import Dispatcher
from tidings.contacts import actions as contacts
from tidings.contacts.queries import contact_by_id
from tidings.contacts.types import Draft, WritePolicy
from tidings.content import Source
from tidings.messages.mailing import Written
from tidings.messages.preview import message_view, preview, shared_view
from tidings.platform import modules
from tidings.platform.clock import FixedClock
from tidings.platform.core import Core
from tidings.portal.actions import choose_address, forget_ended
from tidings.public.portal import OVER
from tidings.tracking.portal_tickets import MAILED_LASTS
from tidings.ui import app as ui

ADA = "Ada.Lovelace@example.org"
CODE = '<p><a href="##crm.frontend_portal_url##">My page</a></p>'
ASK = {"page": "1", "email": ADA}


@pytest.fixture(autouse=True)
async def portal(core: Core) -> None:
    """The portal is on."""
    await modules.switch(core, {"portal": True})


async def ada(core: Core) -> int:
    return (await contacts.write_contact(core, Draft({"email": ADA, "first_name": "Ada"}, status="subscribed"))).id


async def asked(core: Core, door: httpx.AsyncClient, email: str = ADA) -> str | None:
    """The link that comes by mail after asking, if one comes."""
    before = await core.db.fetchval("SELECT count(*) FROM captured_mails")
    assert "If we know this address" in (await door.post("/portal/ask", data=ASK | {"email": email})).text
    await run_jobs(core)
    if await core.db.fetchval("SELECT count(*) FROM captured_mails") == before:
        return None
    [link] = await captured_links(core, await core.db.fetchval("SELECT recipient FROM captured_mails ORDER BY id DESC"))
    return link


async def pressed(door: httpx.AsyncClient, link: str) -> httpx.Response:
    """Opens a link and presses its button."""
    page = await door.get(link)
    assert page.status_code == 200
    return await door.post("/portal/enter", data=form_of(page.text))


async def inside(core: Core, door: httpx.AsyncClient) -> str:
    """Logs in, and is at the first page."""
    link = await asked(core, door)
    assert link is not None
    answer = await pressed(door, link)
    assert (answer.status_code, answer.headers["location"]) == (303, "/portal")
    return (await door.get("/portal")).text


async def test_a_link_is_mailed_works_once_and_opens_a_session_of_the_portal_alone(core: Core, door: httpx.AsyncClient):
    contact = await ada(core)
    link = await asked(core, door)
    assert link is not None
    assert link.startswith(f"{HOME}/portal/enter?ticket=")
    answer = await pressed(door, link)
    cookie = answer.headers["set-cookie"]
    assert all(
        word in cookie for word in ("tidings_portal=", "Path=/portal", "HttpOnly", "SameSite=Lax", "Max-Age=43200")
    )
    assert "Secure" not in cookie, "the installation is reached without TLS here"
    page = await door.get("/portal")
    assert (page.status_code, page.headers["cache-control"]) == (200, "no-store")
    assert (form_of(page.text.partition("</nav>")[2])["email"], "Log out" in page.text) == (ADA, True)
    async with visitor(core) as other:
        assert OVER in (await other.get(link)).text
        again = await other.post("/portal/enter", data={"ticket": httpx.URL(link).params["ticket"]})
        assert (again.status_code, "set-cookie" in again.headers, OVER in again.text) == (422, False, True)
        assert "Send me the link" in (await other.get("/portal")).text
    assert (await door.get(link)).headers["location"] == "/portal", "who is inside already only goes on"
    assert await core.db.fetchval("SELECT contact_id FROM facts WHERE kind = 'portal_entered'") == contact
    await core.installation.put({"public_url": "https://news.example.org"})
    link = await asked_again(core)
    door.cookies.clear()
    assert "Secure" in (await pressed(door, link)).headers["set-cookie"]


async def asked_again(core: Core) -> str:
    """A link at an installation that is reached by TLS."""
    async with visitor(core) as other:
        await other.post("/portal/ask", data=ASK)
    await run_jobs(core)
    raw: bytes = await core.db.fetchval("SELECT raw FROM captured_mails ORDER BY id DESC LIMIT 1")
    found = re.search(r"ticket=([\w.]+)", raw.decode().replace("=\r\n", "").replace("=3D", "="))
    assert found
    return f"/portal/enter?ticket={found[1]}"


async def test_looking_uses_nothing_up(core: Core, door: httpx.AsyncClient):
    await ada(core)
    link = await asked(core, door)
    assert link is not None
    for agent in ("", "Mozilla/5.0 (compatible; SafeLinks)", "GoogleImageProxy"):
        async with visitor(core) as scanner:
            for method in ("HEAD", "GET"):
                answer = await scanner.request(method, link, headers={"user-agent": agent, "purpose": "prefetch"})
                assert (answer.status_code, "set-cookie" in answer.headers) == (200, False)
    assert await core.db.fetchval("SELECT count(*) FROM portal_tickets_used") == 0
    assert (await pressed(door, link)).status_code == 303


async def test_the_answer_tells_nobody_who_is_known_and_floods_are_held(core: Core, door: httpx.AsyncClient):
    await ada(core)
    answers = [await door.post("/portal/ask", data=ASK | {"email": one}) for one in (ADA, "nobody@example.org")]
    assert len({(one.status_code, one.text) for one in answers}) == 1
    assert await core.db.fetchval("SELECT count(*) FROM captured_mails") == 0, "mails are the workers'"
    await run_jobs(core)
    assert await core.db.fetch("SELECT recipient FROM captured_mails") == [(ADA,)]
    codes = [(await door.post("/portal/ask", data=ASK)).status_code for _ in range(4)]
    assert codes == [200, 200, 422, 422]
    assert (await door.post("/portal/ask", data=ASK | {"email": "x@y.co", "website": "spam"})).status_code == 422
    assert (await door.post("/portal/ask", data=ASK | {"email": "no address"})).status_code == 422
    tries = [(await door.post("/portal/enter", data={"ticket": "1.a.1.x"})).status_code for _ in range(31)]
    assert (tries[0], tries[29], tries[30]) == (422, 422, 429)


async def test_links_are_over_in_time_and_sessions_too(core: Core, door: httpx.AsyncClient, clock: FixedClock):
    await ada(core)
    link = await asked(core, door)
    assert link is not None
    clock.set(clock.now() + timedelta(minutes=61))
    assert OVER in (await door.get(link)).text
    assert (await door.post("/portal/enter", data={"ticket": httpx.URL(link).params["ticket"]})).status_code == 422
    assert "Log out" in await inside(core, door)
    clock.set(clock.now() + timedelta(hours=12, seconds=1))
    assert "Send me the link" in (await door.get("/portal")).text
    await forget_ended(core)
    for table in ("portal_sessions", "portal_tickets_used"):
        assert await core.db.fetchval(f"SELECT count(*) FROM {table}") == 0


async def test_only_the_right_proof_of_the_right_kind_opens_it(core: Core, door: httpx.AsyncClient):
    sent = await mailed(core)
    link = await asked(core, door)
    assert link is not None
    ticket = httpx.URL(link).params["ticket"]
    contact, name, until, proof = ticket.split(".")
    person = httpx.URL(sent.one_click).params["secure_hash"].partition("__")[0]
    other = (await contacts.write_contact(core, Draft({"email": "eve@example.org"}))).id
    wrong = [
        f"{other}.{name}.{until}.{proof}",
        f"{contact}.{name}x.{until}.{proof}",
        f"{contact}.{name}.{int(until) + 1}.{proof}",
        f"{contact}.{name}.{until}.{person}",
        f"{contact}.{name}.{until}.{proof[:-1]}",
        f"{contact}.{name}.{until}.",
        f"{contact}.{name}.{until}",
        "",
        "9" * 300,
        "ä.ä.ä.ä",
        f"{contact}.{name}.{until}.\ud800".encode("utf-8", "surrogatepass").decode("latin-1"),
    ]
    for one in wrong:
        assert OVER in (await door.get("/portal/enter", params={"ticket": one})).text, one
    await core.db.execute("DELETE FROM rate_windows")
    for one in wrong:
        assert (await door.post("/portal/enter", data={"ticket": one})).status_code == 422, one
    foreign = await door.post("/portal/enter", data={"ticket": ticket}, headers={"sec-fetch-site": "cross-site"})
    assert foreign.status_code == 422, "another site logs nobody in"
    assert await core.db.fetchval("SELECT count(*) FROM portal_sessions") == 0
    assert (await pressed(door, link)).status_code == 303


async def test_an_address_that_changed_ends_links_and_sessions(core: Core, door: httpx.AsyncClient):
    contact = await ada(core)
    assert "Log out" in await inside(core, door)
    link = await asked(core, door)
    assert link is not None
    await contacts.write_contact(core, Draft({"email": "ada@new.example.org"}, id=contact), WritePolicy(reason="team"))
    assert "Send me the link" in (await door.get("/portal")).text
    assert OVER in (await door.get(link)).text
    await core.db.execute("DELETE FROM contacts")
    assert await core.db.fetchval("SELECT count(*) FROM portal_sessions") == 0


async def test_it_is_never_made_for_the_team(core: Core, door: httpx.AsyncClient):
    contact = await ada(core)
    link = await asked(core, door)
    assert link is not None
    assert "Log out" in await inside(core, door)
    user = await access.create_user(core, login="ada", email=ADA.lower(), role="editor", password="a quiet harbour")
    assert "Send me the link" in (await door.get("/portal")).text, "a session ends when somebody joins the team"
    assert OVER in (await door.get(link)).text
    assert await asked(core, door) is None
    await core.db.execute("DELETE FROM rate_windows")
    # The same person under another address, by the account behind the contact.
    await core.db.execute("UPDATE users SET email = 'x@y.co'")
    await core.db.execute("UPDATE contacts SET user_id = $2 WHERE id = $1", contact, user.id)
    assert await asked(core, door) is None
    await core.db.execute("UPDATE users SET role = 'subscriber'")
    assert "Log out" in (await door.get("/portal")).text, "an account without any permission is nobody of the team"
    await core.db.execute("UPDATE users SET permissions = '{fcrm_read_contacts}'")
    assert "Send me the link" in (await door.get("/portal")).text


async def test_its_session_is_nothing_to_the_interface_and_the_other_way_round(core: Core, door: httpx.AsyncClient):
    await ada(core)
    await inside(core, door)
    token = door.cookies["tidings_portal"]
    transport = httpx.ASGITransport(Dispatcher(core, {"ui": ui.build(core)}))
    await access.create_user(
        core, login="eva", email="eva@example.org", role="administrator", password="a quiet harbour"
    )
    team, _ = await access.start_session(core, "eva", "a quiet harbour")
    async with httpx.AsyncClient(transport=transport, base_url=HOME) as interface:
        codes = [
            (await interface.get("/contacts", headers={"cookie": f"tidings_session={one}"})).status_code
            for one in (token, team)
        ]
    assert codes == [303, 200]
    async with visitor(core) as other:
        for one in (team, "", "x", '"', "a;b=\x7f"):
            page = await other.get("/portal", headers={"cookie": f"tidings_portal={one}"})
            assert "Send me the link" in page.text
    assert token not in str(await core.db.fetch("SELECT * FROM portal_sessions"))


async def test_details_and_lists_are_changed_by_the_rules_of_the_preference_page(core: Core, door: httpx.AsyncClient):
    contact = await ada(core)
    news = await contacts.create_list(core, title="News", is_public=True)
    staff = await contacts.create_list(core, title="Staff")
    await contacts.write_contact(core, Draft(id=contact, lists=[staff]))
    page = await inside(core, door)
    assert ("News" in page, "Staff" in page) == (True, False)
    form = form_of(page.partition("</nav>")[2])
    boxes = [str(news), str(staff)]
    answer = await door.post("/portal/preferences", data=form | {"first_name": "<b>Grace", "lists[]": boxes})
    assert (answer.status_code, "successfully updated" in answer.text) == (200, True)
    view = await contact_by_id(core, contact)
    assert (view.contact.first_name, {one.title for one in view.lists}) == ("Grace", {"News", "Staff"})
    refused = await door.post("/portal/preferences", data=form | {"email": "no address"})
    assert (refused.status_code, "valid email" in refused.text) == (422, True)
    moved = await door.post("/portal/preferences", data=form | {"email": "ada@new.example.org"})
    assert "with changed email address" in moved.text
    assert (await contact_by_id(core, contact)).contact.email == ADA, "until the link is followed"
    for wrong in ({"proof": ""}, {"proof": "0" * 32}):
        assert (await door.post("/portal/preferences", data=form | {"first_name": "Evil"} | wrong)).status_code == 422
    async with visitor(core) as other:
        assert (await other.post("/portal/preferences", data=form | {"first_name": "Evil"})).status_code == 422
    assert (await contact_by_id(core, contact)).contact.first_name != "Evil"


async def test_leaving_and_coming_back_go_the_usual_ways(core: Core, door: httpx.AsyncClient):
    contact = await ada(core)
    page = await inside(core, door)
    [link] = [unescape(one) for one in re.findall(r'href="([^"]+route=unsubscribe[^"]+)"', page)]
    left = await door.get(link)
    await door.post(AJAX, data=form_of(left.text))
    assert await status_of(core, contact) == "unsubscribed"
    page = (await door.get("/portal")).text
    assert "Save and subscribe again" in page
    form = form_of(page.partition("</nav>")[2])
    mails = "SELECT count(*) FROM captured_mails"
    before = await core.db.fetchval(mails)
    await door.post("/portal/preferences", data=form | {"first_name": "Grace"})
    assert await core.db.fetchval(mails) == before, "saving details asks for nothing"
    assert (await contact_by_id(core, contact)).contact.first_name == "Grace"
    answer = await door.post("/portal/preferences", data=form | {"again": "1"})
    assert "A confirmation email has been sent" in answer.text
    assert await status_of(core, contact) == "unsubscribed"
    [link] = await captured_links(core, ADA)
    await door.post(link)
    assert await status_of(core, contact) == "subscribed"


async def test_past_mails_are_listed_newest_first_and_open_as_that_person_sees_them(
    core: Core, door: httpx.AsyncClient, clock: FixedClock
):
    sent = await mailed(core, subject="First for {{contact.first_name}}")
    clock.set(clock.now() + timedelta(hours=1))
    await mailed(core, subject="Second <b>", body="<p>Dear {{contact.first_name}}</p>")
    await core.db.execute("UPDATE messages SET state = 'failed' WHERE id > 2")
    await inside(core, door)
    page = (await door.get("/portal/mails")).text
    assert re.findall(r'noreferrer">([^<]+)</a>', page) == ["Second &lt;b&gt;", "First for Ada"]
    assert "20 November 2026, 13:00" in page
    urls = [unescape(one) for one in re.findall(r'<li><a href="([^"]+)"', page)]
    view = await door.get(urls[0])
    assert (view.status_code, "Dear Ada" in view.text) == (200, True)
    other = (await contacts.write_contact(core, Draft({"email": "eve@example.org"}, status="subscribed"))).id
    await core.db.execute("UPDATE messages SET contact_id = $1 WHERE id = $2", other, sent.message_id)
    assert "First for" not in (await door.get("/portal/mails")).text, "nobody else's"


async def test_mails_are_turned_over_page_by_page_with_the_same_statements(
    core: Core, door: httpx.AsyncClient, statements: StatementCounter
):
    await mailed(core)
    await inside(core, door)
    await door.get("/portal/mails")
    with statements as few:
        await door.get("/portal/mails")
    await core.db.execute(
        """WITH made AS (INSERT INTO campaigns (title, subject) SELECT 'C' || n, 'Mail ' || n FROM generate_series(1, 44) n
        RETURNING id)
        INSERT INTO messages (campaign_id, contact_id, email, state, sent_at)
        SELECT id, 1, $1, 'sent', '2026-11-21'::timestamptz + id * interval '1 minute' FROM made""",
        ADA,
    )
    with statements as many:
        first = (await door.get("/portal/mails")).text
    assert many.count <= few.count + 1, "the total of more than one page is counted"
    assert ("Page 1 of 3" in first, "Mail 44<" in first, "Mail 24<" in first) == (True, True, False)
    assert re.findall(r'rel="(next|prev)"', first) == ["next"]
    last = (await door.get("/portal/mails?page=3")).text
    assert ("Mail 1<" in last, re.findall(r'rel="(next|prev)"', last)) == (True, ["prev"])
    for odd in ("0", "-1", "x", "9" * 30, "10000"):
        assert (await door.get(f"/portal/mails?page={odd}")).status_code == 200


async def test_logging_out_ends_the_session_and_needs_its_form(core: Core, door: httpx.AsyncClient):
    await ada(core)
    page = await inside(core, door)
    token = door.cookies["tidings_portal"]
    await door.post("/portal/leave", data={"proof": "0" * 32})
    assert await core.db.fetchval("SELECT count(*) FROM portal_sessions") == 1
    door.cookies.set("tidings_portal", token, path="/portal")
    answer = await door.post("/portal/leave", data=form_of(page))
    assert (answer.headers["location"], "Max-Age=0" in answer.headers["set-cookie"]) == ("/portal", True)
    async with visitor(core) as copied:
        page = await copied.get("/portal", headers={"cookie": f"tidings_portal={token}"})
        assert "Send me the link" in page.text


async def test_the_code_in_a_mail_logs_its_recipient_in_once_and_for_two_weeks(
    core: Core, door: httpx.AsyncClient, clock: FixedClock
):
    sent = await mailed(core, body=CODE)
    link = sent.address("/portal")
    assert link.startswith(f"{HOME}/portal/enter?ticket=")
    clock.set(clock.now() + MAILED_LASTS - timedelta(seconds=1))
    assert (await pressed(door, link)).status_code == 303
    async with visitor(core) as forwarded:
        assert OVER in (await forwarded.get(link)).text
    second = (await mailed(core, body=CODE)).address("/portal")
    assert second != link
    clock.set(clock.now() + MAILED_LASTS)
    async with visitor(core) as late:
        assert OVER in (await late.get(second)).text


async def test_what_others_see_of_a_mail_logs_nobody_in(core: Core, door: httpx.AsyncClient):
    sent = await mailed(core, body=CODE)
    written = Written(Source(subject="x", body=CODE))
    shown = [
        (await message_view(core, sent.message_id))[1],
        (await preview(core, written, sent.contact_id))[1],
        await shared_view(core, sent.campaign_id),
    ]
    for html in shown:
        assert (f'href="{HOME}/portal"' in html, "ticket=" in html) == (True, False)


async def test_switched_off_there_is_nothing(core: Core, door: httpx.AsyncClient):
    await ada(core)
    link = await asked(core, door)
    assert link is not None
    await inside(core, door)
    await modules.switch(core, {"portal": False})
    assert (await mailed(core, body=CODE)).address("/portal") == f"{HOME}/portal"
    for path in ("/portal", "/portal/mails", link):
        assert (await door.get(path)).status_code == 404
    for path in ("ask", "enter", "preferences", "leave"):
        assert (await door.post(f"/portal/{path}", data=ASK)).status_code == 404
    assert await core.db.fetchval("SELECT count(*) FROM jobs WHERE state = 'queued'") == 0


async def test_the_operators_address_leads_to_it_too(core: Core, door: httpx.AsyncClient):
    await choose_address(core, "members")
    answers = [await door.get(path) for path in ("/members", "/members/enter?ticket=1.a.2.x", "/members//evil.example")]
    assert [(one.status_code, one.headers["location"]) for one in answers] == [
        (307, "/portal"),
        (307, "/portal/enter?ticket=1.a.2.x"),
        (307, "/portal//evil.example"),
    ]
    for path in ("/portal/nothing", "/portal//evil.example", "/portal/mails/1"):
        assert (await door.get(path)).status_code == 404
    assert (await door.put("/portal")).status_code == 404


async def test_a_link_that_could_not_be_used_up_stays_good(core: Core, door: httpx.AsyncClient):
    await ada(core)
    link = await asked(core, door)
    assert link is not None
    await core.db.execute("ALTER TABLE facts ADD CONSTRAINT no_room CHECK (kind <> 'portal_entered')")
    assert (await pressed(door, link)).status_code == 500
    await core.db.execute("ALTER TABLE facts DROP CONSTRAINT no_room")
    assert (await pressed(door, link)).status_code == 303


@pytest.mark.parametrize("path", ["", "/enter", "/ask", "/mails", "/preferences", "/leave", "/%00", "/%ff"])
async def test_nonsense_is_answered_and_never_with_a_crash(core: Core, door: httpx.AsyncClient, path: str):
    await ada(core)
    await inside(core, door)
    for odd in ODD:
        text = quote_from_bytes(odd)
        query = f"?ticket={text}&page={text}"
        body = f"ticket={text}&proof={text}&email={text}&first_name={text}".encode()
        kind = {"content-type": "application/x-www-form-urlencoded"}
        cookie = {"cookie": f"tidings_portal={text}; x"}
        asked = [await door.get(f"/portal{path}{query}"), await door.get(f"/portal{path}{query}", headers=cookie)]
        asked += [await door.post(f"/portal{path}", content=body, headers=kind | more) for more in ({}, cookie)]
        assert max(one.status_code for one in asked) < 500, odd
    assert await core.db.fetchval("SELECT first_name FROM contacts") == "Ada"
