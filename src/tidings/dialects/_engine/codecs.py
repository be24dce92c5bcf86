"""The codecs that more than one dialect uses. A dialect's own scalar habits live in the dialect."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from tidings.dialects._engine.calls import as_integer
from tidings.dialects._engine.shapes import Codec


def _text(value: Any, _: Any) -> str:
    if isinstance(value, bool | dict | list):
        raise ValueError("must be a string")
    return str(value)


def _strict_text(value: Any, _: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("must be a string")
    return value


def _integer(value: Any, _: Any) -> int:
    number = as_integer(value)
    if number is None:
        raise ValueError("must be an integer")
    return number


def _boolean(value: Any, _: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError("must be true or false")
    return value


def _record(value: Any, _: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ValueError("must be an object")
    return value


def _instant(value: Any, _: Any) -> datetime:
    try:
        parsed = datetime.fromisoformat(str(value))
    except ValueError:
        raise ValueError("must be a date and time in RFC 3339") from None
    return parsed.replace(tzinfo=UTC) if parsed.tzinfo is None else parsed.astimezone(UTC)


def rfc3339(value: datetime | None, _: Any = None) -> str | None:
    """UTC with Z and whole seconds."""
    return None if value is None else f"{value.astimezone(UTC).isoformat(timespec='seconds')[:19]}Z"


def _day(value: Any, _: Any) -> date:
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        raise ValueError("must be a date like 2027-01-31") from None


def same(value: Any, _: Any) -> Any:
    """Passes a value through."""
    return value


text = Codec(same, _text, {"type": ["string", "null"]})
strict_text = Codec(same, _strict_text, {"type": ["string", "null"]})
integer = Codec(same, _integer, {"type": ["integer", "null"]})
boolean = Codec(same, _boolean, {"type": "boolean"})
record = Codec(same, _record, {"type": "object"})
instant = Codec(rfc3339, _instant, {"type": ["string", "null"], "format": "date-time"})
day = Codec(lambda v, _: v.isoformat() if v else None, _day, {"type": ["string", "null"], "format": "date"})
