"""One-to-one mails: a campaign of its own with one message, so that it is sent, tracked and listed like any other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tidings.platform.core import Core
from tidings.platform.errors import NotFound, Refused

KIND = "custom_email_campaign"


async def send_to_contact(
    core: Core, contact_id: int, *, title: str, created_by: int | None = None, content: Mapping[str, Any]
) -> int:
    """Queues a mail to one contact and answers the message's id.

    `content` has subject, preheader, body, design, sender, settings, look, footer, is_transactional. Raises NotFound,
    and Refused when the contact may not be mailed or subject or body are missing.
    """
    now = core.clock.now()
    if not str(content.get("subject") or "").strip() or not str(content.get("body") or "").strip():
        raise Refused("Please provide a subject and a body.", code="incomplete")
    async with core.db.transaction() as tx:
        contact = await tx.fetchrow("SELECT email, status FROM contacts WHERE id = $1 FOR KEY SHARE", contact_id)
        if contact is None:
            raise NotFound("subscriber", contact_id)
        is_transactional = bool(content.get("is_transactional"))
        allowed = ("subscribed", "transactional") if is_transactional else ("subscribed",)
        if contact["status"] not in allowed or not contact["email"]:
            raise Refused(f"The contact is {contact['status']} and may not be mailed.", code="not_mailable")
        campaign_id = await tx.fetchval(
            """INSERT INTO campaigns (kind, title, state, subject, preheader, body, design, sender, settings, look, footer,
            is_transactional, is_drawn, recipients_count, scheduled_at, started_at, created_by, created_at, updated_at,
            tracks_opens, tracks_clicks)
            VALUES ($1, $2, 'sending', $3, $4, $5, $6, $7, $8, $9, $10, $11, true, 1, $12, $12, $13, $12, $12, $14, $15)
            RETURNING id""",
            KIND,
            title or "Custom email",
            content["subject"],
            content.get("preheader") or "",
            content["body"],
            content.get("design") or "simple",
            content.get("sender") or {},
            content.get("settings") or {},
            content.get("look") or {},
            content.get("footer") or "global",
            is_transactional,
            now,
            created_by,
            await core.installation.get("open_tracking"),
            await core.installation.get("click_tracking"),
        )
        return await tx.fetchval(
            """INSERT INTO messages (campaign_id, contact_id, email, due_at, created_at, updated_at)
            VALUES ($1, $2, $3, $4, $4, $4) RETURNING id""",
            campaign_id,
            contact_id,
            contact["email"],
            now,
        )
