"""Members: a contact as one audience knows it. An audience is a top-level list, its groups are the lists below it.

Reads are here, writes in `actions.members`. The membership has an id of its own: the same person in two audiences is
two members and one contact.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from tidings.contacts import codes, counting, store
from tidings.contacts.types import CONTACT_COLUMNS, Contact, ContactView
from tidings.platform.core import Core
from tidings.platform.db import Row, escape_like
from tidings.platform.errors import NotFound
from tidings.platform.pagination import Page, PageRequest

SORTS = {"id": "m.id", "email": "lower(c.email)", "created_at": "m.created_at", "updated_at": "c.updated_at"}
_COLUMNS = ", ".join(f"c.{column}" for column in CONTACT_COLUMNS)
_SELECT = store.sql.members.replace("SELECT m.id AS", f"SELECT {_COLUMNS}, m.id AS", 1)
_NARROWING = {
    "audience": "m.list_id = {}",
    # the groups of this audience: in another one the same person is another member
    "group": """m.list_id = (SELECT parent_id FROM lists WHERE id = {0})
        AND EXISTS (SELECT 1 FROM contact_lists g WHERE g.contact_id = m.contact_id AND g.list_id = {0})""",
    "email": "lower(c.email) LIKE lower({}::text)",
    "phone": "c.phone LIKE {}",
    "name": "lower(concat_ws(' ', c.first_name, c.last_name)) LIKE lower({}::text)",
}
# Rows before a page that cost little to read whole.
_FEW = 1000
_OF_CONTACTS = ("email", "phone", "name")
_CONTACT_SORTS = {word for word, column in SORTS.items() if "c." in column}
_BY_IDS = f"{_SELECT} WHERE m.id = ANY($1::bigint[])"


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
    given = {"audience": audience_id, "group": group_id, "email": email, "phone": phone, "name": name}
    wanted = {word: value for word, value in given.items() if value is not None and str(value).strip()}
    if not wanted and request.sort == "id" and request.offset <= _FEW:
        # Straight from the index: nothing to remember. What is shown of a member is read for the rows of the page only.
        order = request.order_by(SORTS)
        page = f"SELECT m.id {store.sql.some_members} {order} LIMIT $1::bigint OFFSET $2::bigint"
        rows = await core.db.fetch(
            f"{_SELECT} WHERE m.id = ANY(ARRAY({page})) {order}", request.per_page, request.offset
        )
        return Page([_member(row) for row in rows], await _count(core, wanted, "", []), request)
    where, args = _narrowed(wanted)
    limit = f"{request.order_by(SORTS)} LIMIT ${len(args) + 1}::bigint OFFSET ${len(args) + 2}::bigint"
    people = store.sql.people_of_members if _reads_contacts(wanted) or request.sort in _CONTACT_SORTS else ""
    statement = f"SELECT m.id {store.sql.some_members} {people}{where} {limit}"
    ids = await counting.ids_of_page(core, statement, [*args, request.per_page, request.offset])
    total = request.total_seen(len(ids))
    if total is None:
        total = await _count(core, wanted, where, args)
    found = {row["member_id_"]: _member(row) for row in await core.db.fetch(_BY_IDS, ids)} if ids else {}
    return Page([found[one] for one in ids if one in found], total, request)


async def _count(core: Core, wanted: Mapping[str, object], where: str, args: Sequence[object]) -> int:
    if wanted.keys() <= {"audience"}:
        # The tallies know, exactly.
        return await core.db.fetchval(store.sql.count_members, wanted.get("audience"))
    people = store.sql.people_of_members if _reads_contacts(wanted) else ""
    return await counting.count(core, [f"SELECT count(*) {store.sql.some_members} {people}{where}"], args)


def _reads_contacts(wanted: Mapping[str, object]) -> bool:
    return any(word in wanted for word in _OF_CONTACTS)


async def member_by_id(core: Core, member_id: int) -> Member:
    """One member; raises NotFound. Those that are looked up at the same moment share a statement."""
    found = await core.gatherings.of("members", partial(_by_ids, core)).answer(member_id)
    if found is None:
        raise NotFound("contact", member_id)
    return found


async def _by_ids(core: Core, asked: list[int]) -> list[Member | None]:
    rows = await core.db.fetch(_BY_IDS, list(set(asked)))
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


def _narrowed(wanted: Mapping[str, object]) -> tuple[str, list[object]]:
    """WHERE of what is given, with its values: a condition that is not there leaves the planner its indexes."""
    conditions: list[str] = []
    args: list[object] = []

    def bound(value: object) -> str:
        args.append(value)
        return f"${len(args)}"

    for word, value in wanted.items():
        if word not in _OF_CONTACTS:
            conditions.append(_NARROWING[word].format(bound(value)))
            continue
        text = str(value).strip()
        conditions.append(_NARROWING[word].format(bound(f"%{escape_like(text)}%")))
        # A name is put together of two columns, whose words stand in the index one by one.
        parts = text.split() if word == "name" else [text]
        conditions.extend(f"({codes.coded_sql(bound(part))})" for part in parts if codes.is_coded(part))
    return (f" WHERE {' AND '.join(conditions)}" if conditions else ""), args


def _member(row: Row) -> Member:
    return Member(row["member_id_"], row["list_id_"], row["joined_at_"], row["groups_"], store.contact_from(row))
