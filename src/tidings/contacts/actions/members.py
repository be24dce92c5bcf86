"""Joining and leaving an audience. Counts follow in the same transaction (statement triggers)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from tidings.contacts import store
from tidings.contacts.actions.memberships import change_memberships
from tidings.contacts.actions.people import (
    NO_ADDRESS,
    checked_draft,
    checked_drafts,
    definitions_for,
    write_checked,
)
from tidings.contacts.types import Draft, Joining, WritePolicy
from tidings.platform.core import Core
from tidings.platform.db import Connection, settled
from tidings.platform.errors import Conflict, Invalid, NotFound, Problem, TidingsError
from tidings.platform.facts import wake_readers

_MEMBERS = """SELECT contact_id, list_id, id FROM contact_lists
WHERE (contact_id, list_id) IN (SELECT * FROM unnest($1::bigint[], $2::bigint[]))"""
Pair = tuple[int, int]


async def join_audience(core: Core, audience_id: int, draft: Draft, *, group_ids: Sequence[int] = ()) -> int:
    """Creates the contact, or attaches one that exists (filling only its empty fields), and answers the member's id.

    Raises NotFound for an unknown audience, Invalid for a bad field or a group of another one, Conflict when it is a
    member already.
    """
    joined = (await join_audiences(core, [Joining(audience_id, draft, group_ids)]))[0]
    if isinstance(joined, TidingsError):
        raise joined
    return joined


async def join_audiences(core: Core, joining: Sequence[Joining]) -> list[int | TidingsError]:
    """As `join_audience` for many, with as many statements as for one. In their order: the member's id, or the error
    that this one met, which hinders no other."""
    checked = await _checked(core, joining)
    joined: dict[int, int | TidingsError] = {
        place: one for place, one in enumerate(checked) if isinstance(one, TidingsError)
    }
    waiting = {place: one for place, one in enumerate(checked) if isinstance(one, Joining)}
    while waiting:
        try:
            joined |= await settled(partial(_join, core, waiting))
            break
        except _Members as members:
            # Nothing is written: the others join without them.
            joined |= {place: _member_already() for place in members.places}
            waiting = {place: one for place, one in waiting.items() if place not in members.places}
    return [joined[place] for place in range(len(joining))]


class _Members(Exception):
    """Some of those who join are members already."""

    def __init__(self, places: set[int]) -> None:
        super().__init__(places)
        self.places = places


def _member_already() -> Conflict:
    return Conflict("A contact with this email already exists in the audience.", code="duplicate")


async def _checked(core: Core, joining: Sequence[Joining]) -> list[Joining | TidingsError]:
    """Each with its cleaned draft, or with what is wrong with it; of two with one address in one audience the second."""
    parents = await _parents(core, {one_id for one in joining for one_id in (one.audience_id, *one.group_ids)})
    definitions = await definitions_for(core, (one.draft for one in joining))
    checked: list[Joining | TidingsError] = []
    seen: set[tuple[int, str]] = set()
    for one in joining:
        try:
            _require_audience(parents, one.audience_id, one.group_ids)
            draft = checked_draft(one.draft, definitions)
            email = str(draft.values.get("email") or "").lower()
            if not email and not draft.values.get("phone"):
                raise Invalid(dict.fromkeys(("email", "phone"), NO_ADDRESS))
            if email and (one.audience_id, email) in seen:
                raise _member_already()
            seen.add((one.audience_id, email))
            checked.append(replace(one, draft=draft))
        except TidingsError as error:
            checked.append(error)
    return checked


async def _join(core: Core, joining: Mapping[int, Joining]) -> dict[int, int]:
    """Member ids by place, all in one transaction; raises _Members."""
    people = _people(joining)
    async with core.db.transaction() as tx:
        # The person's row is locked by the write: of two that join at once the second is told so.
        written = await write_checked(core, tx, list(people.values()), WritePolicy(on_existing="fill"))
        ids = {key: one.id for key, one in zip(people, written, strict=True)}
        pairs = {place: (ids[_key(place, one)], one.audience_id) for place, one in joining.items()}
        present = await _members(tx, pairs.values())
        if present:
            raise _Members({place for place, pair in pairs.items() if pair in present})
        groups = [(pairs[place][0], group) for place, one in joining.items() for group in one.group_ids]
        await change_memberships(tx, at=core.clock.now(), add_lists=[*pairs.values(), *groups])
        made = await _members(tx, pairs.values())
    return {place: made[pair] for place, pair in pairs.items()}


def _key(place: int, one: Joining) -> object:
    """What tells people apart: the address; who has none is somebody new."""
    email = one.draft.values.get("email")
    return str(email).lower() if email else place


def _people(joining: Mapping[int, Joining]) -> dict[object, Draft]:
    """One draft for each person: who joins several audiences is filled by what the later ones add."""
    people: dict[object, Draft] = {}
    for place, one in joining.items():
        first = people.setdefault(_key(place, one), one.draft)
        if first is not one.draft:
            people[_key(place, one)] = replace(
                first, values=_filled(first.values, one.draft.values), custom=_filled(first.custom, one.draft.custom)
            )
    return people


def _filled(values: Mapping[str, Any], more: Mapping[str, Any]) -> dict[str, Any]:
    return {**values, **{name: value for name, value in more.items() if values.get(name) in (None, "")}}


async def _members(tx: Connection, pairs: Iterable[Pair]) -> dict[Pair, int]:
    """Ids of memberships by contact and list; those that there are not are left out."""
    wanted = list(pairs)
    rows = await tx.fetch(_MEMBERS, [contact for contact, _ in wanted], [list_ for _, list_ in wanted])
    return {(row["contact_id"], row["list_id"]): row["id"] for row in rows}


async def update_member(core: Core, member_id: int, draft: Draft, *, group_ids: Sequence[int] | None = None) -> None:
    """Changes the contact behind a member and makes its groups exactly `group_ids`, unless None: all or nothing.

    Raises NotFound, Invalid.
    """
    row = await core.db.fetchrow(store.sql.lock_member, member_id)
    if row is None:
        raise NotFound("contact", member_id)
    _require_audience(await _parents(core, (row["list_id"], *(group_ids or ()))), row["list_id"], group_ids or ())
    checked = await checked_drafts(core, [replace(draft, id=row["contact_id"])])
    async with core.db.transaction() as tx:
        await write_checked(core, tx, checked, WritePolicy(on_missing="refuse"))
        if group_ids is not None:
            await _set_groups(core, tx, row["contact_id"], row["list_id"], group_ids)


async def _set_groups(core: Core, tx: Connection, contact_id: int, audience_id: int, wanted: Sequence[int]) -> None:
    rows = await tx.fetch(
        """SELECT m.list_id FROM contact_lists m JOIN lists l ON l.id = m.list_id
        WHERE m.contact_id = $1 AND l.parent_id = $2""",
        contact_id,
        audience_id,
    )
    present = {row["list_id"] for row in rows}
    await change_memberships(
        tx,
        at=core.clock.now(),
        add_lists=[(contact_id, one) for one in wanted if one not in present],
        remove_lists=[(contact_id, one) for one in present if one not in wanted],
    )


async def _parents(core: Core, ids: Iterable[int]) -> dict[int, int | None]:
    """The lists among these ids with the audience that each is a group of; None for audiences."""
    rows = await core.db.fetch("SELECT id, parent_id FROM lists WHERE id = ANY($1::bigint[])", list(ids))
    return {row["id"]: row["parent_id"] for row in rows}


def _require_audience(parents: Mapping[int, int | None], audience_id: int, group_ids: Sequence[int]) -> None:
    if parents.get(audience_id, audience_id) is not None:
        raise NotFound("audience", audience_id)
    unknown = [one for one in group_ids if parents.get(one) != audience_id]
    if unknown:
        raise Invalid({"groups": Problem("exists", f"The audience has no group {unknown[0]}.")})


async def leave_audience(core: Core, member_id: int) -> None:
    """Takes a member out with its groups; when it was the person's last list, the contact goes too. Raises NotFound."""
    async with core.db.transaction() as tx:
        row = await tx.fetchrow(store.sql.lock_member, member_id)
        if row is None:
            raise NotFound("contact", member_id)
        await tx.execute("SELECT 1 FROM contacts WHERE id = $1 FOR UPDATE", row["contact_id"])
        # The contact's own fact tells of its memberships too.
        if await tx.fetchval(store.sql.has_other_lists, row["contact_id"], row["list_id"]):
            await tx.execute(store.sql.leave_audience, row["contact_id"], row["list_id"])
        else:
            await tx.fetch(store.delete_sql, [row["contact_id"]])
        await wake_readers(tx)
