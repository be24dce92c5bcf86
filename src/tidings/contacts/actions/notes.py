"""Notes on contacts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from tidings.platform.core import Core
from tidings.platform.db import Connection
from tidings.platform.errors import NotFound
from tidings.platform.facts import Fact, wake_readers, write_facts

_INSERT = """
INSERT INTO notes (contact_id, author_id, kind, title, description, created_at, updated_at)
SELECT c.id, $2, $3, $4, $5, $6, $7 FROM contacts c WHERE c.id = $1 FOR KEY SHARE RETURNING id
"""
_INSERT_ALL = """
WITH made AS (
    INSERT INTO notes (contact_id, kind, title, description, created_at, updated_at)
    SELECT c.id, $4, w.title, w.description, $5, $5
    FROM unnest($1::bigint[], $2::text[], $3::text[]) AS w (contact_id, title, description)
    JOIN contacts c ON c.id = w.contact_id RETURNING id, contact_id, title)
INSERT INTO facts (kind, contact_id, object_id, data)
SELECT 'note_added', contact_id, id, jsonb_build_object('type', $4::text, 'title', title) FROM made
"""
_UPDATE = """
UPDATE notes SET kind = coalesce($2, kind), title = coalesce($3, title), description = coalesce($4, description),
       created_at = coalesce($5, created_at), updated_at = $6 WHERE id = $1
"""


async def add_note(
    core: Core,
    contact_id: int,
    *,
    kind: str = "note",
    title: str = "",
    description: str = "",
    author_id: int | None = None,
    created_at: datetime | None = None,
) -> int:
    """Adds a note and returns its id; raises NotFound when there is no such contact."""
    now = core.clock.now()
    async with core.db.transaction() as tx:
        note_id = await tx.fetchval(_INSERT, contact_id, author_id, kind, title, description, created_at or now, now)
        if note_id is None:
            raise NotFound("contact", contact_id)
        await write_facts(tx, [Fact("note_added", contact_id, object_id=note_id, data={"type": kind, "title": title})])
        return note_id


async def add_notes(tx: Connection, notes: Sequence[tuple[int, str, str]], *, kind: str, at: datetime) -> None:
    """Adds notes (contact, title, description) of one kind inside the caller's transaction; one statement."""
    await tx.execute(_INSERT_ALL, [n[0] for n in notes], [n[1] for n in notes], [n[2] for n in notes], kind, at)
    await wake_readers(tx)


async def update_note(
    core: Core,
    note_id: int,
    *,
    kind: str | None = None,
    title: str | None = None,
    description: str | None = None,
    created_at: datetime | None = None,
) -> None:
    """Changes what is given; raises NotFound."""
    if not await core.db.execute(_UPDATE, note_id, kind, title, description, created_at, core.clock.now()):
        raise NotFound("note", note_id)


async def delete_notes(core: Core, note_ids: Sequence[int], *, contact_id: int | None = None) -> int:
    """Deletes notes (only those of `contact_id`, when given); returns how many there were."""
    return await core.db.execute(
        "DELETE FROM notes WHERE id = ANY($1::bigint[]) AND ($2::bigint IS NULL OR contact_id = $2)",
        list(note_ids),
        contact_id,
    )
