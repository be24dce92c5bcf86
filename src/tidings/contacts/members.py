"""Members: a contact as one audience knows it. An audience is a top-level list, its groups are the lists below it.

Reads are here, writes in `actions.members`. The membership has an id of its own: the same person in two audiences is
two members and one contact.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from tidings.contacts import store
from tidings.contacts.types import CONTACT_COLUMNS, Contact
from tidings.platform.core import Core
from tidings.platform.errors import NotFound
from tidings.platform.pagination import Page, PageRequest

SORTS = {"id": "m.id", "email": "lower(c.email)", "created_at": "m.created_at", "updated_at": "c.updated_at"}


@dataclass(frozen=True, slots=True)
class Member:
    """A membership with its contact; `group_ids` are the groups of that audience."""

    id: int
    audience_id: int
    joined_at: datetime
    group_ids: Sequence[int]
    contact: Contact


async def list_members(
    core: Core,
    request: PageRequest,
    *,
    ids: Sequence[int] | None = None,
    audience_id: int | None = None,
    email: str | None = None,
    phone: str | None = None,
    name: str | None = None,
    group_id: int | None = None,
) -> Page[Member]:
    """A page of members; texts match anywhere, without letter case."""
    args = (list(ids) if ids is not None else None, audience_id, _like(email), _like(phone), _like(name), group_id)
    columns = ", ".join(f"c.{column}" for column in CONTACT_COLUMNS)
    statement = store.sql.members.replace("SELECT m.id AS", f"SELECT {columns}, m.id AS", 1)
    rows = await core.db.fetch(
        f"{statement} {request.order_by(SORTS)} LIMIT $7 OFFSET $8", *args, request.per_page, request.offset
    )
    members = [
        Member(r["member_id_"], r["list_id_"], r["joined_at_"], r["groups_"], store.contact_from(r)) for r in rows
    ]
    return Page(members, await _count(core, args, audience_id), request)


async def _count(core: Core, args: tuple[object, ...], audience_id: int | None) -> int:
    is_whole = all(one is None for place, one in enumerate(args) if place != 1)
    if is_whole:
        # No filter but the audience: the tallies know, exactly.
        return await core.db.fetchval(
            """SELECT coalesce(sum(t.contacts), 0)::bigint FROM tallies t JOIN lists l ON l.id = t.key AND l.parent_id IS NULL
            WHERE t.scope = 'list' AND ($1::bigint IS NULL OR t.key = $1)""",
            audience_id,
        )
    return await core.db.fetchval(f"SELECT count(*) FROM ({store.sql.members}) m", *args)


async def member_by_id(core: Core, member_id: int) -> Member:
    """One member; raises NotFound."""
    page = await list_members(core, PageRequest(per_page=1), ids=[member_id])
    if not page.rows:
        raise NotFound("contact", member_id)
    return page.rows[0]


def _like(text: str | None) -> str | None:
    if text is None or not text.strip():
        return None
    escaped = text.strip().lower().replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")
    return f"%{escaped}%"
