"""Pure decisions of an import: values of cells, the meeting of two rows of one person, safe cells for spreadsheets."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation

from tidings.contacts.rules import clean_text
from tidings.contacts.types import STATUSES, Status
from tidings.imports.types import COLUMNS, OnExisting, Record, Value

_PAST = ("bounced", "complained", "spammed")
_OTHER_WORDS: Mapping[str, Status] = {
    "active": "subscribed",
    "confirmed": "subscribed",
    "opted_in": "subscribed",
    "unconfirmed": "pending",
    "opted_out": "unsubscribed",
    "inactive": "unsubscribed",
    "cleaned": "bounced",
    "hard_bounced": "bounced",
    "spam": "complained",
}
_STATUS_WORDS: dict[str, Status] = {**{status: status for status in STATUSES}, **_OTHER_WORDS}
_WORDS = re.compile(r"[,;|]")
_RISKY = ("=", "+", "-", "@", "\t", "\r")
MAX_TEXT = 1000


def merged_status(stored: Status, wanted: Status | None, *, may_rise: bool) -> Status:
    """As the database's `merged_status`, for two rows that meet within one chunk; a test holds the two together."""
    if wanted is None:
        return stored
    if may_rise:
        return wanted
    if stored in _PAST:
        return stored
    if wanted in ("unsubscribed", *_PAST):
        return wanted
    if stored in ("unsubscribed", "subscribed") or (stored == "transactional" and wanted == "pending"):
        return stored
    return wanted


def status_of(cell: str) -> Status:
    """The status a cell names; raises ValueError with a sentence."""
    word = re.sub(r"[\s-]+", "_", cell.strip().lower())
    if word not in _STATUS_WORDS:
        raise ValueError(f"“{cell[:40]}” is not a status.")
    return _STATUS_WORDS[word]


def words_of(cell: str) -> list[str]:
    """Titles of tags or lists in a cell, separated by comma, semicolon or bar, each once."""
    words = (clean_text(word)[:192] for word in _WORDS.split(cell))
    return list(dict.fromkeys(word for word in words if word))


def converter(column: str) -> Callable[[str], Value]:
    """How a cell becomes a value of `column`; the function raises ValueError with a sentence."""
    kind = COLUMNS[column]
    if column == "phone":
        return _phone
    if kind in ("bigint", "numeric", "double precision"):
        return lambda cell: _number(cell, column, kind)
    return {"date": _day, "timestamptz": _moment}.get(kind, lambda cell: text_of(cell, column))


def text_of(cell: str, column: str) -> str | None:
    """A plain text, cleaned; raises ValueError when it is too long."""
    text = clean_text(cell) if "<" in cell else cell.strip()
    if len(text) > MAX_TEXT:
        raise ValueError(f"{column}: the value may have at most {MAX_TEXT} characters.")
    return text or None


def _phone(cell: str) -> str | None:
    text = cell.strip()
    if len(text) > 50 or not re.search(r"\d", text):
        raise ValueError(f"phone: “{text[:60]}” is not a telephone number.")
    return text


def _number(cell: str, column: str, kind: str) -> Value:
    text = cell.strip()
    try:
        number = Decimal(text)
        if not number.is_finite() or abs(number) >= Decimal(10) ** 15:
            raise InvalidOperation
        if kind == "bigint" and number != number.to_integral_value():
            raise InvalidOperation
    except InvalidOperation:
        raise ValueError(f"{column}: “{text[:40]}” is not a number.") from None
    return number if kind == "numeric" else int(number) if kind == "bigint" else float(number)


def _day(cell: str) -> date:
    text = cell.strip()
    german = re.fullmatch(r"(\d{1,2})\.(\d{1,2})\.(\d{4})", text)
    try:
        if german:
            return date(int(german[3]), int(german[2]), int(german[1]))
        return date.fromisoformat(text[:10])
    except ValueError:
        raise ValueError(f"“{text[:40]}” is not a date like 1985-04-12.") from None


def _moment(cell: str) -> datetime:
    try:
        at = datetime.fromisoformat(cell.strip())
    except ValueError:
        raise ValueError(f"“{cell.strip()[:40]}” is not a date and time like 2027-01-31 09:30:00.") from None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def met(first: Record, later: Record, *, policy: OnExisting, may_rise: bool) -> Record:
    """One record for two rows of one person, as if the second had met the first in the database.

    A record is line, email, status, custom, tag cell, list cell, then the columns. Under `skip` the later row is lost.
    """
    if policy == "skip":
        return first
    older, newer = (first, later) if policy == "update" else (later, first)
    custom = {**(older[3] or {}), **(newer[3] or {})}
    columns = (new if new is not None else old for old, new in zip(older[6:], newer[6:], strict=True))
    # Without a first word the stored status is unknown here: the later word stands and the database merges it.
    status = merged_status(first[2], later[2], may_rise=may_rise) if first[2] else later[2]
    return (first[0], first[1], status, custom, _joined(first[4], later[4]), _joined(first[5], later[5]), *columns)


def _joined(one: str, two: str) -> str:
    return f"{one},{two}" if one and two else one or two


def spreadsheet_safe(cell: str) -> str:
    """A cell no spreadsheet runs as a formula: an apostrophe before = + - @, tab and carriage return."""
    return f"'{cell}" if cell.startswith(_RISKY) else cell
