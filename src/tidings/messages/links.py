"""Links that somebody asked for by typing an address: mailed by a worker, so that the answer tells nothing.

An address that is known and one that is not take the same way and the same time; only the mailbox knows the difference.
"""

from __future__ import annotations

import secrets
from typing import Any, Literal

from tidings.access.queries import is_of_team
from tidings.contacts.queries import find_contact_by_email
from tidings.messages.mailing import addresses
from tidings.messages.preview import send_notice
from tidings.platform import jobs
from tidings.platform.core import Core
from tidings.tracking.portal_tickets import ASKED_LASTS, entry_url

JOB = "mail_link"
Purpose = Literal["unsubscribe", "preferences", "portal"]


async def ask_for_link(core: Core, email: str, purpose: Purpose) -> None:
    """Queues the mail; an address that asks again while it waits gets one."""
    args = {"email": email, "purpose": purpose}
    await jobs.enqueue(core, JOB, args, unique_key=f"{JOB}:{purpose}:{email.lower()}")


@jobs.handles(JOB)
async def mail_link(core: Core, args: dict[str, Any], progress: jobs.Progress) -> None:
    """Mails the link when the address is a contact's; raises Refused when no account takes it, and is tried again."""
    email: str = args["email"]
    view = await find_contact_by_email(core, email)
    if view is None:
        return
    made, contact_id = await addresses(core), view.contact.id
    match args["purpose"]:
        case "unsubscribe":
            await send_notice(core, email, "Your link", "Unsubscribe", made.unsubscribe_url(contact_id, 0))
        case "portal":
            if await is_of_team(core, email, view.contact.user_id):
                return
            name, until = f"a{secrets.token_hex(8)}", core.clock.now() + ASKED_LASTS
            link = entry_url(made, contact_id, view.contact.email or "", name, until)
            await send_notice(core, email, "Your link", "Log in", link)
        case _:
            await send_notice(core, email, "Your link", "Preferences", made.manage_url(contact_id, 0))
