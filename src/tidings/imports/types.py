"""What imports speak of: the file's dialect, the operator's options, an import and what it has done."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal

import msgspec

from tidings.contacts.types import Status
from tidings.platform.db import Connection

State = Literal["uploaded", "queued", "running", "stopping", "stopped", "done", "failed"]
# What is done with contacts (ids) in the transaction that makes them.
Also = Callable[[Connection, Sequence[int]], Awaitable[object]]
OnExisting = Literal["update", "fill", "skip"]

MAX_COLUMNS = 500
MAX_LINE = 1024 * 1024
MAX_RECORD = 4 * 1024 * 1024
MAX_FILE = 4 * 1024 * 1024 * 1024

# Columns of a contact that a file may fill, with their types in the database.
COLUMNS: dict[str, str] = {
    "email": "text",
    "prefix": "text",
    "first_name": "text",
    "last_name": "text",
    "phone": "text",
    "timezone": "text",
    "address_line_1": "text",
    "address_line_2": "text",
    "postal_code": "text",
    "city": "text",
    "state": "text",
    "country": "text",
    "ip": "text",
    "latitude": "double precision",
    "longitude": "double precision",
    "company_name": "text",
    "job_title": "text",
    "website": "text",
    "points": "bigint",
    "lifetime_value": "numeric",
    "contact_type": "text",
    "source": "text",
    "avatar": "text",
    "date_of_birth": "date",
    "created_at": "timestamptz",
}
Value = str | int | float | Decimal | date | datetime | None


class Dialect(msgspec.Struct, frozen=True):
    """How a file is written. `data_at` is the byte where the rows begin, `data_line` the number of that line."""

    encoding: str
    delimiter: str
    headers: Sequence[str]
    has_header: bool
    data_at: int
    data_line: int


class Options(msgspec.Struct, frozen=True):
    """What the operator decided.

    on_existing: update (values of the file win), fill (only what is empty), skip (leave the contact alone). A later
    row with the same address meets the earlier one by the same policy. An empty cell never clears anything.
    status: for rows without one of their own; None leaves existing contacts and makes new ones subscribed. may_rise
    is the operator's explicit word that unsubscribed ones may rise again; suppressed addresses never do.
    creates_missing: unknown tags and lists in the file are made, else passed over.
    """

    on_existing: OnExisting = "update"
    list_ids: Sequence[int] = ()
    tag_ids: Sequence[int] = ()
    status: Status | None = None
    consent_source: str = ""
    source: str = "import"
    is_silent: bool = False
    may_rise: bool = False
    creates_missing: bool = True


class Import(msgspec.Struct, frozen=True):
    """An import as stored; field order is the order of IMPORT_COLUMNS. `mapping` is header -> target."""

    id: int
    user_id: int | None
    file_name: str
    path: str
    state: State
    dialect: Dialect
    mapping: Mapping[str, str]
    options: Options
    bytes_total: int
    bytes_done: int
    lines_done: int
    rows_done: int
    created: int
    updated: int
    skipped: int
    rejected: int
    error: str | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None

    @property
    def share_done(self) -> float:
        """How much of the file is in, from 0 to 1."""
        return 1.0 if self.state == "done" else self.bytes_done / max(1, self.bytes_total)


IMPORT_COLUMNS: tuple[str, ...] = tuple(f.name for f in msgspec.structs.fields(Import))


@dataclass(frozen=True, slots=True)
class Preview:
    """The first rows of a file, and where its columns probably belong (header -> target, "" for nowhere)."""

    dialect: Dialect
    rows: Sequence[Sequence[str]]
    mapping: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Reject:
    """A row that was refused: the line it begins on, why, and its cells."""

    line: int
    reason: str
    row: Sequence[str]


@dataclass(frozen=True, slots=True)
class Chunk:
    """A piece of the file: rows with the line they begin on, and where the next piece begins."""

    rows: Sequence[tuple[int, list[str]]]
    rejects: Sequence[Reject]
    bytes_done: int
    lines_done: int
    is_last: bool


Record = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Staged:
    """A chunk made ready: one record per address in the order of the staging table's columns, and the refused rows.

    `accepted` counts rows, several of which may have met in one record. `tag_cells` and `list_cells` hold, per text of
    a cell, the list of ids that the records share; whoever knows the ids fills the lists.
    """

    records: Sequence[Record]
    accepted: int
    rejects: Sequence[Reject]
    tag_cells: Mapping[str, list[int]]
    list_cells: Mapping[str, list[int]]
