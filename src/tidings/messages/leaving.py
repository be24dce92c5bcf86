"""What a departure means for messages: the one that led to it is marked, what still waits is cancelled."""

from __future__ import annotations

from tidings.platform.core import Core


async def mark_left(core: Core, contact_id: int, message_id: int | None) -> None:
    """Marks the message (when it was this contact's) and cancels what is queued for the contact, mailing by mailing.

    Transactional mailings go on. Safe to call again.
    """
    now = core.clock.now()
    async with core.db.transaction() as tx:
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
