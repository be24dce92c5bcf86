"""Links that people ask for on the preference page: mailed to their address, good for one use and two days."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import Literal
from urllib.parse import urlencode

from tidings.messages.preview import send_notice
from tidings.platform import jobs
from tidings.platform.core import Core
from tidings.privacy.actions import enqueue_erasure, request_export

Purpose = Literal["export", "erase"]
LASTS = timedelta(days=2)
_WORDS: dict[Purpose, tuple[str, str]] = {
    "export": ("Your data", "Download what we know about you"),
    "erase": ("Erase your data", "Erase what we know about you"),
}
MAIL_JOB = "mail_erasure_link"


async def ask_for_data(core: Core, contact_id: int) -> None:
    """Has everything about a contact collected and a link to it mailed to them. Raises NotFound."""
    await request_export(core, contact_id, is_mailed=True)


async def ask_for_erasure(core: Core, contact_id: int) -> None:
    """Has a link mailed by which a contact erases themselves."""
    await jobs.enqueue(core, MAIL_JOB, {"contact_id": contact_id}, unique_key=f"{MAIL_JOB}:{contact_id}")


@jobs.handles(MAIL_JOB)
async def mail_erasure_link(core: Core, args: dict[str, int], progress: jobs.Progress) -> None:
    """Mails the link; raises Refused when no account takes it, and is tried again."""
    await _mail(core, args["contact_id"], "erase", None)


async def mail_export_link(core: Core, contact_id: int, export_id: int) -> None:
    """Mails the link to a file; raises Refused when no account takes it."""
    await _mail(core, contact_id, "export", export_id)


async def _mail(core: Core, contact_id: int, purpose: Purpose, export_id: int | None) -> None:
    email = await core.db.fetchval("SELECT email FROM contacts WHERE id = $1", contact_id)
    if not email:
        return
    token = secrets.token_urlsafe(32)
    await core.db.execute(
        "INSERT INTO privacy_links (token_hash, purpose, contact_id, export_id, expires_at) VALUES ($1, $2, $3, $4, $5)",
        core.keys.hash_secret(token),
        purpose,
        contact_id,
        export_id,
        core.clock.now() + LASTS,
    )
    subject, label = _WORDS[purpose]
    base = str(await core.installation.get("public_url")).rstrip("/")
    link = f"{base}/?{urlencode({'fluentcrm': 1, 'route': 'personal_data', 'token': token})}"
    await send_notice(core, email, subject, label, link)


async def purpose_of(core: Core, token: str) -> Purpose | None:
    """What an unused link is for, or None. Looking changes nothing."""
    return await core.db.fetchval(
        "SELECT purpose FROM privacy_links WHERE token_hash = $1 AND used_at IS NULL AND expires_at > $2",
        core.keys.hash_secret(token),
        core.clock.now(),
    )


async def use_link(core: Core, token: str) -> tuple[Purpose, int, int | None] | None:
    """Uses a link up and asks for what it is for: its purpose, the contact, the export. None when it is unknown, over or
    used. Of two that use it at once one wins; a link whose wish could not be stored stays good."""
    async with core.db.transaction() as tx:
        row = await tx.fetchrow(
            """UPDATE privacy_links SET used_at = $2 WHERE token_hash = $1 AND used_at IS NULL AND expires_at > $2
            RETURNING purpose, contact_id, export_id""",
            core.keys.hash_secret(token),
            core.clock.now(),
        )
        if row is None:
            return None
        if row["purpose"] == "erase":
            await enqueue_erasure(tx, row["contact_id"])
    return row["purpose"], row["contact_id"], row["export_id"]
