"""The double opt-in mail: one link that confirms, at most once in a while for one person (fluentcrm.md §5.4)."""

from __future__ import annotations

import hashlib

from tidings.messages.mailing import addresses
from tidings.messages.preview import send_notice
from tidings.platform.core import Core
from tidings.platform.errors import NotFound, Refused
from tidings.platform.limits import count_request

REST_SECONDS = 150


async def send_opt_in(core: Core, contact_id: int) -> None:
    """Mails the confirmation link to a pending contact.

    Raises NotFound, and Refused when the contact is not pending, has no address, or was mailed a moment ago.
    """
    row = await core.db.fetchrow("SELECT email, status FROM contacts WHERE id = $1", contact_id)
    if row is None:
        raise NotFound("subscriber", contact_id)
    if row["status"] == "subscribed":
        raise Refused("Contact Already Subscribed", code="already_subscribed")
    if row["status"] != "pending" or not row["email"]:
        raise Refused(f"The contact is {row['status']} and cannot be asked to confirm.", code="not_pending")
    usage = await count_request(core.db, f"opt-in:{contact_id}", 1, REST_SECONDS)
    if not usage.is_allowed:
        raise Refused("The confirmation mail was sent a moment ago. Please wait.", code="too_soon")
    name = hashlib.md5(row["email"].encode(), usedforsecurity=False).hexdigest()
    link = (await addresses(core)).confirm_url(contact_id, name)
    await send_notice(core, row["email"], "Please confirm your subscription", "Confirm your subscription", link)
