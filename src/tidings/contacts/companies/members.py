"""Who belongs to which company, as sets: three statements for any number of contacts.

A contact has many companies and one primary (`contacts.company_id`): who joins the first has it as primary, who leaves
the primary gets the one that was there longest. Reads are in `queries`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from tidings.contacts.companies import store
from tidings.platform.core import Core
from tidings.platform.db import Connection
from tidings.platform.errors import NotFound
from tidings.platform.facts import wake_readers

Pairs = Sequence[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Moved:
    """Ids of contacts that joined or left something, and the new primary company of those who lost theirs."""

    joined: Sequence[int]
    left: Sequence[int]
    promoted: dict[int, int | None]


async def change_companies(
    tx: Connection, *, at: datetime, add: Pairs = (), remove: Pairs = (), is_silent: bool = False
) -> Moved:
    """Applies pairs of (contact, company) inside the caller's transaction, with facts. What is so already, or is
    unknown, changes nothing."""
    if not add and not remove:
        return Moved([], [], {})
    contacts = sorted({contact for contact, _ in (*add, *remove)})
    await tx.execute(store.sql.lock_contacts, contacts)
    joined = await tx.fetch(store.sql.join, *_columns(add), is_silent, at) if add else []
    left = await tx.fetch(store.sql.leave, *_columns(remove), is_silent) if remove else []
    gone = [row["contact_id"] for row in left]
    promoted = await tx.fetch(store.sql.promote, gone, at) if gone else []
    await wake_readers(tx)
    return Moved([row["contact_id"] for row in joined], gone, {row["id"]: row["company_id"] for row in promoted})


def _columns(pairs: Pairs) -> tuple[list[int], list[int]]:
    return [contact for contact, _ in pairs], [company for _, company in pairs]


async def attach_companies(
    core: Core, contact_ids: Sequence[int], company_ids: Sequence[int], *, is_silent: bool = False
) -> Moved:
    """Puts every contact into every company."""
    pairs = [(contact, company) for contact in contact_ids for company in company_ids]
    async with core.db.transaction() as tx:
        return await change_companies(tx, at=core.clock.now(), add=pairs, is_silent=is_silent)


async def detach_companies(
    core: Core, contact_ids: Sequence[int], company_ids: Sequence[int], *, is_silent: bool = False
) -> Moved:
    """Takes every contact out of every company."""
    pairs = [(contact, company) for contact in contact_ids for company in company_ids]
    async with core.db.transaction() as tx:
        return await change_companies(tx, at=core.clock.now(), remove=pairs, is_silent=is_silent)


async def make_primary(core: Core, contact_ids: Sequence[int], company_id: int) -> None:
    """Makes a company the primary one of contacts, which join it when they are not in it; raises NotFound."""
    async with core.db.transaction() as tx:
        await tx.execute(store.sql.lock_contacts, list(contact_ids))
        if await tx.fetchval("SELECT 1 FROM companies WHERE id = $1 FOR KEY SHARE", company_id) is None:
            raise NotFound("company", company_id)
        await change_companies(tx, at=core.clock.now(), add=[(one, company_id) for one in contact_ids])
        await tx.execute(store.sql.make_primary, list(contact_ids), company_id, core.clock.now())
