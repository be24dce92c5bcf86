"""System log, activity log, clean-up, scheduler and indexes, on the wire."""

from __future__ import annotations

import csv
import io
from datetime import timedelta

from tests.dialects.mouth import Mouth
from tests.dialects.shapes import NOW, PAGE_KEYS
from tidings.platform.clock import FixedClock
from tidings.platform.core import Core
from tidings.platform.leases import Periodic, list_ticks, run_due
from tidings.platform.system_log import log_event


async def test_the_system_log_is_read_exported_and_emptied(core: Core, crm: Mouth, clock: FixedClock):
    await log_event(core, "Older", "long ago")
    clock.set(clock.now() + timedelta(days=8))
    await log_event(core, "=cmd|' /C calc'!A0", 'a "quoted", text')
    body = (await crm.get("/setting/system-logs")).json()["logs"]
    assert (set(body), body["per_page"], body["total"]) == (PAGE_KEYS, 20, 2)
    assert [one["id"] for one in body["data"]] == [2, 1]
    assert {"title": "Older", "description": "long ago", "created_at": NOW}.items() <= body["data"][1].items()
    found = (await crm.get("/setting/system-logs", search="QUOTED")).json()["logs"]
    assert found["total"] == 1
    answer = await crm.get("/setting/system-logs/export", range=7)
    assert answer.headers["content-type"].startswith("text/csv")
    table = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert table[0] == ["ID", "Date & Time", "Title", "Description"]
    # No spreadsheet may take a title for a formula.
    assert [row[2:] for row in table[1:]] == [["'=cmd|' /C calc'!A0", 'a "quoted", text']]
    assert len((await crm.get("/setting/system-logs/export", range=30)).content.splitlines()) == 3
    for method in ("GET", "DELETE"):
        await log_event(core, "again")
        assert (await crm.ask(method, "/setting/system-logs/reset")).json() == {"message": "All logs have been deleted"}
        assert (await crm.get("/setting/system-logs")).json()["logs"]["total"] == 0


async def test_the_activity_log_tells_who_did_what(crm: Mouth):
    await crm.post("/setting/compliance", {"anonymize_ip": "yes"})
    await crm.post("/setting/install-fluent-cart")
    logs = (await crm.get("/setting/activity-logs")).json()["logs"]
    assert [(one["actor"], one["action"]) for one in logs["data"]] == [
        ("ada", "module_switched_on"),
        ("ada", "compliance_saved"),
    ]
    assert logs["data"][1]["data"] == {"anonymize_ip": "yes"}
    found = (await crm.get("/setting/activity-logs", action="compliance_saved")).json()["logs"]
    assert found["total"] == 1
    assert (await crm.get("/setting/activity-logs", **{"from": "2026-11-21 00:00:00"})).json()["logs"]["total"] == 0


async def test_old_logs_are_counted_and_deleted_from_a_week_on(core: Core, crm: Mouth, clock: FixedClock):
    await log_event(core, "old")
    clock.set(clock.now() + timedelta(days=40))
    path = "/setting/old_logs"
    assert set((await crm.get(path)).json()) == {"days_before", "selected_logs"}
    for days in ("3", "-9", "many"):
        refused = await crm.ask("DELETE", path, query=[("days_before", days), ("selected_logs[]", "system_logs")])
        assert (refused.status_code, refused.json()) == (
            422,
            {"days_before": {"min": "The days_before must be at least 7."}},
        )
    query = [("days_before", "30"), ("selected_logs[]", "system_logs"), ("selected_logs[]", "emails")]
    counted = (await crm.ask("GET", path, query=query)).json()["log_counts"]
    assert counted == [{"title": "System log", "count": 1}, {"title": "Sent mails", "count": 0}]
    done = (await crm.ask("DELETE", path, query=query)).json()
    assert done == {"message": "Logs older than 30 days have been deleted successfully", "has_more": False}
    assert (await crm.ask("GET", path, query=query)).json()["log_counts"][0]["count"] == 0


async def test_the_schedule_is_shown_and_a_hook_makes_its_work_due(core: Core, crm: Mouth):
    async def nothing(core: Core) -> None:
        return

    pieces = [
        Periodic("often", timedelta(minutes=1), nothing),
        Periodic("now_and_then", timedelta(minutes=2), nothing),
        Periodic("daily", timedelta(days=1), nothing),
    ]
    await run_due(core, pieces)
    status = (await crm.get("/setting/cron_status")).json()
    assert [one["interval"] for one in status["cron_events"]] == [60, 300, 3600]
    assert set(status["server"]) == {"memory_limit", "usage_percent", "max_execution_time", "has_server_cron"}
    for hook, ran in (
        ("fluentcrm_scheduled_every_minute_tasks", ["often"]),
        ("fluentcrm_scheduled_five_minute_tasks", ["now_and_then"]),
        ("fluentcrm_scheduled_hourly_tasks", ["daily"]),
    ):
        assert (await crm.post("/setting/run_cron", {"hook": hook})).status_code == 200
        assert await run_due(core, pieces) == ran
    assert (await crm.post("/setting/run_cron", {"hook": "rm_rf"})).status_code == 422
    assert len(await list_ticks(core)) == 3


async def test_the_indexes_are_shown_and_repaired(core: Core, crm: Mouth):
    indexes = (await crm.get("/setting/db-index-health")).json()["indexes"]
    assert {one["status"] for one in indexes} == {"yes"}
    assert {one["type"] for one in indexes} == {"unique", "index"}
    assert indexes[0]["columns"][0]["name"]
    healthy = (await crm.post("/setting/db-index-health/repair")).json()
    assert healthy == {"message": "All database indexes are healthy.", "indexes": indexes}
    await core.db.execute("UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'audit_entries_at'::regclass")
    assert "no" in {one["status"] for one in (await crm.get("/setting/db-index-health")).json()["indexes"]}
    repaired = (await crm.post("/setting/db-index-health/repair")).json()
    assert repaired["message"] == "1 indexes have been repaired."
    assert {one["status"] for one in repaired["indexes"]} == {"yes"}
