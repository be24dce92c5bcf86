"""Contacts as a CSV file, in pieces: memory does not grow with their number. The file of a campaign is in `delivery`."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from tidings.contacts.queries import contacts_by_ids, list_ids
from tidings.contacts.types import CONTACT_COLUMNS, ContactView
from tidings.imports.rules import spreadsheet_safe
from tidings.platform.core import Core
from tidings.segments.queries import where_of
from tidings.segments.types import Everybody, Rule

_PIECE = 1000
# What a file may hold beside custom fields, which are asked for as `custom.slug`.
COLUMNS: tuple[str, ...] = (*(name for name in CONTACT_COLUMNS if name != "custom"), "full_name", "tags", "lists")
MARK = b"\xef\xbb\xbf"


async def contacts_csv(
    core: Core,
    rule: Rule,
    columns: Sequence[tuple[str, str]],
    *,
    offset: int = 0,
    limit: int | None = None,
) -> AsyncIterator[bytes]:
    """The contacts of a rule in the order of their ids: UTF-8 with a mark, a first line of headings.

    `columns` are pairs of heading and column (one of COLUMNS, or `custom.slug`; others stay empty). Instants are local
    date-times of the installation, several values stand behind one another with commas. Cells that a spreadsheet would
    run as formulas are made harmless.
    """
    yield MARK + _lines([[heading for heading, _ in columns]])
    cells = _reader([column for _, column in columns], await core.installation.zone())
    where = None if rule == Everybody() else await where_of(core, rule)
    after, left = await _start(core, where, offset), limit
    while left is None or left > 0:
        ids = await list_ids(core, where, after=after, limit=_PIECE if left is None else min(left, _PIECE))
        if not ids:
            return
        views = await contacts_by_ids(core, ids)
        yield _lines([cells(views[one]) for one in ids if one in views])
        after, left = ids[-1], None if left is None else left - len(ids)


async def _start(core: Core, where: Any, offset: int) -> int:
    """The id after which the rows begin that follow the first `offset` ones."""
    after = 0
    while offset > 0:
        ids = await list_ids(core, where, after=after, limit=min(offset, 10 * _PIECE))
        if not ids:
            break
        after, offset = ids[-1], offset - len(ids)
    return after


def _reader(columns: Sequence[str], zone: ZoneInfo) -> Callable[[ContactView], list[str]]:
    def cell(view: ContactView, column: str) -> str:
        if column.startswith("custom."):
            return _text(view.contact.custom.get(column.removeprefix("custom.")), zone)
        if column in ("tags", "lists"):
            return ", ".join(one.title for one in getattr(view, column))
        return _text(getattr(view.contact, column), zone) if column in COLUMNS else ""

    return lambda view: [spreadsheet_safe(cell(view, column)) for column in columns]


def _text(value: Any, zone: ZoneInfo) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.astimezone(zone).isoformat(" ", "seconds")[:19]
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, list | tuple):
        return ", ".join(str(one) for one in value)
    return format(value, "f") if isinstance(value, Decimal) else str(value)


def _lines(rows: Sequence[Sequence[str]]) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    return out.getvalue().encode("utf-8", "replace")
