"""Reads of imports: one, many, the preview of a file, the refused rows as a CSV file."""

from __future__ import annotations

import asyncio
import csv
import io
from collections.abc import AsyncIterator

from tidings.contacts.queries import custom_fields
from tidings.imports import store
from tidings.imports.mapping import guess_mapping
from tidings.imports.rules import spreadsheet_safe
from tidings.imports.sniffing import sniff
from tidings.imports.types import Import, Preview, Reject
from tidings.platform.core import Core
from tidings.platform.errors import NotFound
from tidings.platform.pagination import Page, PageRequest

SORTS = {"id": "i.id", "created_at": "i.created_at", "file_name": "lower(i.file_name)", "state": "i.state"}


async def import_by_id(core: Core, import_id: int) -> Import:
    """The import; raises NotFound."""
    row = await core.db.fetchrow(f"SELECT {store.SELECTED} FROM imports i WHERE i.id = $1", import_id)
    if row is None:
        raise NotFound("import", import_id)
    return store.import_from(row)


async def list_imports(core: Core, request: PageRequest | None = None) -> Page[Import]:
    """A page of imports, the newest first unless sorted otherwise."""
    request = request or PageRequest()
    rows = await core.db.fetch(
        f"SELECT {store.SELECTED}, count(*) OVER () AS total FROM imports i {request.order_by(SORTS)} LIMIT $1 OFFSET $2",
        request.per_page,
        request.offset,
    )
    total = rows[0]["total"] if rows else await core.db.fetchval("SELECT count(*) FROM imports")
    return Page([store.import_from(row) for row in rows], total, request)


async def preview_import(
    core: Core, import_id: int, *, delimiter: str | None = None, encoding: str | None = None
) -> Preview:
    """The first ten rows and the guessed mapping, read anew with another delimiter or encoding if given.

    Raises NotFound, and Invalid when the file cannot be read so.
    """
    found = await import_by_id(core, import_id)
    path = store.upload_path(core, found.path)
    if not await asyncio.to_thread(path.is_file):
        raise NotFound("upload", import_id)
    # What was chosen before stands until something else is chosen.
    dialect, rows = await asyncio.to_thread(
        sniff, path, delimiter=delimiter or found.dialect.delimiter, encoding=encoding or found.dialect.encoding
    )
    return Preview(dialect, rows, guess_mapping(dialect, await custom_fields(core), rows))


async def list_rejects(core: Core, import_id: int, *, limit: int = 100) -> list[Reject]:
    """The first refused rows, by line."""
    rows = await core.db.fetch(store.sql.some_rejects, import_id, limit)
    return [Reject(row["line"], row["reason"], row["row"]) for row in rows]


async def rejects_csv(core: Core, import_id: int) -> AsyncIterator[bytes]:
    """The refused rows as a CSV file in pieces: the file's own columns, then line and reason; UTF-8 with a mark.

    Cells that a spreadsheet would run as formulas are made harmless; memory does not grow with the number of rows.
    Raises NotFound.
    """
    found = await import_by_id(core, import_id)
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([spreadsheet_safe(name) for name in (*found.dialect.headers, "line", "reason")])
    width = len(found.dialect.headers)
    yield b"\xef\xbb\xbf"
    async with core.db.connection() as connection, connection.transaction():
        async for row in connection.cursor(store.sql.rejects, import_id, prefetch=500):
            cells = [*row["row"], *[""] * (width - len(row["row"]))]
            writer.writerow([spreadsheet_safe(cell) for cell in (*cells, str(row["line"]), row["reason"])])
            if out.tell() > 65_536:
                yield out.getvalue().encode()
                out.seek(0)
                out.truncate()
    yield out.getvalue().encode()
