"""System log, activity log, clean-up, scheduler and the health of the indexes (spec §7.11)."""

from __future__ import annotations

import csv
import io
import os
import resource
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from tidings.access import queries as access
from tidings.access.types import AuditEntry
from tidings.dialects._engine.calls import Answer, Call
from tidings.dialects._engine.routes import Route
from tidings.dialects.fluentcrm.dialect import FieldErrors
from tidings.dialects.fluentcrm.envelope import page_object, page_request
from tidings.dialects.fluentcrm.kept import note
from tidings.messages import old_logs
from tidings.platform import index_health, leases, system_log
from tidings.platform.errors import Problem, Refused
from tidings.platform.leases import Tick
from tidings.platform.system_log import LogLine

_MINUTE, _FIVE_MINUTES, _HOUR = 60, 300, 3600
# hook: (what it is called, seconds between runs); the pieces of work that run at most that seldom belong to it
_HOOKS = {
    "fluentcrm_scheduled_every_minute_tasks": ("Scheduled Email Sending Tasks", _MINUTE),
    "fluentcrm_scheduled_five_minute_tasks": ("Scheduled Email Processing", _FIVE_MINUTES),
    "fluentcrm_scheduled_hourly_tasks": ("Scheduled Automation Tasks", _HOUR),
}
_LATE = timedelta(minutes=2)
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


async def list_system_logs(call: Call) -> Any:
    page = await system_log.list_system_log(
        call.core, page_request(call, per_page=20, sorts={}), search=call.text("search")
    )

    def encode(line: LogLine) -> dict[str, Any]:
        at = call.context.stamp(line.at)
        return {
            "id": line.id,
            "title": line.title,
            "description": line.description,
            "status": None,
            "created_at": at,
            "updated_at": at,
        }

    return {"logs": page_object(call, page, encode)}


async def export_system_logs(call: Call) -> Any:
    days = min(max(call.integer("range") or 7, 1), 3650)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["ID", "Date & Time", "Title", "Description"])
    async for line in system_log.system_log_since(call.core, call.core.clock.now() - timedelta(days=days)):
        writer.writerow([line.id, call.context.stamp(line.at), _harmless(line.title), _harmless(line.description)])
    headers = [(b"content-disposition", b'attachment; filename="system-logs.csv"')]
    return Answer(b"\xef\xbb\xbf" + text.getvalue().encode(), headers=headers, content_type=b"text/csv; charset=utf-8")


def _harmless(text: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(_FORMULA) else text


async def reset_system_logs(call: Call) -> Any:
    await system_log.reset_system_log(call.core)
    await note(call, "system_log_reset")
    return {"message": "All logs have been deleted"}


async def list_activity_logs(call: Call) -> Any:
    page = await access.list_audit(
        call.core,
        page_request(call, per_page=20, sorts={}),
        search=call.text("search"),
        user_id=call.integer("user_id"),
        action=call.text("action"),
        since=call.context.instant(call.text("from")) if call.text("from") else None,
        until=call.context.instant(call.text("to")) if call.text("to") else None,
    )

    def encode(line: AuditEntry) -> dict[str, Any]:
        return {
            "id": line.id,
            "user_id": None if line.user_id is None else str(line.user_id),
            "actor": line.actor,
            "action": line.action,
            "object": line.object,
            "data": line.data,
            "ip": line.ip,
            "created_at": call.context.stamp(line.at),
        }

    return {"logs": page_object(call, page, encode)}


def _asked(call: Call) -> tuple[timedelta, list[str]]:
    problems: dict[str, Problem] = {}
    days, names = call.integer("days_before"), [str(one) for one in call.items("selected_logs")]
    for name, is_there in (("days_before", call.text("days_before") != ""), ("selected_logs", bool(names))):
        if not is_there:
            problems[name] = Problem("required", f"The {name} field is required.")
    if "days_before" not in problems and (days is None or days < old_logs.MIN_AGE.days):
        problems["days_before"] = Problem("min", f"The days_before must be at least {old_logs.MIN_AGE.days}.")
    if problems:
        raise FieldErrors(problems)
    assert days is not None
    return timedelta(days=min(days, 36_500)), list(dict.fromkeys(names))


async def count_old_logs(call: Call) -> Any:
    age, names = _asked(call)
    counts = await old_logs.count_old(call.core, names, age)
    return {"log_counts": [{"title": log.title, "count": count} for log, count in counts]}


async def delete_old_logs(call: Call) -> Any:
    age, names = _asked(call)
    has_more = await old_logs.delete_old(call.core, names, age)
    await note(call, "old_logs_deleted", ", ".join(names), days=age.days)
    return {
        "message": f"Logs older than {age.days} days have been deleted successfully",
        "has_more": has_more,
    }


def _of_hook(hook: str, ticks: Sequence[Tick]) -> list[Tick]:
    """The pieces that run with a hook: as often as it, but not as often as the next more frequent one."""
    longest = _HOOKS[hook][1]
    shortest = max((seconds for _, seconds in _HOOKS.values() if seconds < longest), default=0)
    is_last = longest == max(seconds for _, seconds in _HOOKS.values())
    return [t for t in ticks if shortest < t.every.total_seconds() and (is_last or t.every.total_seconds() <= longest)]


async def schedule_status(call: Call) -> Any:
    ticks, now = await leases.list_ticks(call.core), call.core.clock.now()
    events: list[dict[str, Any]] = []
    for hook, (title, seconds) in _HOOKS.items():
        next_at = min((tick.next_at for tick in _of_hook(hook, ticks)), default=now + timedelta(seconds=seconds))
        events.append(
            {
                "hook": hook,
                "is_overdue": next_at < now - _LATE,
                "human_name": title,
                "next_run": _in_words(next_at - now),
                "interval": seconds,
            }
        )
    return {"cron_events": events, "server": _server()}


def _in_words(span: timedelta) -> str:
    seconds = abs(int(span.total_seconds()))
    return f"{seconds} seconds" if seconds < 2 * _MINUTE else f"{seconds // _MINUTE} mins"


def _server() -> dict[str, Any]:
    whole = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return {
        "memory_limit": f"{whole // (1024 * 1024)}MB",
        "usage_percent": f"{100 * used / whole:.2f}",
        "max_execution_time": "0 seconds",
        "has_server_cron": True,
    }


async def run_hook(call: Call) -> Any:
    hook = call.text("hook")
    if hook not in _HOOKS:
        raise Refused("The provided hook is not valid")
    ticks = await leases.list_ticks(call.core)
    await leases.run_soon(call.core, [tick.name for tick in _of_hook(hook, ticks)])
    await note(call, "schedule_run", hook)
    return {"message": "Selected CRON Event successfully ran"}


async def _indexes(call: Call) -> list[dict[str, Any]]:
    return [
        {
            "type": "unique" if index.is_unique else "index",
            "table": index.table,
            "title": f"{index.table}: {', '.join(index.columns)}",
            "columns": [{"name": name} for name in index.columns],
            "name": index.name,
            "status": "yes" if index.is_valid else "no",
        }
        for index in await index_health.list_indexes(call.core)
    ]


async def get_index_health(call: Call) -> Any:
    return {"indexes": await _indexes(call)}


async def repair_indexes(call: Call) -> Any:
    repaired = await index_health.repair_indexes(call.core)
    message = f"{len(repaired)} indexes have been repaired." if repaired else "All database indexes are healthy."
    return {"message": message, "indexes": await _indexes(call)}


_NEEDS = "fcrm_manage_settings"
ROUTES = [
    Route("GET", "/setting/system-logs", "get-system-logs", _NEEDS, "view", list_system_logs),
    Route("GET", "/setting/system-logs/export", "export-system-logs", _NEEDS, "view", export_system_logs),
    Route("GET", "/setting/system-logs/reset", "reset-system-logs", _NEEDS, "ack", reset_system_logs),
    Route("DELETE", "/setting/system-logs/reset", "delete-system-logs", _NEEDS, "ack", reset_system_logs),
    Route("GET", "/setting/activity-logs", "get-activity-logs", _NEEDS, "view", list_activity_logs),
    Route("GET", "/setting/old_logs", "get-old-logs", _NEEDS, "view", count_old_logs),
    Route("DELETE", "/setting/old_logs", "remove-old-logs", _NEEDS, "ack", delete_old_logs),
    Route("GET", "/setting/cron_status", "get-cron-status", _NEEDS, "view", schedule_status),
    Route("POST", "/setting/run_cron", "run-cron", _NEEDS, "ack", run_hook),
    Route("GET", "/setting/db-index-health", "get-index-health", _NEEDS, "view", get_index_health),
    Route("POST", "/setting/db-index-health/repair", "repair-indexes", _NEEDS, "ack", repair_indexes),
]
