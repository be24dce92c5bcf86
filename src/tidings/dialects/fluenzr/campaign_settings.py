"""The settings of a campaign: on which days and hours it sends, how fast, and whether a reply ends a run. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import time
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from tidings.campaigns.windows import SendingWindow
from tidings.dialects.fluenzr.wire import problems_of
from tidings.platform.errors import Problem

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
DEFAULTS: dict[str, Any] = {
    "sendDays": list(DAYS),
    "sendHoursStart": 0,
    "sendHoursEnd": 24,
    "timezone": None,
    "maxEmailsPerHour": None,
    "stopOnReply": True,
}
MAX_PER_HOUR = 1_000_000
_CLOCK = re.compile(r"([01]?\d|2[0-4]):([0-5]\d)")


def settings_problems(settings: object) -> dict[str, Problem]:
    """Every fault, by its place (`settings.timezone`)."""
    if not isinstance(settings, dict):
        return {"settings": Problem("type", "settings must be an object")}
    at = "settings."
    problems = problems_of(settings, {"stopOnReply": bool, "maxEmailsPerHour": int, "sendDays": list}, at=at)
    for name in settings:
        if name not in DEFAULTS:
            problems[f"{at}{name}"] = Problem("unknown", f"{at}{name} is not a setting")
    per_hour = settings.get("maxEmailsPerHour")
    if isinstance(per_hour, int) and not 1 <= per_hour <= MAX_PER_HOUR:
        problems[f"{at}maxEmailsPerHour"] = Problem("range", f"{at}maxEmailsPerHour must be from 1 to {MAX_PER_HOUR}")
    zone = settings.get("timezone")
    if zone is not None and not (isinstance(zone, str) and zone in available_timezones()):
        problems[f"{at}timezone"] = Problem("timezone", f"{at}timezone must be an IANA time zone like Europe/Paris")
    days = settings.get("sendDays")
    if isinstance(days, list) and (not days or any(day not in DAYS for day in days)):
        problems[f"{at}sendDays"] = Problem("in", f"{at}sendDays must name at least one of {', '.join(DAYS)}")
    return problems | _hour_problems(settings, at)


def _hour_problems(settings: Mapping[str, Any], at: str) -> dict[str, Problem]:
    problems: dict[str, Problem] = {}
    minutes: dict[str, int] = {}
    for name in ("sendHoursStart", "sendHoursEnd"):
        value = settings.get(name)
        found = _minutes(DEFAULTS[name] if value is None else value)
        if found is None:
            problems[f"{at}{name}"] = Problem("hour", f"{at}{name} must be an hour from 0 to 24 or a time like 09:30")
        else:
            minutes[name] = found
    if not problems and minutes["sendHoursEnd"] <= minutes["sendHoursStart"]:
        problems[f"{at}sendHoursEnd"] = Problem("after", f"{at}sendHoursEnd must be after {at}sendHoursStart")
    return problems


def _minutes(value: object) -> int | None:
    """Minutes of the day of 9, "9:30" or "17:00"; None for anything else."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value * 60 if 0 <= value <= 24 else None
    match = _CLOCK.fullmatch(value) if isinstance(value, str) else None
    found = int(match[1]) * 60 + int(match[2]) if match else None
    return found if found is not None and found <= 24 * 60 else None


def window_of(settings: Mapping[str, Any], zone: ZoneInfo) -> SendingWindow:
    """When valid settings allow sending; `zone` where they name none."""
    whole = DEFAULTS | {name: value for name, value in settings.items() if value is not None}
    opens, closes = _minutes(whole["sendHoursStart"]) or 0, _minutes(whole["sendHoursEnd"]) or 0
    return SendingWindow(
        frozenset(DAYS.index(day) for day in whole["sendDays"]),
        time(opens // 60 % 24, opens % 60),
        None if closes == 24 * 60 else time(closes // 60, closes % 60),
        ZoneInfo(whole["timezone"]) if whole["timezone"] else zone,
    )
