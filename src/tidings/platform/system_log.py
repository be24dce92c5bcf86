"""The system log: what went wrong or ran in the background, in sentences for whoever runs the installation.

Written only while the module is on. Who did what is another book (`access.actions.audit`); lines for the console and
for machines come from `platform.logs`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime

import msgspec

from tidings.platform.core import Core
from tidings.platform.db import Connection, affected, escape_like
from tidings.platform.logs import redact
from tidings.platform.modules import is_on
from tidings.platform.pagination import Page, PageRequest

_WHERE = "($1 = '' OR lower(title) LIKE $1 OR lower(description) LIKE $1)"
_DELETE = "DELETE FROM system_logs WHERE id IN (SELECT id FROM system_logs WHERE at < $1 ORDER BY id LIMIT $2)"
_EXPORT = "SELECT id, at, title, description FROM system_logs WHERE at >= $1 AND id < $2 ORDER BY id DESC LIMIT 1000"


class LogLine(msgspec.Struct, frozen=True):
    """One entry."""

    id: int
    at: datetime
    title: str
    description: str


async def log_event(core: Core, title: str, description: str = "", *, tx: Connection | None = None) -> None:
    """Writes a line, inside `tx` when given, credentials blacked out; nothing while the module is off."""
    if await is_on(core, "system_logs"):
        await (tx or core.db).execute(
            "INSERT INTO system_logs (at, title, description) VALUES ($1, $2, $3)",
            core.clock.now(),
            redact(title)[:300],
            redact(description)[:5000],
        )


async def list_system_log(core: Core, request: PageRequest, *, search: str = "") -> Page[LogLine]:
    """A page, newest first, of the lines with a text in title or description."""
    text = escape_like(search.strip().lower())
    like = f"%{text}%" if text else ""
    rows = await core.db.fetch(
        f"SELECT id, at, title, description FROM system_logs WHERE {_WHERE} ORDER BY id DESC LIMIT $2 OFFSET $3",
        like,
        request.per_page,
        request.offset,
    )
    total = await core.db.fetchval(f"SELECT count(*) FROM system_logs WHERE {_WHERE}", like)
    return Page([LogLine(*row) for row in rows], total, request)


async def system_log_since(core: Core, since: datetime) -> AsyncIterator[LogLine]:
    """Every line from an instant on, newest first, read in pieces."""
    below = 2**62
    while rows := await core.db.fetch(_EXPORT, since, below):
        for row in rows:
            yield LogLine(*row)
        below = rows[-1]["id"]


async def count_system_log(core: Core, before: datetime) -> int:
    """How many lines are older than an instant."""
    return await core.db.fetchval("SELECT count(*) FROM system_logs WHERE at < $1", before)


async def delete_system_log(core: Core, before: datetime, limit: int) -> int:
    """Deletes the oldest `limit` lines older than an instant; how many went."""
    async with core.db.transaction() as tx:
        return affected(await tx.execute(_DELETE, before, limit))


async def reset_system_log(core: Core) -> None:
    """Deletes every line."""
    await core.db.execute("DELETE FROM system_logs")
