"""What a field holds after a change that an automation makes (fluentcrm.md §6.3, `update_contact_property`). Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

OPERATIONS = ("replace", "add", "subtract", "remove")
# Words for a date that is reckoned when the step is done.
_TODAY = ("current_date", "current date", "today")
_NOW = ("current_date_time", "current date and time", "now")


def changed_value(stored: object, operation: str, given: object, *, now: datetime, kind: str = "text") -> Any:
    """The new value. `add` and `subtract` reckon with numbers, `add` and `remove` with lists; anything else replaces.

    `now` in the installation's zone gives relative dates their meaning. Raises ValueError for what is no number.
    """
    if isinstance(given, str) and given.strip().lower() in _TODAY + _NOW:
        is_day = kind == "date" or given.strip().lower() in _TODAY
        return now.date().isoformat() if is_day and kind != "date_time" else now.strftime("%Y-%m-%d %H:%M:%S")
    if operation in ("add", "remove") and (isinstance(stored, list) or isinstance(given, list)):
        had, more = _items(stored), _items(given)
        if operation == "remove":
            return [one for one in had if one not in more]
        return had + [one for one in more if one not in had]
    if operation in ("add", "subtract"):
        sum_ = _number(stored) + (_number(given) if operation == "add" else -_number(given))
        return int(sum_) if sum_ == int(sum_) else float(sum_)
    return given


def _items(value: object) -> list[Any]:
    if value in (None, ""):
        return []
    return list(value) if isinstance(value, Sequence) and not isinstance(value, str) else [value]


def _number(value: object) -> Decimal:
    if value in (None, ""):
        return Decimal(0)
    try:
        number = Decimal(str(value).strip())
    except InvalidOperation:
        raise ValueError(f"“{value}” is not a number") from None
    if not number.is_finite() or abs(number.adjusted()) > 30:
        raise ValueError(f"“{value}” is not a number that can be reckoned with")
    return number
