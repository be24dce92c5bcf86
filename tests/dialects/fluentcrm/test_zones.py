"""Dates without offset are those of the installation's zone; the instants behind them stay when the zone changes."""

from __future__ import annotations

from datetime import UTC, datetime

from tests.dialects.mouth import Mouth
from tidings.contacts import actions as contacts
from tidings.contacts.types import Draft
from tidings.platform.core import Core


async def test_dates_are_local_and_instants_survive_a_change_of_zone(core: Core, crm: Mouth):
    await core.installation.put({"time_zone": "Europe/Berlin"})
    await contacts.create_tag(core, title="VIP")
    await contacts.write_contact(core, Draft({"email": "a@example.com"}, tags=[1]))

    async def read() -> dict[str, str]:
        row = (await crm.get("/subscribers/1")).json()["subscriber"]
        note = (await crm.get("/subscribers/1/notes")).json()["notes"]["data"][0]
        return {
            "made": row["created_at"],
            "joined": row["tags"][0]["pivot"]["created_at"],
            "noted": note["created_at"],
        }

    note = {"title": "t", "description": "d", "type": "note", "created_at": "2026-07-02 03:04:05"}
    assert (await crm.post("/subscribers/1/notes", {"note": note})).json()["note"]["created_at"] == note["created_at"]
    assert await read() == {
        "made": "2026-11-20 13:00:00",
        "joined": "2026-11-20T13:00:00+01:00",
        "noted": "2026-07-02 03:04:05",
    }
    stored = await core.db.fetchval("SELECT created_at FROM notes")
    assert stored == datetime(2026, 7, 2, 1, 4, 5, tzinfo=UTC)
    await core.installation.put({"time_zone": "America/New_York"})
    assert await read() == {
        "made": "2026-11-20 07:00:00",
        "joined": "2026-11-20T07:00:00-05:00",
        "noted": "2026-07-01 21:04:05",
    }


async def test_a_plan_is_read_in_every_spelling_of_a_moment(core: Core, crm: Mouth):
    await core.installation.put({"time_zone": "Europe/Berlin", "business_name": "A", "business_address": "B"})
    await contacts.create_list(core, title="News")
    await contacts.write_contact(core, Draft({"email": "a@example.com"}, status="subscribed", lists=[1]))
    await crm.post("/campaigns", {"title": "One"})
    await crm.put(
        "/campaigns/1", {"title": "One", "email_subject": "S", "email_body": "<p>x ##crm.unsubscribe_url##</p>"}
    )
    await crm.post(
        "/campaigns/1/draft-recipients", {"sending_filter": "list_tag", "subscribers": [{"list": 1, "tag": "all"}]}
    )
    for moment in (
        "2030-07-01 12:00:00",
        "2030-07-01T10:00:00Z",
        "2030-07-01T12:00:00+02:00",
        "1909130400",
        1909130400,
    ):
        planned = (await crm.post("/campaigns/1/schedule", {"scheduled_at": moment})).json()
        assert planned["campaign"]["scheduled_at"] == "2030-07-01 12:00:00", moment
        assert await core.db.fetchval("SELECT scheduled_at FROM campaigns") == datetime(2030, 7, 1, 10, tzinfo=UTC)
        assert (await crm.post("/campaigns/1/un-schedule", {})).status_code == 200


async def test_a_day_of_a_series_begins_at_midnight_of_the_zone(core: Core, crm: Mouth):
    await contacts.write_contact(core, Draft({"email": "a@example.com"}))
    await core.db.execute("UPDATE contacts SET created_at = '2026-11-18 23:30:00+00'")
    for zone, day in (("UTC", "2026-11-18"), ("Europe/Berlin", "2026-11-19")):
        await core.installation.put({"time_zone": zone})
        query = [("date_range[]", "2026-11-17"), ("date_range[]", "2026-11-20")]
        body = (await crm.ask("GET", "/reports/subscribers", query=query)).json()
        assert body["stats"] == {f"2026-11-{n}": int(day.endswith(str(n))) for n in (17, 18, 19, 20)}
        assert body["data_sets"][0]["data"] == body["stats"]
