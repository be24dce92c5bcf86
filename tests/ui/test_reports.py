"""Reports without a browser: what the pages of a sent campaign and of a range of days tell, and to whom."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from tests.conftest import NOW, StatementCounter
from tests.ui.conftest import PASSWORD
from tests.ui.door import Door
from tidings.access import actions as access
from tidings.campaigns import actions as campaigns
from tidings.campaigns import drawing, queries
from tidings.contacts import actions as contacts
from tidings.contacts.types import Draft
from tidings.platform.core import Core
from tidings.reports import dashboard
from tidings.segments.types import Everybody, to_json
from tidings.tracking.projector import fold_hits
from tidings.ui.reports import ranges
from tidings.ui.shell.forms import Form
from tidings.workers.sender import Sender

BODY = (
    '<p>Hello {{contact.first_name}}, <a href="https://x.example/a">one</a> <a href="https://x.example/b">two</a></p>'
)


async def _sent(core: Core, people: int = 6, **values: Any) -> int:
    """A campaign that reached everybody, into the capture mailbox."""
    await contacts.write_contacts(
        core, [Draft({"email": f"p{i}@y.co", "first_name": f"N{i}", "last_name": "Lee"}) for i in range(people)]
    )
    given: dict[str, Any] = {"title": "News", "subject": "Hi", "body": BODY, "audience": to_json(Everybody())} | values
    made = await campaigns.create_campaign(core, **given)
    await campaigns.schedule_campaign(core, made)
    await drawing.draw(core, made)
    sender = Sender(core)
    await sender.pass_once()
    await sender.pass_once()
    await sender.close()
    return made


async def _hit(core: Core, kind: int, email: str, *, url: str = "", is_machine: bool = False) -> None:
    await core.db.execute(
        """INSERT INTO hits (at, kind, message_id, link_id, is_machine)
        SELECT $1, $2, m.id, (SELECT l.id FROM links l WHERE l.campaign_id = m.campaign_id AND l.url = $4), $5
        FROM messages m WHERE m.email = $3""",
        core.clock.now(),
        kind,
        email,
        url,
        is_machine,
    )
    await fold_hits(core)


async def _outcome(core: Core, email: str, state: str, code: int | None, note: str) -> None:
    await core.db.execute(
        "UPDATE messages SET state = $2, code = $3, note = $4 WHERE email = $1", email, state, code, note
    )


async def test_a_report_counts_people_and_keeps_machines_apart(core: Core, door: Door):
    made = await _sent(core)
    await _hit(core, 1, "p0@y.co")
    await _hit(core, 2, "p0@y.co", url="https://x.example/a")
    await _hit(core, 2, "p1@y.co", url="https://x.example/a")
    await _hit(core, 1, "p2@y.co", is_machine=True)
    page = (await door.client.get(f"/campaigns/{made}/report")).text
    assert "33.3%" in page, "two of six opened, a click counting as an open"
    assert "100% of those who opened" in page
    assert 'href="https://x.example/a"' in page
    assert "As a table" in page
    link = await core.db.fetchval("SELECT id FROM links WHERE url = 'https://x.example/a'")
    assert f"/campaigns/{made}/report/people?link={link}" in page
    clicked = (await door.client.get(f"/campaigns/{made}/report/people?link={link}&q=p1")).text
    assert "Only people who clicked" in clicked
    assert ("p1@y.co" in clicked, "p0@y.co" in clicked, "p2@y.co" in clicked) == (True, False, False)
    assert "2 people" in (await door.client.get(f"/campaigns/{made}/report/people?link={link}")).text
    assert "6 people" in (await door.client.get(f"/campaigns/{made}/report/people?link=nonsense")).text
    others = (await door.client.get(f"/campaigns/{made}/report/others")).text
    assert "1 opens and 0 clicks by machines" in others


async def test_people_are_narrowed_searched_and_exported(core: Core, door: Door):
    made = await _sent(core)
    await _hit(core, 1, "p3@y.co")
    await _outcome(core, "p4@y.co", "bounced", 550, "=550 5.1.1 no such user <p4@y.co>")
    path = f"/campaigns/{made}/report/people"
    assert "N5 Lee" in (await door.client.get(path)).text
    opened = (await door.client.get(f"{path}?show=open")).text
    assert "p3@y.co" in opened
    assert "p5@y.co" not in opened
    bounced = (await door.client.get(f"{path}?show=bounced")).text
    assert "no such user &lt;p4@y.co&gt;" in bounced
    assert "p1@y.co" not in (await door.client.get(f"{path}?q=P2%40")).text
    assert "Nobody matches" in (await door.client.get(f"{path}?show=complained")).text
    file = await door.client.get(f"{path}.csv")
    lines = file.content.decode("utf-8-sig").splitlines()
    assert len(lines) == 7
    assert lines[0].startswith("email,state,sent_at")
    assert any(line.endswith("550,'=550 5.1.1 no such user <p4@y.co>") for line in lines)
    assert len((await door.client.get(f"{path}.csv?show=open")).content.splitlines()) == 2
    message = await core.db.fetchval("SELECT id FROM messages WHERE email = 'p3@y.co'")
    mail = await door.client.get(f"{path}/{message}")
    assert "Hello N3" in mail.text
    assert "sandbox" in mail.headers["content-security-policy"]
    assert (await door.client.get(f"/campaigns/{made + 1}/report/people/{message}")).status_code == 404


async def test_a_page_of_people_takes_the_same_statements_for_one_and_for_many(
    core: Core, door: Door, statements: StatementCounter
):
    made = await _sent(core)
    await door.client.get(f"/campaigns/{made}/report/people")
    counts: list[int] = []
    for query in ("?q=p1%40", ""):
        with statements as counted:
            await door.client.get(f"/campaigns/{made}/report/people{query}")
        counts.append(counted.count)
    assert counts[0] == counts[1]


async def test_answers_of_servers_are_gathered_and_failures_go_out_again(core: Core, door: Door):
    made = await _sent(core)
    path = f"/campaigns/{made}/report/undelivered"
    assert "Everything arrived" in (await door.client.get(path)).text
    for n in (0, 1):
        await _outcome(core, f"p{n}@y.co", "failed", 554, f"554 5.7.1 refused for {n}")
    await _outcome(core, "p2@y.co", "unknown", None, "The sender stopped before the outcome was stored.")
    page = (await door.client.get(path)).text
    assert "554 5.7.1" in page
    assert page.count("refused for") == 3, "one example and two lines"
    assert "Send failed again" in page
    only = (await door.client.get(f"{path}?show=unknown")).text
    assert "p2@y.co" in only
    assert "p1@y.co" not in only
    await door.post(f"/campaigns/{made}/report/retry", {"which": "everything"})
    assert await core.db.fetchval("SELECT count(*) FROM messages WHERE state = 'queued'") == 0
    await door.post(f"/campaigns/{made}/report/retry", {"which": "failed"})
    assert await core.db.fetchval("SELECT count(*) FROM messages WHERE state = 'queued'") == 2
    assert (await queries.campaign_by_id(core, made)).state == "sending"


async def test_who_left_is_listed_with_the_reason(core: Core, door: Door):
    made = await _sent(core)
    path = f"/campaigns/{made}/report/unsubscribes"
    assert "Nobody left" in (await door.client.get(path)).text
    await core.db.execute(
        """WITH gone AS (UPDATE messages SET unsubscribed_at = $1 WHERE email = 'p1@y.co' RETURNING contact_id)
        INSERT INTO consents (contact_id, kind, source, reason, at) SELECT contact_id, 'opt_out', 'link', 'Too <many>', $1 FROM gone""",
        core.clock.now(),
    )
    page = (await door.client.get(path)).text
    assert "1 person left" in page
    assert "Too &lt;many&gt;" in page
    assert "N1 Lee" in page
    assert "p1@y.co" in page


async def test_a_campaign_that_has_not_begun_has_no_numbers(core: Core, door: Door):
    made = await campaigns.create_campaign(core, title="Later", subject="Hi", body=BODY, audience=to_json(Everybody()))
    for name in ("report", "report/people", "report/unsubscribes", "report/undelivered", "report/people.csv"):
        answer = await door.client.get(f"/campaigns/{made}/{name}")
        assert (answer.status_code, answer.headers["location"]) == (303, f"/campaigns/{made}")
    await campaigns.schedule_campaign(core, made)
    assert "No numbers yet" in (await door.client.get(f"/campaigns/{made}/report")).text
    assert (await door.client.get("/campaigns/99/report")).status_code == 404


async def test_who_reads_mails_only_sees_addresses_but_no_contacts_and_takes_nothing_away(core: Core, door: Door):
    made = await _sent(core)
    await access.create_user(
        core, login="ed", email="ed@example.com", role="editor", permissions=["fcrm_read_emails"], password=PASSWORD
    )
    door.client.cookies.clear()
    await door.log_in("ed", PASSWORD)
    page = (await door.client.get(f"/campaigns/{made}/report/people")).text
    assert "p1@y.co" in page
    assert "/contacts/" not in page
    assert ".csv" not in page
    message = await core.db.fetchval("SELECT min(id) FROM messages")
    for address in (f"report/people/{message}", "report/people.csv"):
        assert (await door.client.get(f"/campaigns/{made}/{address}")).status_code == 403
    assert (await door.post(f"/campaigns/{made}/report/retry", {"which": "failed"})).status_code == 403


async def test_the_overview_tells_a_range_of_days_and_ranks_its_campaigns(core: Core, door: Door):
    empty = (await door.client.get("/reports")).text
    assert "No campaign in these days" in empty
    first = await _sent(core, title="First")
    await _hit(core, 2, "p0@y.co", url="https://x.example/a")
    second = await campaigns.create_campaign(core, title="Second", subject="Hi", body=BODY)
    await core.db.execute("UPDATE campaigns SET state = 'finished', started_at = $1 WHERE id = $2", NOW, second)
    page = (await door.client.get("/reports?days=7&by=clicked")).text
    assert "First" in page
    assert f"/campaigns/{first}/report" in page
    assert f"/campaigns/{second}/report" not in page, "nobody got it"
    assert '<option value="clicked" selected>' in page
    assert 'href="/reports?days=7&by=clicked" aria-current="true"' in page
    before = (await door.client.get("/reports?from=2026-01-01&until=2026-01-31")).text
    assert "No campaign in these days" in before
    assert "Jan 1, 2026 to Jan 31, 2026" in before


@pytest.mark.parametrize(
    ("words", "first", "last", "preset"),
    [
        ({}, "2026-10-22", "2026-11-20", 30),
        ({"days": "7"}, "2026-11-14", "2026-11-20", 7),
        ({"days": "8"}, "2026-10-22", "2026-11-20", 30),
        ({"from": "2026-02-01", "until": "2026-02-28"}, "2026-02-01", "2026-02-28", None),
        ({"from": "2026-02-28", "until": "2026-02-01"}, "2026-02-01", "2026-02-28", None),
        ({"from": "2027-02-28"}, "2026-11-20", "2026-11-20", None),
        ({"until": "2026-02-28"}, "2026-01-30", "2026-02-28", None),
        ({"from": "0001-01-01", "until": "9999-12-31"}, "2026-10-22", "2026-11-20", 30),
        ({"from": "nonsense"}, "2026-10-22", "2026-11-20", 30),
    ],
)
def test_a_range_is_read_from_the_address(words: dict[str, str], first: str, last: str, preset: int | None):
    found = ranges.read(Form(words), date(2026, 11, 20))
    assert (str(found.first), str(found.last), found.preset) == (first, last, preset)
    assert found.before.days == found.days
    assert found.before.last == found.first - timedelta(days=1)


async def test_sums_of_a_range_agree_with_its_series(core: Core, door: Door):
    await _sent(core)
    await _hit(core, 1, "p2@y.co")
    today = core.clock.now().date()
    sums = await dashboard.sums(core, today, today)
    for what in dashboard.COUNTED:
        assert sums[what] == sum(n for _, n in await dashboard.series(core, what, today, today)), what
    assert (sums["sent"], sums["opened"], sums["clicked"]) == (6, 1, 0)
    assert not any((await dashboard.sums(core, today - timedelta(days=9), today - timedelta(days=8))).values())
