"""Erasure of one person: everything that tells of them goes or loses them, in one transaction.

Campaigns keep their counters: the rows of mails stay, without address and each on its own. The address itself is kept
as a keyed hash only (`contacts.erased`). Either all of it is done or nothing, and a second run finds nobody.
"""

from __future__ import annotations

import asyncio

from tidings.contacts.erased import remember_erased
from tidings.platform.core import Core
from tidings.platform.errors import Conflict
from tidings.platform.facts import wake_readers
from tidings.privacy.store import export_path, sql

# By contact id, before the contact goes.
_BY_CONTACT = ("erase_hits", "erase_facts", "erase_webhook_events")
# The same with the present instant.
_DATED = ("erase_single_mails", "erase_messages")
_BY_ADDRESS = ("erase_captured", "erase_rejects", "erase_logs")


async def erase_contact(core: Core, contact_id: int) -> bool:
    """Erases a contact; False when there is nobody of that id.

    Raises Conflict while a mail to them is in the hand of a sender: try again in a moment.
    """
    now = core.clock.now()
    async with core.db.transaction() as tx:
        row = await tx.fetchrow("SELECT email FROM contacts WHERE id = $1 FOR UPDATE", contact_id)
        if row is None:
            return False
        if await tx.fetchval(sql.messages_in_hand, contact_id):
            raise Conflict("A mail to this contact is being sent. Try again in a moment.", code="being_sent")
        files = await tx.fetch(
            "SELECT path FROM personal_exports WHERE contact_id = $1 AND path IS NOT NULL", contact_id
        )
        for name in _BY_CONTACT:
            await tx.execute(getattr(sql, name), contact_id)
        for name in _DATED:
            await tx.execute(getattr(sql, name), contact_id, now)
        email: str | None = row["email"]
        await tx.execute(sql.erase_jobs, contact_id, email)
        if email:
            await remember_erased(core, tx, email)
            for name in _BY_ADDRESS:
                await tx.execute(getattr(sql, name), email)
        await tx.execute(sql.erase_contact, contact_id)
        await wake_readers(tx)
    for one in files:
        await asyncio.to_thread(export_path(core, one["path"]).unlink, missing_ok=True)
    return True
