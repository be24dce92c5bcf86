"""Imports that a client runs page by page: where each page of the file begins, and one page at a time.

For clients that ask again and again until nothing is left. A page may be asked for twice: who is there already is met
as `Options` say. The import that runs by itself is in `running`; both share upload, reading and the rules of values.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from tidings.contacts.actions.people import checked_drafts, write_checked
from tidings.contacts.companies.rules import checked_values as checked_company
from tidings.contacts.queries import custom_fields
from tidings.contacts.rules import checked_values, custom_value, is_email
from tidings.contacts.types import CustomField, Draft, WritePolicy, Written
from tidings.imports import queries, rules, store
from tidings.imports.reading import read_chunk
from tidings.imports.sniffing import sniff
from tidings.imports.types import COLUMNS, Also, Chunk, Dialect, Import, Options
from tidings.platform.core import Core
from tidings.platform.errors import Invalid, NotFound, Problem
from tidings.platform.facts import Fact, write_facts

PAGE_ROWS = 100
Cells = Mapping[str, str]
_NO_EMAIL = Invalid({"email": Problem("required", "No column was chosen for the email address.")})
_ONLY_NEW = ("source", "created_at")
# Targets that are no columns of a contact.
_WORDS = ("tags", "lists", "companies", "full_name")


@dataclass(frozen=True, slots=True)
class FilePage:
    """Rows of one page, each as header -> cell; `bad` rows could not be cut. Pages count from 1, `offset` from 0."""

    number: int
    rows: Sequence[Cells]
    bad: int
    bytes_done: int
    offset: int
    rows_total: int
    pages_total: int

    @property
    def is_last(self) -> bool:
        """Whether nothing comes after it."""
        return self.number >= self.pages_total

    @property
    def rows_done(self) -> int:
        """Rows of this page and of those before."""
        return self.offset + len(self.rows) + self.bad


@dataclass(frozen=True, slots=True)
class PageDone:
    """What became of a page: contacts by id, and the rows that were left out (target -> cell)."""

    page: FilePage
    created: Sequence[int] = ()
    updated: Sequence[int] = ()
    invalid: Sequence[Cells] = ()
    skipped: Sequence[Cells] = ()


@dataclass(slots=True)
class _Sorted:
    """The rows of a page while they are looked at."""

    drafts: dict[str, tuple[Draft, Cells]] = field(default_factory=dict[str, tuple[Draft, Cells]])
    invalid: list[Cells] = field(default_factory=list[Cells])
    skipped: list[Cells] = field(default_factory=list[Cells])


async def import_by_upload(core: Core, name: str) -> Import:
    """The import whose upload has this name of 32 hexadecimal digits; raises NotFound."""
    found = await core.db.fetchval("SELECT id FROM imports WHERE path = $1", f"{name}.csv")
    if found is None:
        raise NotFound("upload", name)
    return await queries.import_by_id(core, found)


async def cut_anew(core: Core, found: Import, delimiter: str) -> Import:
    """The import with its file read by another delimiter. Raises Invalid when it cannot be read so."""
    path = store.upload_path(core, found.path)
    dialect, _ = await asyncio.to_thread(sniff, path, delimiter=delimiter, encoding=found.dialect.encoding)
    async with core.db.transaction() as tx:
        place = (dialect.data_at, dialect.data_line - 1)
        await tx.execute(store.sql.put_dialect, found.id, store.plain(dialect), *place)
        await tx.execute("DELETE FROM import_pages WHERE import_id = $1", found.id)
    return await queries.import_by_id(core, found.id)


async def read_page(core: Core, import_id: int, number: int, *, delimiter: str | None = None) -> FilePage:
    """One page of an upload; the first call goes over the whole file once, later ones read their page alone.

    Raises NotFound once the file is gone; a page after the last is empty.
    """
    found = await queries.import_by_id(core, import_id)
    path = store.upload_path(core, found.path)
    if not await asyncio.to_thread(path.is_file):
        raise NotFound("upload", import_id)
    if delimiter and delimiter != found.dialect.delimiter:
        found = await cut_anew(core, found, delimiter)
    dialect = found.dialect
    place = await core.db.fetchrow(store.sql.page_at, import_id, number)
    if place is None:
        await _index(core, import_id, path, dialect)
        place = await core.db.fetchrow(store.sql.page_at, import_id, number)
    if place is None:
        end = await core.db.fetchrow(store.sql.page_at, import_id, 1)
        assert end is not None
        return FilePage(number, [], 0, found.bytes_total, end["rows"], end["rows"], end["pages"])
    chunk = await asyncio.to_thread(read_chunk, path, dialect, place["byte_at"], place["line_at"], max_rows=PAGE_ROWS)
    rows = [_named(dialect.headers, row) for _, row in chunk.rows]
    bad = len(chunk.rejects)
    return FilePage(number, rows, bad, chunk.bytes_done, place["rows_before"], place["rows"], place["pages"])


def _named(headers: Sequence[str], row: Sequence[str]) -> dict[str, str]:
    return dict(zip(headers, [*row, *[""] * (len(headers) - len(row))], strict=False))


async def _index(core: Core, import_id: int, path: Path, dialect: Dialect) -> None:
    places = await asyncio.to_thread(_places, path, dialect)
    rows = [(import_id, number, *place) for number, place in enumerate(places, start=1)]
    async with core.db.transaction() as tx:
        # Two first calls at once find the same; the later one has nothing to add.
        await tx.execute("SELECT 1 FROM imports WHERE id = $1 FOR UPDATE", import_id)
        if await tx.fetchval("SELECT 1 FROM import_pages WHERE import_id = $1 LIMIT 1", import_id) is None:
            await tx.copy_records_to_table(
                "import_pages", records=rows, columns=["import_id", "number", "byte_at", "line_at", "rows_before"]
            )


def _places(path: Path, dialect: Dialect) -> list[tuple[int, int, int]]:
    """Byte, line and rows before of each page, then of the end of the file."""
    places: list[tuple[int, int, int]] = []
    position, line, rows = dialect.data_at, dialect.data_line - 1, 0
    while True:
        chunk: Chunk = read_chunk(path, dialect, position, line, max_rows=PAGE_ROWS)
        found = len(chunk.rows) + len(chunk.rejects)
        if found or not places:
            places.append((position, line, rows))
        rows += found
        position, line = chunk.bytes_done, chunk.lines_done
        if chunk.is_last:
            return [*places, (position, line, rows)]


async def write_page(
    core: Core, drafts: Sequence[Draft], policy: WritePolicy, also: Also | None = None
) -> Sequence[Written]:
    """As `contacts.actions.write_contacts`, and `also` with those that it made in the same transaction."""
    checked = await checked_drafts(core, drafts)
    async with core.db.transaction() as tx:
        written = await write_checked(core, tx, checked, policy)
        if also is not None:
            await also(tx, [one.id for one in written if one.outcome == "created"])
    return written


async def run_page(
    core: Core,
    import_id: int,
    number: int,
    mapping: Mapping[str, str],
    options: Options,
    *,
    delimiter: str | None = None,
    also: Also | None = None,
) -> PageDone:
    """Brings one page in: header -> target, as `mapping` has them, `companies` and `full_name` besides.

    A row that cannot be taken hurts no other. An address that stands twice in a page is taken once, as the first row
    says. Without `may_rise` the status of who is there already stays. `also` is done with the new contacts of the page, in
    the transaction that makes them. After the last page the import is done and its
    file is deleted. Raises NotFound, Invalid('email') when no column is the address.
    """
    if "email" not in mapping.values():
        raise _NO_EMAIL
    page = await read_page(core, import_id, number, delimiter=delimiter)
    found = _sorted(page.rows, mapping, options, await custom_fields(core))
    known = await core.db.fetch(
        "SELECT lower(email) AS key FROM contacts WHERE lower(email) = ANY($1::text[])", list(found.drafts)
    )
    there = {row["key"] for row in known}
    drafts = [_met(draft, options) if key in there else draft for key, (draft, _) in found.drafts.items()]
    policy = WritePolicy(options.on_existing, may_rise=options.may_rise, is_silent=options.is_silent, reason="import")
    written = await write_page(core, drafts, policy, also)
    cells = [row for _, row in found.drafts.values()]
    left = [row for row, one in zip(cells, written, strict=True) if one.outcome == "skipped"]
    done = PageDone(
        page,
        [one.id for one in written if one.outcome == "created"],
        [one.id for one in written if one.outcome in ("updated", "unchanged")],
        found.invalid,
        [*found.skipped, *left],
    )
    await _count(core, import_id, done, mapping, options)
    return done


def _met(draft: Draft, options: Options) -> Draft:
    """A draft for somebody who is there already: where it came from and since when stays."""
    values = {name: value for name, value in draft.values.items() if name not in _ONLY_NEW}
    return replace(draft, values=values, status=draft.status if options.may_rise else None)


def _sorted(
    rows: Sequence[Cells], mapping: Mapping[str, str], options: Options, fields: Mapping[str, CustomField]
) -> _Sorted:
    found = _Sorted()
    for row in rows:
        cells = {target: row.get(header, "").strip() for header, target in mapping.items() if target}
        key = cells["email"].lower()
        if not is_email(cells["email"]):
            found.invalid.append(cells)
        elif key not in found.drafts:
            try:
                found.drafts[key] = (draft_of(cells, options, fields), cells)
            except (ValueError, Invalid):
                found.skipped.append(cells)
    return found


def draft_of(cells: Cells, options: Options, fields: Mapping[str, CustomField]) -> Draft:
    """The draft of one row; empty cells touch nothing. Raises ValueError or Invalid for a value no column takes."""
    values: dict[str, Any] = {"source": options.source} if options.source else {}
    custom: dict[str, Any] = {}
    for target, cell in cells.items():
        if not cell or target in _WORDS:
            continue
        if target in COLUMNS:
            values[target] = rules.converter(target)(cell)
        elif target.startswith("custom.") and target[7:] in fields:
            custom[target[7:]] = custom_value(fields[target[7:]], cell)
    if cells.get("full_name") and not values.get("first_name") and not values.get("last_name"):
        first, _, last = cells["full_name"].partition(" ")
        values |= {"first_name": first} | ({"last_name": last.strip()} if last.strip() else {})
    firm = cells.get("companies", "")
    if firm:
        checked_company({"name": firm})
    status = rules.status_of(cells["status"]) if cells.get("status") else options.status
    return Draft(
        checked_values(values),
        custom,
        status,
        tags=[*options.tag_ids, *rules.words_of(cells.get("tags", ""))],
        lists=[*options.list_ids, *rules.words_of(cells.get("lists", ""))],
        companies=[firm] if firm else (),
    )


async def _count(core: Core, import_id: int, done: PageDone, mapping: Mapping[str, str], options: Options) -> None:
    found = await queries.import_by_id(core, import_id)
    counts = (len(done.created), len(done.updated), len(done.skipped), len(done.invalid) + done.page.bad)
    async with core.db.transaction() as tx:
        await tx.execute(
            store.sql.count_page,
            import_id,
            dict(mapping),
            store.plain(options),
            done.page.bytes_done,
            core.clock.now(),
            *counts,
        )
        if done.page.is_last:
            row = await tx.fetchrow(store.sql.end_pages, import_id, core.clock.now())
            if row is not None:
                await write_facts(tx, [Fact("import_finished", subject_id=import_id, data=dict(row.items()))])
    if done.page.is_last:
        await asyncio.to_thread(store.upload_path(core, found.path).unlink, missing_ok=True)
