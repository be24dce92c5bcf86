"""When a campaign may send: days of the week and hours of a day in a time zone. Pure."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class SendingWindow:
    """Open from `opens` up to `closes` (None: to the end of the day) on `days`, 0 being Monday, of `zone`."""

    days: Set[int]
    opens: time
    closes: time | None
    zone: ZoneInfo


def next_opening(window: SendingWindow, now: datetime) -> datetime:
    """`now` while the window is open, else the instant when it opens next. Raises ValueError when it never does.

    An hour that a change of clocks skips opens right after the gap.
    """
    if not window.days or (window.closes is not None and window.closes <= window.opens):
        raise ValueError("the window never opens")
    local = now.astimezone(window.zone)
    for ahead in range(8):
        day = local.date() + timedelta(days=ahead)
        if day.weekday() not in window.days:
            continue
        opens = datetime.combine(day, window.opens, window.zone).astimezone(UTC)
        closes = datetime.combine(day, window.closes, window.zone) if window.closes is not None else None
        if closes is None:
            closes = datetime.combine(day + timedelta(days=1), time(0), window.zone)
        if now < closes.astimezone(UTC):
            return max(now, opens)
    raise ValueError("the window never opens")
