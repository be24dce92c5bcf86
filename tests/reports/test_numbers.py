"""Reports against rows that are counted by hand."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from tidings.campaigns import actions as campaigns
from tidings.contacts import actions as contacts
from tidings.contacts.types import Draft
from tidings.platform.core import Core
from tidings.platform.pagination import PageRequest
from tidings.reports import dashboard
from tidings.reports.campaigns import activity, campaign_numbers, link_numbers, unsubscribers
from tidings.reports.contacts import clicked_links, count_by_country, mail_stats
from tidings.reports.delivery import answers, other_hits, people_csv
from tidings.reports.overview import ORDERS, best_campaigns
from tidings.segments.types import Everybody, to_json
from tidings.tracking.collector import CLICK, OPEN, Collector, Hit
from tidings.tracking.projector import fold_hits

START = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


async def campaign(core: Core, title: str = "News", *, at: datetime = START) -> int:
    made = await campaigns.create_campaign(
        core, title=title, subject="Hello", body="<p>Hello</p>", audience=to_json(Everybody())
    )
    await core.db.execute("UPDATE campaigns SET started_at = $2, state = 'finished' WHERE id = $1", made, at)
    return made


async def message(core: Core, campaign_id: int, email: str, *, state: str = "sent", **columns: Any) -> int:
    """A message as a sender left it, then with what was seen of it."""
    contact = (await contacts.write_contact(core, Draft({"email": email}))).id
    made = await core.db.fetchval(
        "INSERT INTO messages (campaign_id, contact_id, email, state) VALUES ($1, $2, $3, $4) RETURNING id",
        campaign_id,
        contact,
        email,
        state,
    )
    values = {"sent_at": START if state in ("sent", "bounced", "complained") else None, **columns}
    sets = ", ".join(f"{name} = ${n}" for n, name in enumerate(values, 2))
    await core.db.execute(f"UPDATE messages SET {sets} WHERE id = $1", made, *values.values())
    return made


async def test_rates_are_of_what_arrived(core: Core):
    made = await campaign(core)
    for n in range(8):
        seen: dict[str, Any] = {"opened_at": START, "opens": 3} if n < 4 else {}
        clicked: dict[str, Any] = {"clicked_at": START, "clicks": 2} if n < 1 else {}
        await message(core, made, f"p{n}@y.co", **seen, **clicked)
    for state in ("bounced", "complained", "failed", "unknown", "cancelled", "queued", "deferred", "paused"):
        await message(core, made, f"{state}@y.co", state=state)
    empty = await campaign(core, "Nobody")
    numbers = await campaign_numbers(core, [made, empty])
    got = numbers[made]
    assert (got.recipients, got.sent, got.delivered, got.waiting) == (16, 10, 9, 3)
    assert (got.opened, got.clicked, got.total_opens, got.total_clicks) == (4, 1, 12, 2)
    assert (got.open_rate, got.click_rate, got.bounce_rate, got.click_to_open_rate) == (44.4, 11.1, 10.0, 25.0)
    none = numbers[empty]
    assert (none.recipients, none.open_rate, none.bounce_rate, none.click_to_open_rate) == (0, 0.0, 0.0, 0.0)


async def test_links_count_clicks_and_people_with_and_without_names(core: Core):
    made = await campaign(core)
    ids = [await message(core, made, f"p{n}@y.co") for n in range(3)]
    links = [
        await core.db.fetchval(
            "INSERT INTO links (campaign_id, position, url) VALUES ($1, $2, $3) RETURNING id",
            made,
            n,
            f"https://x.co/{n}",
        )
        for n in range(3)
    ]
    collector = Collector(core)
    for one, link, is_anonymous in (
        (ids[0], links[1], False),
        (ids[0], links[1], False),
        (ids[1], links[1], False),
        (ids[1], links[2], False),
        (ids[2], links[1], True),
    ):
        await collector.record(Hit(CLICK, one, link, is_anonymous=is_anonymous))
    await collector.record(Hit(OPEN, ids[0], is_machine=True))
    await collector.record(Hit(OPEN, ids[0], is_anonymous=True))
    while await fold_hits(core):
        pass
    told = [(one.url[-1], one.clicks, one.people) for one in await link_numbers(core, made)]
    assert told == [("1", 4, 2), ("2", 1, 1), ("0", 0, 0)]
    others = await other_hits(core, made)
    assert (others.machine_opens, others.anonymous_opens, others.anonymous_clicks) == (1, 1, 1)
    contact = await core.db.fetchval("SELECT contact_id FROM messages WHERE id = $1", ids[0])
    page = await clicked_links(core, contact, PageRequest())
    assert [(one.url, one.clicks) for one in page.rows] == [("https://x.co/1", 2)]
    assert await mail_stats(core, contact) == {"emails": 1, "opens": 1, "clicks": 1}


async def test_who_left_stands_with_the_reason(core: Core):
    made = await campaign(core)
    await message(core, made, "stays@y.co")
    left = await message(core, made, "left@y.co", unsubscribed_at=START + timedelta(hours=1))
    contact = await core.db.fetchval("SELECT contact_id FROM messages WHERE id = $1", left)
    await core.db.execute(
        "INSERT INTO consents (contact_id, kind, reason, at) VALUES ($1, 'opt_out', 'Too many', $2)",
        contact,
        START,
    )
    page = await unsubscribers(core, made, PageRequest())
    assert [(one.contact_id, one.reason) for one in page.rows] == [(contact, "Too many")]
    assert page.total == 1


@pytest.mark.parametrize(("zone", "hour"), [("UTC", 9), ("Asia/Kolkata", 15), ("America/New_York", 4)])
async def test_a_short_history_goes_by_the_hour_of_the_installation(core: Core, zone: str, hour: int):
    await core.installation.put({"time_zone": zone})
    made = await campaign(core)
    assert await activity(core, made) is None
    await message(core, made, "a@y.co", opened_at=START + timedelta(minutes=5), clicked_at=START + timedelta(hours=2))
    found = await activity(core, made)
    assert found is not None
    assert found.step == "hour"
    assert found.points[0][0].hour == hour
    assert [(opened, clicked) for _, opened, clicked in found.points] == [(1, 0), (0, 0), (0, 1)]


async def test_a_long_history_goes_by_the_day(core: Core):
    made = await campaign(core)
    await message(core, made, "a@y.co", opened_at=START + timedelta(days=6))
    found = await activity(core, made)
    assert found is not None
    assert (found.step, len(found.points), found.points[-1][1]) == ("day", 7, 1)


async def test_days_are_those_of_the_installation_over_the_change_of_clocks(core: Core):
    await core.installation.put({"time_zone": "Europe/Berlin"})
    made = await campaign(core)
    # The 29th of March 2026 has 23 hours in Berlin: from 23:00 UTC of the 28th to 22:00 UTC.
    for n, at in enumerate(("2026-03-28 22:59", "2026-03-28 23:00", "2026-03-29 21:59", "2026-03-29 22:00")):
        await message(core, made, f"p{n}@y.co", sent_at=datetime.fromisoformat(at).replace(tzinfo=UTC))
    days = await dashboard.series(core, "sent", date(2026, 3, 30), date(2026, 3, 28))
    assert days == [(date(2026, 3, 28), 1), (date(2026, 3, 29), 2), (date(2026, 3, 30), 1)]
    assert (await dashboard.sums(core, date(2026, 3, 29), date(2026, 3, 29)))["sent"] == 2


@pytest.mark.parametrize(("days", "points"), [(91, 92), (92, 14), (731, 105), (732, 25)])
async def test_long_ranges_go_by_week_and_month(core: Core, days: int, points: int):
    first = date(2024, 1, 1)
    found = await dashboard.series(core, "contacts", first, first + timedelta(days=days))
    assert len(found) == points
    assert sum(n for _, n in found) == 0


async def test_campaigns_are_ranked_by_what_is_asked(core: Core):
    for n, title in enumerate(("Few", "Many", "Old")):
        made = await campaign(core, title, at=START - timedelta(days=90 if title == "Old" else 0))
        for m in range(2 + 4 * n):
            seen: dict[str, Any] = {"opened_at": START, "opens": 1} if m < 2 - n else {}
            clicked: dict[str, Any] = {"clicked_at": START, "clicks": 1} if n and m < 3 else {}
            await message(core, made, f"p{n}-{m}@y.co", **seen, **clicked)
    await campaign(core, "Reached nobody")
    ranked = {by: await best_campaigns(core, START.date(), START.date(), by=by) for by in ORDERS}
    assert [one.title for one in ranked["opened"]] == ["Few", "Many"]
    assert [one.title for one in ranked["clicked"]] == ["Many", "Few"]
    assert [one.title for one in ranked["recipients"]] == ["Many", "Few"]


async def test_refusals_are_gathered_by_answer(core: Core):
    made = await campaign(core)
    for n in range(3):
        await message(core, made, f"gone{n}@y.co", state="bounced", code=550, note=f"550 5.1.1 no such user {n}")
    await message(core, made, "full@y.co", state="failed", code=552, note="552 5.2.2 over quota")
    await message(core, made, "lost@y.co", state="unknown")
    told = [(one.state, one.code, one.status, one.n) for one in await answers(core, made)]
    assert told == [("bounced", 550, "5.1.1", 3), ("failed", 552, "5.2.2", 1), ("unknown", None, "", 1)]


async def test_a_spreadsheet_runs_nothing_of_the_export(core: Core):
    made = await campaign(core)
    await message(core, made, "=cmd@y.co", state="failed", code=550, note='@SUM(A1)\r\n+1,"x"')
    await message(core, made, "plain@y.co", opened_at=START, opens=2)
    raw = b"".join([piece async for piece in people_csv(core, made)])
    rows = list(csv.reader(io.StringIO(raw.decode("utf-8-sig"))))
    assert len(rows) == 3
    assert rows[1][0] == "'=cmd@y.co"
    assert rows[1][-1].startswith("'@SUM")
    assert rows[2][:5] == ["plain@y.co", "sent", START.isoformat(), "2", START.isoformat()]


async def test_a_series_counts_what_it_is_narrowed_to(core: Core):
    day = START.date()
    tag, a_list = await contacts.create_tag(core, title="T"), await contacts.create_list(core, title="L")
    one, two = await campaign(core, "One"), await campaign(core, "Two")
    for n in range(3):
        await message(core, one if n < 2 else two, f"p{n}@y.co", unsubscribed_at=START)
    ids = [row["id"] for row in await core.db.fetch("SELECT id FROM contacts ORDER BY id")]
    await contacts.write_contacts(core, [Draft(id=ids[0], tags=[tag], lists=[a_list]), Draft(id=ids[1], tags=[tag])])
    await core.db.execute("UPDATE contacts SET created_at = $1, status = 'pending' WHERE id = $2", START, ids[2])
    await core.db.execute("UPDATE contacts SET created_at = $1", START)
    for what, narrowed, n in (
        ("contacts", dashboard.EVERYTHING, 3),
        ("contacts", dashboard.Narrowed(status="pending"), 1),
        ("contacts", dashboard.Narrowed(tag_id=tag), 2),
        ("contacts", dashboard.Narrowed(tag_id=tag, list_id=a_list), 1),
        # what means nothing for a series is not applied
        ("contacts", dashboard.Narrowed(campaign_id=one), 3),
        ("sent", dashboard.Narrowed(campaign_id=one), 2),
        ("sent", dashboard.Narrowed(tag_id=tag), 3),
        ("unsubscribed", dashboard.Narrowed(campaign_id=two), 1),
        ("unsubscribed", dashboard.EVERYTHING, 0),
    ):
        assert await dashboard.series(core, what, day, day, narrowed=narrowed) == [(day, n)], (what, narrowed)


async def test_performance_and_kinds_agree_with_the_rows(core: Core):
    made = await campaign(core)
    for n, state in enumerate(("sent", "sent", "bounced", "complained", "queued", "failed")):
        await message(core, made, f"p{n}@y.co", state=state, **({"opened_at": START} if n == 0 else {}))
    for since in (None, START, START - timedelta(days=1)):
        got = await dashboard.performance(core, since)
        assert (got.sent, got.delivered, got.bounced, got.opened, got.clicked) == (4, 3, 1, 1, 0)
    assert (await dashboard.performance(core, START + timedelta(seconds=1))).sent == 0
    assert await dashboard.messages_by_kind(core) == {
        ("campaign", state): n
        for state, n in (("bounced", 1), ("complained", 1), ("failed", 1), ("queued", 1), ("sent", 2))
    }
    assert (await dashboard.totals(core)).waiting == 1


async def test_countries_are_counted_whatever_their_letters(core: Core):
    for n, country in enumerate(("de", "DE", "De", "us", "", None)):
        values = {"email": f"p{n}@y.co"} | ({"country": country} if country is not None else {})
        await contacts.write_contact(core, Draft(values))
    assert await count_by_country(core) == [("DE", 3), ("US", 1)]
    assert await count_by_country(core, limit=1) == [("DE", 3)]
    await contacts.write_contacts(core, [Draft({"email": f"x{n}@y.co", "country": "AT"}) for n in range(3)])
    assert await count_by_country(core) == [("DE", 3), ("AT", 3), ("US", 1)]
