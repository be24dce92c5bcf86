"""Days in the installation's zone as half-open spans of instants. Pure; DST days have 23 or 25 hours and still count once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from tidings.segments.values import Value, day_of, days_of


@dataclass(frozen=True, slots=True)
class Days:
    """Days from `first` up to and without `end`; None is open."""

    first: date | None
    end: date | None


def days_meant(operator: str, value: Value, *, today: date) -> Days:
    """The days that before, after, date_equal, days_before and days_within mean (fluentcrm.md §3.3).

    days_before n: more than n days ago; days_within n: today and the n days before it.
    """
    if operator in ("days_before", "days_within"):
        border = today - timedelta(days=days_of(value))
        return Days(None, border) if operator == "days_before" else Days(border, today + timedelta(days=1))
    day = day_of(value)
    next_day = day + timedelta(days=1)
    if operator == "before":
        return Days(None, day)
    if operator == "after":
        return Days(next_day, None)
    return Days(day, next_day)


def start_of(day: date, zone: ZoneInfo) -> datetime:
    """The first instant of a local day, in UTC; where midnight is skipped, the instant of the jump."""
    return datetime.combine(day, time(), zone).astimezone(UTC)


def today_in(zone: ZoneInfo, now: datetime) -> date:
    """The local day of an instant."""
    return now.astimezone(zone).date()
