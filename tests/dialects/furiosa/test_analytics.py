"""Series of the Furiosa dialect: every interval filled, in the installation's zone, bad questions named."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.conftest import StatementCounter
from tests.dialects.furiosa.test_keys import refused
from tests.dialects.mouth import Mouth
from tidings.contacts import actions as contacts
from tidings.contacts.types import Draft
from tidings.pages import actions as pages
from tidings.pages.types import Block, PageDraft
from tidings.platform.core import Core
from tidings.platform.tallies import fold
from tidings.workers.scheduler import fold_tallies

KINDS = ("pages", "campaigns", "audiences")


async def _page(core: Core, slug: str = "spring") -> int:
    return await pages.create_page(core, PageDraft(slug, slug, blocks=[Block("divider")]))


def days(answer: dict[str, Any], *names: str) -> list[tuple[Any, ...]]:
    """The lines in which something happened."""
    lines = [(one["date"], *(one[name] for name in names)) for one in answer["data"]]
    return [line for line in lines if any(line[1:])]


@pytest.mark.parametrize("kind", KINDS)
async def test_bad_ranges_intervals_and_ids_are_named(furiosa: Mouth, kind: str):
    await furiosa.post("/audiences", {"name": "News"})
    group = (await furiosa.post("/audiences/1/groups", {"name": "Berlin"})).json()["id"]
    one = {"pages": "page_id", "campaigns": "campaign_id", "audiences": "audience_id"}[kind]
    bad: list[tuple[dict[str, Any], list[str]]] = [
        ({"from": "yesterday"}, ["from"]),
        ({"to": "2026-02-30"}, ["to"]),
        ({"from": "20261101"}, ["from"]),
        ({"from": "2026-W01-1"}, ["from"]),
        ({"from": "0001-01-01"}, ["from"]),
        ({"to": "9999-12-31"}, ["to"]),
        ({"from": "2026-11-02", "to": "2026-11-01"}, ["to"]),
        ({"from": "2010-01-01", "to": "2026-11-01"}, ["from"]),
        ({"interval": "hour"}, ["interval"]),
        ({"interval": "DAY; DROP TABLE pages"}, ["interval"]),
        ({"from": "x", "to": "y", "interval": "z"}, ["to", "from", "interval"]),
        ({one: "x"}, [one]),
        ({one: 99}, [one]),
        ({one: -1}, [one]),
    ]
    if kind == "audiences":
        bad.append(({"audience_id": group}, ["audience_id"]))
    for query, fields in bad:
        answer = await furiosa.get(f"/analytics/{kind}", **query)
        assert answer.status_code == 422, (query, answer.text)
        assert sorted(answer.json()["errors"]) == sorted(fields), query
    refused(await furiosa.post(f"/analytics/{kind}", {}), 405)
    refused(await furiosa.get("/analytics"), 404)
    refused(await furiosa.get("/analytics/nothing"), 404)


@pytest.mark.parametrize("kind", KINDS)
async def test_every_interval_is_there_even_when_nothing_happened(
    furiosa: Mouth, kind: str, statements: StatementCounter
):
    body = (await furiosa.get(f"/analytics/{kind}")).json()
    assert (body["from"], body["to"], body["interval"]) == ("2026-10-22", "2026-11-20", "day")
    assert len(body["data"]) == 30
    asked: dict[str, Any] = {"from": "2024-02-27", "to": "2024-03-12"}
    with statements as few:
        body = (await furiosa.get(f"/analytics/{kind}", **asked)).json()
    assert [one["date"] for one in body["data"]][:4] == ["2024-02-27", "2024-02-28", "2024-02-29", "2024-03-01"]
    weeks = (await furiosa.get(f"/analytics/{kind}", **asked, interval="week")).json()
    # Weeks begin on Mondays; the first begins with the range.
    assert [one["date"] for one in weeks["data"]] == ["2024-02-27", "2024-03-04", "2024-03-11"]
    months = (await furiosa.get(f"/analytics/{kind}", **{**asked, "to": "2025-01-01"}, interval="month")).json()
    dates = [one["date"] for one in months["data"]]
    assert (len(dates), dates[0], dates[1], dates[-1]) == (12, "2024-02-27", "2024-03-01", "2025-01-01")
    with statements as many:
        await furiosa.get(f"/analytics/{kind}", **{**asked, "to": "2026-11-20"})
    assert few.count == many.count


async def test_pages_are_counted_by_day_and_narrowed(core: Core, furiosa: Mouth):
    first, second = await _page(core), await _page(core, "autumn")
    for page, day, views, sent in (
        (first, "2026-11-01", 10, 1),
        (first, "2026-11-01", 5, 0),
        (first, "2026-11-09", 2, 2),
        (second, "2026-11-09", 7, 0),
        (first, "2026-10-31", 99, 99),
    ):
        await core.db.execute("INSERT INTO page_tallies VALUES ($1, $2::text::date, $3, $4)", page, day, views, sent)
    asked = {"from": "2026-11-01", "to": "2026-11-15"}
    body = (await furiosa.get("/analytics/pages", **asked)).json()
    numbers = ("views", "submissions", "conversion_rate")
    assert days(body, *numbers) == [("2026-11-01", 15, 1, 6.7), ("2026-11-09", 9, 2, 22.2)]
    assert body["totals"] == {"views": 24, "submissions": 3, "conversion_rate": 12.5}
    one = (await furiosa.get("/analytics/pages", **asked, page_id=second, interval="week")).json()
    assert days(one, "views") == [("2026-11-09", 7)]
    await fold_tallies(core)
    assert (await furiosa.get("/analytics/pages", **asked)).json() == body


async def test_campaigns_tell_of_each_message_at_its_own_time(core: Core, furiosa: Mouth):
    """New York is five hours behind: what happens at 03:00 UTC belongs to the day before."""
    await core.installation.put({"time_zone": "America/New_York"})
    for name in ("Spring", "Autumn"):
        await furiosa.post("/campaigns", {"name": name})

    async def message(campaign: int, state: str, **at: datetime) -> None:
        names = "".join(f", {name}" for name in at)
        values = "".join(f", ${n}" for n in range(3, 3 + len(at)))
        await core.db.execute(
            f"""INSERT INTO messages (campaign_id, contact_id, email, state{names}) SELECT $1,
            coalesce(max(contact_id), 0) + 1, 'x@example.com', $2{values} FROM messages""",
            campaign,
            state,
            *at.values(),
        )

    def at(day: int, hour: int) -> datetime:
        return datetime(2026, 11, day, hour, tzinfo=UTC)

    await message(1, "sent", sent_at=at(3, 3), opened_at=at(3, 12), clicked_at=at(4, 12), unsubscribed_at=at(5, 12))
    await message(1, "bounced", sent_at=at(3, 3))
    await message(1, "bounced", started_at=at(3, 12))
    await message(1, "complained", sent_at=at(3, 12), opened_at=at(20, 12))
    await message(1, "queued")
    await message(1, "failed", started_at=at(3, 12))
    await message(2, "sent", sent_at=at(4, 12))
    asked: dict[str, Any] = {"from": "2026-11-02", "to": "2026-11-06"}
    body = (await furiosa.get("/analytics/campaigns", **asked, campaign_id=1)).json()
    names = ("sent", "delivered", "opens", "clicks", "bounces", "unsubscribes")
    assert days(body, *names) == [
        ("2026-11-02", 2, 1, 0, 0, 1, 0),
        ("2026-11-03", 2, 1, 1, 0, 1, 0),
        ("2026-11-04", 0, 0, 0, 1, 0, 0),
        ("2026-11-05", 0, 0, 0, 0, 0, 1),
    ]
    assert body["time_zone"] == "America/New_York"
    assert (await furiosa.get("/analytics/campaigns", **asked)).json()["totals"]["sent"] == 5


_OF_MESSAGES = """
SELECT (e.at AT TIME ZONE $1)::date::text AS day, count(*) FILTER (WHERE word = 'sent') AS sent,
       count(*) FILTER (WHERE word = 'sent' AND m.state <> 'bounced') AS delivered,
       count(*) FILTER (WHERE word = 'opened') AS opens, count(*) FILTER (WHERE word = 'clicked') AS clicks,
       count(*) FILTER (WHERE word = 'sent' AND m.state = 'bounced') AS bounces,
       count(*) FILTER (WHERE word = 'left') AS unsubscribes
FROM messages m CROSS JOIN LATERAL (VALUES
    ('sent', CASE WHEN m.state IN ('sent', 'bounced', 'complained') THEN coalesce(m.sent_at, m.started_at, m.updated_at) END),
    ('opened', m.opened_at), ('clicked', m.clicked_at), ('left', m.unsubscribed_at)) AS e (word, at)
WHERE e.at IS NOT NULL AND ($2::bigint IS NULL OR m.campaign_id = $2) GROUP BY 1 ORDER BY 1
"""


async def test_the_counters_of_campaigns_say_what_the_messages_say(core: Core, furiosa: Mouth):
    """Whatever becomes of messages: sent, bounced later, opened, taken back, deleted with their campaign."""
    zone = "Asia/Kathmandu"
    await core.installation.put({"time_zone": zone})
    for name in ("Spring", "Autumn", "Winter"):
        await furiosa.post("/campaigns", {"name": name})
    await core.db.execute(
        """INSERT INTO messages (campaign_id, contact_id, email, state, started_at, updated_at)
        SELECT 1 + n % 3, n, 'x', 'sending', at, at
        FROM generate_series(1, 600) n, LATERAL (SELECT '2026-11-01Z'::timestamptz + n * interval '37 minutes' AS at) t"""
    )
    for change in (
        "state = 'sent', sent_at = CASE WHEN contact_id % 5 > 0 THEN started_at + interval '3 minutes' END",
        "opened_at = started_at + contact_id * interval '11 minutes', opens = 1 WHERE contact_id % 2 = 0",
        "clicked_at = started_at + interval '1 day' WHERE contact_id % 3 = 0",
        "state = 'bounced', updated_at = updated_at + interval '2 days' WHERE contact_id % 7 = 0",
        "state = 'complained', unsubscribed_at = started_at + interval '5 days' WHERE contact_id % 11 = 0",
        "state = 'failed', sent_at = NULL WHERE contact_id % 13 = 0",
        "opens = opens + 1 WHERE contact_id % 2 = 0",
    ):
        await core.db.execute(f"UPDATE messages SET {change}")
    await core.db.execute("DELETE FROM campaigns WHERE id = 3")
    names = ("sent", "delivered", "opens", "clicks", "bounces", "unsubscribes")
    asked: dict[str, Any] = {"from": "2026-10-25", "to": "2027-01-31"}

    async def told() -> list[list[tuple[Any, ...]]]:
        bodies = [(await furiosa.get("/analytics/campaigns", **asked, campaign_id=one)).json() for one in ("", 1, 2)]
        return [days(body, *names) for body in bodies]

    expected = [[tuple(row) for row in await core.db.fetch(_OF_MESSAGES, zone, one)] for one in (None, 1, 2)]
    assert len(expected[0]) > 15
    assert await told() == expected
    lines = await core.db.fetchval("SELECT count(*) FROM message_moments")
    async with core.db.transaction() as tx:
        await fold(tx, "message_moments", by=("campaign_id", "at", "word"), sums=("n",))
    assert await told() == expected
    assert await core.db.fetchval("SELECT count(*) FROM message_moments") < lines


async def test_audiences_tell_who_came_who_went_and_how_many_there_are(core: Core, furiosa: Mouth):
    """In Kolkata a day begins at half past six in the evening (UTC) of the day before."""
    await core.installation.put({"time_zone": "Asia/Kolkata"})
    for name in ("News", "Shop"):
        await furiosa.post("/audiences", {"name": name})

    async def moved(at: datetime) -> None:
        """What was just written happened then."""
        await core.db.execute("UPDATE list_changes SET at = $1 WHERE at > '2026-11-21'", at)

    await contacts.write_contacts(core, [Draft({"email": f"p{n}@example.com"}, lists=[1]) for n in range(5)])
    await core.db.execute("DELETE FROM list_changes")
    # Five were there before anybody wrote changes down.
    await contacts.write_contacts(core, [Draft({"email": f"q{n}@example.com"}, lists=[1, 2]) for n in range(3)])
    await moved(datetime(2026, 11, 10, 18, 15, tzinfo=UTC))
    await contacts.write_contacts(core, [Draft({"email": "r@example.com"}, lists=[1])])
    await moved(datetime(2026, 11, 10, 18, 30, tzinfo=UTC))
    ids = [row["id"] for row in await core.db.fetch("SELECT id FROM contacts ORDER BY id")]
    # People go by leaving the list, and with their record.
    await contacts.remove_lists(core, ids[:2], [1])
    await contacts.delete_contacts(core, ids[2:4])
    await moved(datetime(2026, 11, 12, 12, 0, tzinfo=UTC))
    asked: dict[str, Any] = {"from": "2026-11-09", "to": "2026-11-13", "audience_id": 1}
    body = (await furiosa.get("/analytics/audiences", **asked)).json()
    assert [(one["date"][-2:], one["added"], one["removed"], one["total"]) for one in body["data"]] == [
        ("09", 0, 0, 5),
        ("10", 3, 0, 8),
        ("11", 1, 0, 9),
        ("12", 0, 4, 5),
        ("13", 0, 0, 5),
    ]
    assert body["totals"] == {"added": 4, "removed": 4}
    weeks = (await furiosa.get("/analytics/audiences", **{**asked, "to": "2026-11-20"}, interval="week")).json()
    assert [one["total"] for one in weeks["data"]] == [5, 5]
    # What changed after the range is taken off its end.
    early = (await furiosa.get("/analytics/audiences", **{**asked, "to": "2026-11-10"})).json()
    assert [one["total"] for one in early["data"]] == [5, 8]
    all_ = (await furiosa.get("/analytics/audiences", **{**asked, "audience_id": ""})).json()
    assert [one["total"] for one in all_["data"]] == [5, 11, 12, 8, 8]
    await fold_tallies(core)
    assert (await furiosa.get("/analytics/audiences", **asked)).json() == body
    assert body["data"][-1]["total"] == (await furiosa.get("/audiences/1")).json()["contacts_count"]
