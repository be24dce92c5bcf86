"""Writes of imports: taking a file in, deciding what becomes of it, starting, stopping, throwing away.

The run itself is in `running`.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import BinaryIO

from tidings.contacts.actions import replace_custom_fields
from tidings.contacts.queries import custom_fields
from tidings.contacts.rules import clean_text, field_slug
from tidings.contacts.types import STATUSES, CustomField
from tidings.imports import queries, store
from tidings.imports.mapping import checked_mapping, guess_mapping
from tidings.imports.sniffing import refuse_archive, sniff, wide_encoding
from tidings.imports.types import MAX_FILE, Import, Options
from tidings.platform import jobs
from tidings.platform.core import Core
from tidings.platform.errors import Conflict, Invalid, Problem

JOB = "run_import"
_PIECE = 1024 * 1024
# A file of addresses does not lie about for ever.
KEPT_UNBEGUN, KEPT_UNFINISHED = timedelta(days=7), timedelta(days=30)
_TOO_LARGE = Invalid({"file": Problem("max", f"A file may have at most {MAX_FILE // 1024**3} GB.")})


async def create_import(
    core: Core, source: Path | BinaryIO | AsyncIterable[bytes], *, file_name: str, user_id: int | None = None
) -> Import:
    """Takes a file in under a random name, looks at it and guesses the mapping. `file_name` is for people only.

    Memory does not grow with the file. Raises Invalid('file') for what is no CSV, and for a header that stands twice.
    """
    path = await asyncio.to_thread(store.uploads, core) / f"{secrets.token_hex(16)}.csv"
    try:
        await _receive(source, path)
        await asyncio.to_thread(_made_narrow, path)
        dialect, rows = await asyncio.to_thread(sniff, path)
        size = (await asyncio.to_thread(path.stat)).st_size
        mapping = guess_mapping(dialect, await custom_fields(core), rows)
        # A guess that cannot run yet is not stored: configure_import decides.
        chosen = mapping if "email" in mapping.values() else {}
        name = clean_text(file_name.replace("\\", "/").rsplit("/", 1)[-1])[:200] or "contacts.csv"
        made = await core.db.fetchval(
            store.sql.insert_import,
            user_id,
            name,
            path.name,
            store.plain(dialect),
            chosen,
            store.plain(Options()),
            size,
            dialect.data_at,
            dialect.data_line - 1,
            core.clock.now(),
        )
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return await queries.import_by_id(core, made)


async def _receive(source: Path | BinaryIO | AsyncIterable[bytes], path: Path) -> None:
    if isinstance(source, AsyncIterable):
        size = 0
        with await asyncio.to_thread(_opened, path) as file:
            async for piece in source:
                size += len(piece)
                if size > MAX_FILE:
                    raise _TOO_LARGE
                await asyncio.to_thread(file.write, piece)
    else:
        await asyncio.to_thread(_copy, source, path)


def _opened(path: Path) -> BinaryIO:
    return path.open("xb")


def _copy(source: Path | BinaryIO, path: Path) -> None:
    size = 0
    reader = source.open("rb") if isinstance(source, Path) else source
    try:
        with path.open("xb") as out:
            while piece := reader.read(_PIECE):
                size += out.write(piece)
                if size > MAX_FILE:
                    raise _TOO_LARGE
    finally:
        if isinstance(source, Path):
            reader.close()


def _made_narrow(path: Path) -> None:
    """Rewrites as UTF-8 with line feeds what cannot be cut at bytes: UTF-16, UTF-32, and files with bare returns."""
    with path.open("rb") as file:
        head = file.read(65_536)
    refuse_archive(head)
    wide = wide_encoding(head)
    if wide is None and (b"\n" in head or b"\r" not in head):
        return
    narrow = path.with_suffix(".tmp")
    # latin-1 there and back keeps every byte of a file whose encoding is not known yet.
    with (
        path.open("r", encoding=wide or "latin-1", errors="replace", newline=None) as given,
        narrow.open("w", encoding="utf-8" if wide else "latin-1", newline="\n") as out,
    ):
        while piece := given.read(_PIECE):
            out.write(piece)
    narrow.replace(path)


async def configure_import(
    core: Core,
    import_id: int,
    *,
    mapping: Mapping[str, str] | None = None,
    options: Options | None = None,
    delimiter: str | None = None,
    encoding: str | None = None,
) -> Import:
    """Stores the operator's decisions; custom fields of `new` targets are made. None keeps the guess (see `mapping`).

    Raises NotFound, Conflict once rows are in, Invalid naming each bad header, target or option.
    """
    preview = await queries.preview_import(core, import_id, delimiter=delimiter, encoding=encoding)
    found = await queries.import_by_id(core, import_id)
    options = options or found.options
    await _check_options(core, options)
    fields = await custom_fields(core)
    dialect = preview.dialect
    wanted = preview.mapping if mapping is None else mapping
    chosen, new = checked_mapping(wanted, dialect, fields)
    if new:
        chosen = await _with_new_fields(core, chosen, new, fields)
    done = await core.db.fetchval(
        store.sql.configure,
        import_id,
        store.plain(dialect),
        chosen,
        store.plain(options),
        dialect.data_at,
        dialect.data_line - 1,
    )
    if done is None:
        raise Conflict("The import has begun; its decisions stand.", code="wrong_state")
    return await queries.import_by_id(core, import_id)


async def _check_options(core: Core, options: Options) -> None:
    problems: dict[str, Problem] = {}
    if options.on_existing not in ("update", "fill", "skip"):
        problems["on_existing"] = Problem("in", "Choose update, fill or skip.")
    if options.status is not None and options.status not in STATUSES:
        problems["status"] = Problem("in", f"“{options.status}” is not a status.")
    for table, ids in (("tags", options.tag_ids), ("lists", options.list_ids)):
        known = await core.db.fetch(f"SELECT id FROM {table} WHERE id = ANY($1::bigint[])", list(ids))
        missing = sorted(set(ids) - {row["id"] for row in known})
        if missing:
            problems[table] = Problem("exists", f"There is no {table[:-1]} {missing[0]}.")
    if problems:
        raise Invalid(problems)


async def _with_new_fields(
    core: Core, chosen: Mapping[str, str], new: Mapping[str, str], fields: Mapping[str, CustomField]
) -> dict[str, str]:
    slugs: dict[str, str] = {}
    for header in new:
        slug, n = field_slug(header), 2
        while slug in slugs.values() or (slug in fields and fields[slug].label != header):
            slug, n = f"{field_slug(header)}_{n}", n + 1
        slugs[header] = slug
    made = [CustomField(slugs[h], h, kind) for h, kind in new.items() if slugs[h] not in fields]
    if made:
        await replace_custom_fields(core, [*fields.values(), *made])
    return {header: f"custom.{slugs[header]}" if header in slugs else target for header, target in chosen.items()}


async def start_import(core: Core, import_id: int) -> Import:
    """Queues the import for the workers; one that was stopped or failed goes on where it was. Raises Conflict."""
    found = await queries.import_by_id(core, import_id)
    if not found.mapping:
        raise Invalid({"mapping": Problem("required", "No column was chosen for the email address.")})
    async with core.db.transaction() as tx:
        if await tx.fetchval(store.sql.queue, import_id) is None:
            raise Conflict(f"An import that is {found.state} cannot be started.", code="wrong_state")
        args = {"import_id": import_id}
        await jobs.enqueue(tx, JOB, args, unique_key=f"{JOB}:{import_id}", user_id=found.user_id)
    return await queries.import_by_id(core, import_id)


async def stop_import(core: Core, import_id: int) -> Import:
    """Asks an import to stop at the end of its chunk; what is in stays in. Raises Conflict when it does not run."""
    found = await queries.import_by_id(core, import_id)
    if not await core.db.fetchval(f"WITH s AS ({store.sql.stop}) SELECT count(*) FROM s", import_id):
        raise Conflict(f"An import that is {found.state} cannot be stopped.", code="wrong_state")
    return await queries.import_by_id(core, import_id)


async def delete_stale_imports(core: Core) -> int:
    """Forgets uploads that nobody began within a week, or went on with within a month; contacts stay."""
    now = core.clock.now()
    rows = await core.db.fetch(
        """DELETE FROM imports WHERE id IN (
            SELECT id FROM imports WHERE (state = 'uploaded' AND created_at < $1)
                OR (state IN ('stopped', 'failed') AND coalesce(finished_at, started_at, created_at) < $2)
            ORDER BY id LIMIT 1000 FOR UPDATE SKIP LOCKED) RETURNING path""",
        now - KEPT_UNBEGUN,
        now - KEPT_UNFINISHED,
    )
    for row in rows:
        await asyncio.to_thread(store.upload_path(core, row["path"]).unlink, missing_ok=True)
    return len(rows)


async def delete_import(core: Core, import_id: int) -> None:
    """Forgets an import, its file and its refused rows; contacts stay. Raises Conflict while it runs."""
    found = await queries.import_by_id(core, import_id)
    gone = await core.db.execute(
        "DELETE FROM imports WHERE id = $1 AND state NOT IN ('queued', 'running', 'stopping')", import_id
    )
    if not gone:
        raise Conflict("Stop the import first.", code="wrong_state")
    await asyncio.to_thread(store.upload_path(core, found.path).unlink, missing_ok=True)
