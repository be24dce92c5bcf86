"""When a campaign may send: days of the week and hours of a day in a time zone. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any
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


def window_json(window: SendingWindow) -> dict[str, Any]:
    """A window as a campaign keeps it (`sends_within`) and a wait asks for it."""
    closes = window.closes.isoformat("minutes") if window.closes is not None else None
    opens = window.opens.isoformat("minutes")
    return {"days": sorted(window.days), "opens": opens, "closes": closes, "zone": str(window.zone)}


def window_from(stored: Mapping[str, Any]) -> SendingWindow:
    """The window of such values."""
    closes = stored.get("closes")
    return SendingWindow(
        frozenset(stored["days"]),
        time.fromisoformat(stored["opens"]),
        time.fromisoformat(closes) if closes else None,
        ZoneInfo(stored["zone"]),
    )


def is_open(stored: Mapping[str, Any] | None, now: datetime) -> bool:
    """Whether a campaign with that `sends_within` may send now."""
    return stored is None or next_opening(window_from(stored), now) <= now
