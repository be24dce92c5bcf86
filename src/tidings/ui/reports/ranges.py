"""The range of days a report is about, read from the address. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from tidings.reports.dashboard import MAX_DAYS
from tidings.ui.shell.forms import Form

PRESETS = (7, 30, 90, 365)
USUAL = 30


@dataclass(frozen=True, slots=True)
class Range:
    """Both ends included. `preset`: days up to today, or None for days that were chosen."""

    first: date
    last: date
    preset: int | None = None

    @property
    def days(self) -> int:
        """How many."""
        return (self.last - self.first).days + 1

    @property
    def before(self) -> Range:
        """As many days right before it, to compare with."""
        return Range(self.first - timedelta(days=self.days), self.first - timedelta(days=1))

    @property
    def words(self) -> str:
        """The range as words of an address."""
        return f"days={self.preset}" if self.preset else f"from={self.first}&until={self.last}"


def read(words: Form, today: date) -> Range:
    """The chosen range; nonsense falls back to the usual one, ends that are swapped are put right."""
    first, last = _day(words.text("from")), _day(words.text("until"))
    if first is None and last is None:
        asked = words.text("days")
        days = int(asked) if asked in [str(n) for n in PRESETS] else USUAL
        return Range(today - timedelta(days=days - 1), today, days)
    last = min(last or today, today)
    first = min(first or last - timedelta(days=USUAL - 1), today)
    first, last = min(first, last), max(first, last)
    return Range(max(first, last - timedelta(days=MAX_DAYS)), last)


def _day(text: str) -> date | None:
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return None
    # Days that no calendar arithmetic can leave.
    return found if 1990 <= found.year <= 2200 else None
