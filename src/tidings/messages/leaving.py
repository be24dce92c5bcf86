"""Leaving by a mail: the departure itself, the mail that led to it is marked, what still waits is cancelled."""

from __future__ import annotations

from datetime import datetime

from tidings.consent.actions import unsubscribe_contact
from tidings.platform.core import Core
from tidings.platform.db import Connection, settled


async def leave(
    core: Core, contact_id: int, *, reason: str, message_id: int | None = None, is_one_click: bool = False, ip: str = ""
) -> bool:
    """The contact leaves, all or nothing; False when there was nobody to leave. Safe to call again.

    Marks the message, when it was this contact's, and cancels what is queued for the contact, mailing by mailing;
    transactional mailings go on.
    """
    now = core.clock.now()

    async def write() -> bool:
        async with core.db.transaction() as tx:
            has_left = await unsubscribe_contact(
                tx, contact_id, at=now, reason=reason, message_id=message_id, is_one_click=is_one_click, ip=ip
            )
            await _mark(tx, contact_id, message_id, now)
            return has_left

    # Senders meet the same messages in another order.
    return await settled(write)


async def _mark(tx: Connection, contact_id: int, message_id: int | None, now: datetime) -> None:
    if message_id:
        await tx.execute(
            "UPDATE messages SET unsubscribed_at = $3 WHERE id = $1 AND contact_id = $2 AND unsubscribed_at IS NULL",
            message_id,
            contact_id,
            now,
        )
    await tx.execute(
        """UPDATE messages m SET state = 'cancelled', note = 'The contact left.', updated_at = $2
        FROM campaigns c WHERE m.contact_id = $1 AND m.state IN ('queued', 'deferred', 'paused')
        AND c.id = m.campaign_id AND NOT c.is_transactional""",
        contact_id,
        now,
    )
