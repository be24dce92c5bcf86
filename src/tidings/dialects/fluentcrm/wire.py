"""The scalar habits of this dialect: local date-times without offset, numeric strings, yes/no."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from tidings.dialects._engine.shapes import Codec


@dataclass(frozen=True, slots=True)
class Wire:
    """What codecs of one answer need: the installation's zone, its public address and settings; `terms` are the tags
    and lists that were worded already, by kind and id."""

    zone: ZoneInfo
    public_url: str
    values: dict[str, Any]
    terms: dict[str, dict[int, bytes]] = field(default_factory=dict[str, dict[int, bytes]])

    def complies(self, name: str) -> bool:
        """A flag of the compliance settings that is on unless somebody switched it off."""
        kept = self.values["dialects"].get("fluentcrm.compliance", {}).get(name, "yes")
        return ((name == "enable_gravatar" and self.values["gravatars"]) or kept) == "yes"

    def stamp(self, value: datetime | None) -> str | None:
        """`YYYY-MM-DD HH:MM:SS` in the installation's zone."""
        return None if value is None else stamp_in(self.zone, value)

    def iso(self, value: datetime | None) -> str | None:
        """ISO 8601 with offset, as pivot rows have it."""
        return None if value is None else _local(self.zone, value).isoformat(timespec="seconds")

    def instant(self, value: Any) -> datetime | None:
        """An instant of local text, ISO 8601 or Unix time; None when it is none of these."""
        text = str(value).strip()
        try:
            if text.isascii() and text.isdigit() and len(text) < 12:
                return datetime.fromtimestamp(int(text), UTC)
            parsed = datetime.fromisoformat(text)
            found = (parsed if parsed.tzinfo else parsed.replace(tzinfo=self.zone)).astimezone(UTC)
            return found if 1000 <= found.year < 9999 else None
        except (ValueError, OverflowError):
            # also a moment that leaves the calendar on its way to UTC, or to a year no clock knows
            return None


def stamp_in(zone: ZoneInfo, value: datetime) -> str:
    """`YYYY-MM-DD HH:MM:SS` in a zone."""
    # A page of contacts has hundreds of these: cut ISO text costs a third of strftime.
    return _local(zone, value).isoformat(" ", "seconds")[:19]


def _local(zone: ZoneInfo, value: datetime) -> datetime:
    # What the database gives is in UTC already.
    return value if zone.key == "UTC" and value.tzinfo is UTC else value.astimezone(zone)


def number_text(value: Any) -> str | None:
    """A stored number as its text; null stays null."""
    return None if value is None else str(value)


def flag01(value: Any) -> str:
    """'1' or '0'."""
    return "1" if value else "0"


def _stamp(value: datetime | None, wire: Wire) -> str | None:
    return wire.stamp(value)


def _read_only(_value: Any, _wire: Any) -> Any:
    raise ValueError("cannot be set")


stamp = Codec(_stamp, _read_only, {"type": ["string", "null"]})
numeric = Codec(lambda v, _: number_text(v), lambda v, _: str(v), {"type": ["string", "null"]})
flag = Codec(lambda v, _: flag01(v), lambda v, _: str(v) in ("1", "true", "yes", "True"), {"type": "string"})
day = Codec(
    lambda v, _: v.isoformat() if isinstance(v, date) else v, lambda v, _: str(v) or None, {"type": ["string", "null"]}
)
