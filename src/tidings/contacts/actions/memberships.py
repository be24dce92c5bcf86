"""Tags, lists, statuses and single values of many contacts at once, at most a statement per kind.

`change_…` work inside the caller's transaction and answer how many contacts they changed; the others are one each.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from tidings.contacts import store
from tidings.contacts.types import Status
from tidings.platform.core import Core
from tidings.platform.db import Connection, affected
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
) -> int:
    """Applies pairs of (contact, tag or list) inside the caller's transaction, with facts. What is so already, or is
    unknown, changes nothing."""
    changed = 0
    steps = (
        (store.sql.remove_tags, remove_tags, False),
        (store.sql.add_tags, add_tags, True),
        (store.sql.remove_lists, remove_lists, False),
        (store.sql.add_lists, add_lists, True),
    )
    for statement, pairs, is_dated in steps:
        if pairs:
            args = ([c for c, _ in pairs], [t for _, t in pairs], is_silent)
            changed += affected(await tx.execute(statement, *args, *((at,) if is_dated else ())))
    if add_tags or remove_tags or add_lists or remove_lists:
        await wake_readers(tx)
    return changed


async def add_tags(core: Core, contact_ids: Sequence[int], tag_ids: Sequence[int], *, is_silent: bool = False) -> None:
    """Gives every contact every tag."""
    async with core.db.transaction() as tx:
        await change_memberships(tx, at=core.clock.now(), add_tags=pairs_of(contact_ids, tag_ids), is_silent=is_silent)


async def remove_tags(
    core: Core, contact_ids: Sequence[int], tag_ids: Sequence[int], *, is_silent: bool = False
) -> None:
    """Takes every tag from every contact."""
    async with core.db.transaction() as tx:
        await change_memberships(
            tx, at=core.clock.now(), remove_tags=pairs_of(contact_ids, tag_ids), is_silent=is_silent
        )


async def add_lists(core: Core, contact_ids: Sequence[int], list_ids: Sequence[int], *, is_silent: bool = False) -> int:
    """Puts every contact on every list; answers how many contacts came onto one that they were not on."""
    async with core.db.transaction() as tx:
        return await change_memberships(
            tx, at=core.clock.now(), add_lists=pairs_of(contact_ids, list_ids), is_silent=is_silent
        )


async def remove_lists(
    core: Core, contact_ids: Sequence[int], list_ids: Sequence[int], *, is_silent: bool = False
) -> None:
    """Takes every contact off every list."""
    async with core.db.transaction() as tx:
        await change_memberships(
            tx, at=core.clock.now(), remove_lists=pairs_of(contact_ids, list_ids), is_silent=is_silent
        )


def pairs_of(contact_ids: Sequence[int], other_ids: Sequence[int]) -> list[tuple[int, int]]:
    """Every contact with every one of the others."""
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
        return await change_status(
            tx, contact_ids, status, at=core.clock.now(), reason=reason, may_rise=may_rise, is_silent=is_silent
        )


async def change_status(
    tx: Connection,
    contact_ids: Sequence[int],
    status: Status,
    *,
    at: datetime,
    reason: str = "",
    may_rise: bool = False,
    is_silent: bool = False,
) -> list[int]:
    """As `set_status`, inside the caller's transaction."""
    rows = await tx.fetch(store.sql.set_status, list(contact_ids), status, may_rise, reason, is_silent, at)
    await wake_readers(tx)
    return [row["id"] for row in rows]


async def change_type(tx: Connection, contact_ids: Sequence[int], contact_type: str, *, at: datetime) -> int:
    """Gives contacts a type, with the facts of those who had another."""
    changed = affected(await tx.execute(store.sql.set_type, list(contact_ids), contact_type, at))
    await wake_readers(tx)
    return changed


async def change_custom(tx: Connection, contact_ids: Sequence[int], slug: str, value: Any, *, at: datetime) -> int:
    """Gives contacts a value of a custom field as `rules.custom_value` made it; None takes it away."""
    changed = affected(await tx.execute(store.sql.set_custom, list(contact_ids), slug, value, at))
    await wake_readers(tx)
    return changed
