"""Tags, lists and statuses of many contacts at once. Each call is one transaction and at most a statement per kind."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from tidings.contacts import store
from tidings.contacts.types import Status
from tidings.platform.core import Core
from tidings.platform.db import Connection
from tidings.platform.facts import wake_readers

Pairs = Sequence[tuple[int, int]]


async def change_memberships(
    tx: Connection,
    *,
    at: datetime,
    is_silent: bool = False,
    add_tags: Pairs = (),
    remove_tags: Pairs = (),
    add_lists: Pairs = (),
    remove_lists: Pairs = (),
) -> None:
    """Applies pairs of (contact, tag or list) inside the caller's transaction, with facts. What is so already, or is
    unknown, changes nothing."""
    steps = (
        (store.sql.remove_tags, remove_tags, False),
        (store.sql.add_tags, add_tags, True),
        (store.sql.remove_lists, remove_lists, False),
        (store.sql.add_lists, add_lists, True),
    )
    for statement, pairs, is_dated in steps:
        if pairs:
            args = ([c for c, _ in pairs], [t for _, t in pairs], is_silent)
            await tx.execute(statement, *args, *((at,) if is_dated else ()))
    if add_tags or remove_tags or add_lists or remove_lists:
        await wake_readers(tx)


async def add_tags(core: Core, contact_ids: Sequence[int], tag_ids: Sequence[int], *, is_silent: bool = False) -> None:
    """Gives every contact every tag."""
    async with core.db.transaction() as tx:
        await change_memberships(tx, at=core.clock.now(), add_tags=_cross(contact_ids, tag_ids), is_silent=is_silent)


async def remove_tags(
    core: Core, contact_ids: Sequence[int], tag_ids: Sequence[int], *, is_silent: bool = False
) -> None:
    """Takes every tag from every contact."""
    async with core.db.transaction() as tx:
        await change_memberships(tx, at=core.clock.now(), remove_tags=_cross(contact_ids, tag_ids), is_silent=is_silent)


async def add_lists(core: Core, contact_ids: Sequence[int], list_ids: Sequence[int], *, is_silent: bool = False) -> int:
    """Puts every contact on every list; answers how many contacts came onto one that they were not on."""
    pairs = _cross(contact_ids, list_ids)
    async with core.db.transaction() as tx:
        args = ([c for c, _ in pairs], [one for _, one in pairs], is_silent, core.clock.now())
        rows = await tx.fetch(store.sql.add_lists, *args)
        await wake_readers(tx)
        return len(rows)


async def remove_lists(
    core: Core, contact_ids: Sequence[int], list_ids: Sequence[int], *, is_silent: bool = False
) -> None:
    """Takes every contact off every list."""
    async with core.db.transaction() as tx:
        await change_memberships(
            tx, at=core.clock.now(), remove_lists=_cross(contact_ids, list_ids), is_silent=is_silent
        )


def _cross(contact_ids: Sequence[int], other_ids: Sequence[int]) -> list[tuple[int, int]]:
    return [(contact, other) for contact in contact_ids for other in other_ids]


async def set_status(
    core: Core,
    contact_ids: Sequence[int],
    status: Status,
    *,
    reason: str = "",
    may_rise: bool = False,
    is_silent: bool = False,
) -> list[int]:
    """Moves contacts to a status under the rule of `merged_status`; answers the ids that moved."""
    async with core.db.transaction() as tx:
        rows = await tx.fetch(
            store.sql.set_status, list(contact_ids), status, may_rise, reason, is_silent, core.clock.now()
        )
        await wake_readers(tx)
        return [row["id"] for row in rows]
