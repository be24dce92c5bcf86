"""Joining and leaving an audience. Counts follow in the same transaction (statement triggers)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from tidings.contacts import store
from tidings.contacts.actions.memberships import change_memberships
from tidings.contacts.actions.people import checked_drafts, write_checked
from tidings.contacts.types import Draft, WritePolicy
from tidings.platform.core import Core
from tidings.platform.db import Connection
from tidings.platform.errors import Conflict, Invalid, NotFound, Problem
from tidings.platform.facts import wake_readers

_MEMBER = "SELECT id FROM contact_lists WHERE contact_id = $1 AND list_id = $2"


async def join_audience(core: Core, audience_id: int, draft: Draft, *, group_ids: Sequence[int] = ()) -> int:
    """Creates the contact, or attaches one that exists (filling only its empty fields), and answers the member's id.

    Raises NotFound for an unknown audience, Invalid for a group of another one, Conflict when it is a member already.
    """
    await _require_audience(core, audience_id, group_ids)
    checked = await checked_drafts(core, [draft])
    async with core.db.transaction() as tx:
        # The person's row is locked by the write: of two that join at once the second is told so.
        written = (await write_checked(core, tx, checked, WritePolicy(on_existing="fill")))[0]
        await tx.execute("SELECT 1 FROM contacts WHERE id = $1 FOR UPDATE", written.id)
        if await tx.fetchval(_MEMBER, written.id, audience_id) is not None:
            raise Conflict("A contact with this email already exists in the audience.", code="duplicate")
        pairs = [(written.id, one) for one in (audience_id, *group_ids)]
        await change_memberships(tx, at=core.clock.now(), add_lists=pairs)
        return await tx.fetchval(_MEMBER, written.id, audience_id)


async def update_member(core: Core, member_id: int, draft: Draft, *, group_ids: Sequence[int] | None = None) -> None:
    """Changes the contact behind a member and makes its groups exactly `group_ids`, unless None: all or nothing.

    Raises NotFound, Invalid.
    """
    row = await core.db.fetchrow(store.sql.lock_member, member_id)
    if row is None:
        raise NotFound("contact", member_id)
    await _require_audience(core, row["list_id"], group_ids or ())
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


async def _require_audience(core: Core, audience_id: int, group_ids: Sequence[int]) -> None:
    if not await core.db.fetchval("SELECT 1 FROM lists WHERE id = $1 AND parent_id IS NULL", audience_id):
        raise NotFound("audience", audience_id)
    known = {
        row["id"]
        for row in await core.db.fetch(
            "SELECT id FROM lists WHERE parent_id = $1 AND id = ANY($2::bigint[])", audience_id, list(group_ids)
        )
    }
    unknown = [one for one in group_ids if one not in known]
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
