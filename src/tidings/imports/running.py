"""The run of an import: chunk after chunk, each in one transaction with its facts, its refused rows and its progress.

Killed at any moment, an import goes on at the byte where its last committed chunk ended. Who runs it holds an advisory
lock on a session of its own, which the server lets go of when that process dies. While the database merges one chunk,
a thread reads and checks the next; memory holds those two chunks and nothing else.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic

import asyncpg

from tidings.contacts.erased import suppress_erased
from tidings.contacts.queries import custom_fields
from tidings.contacts.rules import slug_of
from tidings.imports import queries, store
from tidings.imports.merging import Merge, Moved, store_rejects
from tidings.imports.reading import MAX_ROWS, read_chunk
from tidings.imports.rules import words_of
from tidings.imports.staging import Plan
from tidings.imports.types import Chunk, Import, Staged, State
from tidings.platform.core import Core
from tidings.platform.db import Connection
from tidings.platform.errors import Conflict, Refused, TidingsError
from tidings.platform.facts import Fact, wake_readers, write_facts

_LOCK = "SELECT pg_try_advisory_lock(hashtextextended('tidings import ' || $1::bigint, 0))"
_UNLOCK = "SELECT pg_advisory_unlock(hashtextextended('tidings import ' || $1::bigint, 0))"
# Words of tags and lists remembered in a run; a file with more different ones than that asks again.
REMEMBERED = 50_000
TRIES = 5


@dataclass(frozen=True, slots=True)
class _Run:
    """What stays the same from chunk to chunk."""

    core: Core
    session: Connection
    import_id: int
    file_name: str
    path: Path
    imported: Import
    plan: Plan
    merge: Merge
    max_rows: int
    words: dict[str, dict[str, int]] = field(default_factory=lambda: {"tags": {}, "lists": {}})


async def run_import(
    core: Core,
    import_id: int,
    *,
    on_progress: Callable[[Import], None] | None = None,
    max_rows: int = MAX_ROWS,
    patience: float = 10.0,
) -> Import:
    """Runs an import to its end, or on from where it was; returns it done, stopped or failed (with `error`).

    Raises NotFound; Conflict when another process runs it for longer than `patience` seconds or when its state does
    not allow it. Errors of the connection to the database are raised and leave it to be run again.
    """
    await queries.import_by_id(core, import_id)
    async with core.db.connection() as session, _alone(session, import_id, patience):
        imported = await queries.import_by_id(core, import_id)
        if imported.state == "stopping":
            return await _finish(core, session, import_id, "stopped")
        if await session.fetchval(store.sql.begin, import_id, core.clock.now()) is None:
            raise Conflict(f"An import that is {imported.state} cannot run.", code="wrong_state")
        plan = Plan(imported.dialect, imported.mapping, imported.options, await custom_fields(core))
        merge = Merge(plan.columns, imported.options)
        path = store.upload_path(core, imported.path)
        run = _Run(core, session, import_id, imported.file_name, path, imported, plan, merge, max_rows)
        try:
            await merge.prepare(session)
            state, error = await _chunks(run, on_progress)
            done = await _finish(core, session, import_id, state, error)
        finally:
            if not session.is_closed():
                await merge.clean_up(session)
    if done.state == "done":
        await asyncio.to_thread(path.unlink, missing_ok=True)
    return done


@asynccontextmanager
async def _alone(session: Connection, import_id: int, patience: float) -> AsyncIterator[None]:
    deadline = monotonic() + patience
    while not await session.fetchval(_LOCK, import_id):
        if monotonic() > deadline:
            raise Conflict("Another process runs this import.", code="running")
        await asyncio.sleep(0.1)
    try:
        yield
    finally:
        if not session.is_closed():
            await session.fetchval(_UNLOCK, import_id)


async def _chunks(run: _Run, on_progress: Callable[[Import], None] | None) -> tuple[State, str | None]:
    """Merges chunks until the end, a stop or an error; answers the state to store and the error's sentence."""
    position, line = run.imported.bytes_done, run.imported.lines_done
    chunk: Chunk | None = None
    ahead = asyncio.create_task(asyncio.to_thread(_next, run, position, line))
    try:
        while True:
            chunk = None
            chunk, staged = await ahead
            if not chunk.is_last:
                ahead = asyncio.create_task(asyncio.to_thread(_next, run, chunk.bytes_done, chunk.lines_done))
            if not await _merged(run, position, chunk, staged):
                return "stopped", None
            position, line = chunk.bytes_done, chunk.lines_done
            if on_progress:
                on_progress(await queries.import_by_id(run.core, run.import_id))
            if chunk.is_last:
                return "done", None
    except (asyncpg.PostgresConnectionError, asyncpg.InterfaceError, OSError):
        raise
    except (TidingsError, asyncpg.PostgresError, asyncpg.DataError, Moved) as error:
        lines = f"lines {line + 1}–{chunk.lines_done}" if chunk else f"line {line + 1}"
        return "failed", f"{run.file_name}, {lines}: {str(error) or 'contacts changed under the import'}"
    finally:
        ahead.cancel()


def _next(run: _Run, position: int, line: int) -> tuple[Chunk, Staged]:
    try:
        chunk = read_chunk(run.path, run.imported.dialect, position, line, max_rows=run.max_rows)
    except OSError as error:
        raise Refused(f"The uploaded file cannot be read ({error.strerror}). Upload it again.") from error
    return chunk, run.plan.staged(chunk)


async def _merged(run: _Run, position: int, chunk: Chunk, staged: Staged) -> bool:
    """Merges one chunk in one transaction; False when somebody asked to stop. Tries again when writers collide."""
    await _resolve(run, "tags", staged.tag_cells)
    await _resolve(run, "lists", staged.list_cells)
    for left in range(TRIES - 1, -1, -1):
        try:
            async with run.session.transaction():
                return await _merge_chunk(run, position, chunk, staged)
        except (asyncpg.DeadlockDetectedError, asyncpg.SerializationError, Moved):
            if not left:
                raise
            await asyncio.sleep(0.05)
    return False


async def _merge_chunk(run: _Run, position: int, chunk: Chunk, staged: Staged) -> bool:
    tx, options = run.session, run.imported.options
    now = await tx.fetchrow(store.sql.lock, run.import_id)
    if now is None or now["state"] != "running":
        return False
    if now["bytes_done"] != position:
        raise Conflict("Another process went on with this import.", code="running")
    await suppress_erased(run.core, tx, [record[1] for record in staged.records])
    created = await run.merge.merge(tx, staged.records, at=run.core.clock.now()) if staged.records else 0
    await store_rejects(tx, run.import_id, staged.rejects)
    met = staged.accepted - created
    updated, skipped = (0, met) if options.on_existing == "skip" else (met, 0)
    counts = (created, updated, skipped, len(staged.rejects))
    await tx.execute(store.sql.advance, run.import_id, chunk.bytes_done, chunk.lines_done, *counts)
    await wake_readers(tx)
    return True


async def _resolve(run: _Run, table: str, cells: Mapping[str, list[int]]) -> None:
    """Fills the lists of ids that the records share; at most two statements, none when all words are known."""
    known = run.words[table]
    if len(known) > REMEMBERED:
        known.clear()
    split = {cell: words_of(cell) for cell in cells if cell}
    new = list(dict.fromkeys(word for words in split.values() for word in words if word.lower() not in known))
    if new:
        await _learn(run, table, new)
    for cell, words in split.items():
        ids = (known.get(word.lower()) for word in words)
        cells[cell][:] = dict.fromkeys(one for one in ids if one is not None)


async def _learn(run: _Run, table: str, words: list[str]) -> None:
    slugs = {word: slug_of(word) for word in words}
    texts = [word.lower() for word in words]
    async with run.session.transaction():
        numbers = [word for word in words if word.isdigit()]
        rows = await run.session.fetch(store.sql.words % table, numbers, [*slugs.values(), *words], texts)
        by_id = {str(row["id"]): row["id"] for row in rows}
        by_slug = {row["slug"]: row["id"] for row in rows}
        by_title = {row["title"]: row["id"] for row in rows}

        def found(word: str) -> int | None:
            # A title is what people write into files; a number may be one, and only then an id.
            names = (by_title.get(word.lower()), by_slug.get(word), by_slug.get(slugs[word]), by_id.get(word))
            return next((one for one in names if one is not None), None)

        missing = {slugs[word]: word for word in reversed(words) if found(word) is None}
        if missing and run.imported.options.creates_missing:
            made = (list(missing.values()), list(missing))
            for row in await run.session.fetch(store.sql.make_words % table, *made, run.core.clock.now()):
                by_slug[row["slug"]] = by_title[row["title"]] = row["id"]
        run.words[table].update({word.lower(): one for word in words if (one := found(word)) is not None})


async def fail_import(core: Core, import_id: int, error: str) -> None:
    """Says on an import that does not run why it does not; what is in stays in, and it can be started again."""
    async with core.db.connection() as session:
        await session.execute(store.sql.give_up, import_id, error, core.clock.now())


async def _finish(core: Core, session: Connection, import_id: int, state: State, error: str | None = None) -> Import:
    async with session.transaction():
        row = await session.fetchrow(store.sql.finish, import_id, state, error, core.clock.now())
        if row is not None and state == "done":
            await write_facts(session, [Fact("import_finished", subject_id=import_id, data=dict(row.items()))])
    return await queries.import_by_id(core, import_id)
