"""Growth beside another time, how mails fare, all mails, contacts by what they have."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.conftest import StatementCounter
from tests.dialects.mouth import Mouth
from tidings.access import actions as access
from tidings.campaigns import actions as campaigns
from tidings.contacts import actions as contacts
from tidings.contacts.types import Draft
from tidings.dialects.fluentcrm.reports import compared_range, earlier
from tidings.platform.core import Core
from tidings.segments.values import day_of


async def _people(core: Core, n: int, **more: Any) -> list[int]:
    drafts = [Draft({"email": f"p{i}@example.com"} | more.get("values", {}), status="subscribed") for i in range(n)]
    return [one.id for one in await contacts.write_contacts(core, drafts)]


async def _mails(core: Core, campaign: int, people: list[int], state: str = "sent", **columns: Any) -> None:
    sets = {"state": state, "sent_at": core.clock.now() if state in ("sent", "bounced") else None, **columns}
    names = ", ".join(sets)
    marks = ", ".join(f"${n}" for n in range(3, len(sets) + 3))
    await core.db.execute(
        f"""INSERT INTO messages (campaign_id, contact_id, email, {names})
        SELECT $1, id, email, {marks} FROM contacts WHERE id = ANY($2::bigint[])""",
        campaign,
        people,
        *sets.values(),
    )


@pytest.mark.parametrize(
    ("kind", "range_", "expected"),
    [
        ("previous_month", ("2026-11-01", "2026-11-30"), ("2026-10-01", "2026-10-30")),
        ("previous_month", ("2026-03-31", "2026-03-31"), ("2026-02-28", "2026-02-28")),
        ("previous_quarter", ("2026-01-15", "2026-02-01"), ("2025-10-15", "2025-11-01")),
        ("previous_year", ("2024-02-29", "2024-03-01"), ("2023-02-28", "2023-03-01")),
        ("previous_period", ("2026-11-10", "2026-11-12"), ("2026-11-07", "2026-11-09")),
        ("", ("2026-11-10", "2026-11-12"), None),
        ("nope", ("2026-11-10", "2026-11-12"), None),
    ],
)
def test_the_range_to_compare_with(kind: str, range_: tuple[str, str], expected: tuple[str, str] | None):
    found = compared_range((day_of(range_[0]), day_of(range_[1])), kind)
    assert found == (None if expected is None else (day_of(expected[0]), day_of(expected[1])))
    assert earlier(day_of("2026-12-31"), 12) == day_of("2025-12-31")


async def test_growth_counts_the_subscribed_of_a_tag_or_list_and_of_the_time_before(core: Core, crm: Mouth):
    tag, a_list = await contacts.create_tag(core, title="T"), await contacts.create_list(core, title="L")
    people = await _people(core, 4)
    await contacts.write_contact(core, Draft({"email": "x@example.com"}, status="pending", tags=[tag]))
    await contacts.write_contacts(
        core, [Draft(id=people[0], tags=[tag], lists=[a_list]), Draft(id=people[1], tags=[tag])]
    )
    await core.db.execute("UPDATE contacts SET created_at = created_at - interval '1 month' WHERE id = $1", people[1])
    days = [("date_range[]", "2026-11-19"), ("date_range[]", "2026-11-21")]
    body = (await crm.ask("GET", "/reports/subscribers", query=days)).json()
    assert body["current_range"] == ["2026-11-19", "2026-11-21"]
    assert body["stats"] == {"2026-11-19": 0, "2026-11-20": 3, "2026-11-21": 0}
    (one,) = body["data_sets"]
    assert set(one) == {"label", "data", "range", "backgroundColor", "borderColor", "fill"}
    assert (one["data"], one["range"]) == (body["stats"], body["current_range"])
    more = [*days, ("compare_type", "previous_month"), ("tag_id", str(tag))]
    now, before = (await crm.ask("GET", "/reports/subscribers", query=more)).json()["data_sets"]
    assert (sum(now["data"].values()), before["data"]["2026-10-20"], before["range"]) == (
        1,
        1,
        ["2026-10-19", "2026-10-21"],
    )
    listed = (await crm.ask("GET", "/reports/subscribers", query=[*days, ("list_id", str(a_list))])).json()
    assert sum(listed["stats"].values()) == 1


async def test_long_ranges_go_by_week_then_by_month(crm: Mouth):
    async def keys(first: str, last: str) -> list[str]:
        query = [("date_range[]", first), ("date_range[]", last)]
        return list((await crm.ask("GET", "/reports/email-sents", query=query)).json()["stats"])

    assert (await keys("2026-01-01", "2026-12-31"))[:2] == ["Jan 2026", "Feb 2026"]
    assert (await keys("2026-01-01", "2026-03-10"))[:2] == ["2025-12-29", "2026-01-05"]
    assert len(await keys("2026-01-01", "2026-02-28")) == 59
    assert len(await keys("0001-01-01", "2026-01-02")) == len(await keys("2026-02-28", "2026-01-01")) - 28
    assert len(await keys("1500-01-01", "2026-01-02")) < 130


async def test_performance_is_of_what_was_sent_lately_or_ever(core: Core, crm: Mouth):
    people = await _people(core, 3)
    new, old = [await campaigns.create_campaign(core, title=title) for title in ("New", "Old")]
    now = core.clock.now()
    await _mails(core, new, people[:2])
    await core.db.execute("UPDATE messages SET opened_at = $1, clicked_at = $1", now)
    await _mails(core, new, people[2:], "bounced")
    await _mails(core, old, people, sent_at=now - timedelta(days=40))
    stats = (await crm.get("/reports/email-performance")).json()["stats"]
    assert stats["totals"] == {"sent": 3, "delivered": 2, "opened": 2, "clicked": 2, "bounced": 1}
    assert stats["percentages"] == {"delivered": 66.67, "opened": 66.67, "clicked": 66.67, "bounced": 33.33}
    ever = (await crm.get("/reports/email-performance", days="0")).json()["stats"]
    assert (ever["totals"]["sent"], ever["percentages"]["delivered"]) == (6, 83.33)
    assert (await crm.get("/reports/email-performance", days="60")).json()["stats"] == ever
    series = (await crm.get("/reports/email-sents", campaign_id=str(old))).json()["stats"]
    assert sum(series.values()) == 0
    cards = (await crm.get("/reports/dashboard-stats")).json()["stats"]
    assert cards["email_sent"]["count"] == 6
    await _mails(core, await campaigns.create_campaign(core, title="On its way"), people, "queued")
    cards = (await crm.get("/reports/dashboard-stats")).json()["stats"]
    assert cards["email_pending"]["count"] == 3


async def test_all_mails_are_listed_counted_narrowed_and_deleted(core: Core, crm: Mouth, statements: StatementCounter):
    people = await _people(core, 3)
    made = [await campaigns.create_campaign(core, title=title) for title in ("One", "Two")]
    single = await campaigns.create_campaign(core, title="Single", kind="custom_email_campaign")
    await _mails(core, made[0], people)
    await _mails(core, made[1], people[:2], "queued")
    await _mails(core, single, people[:1], "complained")
    body = (await crm.get("/reports/emails", per_page="4")).json()
    assert (body["emails"]["total"], body["emails"]["last_page"]) == (6, 2)
    assert body["statuses"] == {"sent": "4", "scheduled": "2"}
    assert body["types"] == [{"id": "campaign", "label": "Campaign", "count": 6}]
    first = body["emails"]["data"][0]
    assert (first["campaign"]["id"], first["subscriber"]["email"], first["status"]) == (
        single,
        "p0@example.com",
        "sent",
    )
    assert set((await crm.get("/reports/emails", page="2")).json()) == {"emails"}
    for query, n in (
        ({"status": "sent"}, 4),
        ({"status": "scheduled"}, 2),
        ({"status": "nope"}, 0),
        ({"type": "x"}, 0),
    ):
        page = (await crm.get("/reports/emails", **query)).json()["emails"]
        assert (page["total"], len(page["data"])) == (n, n), query
    found = (await crm.get("/reports/emails", search="P1@", status="sent")).json()["emails"]
    assert [one["email_address"] for one in found["data"]] == ["p1@example.com"]
    with statements as few:
        await crm.get("/reports/emails", per_page="1")
    with statements as many:
        await crm.get("/reports/emails", per_page="6")
    assert few.count == many.count
    ids = [one["id"] for one in body["emails"]["data"]]
    answer = await crm.delete("/reports/emails", {"email_ids": [*ids, 999999]})
    assert answer.json() == {"message": "Selected emails have been deleted"}
    assert await core.db.fetchval("SELECT count(*) FROM messages") == 2
    assert await core.db.fetchval("SELECT recipients_count FROM campaigns WHERE id = $1", made[1]) == 0


async def test_contacts_are_told_apart_by_status_tag_list_and_country(core: Core, crm: Mouth):
    tags = [await contacts.create_tag(core, title=title) for title in ("A", "B")]
    lists = [await contacts.create_list(core, title=title) for title in ("L", "M")]
    for n, country in enumerate(("DE", "de", "US", None, "")):
        values = {"email": f"p{n}@example.com", "country": country}
        await contacts.write_contact(
            core, Draft(values, status="subscribed", tags=[tags[1]], lists=[lists[1]] if n < 2 else [])
        )
    body = (await crm.get("/reports/contacts-by-status")).json()
    assert body["total"] == 5
    assert {one["status"]: one["count"] for one in body["stats"]}["subscribed"] == 5
    assert len(body["stats"]) == 7
    page = (await crm.get("/reports/contacts-by-tags")).json()["tags"]
    assert (page["per_page"], page["total"]) == (20, 2)
    assert page["data"] == [
        {"id": tags[1], "title": "B", "contact_count": "5"},
        {"id": tags[0], "title": "A", "contact_count": "0"},
    ]
    page = (await crm.get("/reports/contacts-by-lists", per_page="1")).json()["lists"]
    assert (page["data"], page["total"]) == ([{"id": lists[1], "title": "M", "contact_count": "2"}], 2)
    countries = (await crm.get("/reports/contacts-by-country")).json()["countries"]
    assert countries == [{"country_code": "DE", "contact_count": 2}, {"country_code": "US", "contact_count": 1}]
    recent = (await crm.get("/reports/recent-tags")).json()["tags"]
    assert [(one["title"], one["contact_count"]) for one in recent] == [("B", "5"), ("A", "0")]
    assert recent[0]["created_at"] == "2026-11-20 12:00:00"


async def test_reports_name_the_campaigns_that_have_begun(core: Core, crm: Mouth):
    made = [await campaigns.create_campaign(core, title=title) for title in ("Sent", "Draft")]
    await core.db.execute("UPDATE campaigns SET state = 'finished' WHERE id = $1", made[0])
    assert (await crm.get("/reports/campaign-options")).json() == {"options": [{"id": made[0], "title": "Sent"}]}
    assert (await crm.get("/reports/campaign-options", search="dra")).json() == {"options": []}
    (row,) = (await crm.get("/reports/campaigns-list")).json()["campaigns"]["data"]
    assert row["stats"] == {"total": 0, "sent": 0, "clicks": 0, "views": 0, "unsubscribers": 0}
    assert "server_time" not in row


async def test_what_runs_by_itself_is_empty_and_what_stands_still_answers(crm: Mouth):
    assert (await crm.get("/reports/ping")).json() == {"message": "pong"}
    assert (await crm.get("/reports/advanced-providers")).json() == {"providers": []}
    body = (await crm.get("/reports/automations")).json()
    assert (body["automations"]["total"], body["overview"]["total"], body["top_automations"]) == (0, 0, [])
    assert (await crm.get("/reports/automations/9/steps")).status_code == 404


async def test_a_reader_of_contacts_sees_the_dashboard_but_no_mails(core: Core, crm: Mouth):
    await access.create_user(
        core, login="max", email="max@example.com", role="editor", permissions=["fcrm_view_dashboard"]
    )
    key: Any = await crm.new_key("max")
    for path in ("/reports/dashboard-stats", "/reports/subscribers", "/reports/ping", "/reports/contacts-by-status"):
        assert (await crm.ask("GET", path, auth=key)).status_code == 200, path
    for method, path in (("GET", "/reports/emails"), ("DELETE", "/reports/emails"), ("GET", "/reports/campaigns-list")):
        assert (await crm.ask(method, path, auth=key)).status_code == 403, path
