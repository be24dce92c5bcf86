"""Reads of contacts. A page of contacts with tags, lists and total costs two statements, a filtered one three."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from tidings.contacts import store
from tidings.contacts.counting import count_matching, ids_of_page, page_and_total
from tidings.contacts.types import CONTACT_COLUMNS, ContactView, CustomField, Filter, Note
from tidings.contacts.views import views_from, views_from_facts
from tidings.platform.core import Core
from tidings.platform.db import escape_like
from tidings.platform.errors import NotFound
from tidings.platform.pagination import Page, PageRequest

# Sort words of lists of contacts, ours; dialects map theirs to these.
SORTS = {name: f"c.{name}" for name in CONTACT_COLUMNS if name not in ("custom", "latitude", "longitude")}
# Without letter case, on their indexes.
SORTS |= {"email": "lower(c.email)"}
SORTS |= {name: f"lower(c.{name}) USING" for name in ("first_name", "last_name", "city")}
# Sorts by which an index gives everybody in order, beside the id.
_INDEXED = ("email", "first_name", "last_name", "city", "status", "created_at")
# Sorts that stand on an index whatever else, and rows before a page that cost little to read whole.
_READY = ("id", "created_at")
_FEW = 1000


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """One fact of a contact's life."""

    id: int
    at: datetime
    kind: str
    subject_id: int | None
    object_id: int | None
    data: dict[str, Any]


async def contact_by_id(core: Core, contact_id: int) -> ContactView:
    """The contact with tags and lists; raises NotFound."""
    found = await find_contact(core, contact_id)
    if found is None:
        raise NotFound("contact", contact_id)
    return found


async def find_contact(core: Core, contact_id: int) -> ContactView | None:
    """The contact with tags and lists, or None. Those that are looked up at the same moment share a statement."""
    return await core.gatherings.of("contacts", partial(_by_ids, core)).answer(contact_id)


async def _by_ids(core: Core, asked: list[int]) -> list[ContactView | None]:
    found = await contacts_by_ids(core, asked)
    return [found.get(one) for one in asked]


async def find_contact_by_email(core: Core, email: str) -> ContactView | None:
    """The contact with that address, whatever its letter case, or None."""
    rows = await core.db.fetch(store.view_sql("lower(c.email) = lower($1)"), email.strip())
    return next(iter(await views_from(core, rows)), None)


async def contacts_by_ids(core: Core, ids: Sequence[int]) -> dict[int, ContactView]:
    """Several contacts at once, keyed by id; unknown ids are left out."""
    rows = await core.db.fetch(store.view_sql("c.id = ANY($1::bigint[])"), list(set(ids)))
    return {view.contact.id: view for view in await views_from(core, rows)}


async def contacts_or_last_known(core: Core, ids: Sequence[int]) -> dict[int, ContactView]:
    """As `contacts_by_ids`, with those that were deleted as they were then: for telling of what happened to them."""
    found = await contacts_by_ids(core, ids)
    missing = [one for one in ids if one not in found]
    if missing:
        rows = await core.db.fetch(store.sql.last_known, missing)
        found |= {view.contact.id: view for view in await views_from_facts(core, [row["data"] for row in rows])}
    return found


async def list_contacts(core: Core, request: PageRequest, matching: Filter | None = None) -> Page[ContactView]:
    """One page; with a filter the total is counted, without one it comes from the tallies."""
    order = request.order_by(SORTS)
    if matching is not None or request.offset > _FEW or request.sort not in _READY:
        return await _list_found(core, request, order, matching)
    statement = store.view_sql("true", order=order, limit="LIMIT $1 OFFSET $2", total=store.sql.count_all)
    rows = await core.db.fetch(statement, request.per_page, request.offset)
    # A page past the end has no row to carry the total.
    counted = rows[0]["total_"] if rows else await count_contacts(core)
    return Page(await views_from(core, rows), counted, request)


async def _list_found(core: Core, request: PageRequest, order: str, matching: Filter | None) -> Page[ContactView]:
    """The ids first: they are remembered, and an index alone may tell those that are passed over."""
    total = await count_contacts(core, matching) if matching is not None and matching.tally_sql else None
    if total == 0:
        return Page([], 0, request)
    sort = request.sort if request.sort in SORTS else "id"
    if matching is None or matching.tally_sql or sort in _INDEXED:
        where, args = (matching.sql, list(matching.args)) if matching else ("true", [])
        n = len(args)
        statement = f"SELECT c.id FROM contacts c WHERE {where} {order} LIMIT ${n + 1}::bigint OFFSET ${n + 2}::bigint"
        ids = await ids_of_page(core, statement, [*args, request.per_page, request.offset])
    else:
        ids, total = await page_and_total(core, matching, SORTS[sort], request, order)
    if total is None:
        total = request.total_seen(len(ids))
    if total is None:
        total = await count_contacts(core, matching)
    found = await contacts_by_ids(core, ids) if ids else {}
    return Page([found[one] for one in ids if one in found], total, request)


async def count_contacts(core: Core, matching: Filter | None = None) -> int:
    """How many contacts match; all of them without a filter."""
    if matching is None:
        return await core.db.fetchval(store.sql.count_all)
    return await count_matching(core, matching)


async def count_by_status(core: Core) -> dict[str, int]:
    """Contacts per status, from the tallies; statuses nobody has are left out."""
    return {row["status"]: row["n"] for row in await core.db.fetch(store.sql.count_by_status) if row["n"]}


async def list_ids(core: Core, matching: Filter | None, *, after: int = 0, limit: int = 1000) -> list[int]:
    """Ids in ascending order, by keyset: for bulk work in pieces."""
    where, args = (matching.sql, list(matching.args)) if matching else ("true", [])
    n = len(args)
    statement = f"SELECT c.id FROM contacts c WHERE ({where}) AND c.id > ${n + 1} ORDER BY c.id LIMIT ${n + 2}"
    async with core.db.reading() as tx:
        return [row["id"] for row in await tx.fetch(statement, *args, after, limit)]


async def around(core: Core, contact_id: int, matching: Filter, *, limit: int) -> tuple[list[int], list[int]]:
    """The ids of those who match below and above an id, the nearest first."""
    n = len(matching.args) + 1

    def statement(side: str, order: str) -> str:
        beside = f"({matching.sql}) AND c.id {side} ${n}::bigint"
        return f"SELECT c.id FROM contacts c WHERE {beside} ORDER BY c.id {order} LIMIT ${n + 1}::bigint"

    async with core.db.reading() as tx:
        below = await tx.fetch(statement("<", "DESC"), *matching.args, contact_id, limit)
        above = await tx.fetch(statement(">", "ASC"), *matching.args, contact_id, limit)
    return [row["id"] for row in below], [row["id"] for row in above]


async def neighbours(core: Core, contact_id: int) -> tuple[int | None, int | None]:
    """The ids before and after."""
    row = await core.db.fetchrow(store.sql.neighbours, contact_id)
    return (row["before"], row["after"]) if row else (None, None)


async def timeline(core: Core, contact_id: int, *, before: int | None = None, limit: int = 50) -> list[TimelineEntry]:
    """What happened to a contact, newest first, by keyset on the fact's id."""
    rows = await core.db.fetch(store.sql.timeline, contact_id, before, limit)
    return [TimelineEntry(r["id"], r["at"], r["kind"], r["subject_id"], r["object_id"], r["data"]) for r in rows]


async def custom_fields(core: Core, subject: str = "contact") -> dict[str, CustomField]:
    """The definitions in their order, by slug."""
    rows = await core.db.fetch(store.sql.fields, subject)
    return {row["slug"]: CustomField(*row) for row in rows}


_NOTES = """
SELECT n.id, n.contact_id, n.parent_id, n.author_id, n.kind, n.status, n.title, n.description, n.is_private,
       n.created_at, n.updated_at, u.display_name
FROM notes n LEFT JOIN users u ON u.id = n.author_id"""


async def list_notes(core: Core, contact_id: int, request: PageRequest, search: str = "") -> Page[Note]:
    """A contact's notes, newest first, optionally those whose title or text holds `search`."""
    where = "n.contact_id = $1 AND ($2 = '' OR n.title ILIKE $2 OR n.description ILIKE $2)"
    like = f"%{escape_like(search)}%" if search else ""
    rows = await core.db.fetch(
        f"{_NOTES} WHERE {where} ORDER BY n.id DESC LIMIT $3 OFFSET $4",
        contact_id,
        like,
        request.per_page,
        request.offset,
    )
    total = await core.db.fetchval(f"SELECT count(*) FROM notes n WHERE {where}", contact_id, like)
    return Page([Note(*row) for row in rows], total, request)


async def find_note(core: Core, note_id: int) -> Note | None:
    """One note, or None."""
    row = await core.db.fetchrow(f"{_NOTES} WHERE n.id = $1", note_id)
    return Note(*row) if row else None


async def notes_by_ids(core: Core, ids: Sequence[int]) -> list[Note]:
    """Several notes at once, newest first; unknown ids are left out."""
    return [
        Note(*row)
        for row in await core.db.fetch(f"{_NOTES} WHERE n.id = ANY($1::bigint[]) ORDER BY n.id DESC", list(ids))
    ]
