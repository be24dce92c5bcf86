"""Members: a contact as one audience knows it. An audience is a top-level list, its groups are the lists below it.

Reads are here, writes in `actions.members`. The membership has an id of its own: the same person in two audiences is
two members and one contact.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from tidings.contacts import store
from tidings.contacts.types import CONTACT_COLUMNS, Contact, ContactView
from tidings.platform.core import Core
from tidings.platform.db import Row
from tidings.platform.errors import NotFound
from tidings.platform.pagination import Page, PageRequest

SORTS = {"id": "m.id", "email": "lower(c.email)", "created_at": "m.created_at", "updated_at": "c.updated_at"}
_COLUMNS = ", ".join(f"c.{column}" for column in CONTACT_COLUMNS)
_SELECT = store.sql.members.replace("SELECT m.id AS", f"SELECT {_COLUMNS}, m.id AS", 1)
_NARROWING = {
    "audience": "m.list_id = {}",
    # the groups of this audience: in another one the same person is another member
    "group": """EXISTS (SELECT 1 FROM contact_lists g JOIN lists gl ON gl.id = g.list_id
        WHERE g.contact_id = m.contact_id AND gl.parent_id = m.list_id AND g.list_id = {})""",
    "email": "lower(c.email) LIKE {}",
    "phone": "c.phone LIKE {}",
    "name": "lower(concat_ws(' ', c.first_name, c.last_name)) LIKE {}",
}


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
    audience_id: int | None = None,
    email: str | None = None,
    phone: str | None = None,
    name: str | None = None,
    group_id: int | None = None,
) -> Page[Member]:
    """A page of members; texts match anywhere, without letter case."""
    given = {
        "audience": audience_id,
        "group": group_id,
        "email": _like(email),
        "phone": _like(phone),
        "name": _like(name),
    }
    statement, args = _narrowed(given)
    limit = f"{request.order_by(SORTS)} LIMIT ${len(args) + 1} OFFSET ${len(args) + 2}"
    rows = await core.db.fetch(f"{_SELECT}{statement} {limit}", *args, request.per_page, request.offset)
    if args[1:] or (args and audience_id is None):
        total = await core.db.fetchval(f"SELECT count(*) FROM ({store.sql.members}{statement}) m", *args)
    else:
        # No filter but the audience: the tallies know, exactly.
        total = await core.db.fetchval(store.sql.count_members, audience_id)
    return Page([_member(row) for row in rows], total, request)


async def member_by_id(core: Core, member_id: int) -> Member:
    """One member; raises NotFound. Those that are looked up at the same moment share a statement."""
    found = await core.gatherings.of("members", partial(_by_ids, core)).answer(member_id)
    if found is None:
        raise NotFound("contact", member_id)
    return found


async def _by_ids(core: Core, asked: list[int]) -> list[Member | None]:
    rows = await core.db.fetch(f"{_SELECT} WHERE m.id = ANY($1::bigint[])", list(set(asked)))
    found = {row["member_id_"]: _member(row) for row in rows}
    return [found.get(one) for one in asked]


def members_of(view: ContactView) -> list[Member]:
    """The members that a contact is, from what is known of it: one for each of its audiences."""
    return [
        Member(
            one.membership_id,
            one.id,
            one.joined_at,
            sorted(group.id for group in view.lists if group.term.parent_id == one.id),
            view.contact,
        )
        for one in view.lists
        if one.term.parent_id is None
    ]


def _narrowed(given: Mapping[str, object]) -> tuple[str, list[object]]:
    """WHERE of what is given, with its values: a condition that is not there leaves the planner its indexes."""
    wanted = {word: value for word, value in given.items() if value is not None}
    conditions = [_NARROWING[word].format(f"${place}") for place, word in enumerate(wanted, 1)]
    return (f" WHERE {' AND '.join(conditions)}" if conditions else ""), list(wanted.values())


def _member(row: Row) -> Member:
    return Member(row["member_id_"], row["list_id_"], row["joined_at_"], row["groups_"], store.contact_from(row))


def _like(text: str | None) -> str | None:
    if text is None or not text.strip():
        return None
    escaped = text.strip().lower().replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")
    return f"%{escaped}%"
