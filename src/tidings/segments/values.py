"""Values that rules compare with, checked when a rule is made: a wrong one is a ValueError that says what is wrong."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal, InvalidOperation

from tidings.segments.fields import NEEDS_LIST, OPERATORS, Kind

MAX_VALUES = 10_000
MAX_TEXT = 1000
MAX_DAYS = 100_000
_MAX_ID = 2**63 - 1

Scalar = str | int | float
Value = str | int | float | tuple[Scalar, ...] | None


def number_of(value: object) -> Decimal:
    """A finite number of at most 60 digits; else ValueError."""
    try:
        number = Decimal(str(value).strip())
    except InvalidOperation:
        raise ValueError(f"“{value}” is not a number") from None
    if isinstance(value, bool) or not number.is_finite() or abs(number.adjusted()) > 60 or len(str(number)) > 60:
        raise ValueError(f"“{value}” is not a number that can be compared")
    return number


def day_of(value: object) -> date:
    """The day in text that begins `YYYY-MM-DD`, within the years 1000–9998; else ValueError."""
    text = str(value).strip()
    found = re.match(r"(\d{4})-(\d{2})-(\d{2})(?!\d)", text, re.ASCII)
    if not found:
        raise ValueError(f"“{text[:40]}” is not a date like 2027-01-31")
    day = date(*(int(part) for part in found.groups()))
    if not 1000 <= day.year <= 9998:
        raise ValueError("the year must lie between 1000 and 9998")
    return day


def days_of(value: object) -> int:
    """A number of days from 0 to MAX_DAYS; else ValueError."""
    number = number_of(value)
    if number != int(number) or not 0 <= number <= MAX_DAYS:
        raise ValueError(f"the number of days must be whole and between 0 and {MAX_DAYS}")
    return int(number)


def check_value(kind: Kind, operator: str, value: Value) -> None:
    """Whether the operator fits the kind of field, and the value the operator."""
    if operator not in OPERATORS[kind]:
        raise ValueError(f"“{operator}” does not fit a field of this kind")
    if operator in ("empty", "filled"):
        return
    if operator in NEEDS_LIST:
        if not isinstance(value, tuple) or len(value) > MAX_VALUES:
            raise ValueError(f"“{operator}” needs a list of at most {MAX_VALUES} values")
        for one in value:
            _check_scalar(kind, operator, one)
    elif value is None or isinstance(value, tuple):
        raise ValueError(f"“{operator}” needs one value")
    else:
        _check_scalar(kind, operator, value)


def _check_scalar(kind: Kind, operator: str, value: Scalar) -> None:
    if kind in ("integer", "number"):
        number_of(value)
    elif operator in ("days_before", "days_within"):
        days_of(value)
    elif kind in ("day", "moment"):
        day_of(value)
    else:
        check_text(str(value))


def check_text(text: str) -> None:
    """At most MAX_TEXT characters that can be stored."""
    if len(text) > MAX_TEXT:
        raise ValueError(f"text of more than {MAX_TEXT} characters is not compared")
    if "\0" in text or not _is_encodable(text):
        raise ValueError("the text holds characters that cannot be stored")


def _is_encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def check_ids(ids: tuple[int, ...]) -> None:
    """At most MAX_VALUES ids that the database could give."""
    if len(ids) > MAX_VALUES:
        raise ValueError(f"at most {MAX_VALUES} ids")
    if any(not 0 <= one <= _MAX_ID for one in ids):
        raise ValueError("an id lies outside the possible numbers")
