"""Dates of merge tags: PHP date letters and PHP-like relative expressions, both bounded and without eval."""

from __future__ import annotations

import calendar
import re
from datetime import date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]
_STEP = re.compile(r"\s*(?:([+-]?)\s*(\d{1,5})|(next|last|this))\s*([a-z]+?)s?(\s+ago)?(?=[\s+-]|$)")
_EDGE = re.compile(r"\s*(first|last) day of(?: (next|last|previous|this) (month|year))?")
_WORD = re.compile(r"\s*([a-z]+)")
_MAX_EXPRESSION = 100


@lru_cache(maxsize=64)
def zone(name: str) -> ZoneInfo:
    """The zone of that name; UTC when there is none."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return ZoneInfo("UTC")


def format_date(moment: datetime | date, letters: str) -> str:
    """Formats by PHP's letters; a backslash keeps the next letter; unknown letters stand for themselves."""
    at = moment if isinstance(moment, datetime) else datetime(moment.year, moment.month, moment.day)  # noqa: DTZ001
    out: list[str] = []
    escaped = False
    for letter in letters[:_MAX_EXPRESSION]:
        if escaped:
            out.append(letter)
            escaped = False
        elif letter == "\\":
            escaped = True
        else:
            out.append(_letter(at, letter))
    return "".join(out)


def _letter(at: datetime, letter: str) -> str:
    if letter in "djNwzlDSWo":
        return _day_letter(at, letter)
    if letter in "FmMntLYy":
        return _month_letter(at, letter)
    return _time_letter(at, letter)


def _day_letter(at: datetime, letter: str) -> str:
    name = _DAYS[at.weekday()].capitalize()
    iso = at.isocalendar()
    suffix = "th" if 10 < at.day < 14 else {1: "st", 2: "nd", 3: "rd"}.get(at.day % 10, "th")
    return {
        "d": f"{at.day:02}",
        "j": str(at.day),
        "N": str(at.isoweekday()),
        "w": str(at.isoweekday() % 7),
        "z": str(at.timetuple().tm_yday - 1),
        "l": name,
        "D": name[:3],
        "S": suffix,
        "W": f"{iso.week:02}",
        "o": str(iso.year),
    }[letter]


def _month_letter(at: datetime, letter: str) -> str:
    name = _MONTHS[at.month - 1]
    return {
        "F": name,
        "m": f"{at.month:02}",
        "M": name[:3],
        "n": str(at.month),
        "t": str(calendar.monthrange(at.year, at.month)[1]),
        "L": str(int(calendar.isleap(at.year))),
        "Y": str(at.year),
        "y": f"{at.year % 100:02}",
    }[letter]


def _time_letter(at: datetime, letter: str) -> str:
    offset = at.strftime("%z") or "+0000"
    colon = f"{offset[:3]}:{offset[3:5]}"
    day = f"{_DAYS[at.weekday()][:3].capitalize()}, {at.day:02} {_MONTHS[at.month - 1][:3]} {at.year}"
    known = {
        "a": "am" if at.hour < 12 else "pm",
        "A": "AM" if at.hour < 12 else "PM",
        "g": str(at.hour % 12 or 12),
        "G": str(at.hour),
        "h": f"{at.hour % 12 or 12:02}",
        "H": f"{at.hour:02}",
        "i": f"{at.minute:02}",
        "s": f"{at.second:02}",
        "u": f"{at.microsecond:06}",
        "v": f"{at.microsecond // 1000:03}",
        "e": str(at.tzinfo or "UTC"),
        "T": at.tzname() or "UTC",
        "P": colon,
        "O": offset,
        "c": at.strftime("%Y-%m-%dT%H:%M:%S") + colon,
        "r": f"{day} {at:%H:%M:%S} {offset}",
        "U": str(int(at.timestamp())),
    }
    return known.get(letter, letter)


def relative_date(now: datetime, expression: str) -> datetime | None:
    """`+2 days`, `tomorrow`, `next monday`, `last day of next month`, chained; None when it is not understood."""
    text = expression.strip().lower()
    if len(text) > _MAX_EXPRESSION:
        return None
    at, position = now, 0
    while position < len(text):
        step = _edge(at, text, position) or _step(at, text, position) or _word(at, text, position)
        if step is None:
            return None
        at, position = step
    return at


def _edge(at: datetime, text: str, position: int) -> tuple[datetime, int] | None:
    match = _EDGE.match(text, position)
    if match is None:
        return None
    which, direction, unit = match.groups()
    steps = {"next": 1, "last": -1, "previous": -1}.get(direction or "", 0)
    moved = _shift_months(at, steps * (12 if unit == "year" else 1))
    if moved is None:
        return None
    last = calendar.monthrange(moved.year, moved.month)[1]
    return moved.replace(day=1 if which == "first" else last), match.end()


def _step(at: datetime, text: str, position: int) -> tuple[datetime, int] | None:
    match = _STEP.match(text, position)
    if match is None:
        return None
    sign, digits, direction, unit, ago = match.groups()
    amount = int(digits) if digits else {"next": 1, "last": -1, "this": 0}[direction]
    if (sign == "-") != bool(ago):
        amount = -amount
    moved = _weekday(at, unit, direction) if direction and unit in _DAYS else _moved(at, amount, unit)
    return None if moved is None else (moved, match.end())


def _moved(at: datetime, amount: int, unit: str) -> datetime | None:
    names = {"min": "minute", "sec": "second", "hr": "hour"}
    unit = names.get(unit, unit)
    if unit in ("month", "year"):
        return _shift_months(at, amount * (12 if unit == "year" else 1))
    if unit == "weekday":
        return _shift_weekdays(at, amount)
    days = {"day": 1, "week": 7, "fortnight": 14}
    try:
        if unit in days:
            return at + timedelta(days=amount * days[unit])
        if unit in ("hour", "minute", "second"):
            return at + timedelta(**{f"{unit}s": amount})
    except OverflowError:
        return None
    return None


def _shift_months(at: datetime, months: int) -> datetime | None:
    year, month = divmod(at.year * 12 + at.month - 1 + months, 12)
    if not 1 <= year <= 9998:
        return None
    # PHP lets 31 January + 1 month run over into March
    return at.replace(year=year, month=month + 1, day=1) + timedelta(days=at.day - 1)


def _shift_weekdays(at: datetime, amount: int) -> datetime | None:
    if abs(amount) > 5000:
        return None
    step = 1 if amount > 0 else -1
    for _ in range(abs(amount)):
        at += timedelta(days=step)
        while at.weekday() > 4:
            at += timedelta(days=step)
    return at


def _weekday(at: datetime, name: str, direction: str) -> datetime:
    start = at.replace(hour=0, minute=0, second=0, microsecond=0)
    ahead = (_DAYS.index(name) - at.weekday()) % 7
    if direction == "next":
        return start + timedelta(days=ahead or 7)
    if direction == "last":
        return start - timedelta(days=(at.weekday() - _DAYS.index(name)) % 7 or 7)
    return start + timedelta(days=ahead)


def _word(at: datetime, text: str, position: int) -> tuple[datetime, int] | None:
    match = _WORD.match(text, position)
    if match is None:
        return None
    word = match[1]
    midnight = at.replace(hour=0, minute=0, second=0, microsecond=0)
    moments = {
        "now": at,
        "today": midnight,
        "midnight": midnight,
        "noon": midnight.replace(hour=12),
        "tomorrow": midnight + timedelta(days=1),
        "yesterday": midnight - timedelta(days=1),
    }
    if word in _DAYS:
        return _weekday(at, word, "this"), match.end()
    return (moments[word], match.end()) if word in moments else None
