"""Asking for what is known and for erasure; both are made by workers."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from pathlib import Path

import msgspec

from tidings.platform import jobs
from tidings.platform.core import Core
from tidings.platform.db import Connection, affected
from tidings.platform.errors import NotFound
from tidings.privacy.store import export_path, sql

EXPORT_JOB, ERASE_JOB = "export_contact", "erase_contact"
# A file with everything about somebody does not lie about for long.
KEPT_FOR = timedelta(days=7)
# How long a deletion tells whom it was about: longer than any webhook is tried.
TOLD_FOR = timedelta(days=30)


class PersonalExport(msgspec.Struct, frozen=True):
    """A file with what is known about a contact; `path` is None while it is being made."""

    id: int
    contact_id: int
    path: str | None
    size: int
    user_id: int | None
    created_at: datetime
    finished_at: datetime | None
    expires_at: datetime


_COLUMNS = ", ".join(f.name for f in msgspec.structs.fields(PersonalExport))


async def request_export(core: Core, contact_id: int, *, user_id: int | None = None, is_mailed: bool = False) -> int:
    """Has the file made and answers its id; with `is_mailed` the contact gets a link to it. Raises NotFound."""
    now = core.clock.now()
    async with core.db.transaction() as tx:
        if await tx.fetchval("SELECT 1 FROM contacts WHERE id = $1 FOR KEY SHARE", contact_id) is None:
            raise NotFound("contact", contact_id)
        made: int = await tx.fetchval(
            """INSERT INTO personal_exports (contact_id, user_id, created_at, expires_at) VALUES ($1, $2, $3, $4)
            RETURNING id""",
            contact_id,
            user_id,
            now,
            now + KEPT_FOR,
        )
        args = {"export_id": made, "contact_id": contact_id, "is_mailed": is_mailed}
        await jobs.enqueue(tx, EXPORT_JOB, args, user_id=user_id)
    return made


async def request_erasure(core: Core, contact_id: int, *, user_id: int | None = None) -> int:
    """Has a contact erased; asked for twice it is one job, whose id comes back. Raises NotFound."""
    async with core.db.transaction() as tx:
        return await enqueue_erasure(tx, contact_id, user_id=user_id)


async def enqueue_erasure(tx: Connection, contact_id: int, *, user_id: int | None = None) -> int:
    """The same in the caller's transaction."""
    if await tx.fetchval("SELECT 1 FROM contacts WHERE id = $1 FOR KEY SHARE", contact_id) is None:
        raise NotFound("contact", contact_id)
    key = f"{ERASE_JOB}:{contact_id}"
    return await jobs.enqueue(tx, ERASE_JOB, {"contact_id": contact_id}, unique_key=key, user_id=user_id)


async def list_exports(core: Core, contact_id: int) -> list[PersonalExport]:
    """The files of a contact that are not over, newest first."""
    rows = await core.db.fetch(
        f"SELECT {_COLUMNS} FROM personal_exports WHERE contact_id = $1 AND expires_at > $2 ORDER BY id DESC",
        contact_id,
        core.clock.now(),
    )
    return [PersonalExport(*row) for row in rows]


async def export_file(core: Core, contact_id: int, export_id: int) -> Path:
    """The file of a contact's export. Raises NotFound while it is not made, once it is over or gone."""
    path = await core.db.fetchval(
        "SELECT path FROM personal_exports WHERE id = $1 AND contact_id = $2 AND expires_at > $3",
        export_id,
        contact_id,
        core.clock.now(),
    )
    file = export_path(core, path) if path else None
    if file is None or not await asyncio.to_thread(file.is_file):
        raise NotFound("export", export_id)
    return file


async def is_being_erased(core: Core, contact_id: int) -> bool:
    """Whether a worker is about to erase the contact."""
    return await core.db.fetchval(
        "SELECT EXISTS (SELECT 1 FROM jobs WHERE unique_key = $1 AND state IN ('queued', 'running'))",
        f"{ERASE_JOB}:{contact_id}",
    )


async def forget_deleted(core: Core) -> int:
    """Forgets what the facts about deleted contacts tell of them, once everybody was told; how many facts."""
    async with core.db.transaction() as tx:
        return affected(await tx.execute(sql.forget_deleted, core.clock.now() - TOLD_FOR))


async def delete_old_exports(core: Core) -> int:
    """Deletes files that are over, files without a line, and links that are over; how many exports went."""
    now = core.clock.now()
    await core.db.execute("DELETE FROM privacy_links WHERE expires_at < $1", now)
    async with core.db.transaction() as tx:
        gone = affected(await tx.execute("DELETE FROM personal_exports WHERE expires_at < $1", now))
    known = {row["path"] for row in await core.db.fetch("SELECT path FROM personal_exports WHERE path IS NOT NULL")}
    await asyncio.to_thread(_sweep, export_path(core, ""), known)
    return gone


def _sweep(folder: Path, known: set[str]) -> None:
    for file in folder.glob("*.zip"):
        if file.name not in known:
            file.unlink(missing_ok=True)
