"""Notes about companies. They share the store with those about contacts; editing is `contacts.actions.update_note`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from tidings.contacts.companies.types import CompanyNote
from tidings.platform.core import Core
from tidings.platform.db import escape_like
from tidings.platform.errors import NotFound
from tidings.platform.facts import Fact, write_facts
from tidings.platform.pagination import Page, PageRequest

_NOTES = """
SELECT n.id, n.company_id, n.parent_id, n.author_id, n.kind, n.title, n.description, n.is_private, n.created_at,
       n.updated_at, u.display_name
FROM notes n LEFT JOIN users u ON u.id = n.author_id"""
_WHERE = "n.company_id = $1 AND ($2 = '' OR n.title ILIKE $2 OR n.description ILIKE $2)"
_INSERT = """
INSERT INTO notes (company_id, author_id, kind, title, description, created_at, updated_at)
SELECT k.id, $2, $3, $4, $5, $6, $7 FROM companies k WHERE k.id = $1 FOR KEY SHARE RETURNING id
"""


async def list_company_notes(core: Core, company_id: int, request: PageRequest, search: str = "") -> Page[CompanyNote]:
    """A company's notes, newest first, optionally those whose title or text holds `search`."""
    text = escape_like(search.strip())
    args = (company_id, f"%{text}%" if text else "")
    rows = await core.db.fetch(
        f"{_NOTES} WHERE {_WHERE} ORDER BY n.id DESC LIMIT $3 OFFSET $4", *args, request.per_page, request.offset
    )
    total = await core.db.fetchval(f"SELECT count(*) FROM notes n WHERE {_WHERE}", *args)
    return Page([CompanyNote(*row) for row in rows], total, request)


async def find_company_note(core: Core, company_id: int, note_id: int) -> CompanyNote | None:
    """One note of that company, or None."""
    row = await core.db.fetchrow(f"{_NOTES} WHERE n.id = $1 AND n.company_id = $2", note_id, company_id)
    return CompanyNote(*row) if row else None


async def add_company_note(
    core: Core,
    company_id: int,
    *,
    kind: str = "note",
    title: str = "",
    description: str = "",
    author_id: int | None = None,
    created_at: datetime | None = None,
) -> int:
    """Adds a note and returns its id; raises NotFound when there is no such company."""
    now = core.clock.now()
    async with core.db.transaction() as tx:
        note_id = await tx.fetchval(_INSERT, company_id, author_id, kind, title, description, created_at or now, now)
        if note_id is None:
            raise NotFound("company", company_id)
        data = {"type": kind, "title": title}
        await write_facts(tx, [Fact("company_note_added", subject_id=company_id, object_id=note_id, data=data)])
        return note_id


async def delete_company_notes(core: Core, company_id: int, note_ids: Sequence[int]) -> int:
    """Deletes notes of that company; returns how many there were."""
    return await core.db.execute(
        "DELETE FROM notes WHERE id = ANY($1::bigint[]) AND company_id = $2", list(note_ids), company_id
    )
