"""Double opt-in: the mail with the link that confirms, at most once in a while for one person, and what the person sees
after following it (fluentcrm.md §5.4). The settings are in `optin_settings`, the change of the status in `consent`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import nh3

from tidings.contacts.actions.people import checked_drafts, write_checked
from tidings.contacts.types import Draft, WritePolicy, Written
from tidings.content import MailLinks, Source, render_text_template
from tidings.messages import mailing
from tidings.messages.mailing import Written as WrittenMail
from tidings.messages.optin_settings import CONFIRMED, OptIn, is_target, opt_in_settings_for
from tidings.messages.preview import find_person, render_for_contact, send_single
from tidings.platform import jobs
from tidings.platform.core import Core
from tidings.platform.db import Connection
from tidings.platform.errors import NotFound, Refused
from tidings.platform.limits import count_request

REST_SECONDS = 150
_ATTRIBUTES = {name: set(names) for name, names in nh3.ALLOWED_ATTRIBUTES.items()} | {"*": {"style"}}
_STYLES = {"color", "background-color", "font-family", "font-size", "font-style", "font-weight", "line-height"}
_STYLES |= {"text-align", "text-decoration", "margin", "padding", "border", "border-radius", "width", "max-width"}
JOB = "mail_opt_in"


@dataclass(frozen=True, slots=True)
class Confirmed:
    """What a person meets after confirming: an address to go to, or else safe HTML."""

    redirect_url: str
    message: str


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
    await _mail(core, contact_id, row["email"])


async def write_and_ask(core: Core, draft: Draft, policy: WritePolicy) -> Written:
    """As `contacts.actions.write_contact`; who is new and pending is mailed the link, asked for in the same transaction."""
    checked = await checked_drafts(core, [draft])
    async with core.db.transaction() as tx:
        [written] = await write_checked(core, tx, checked, policy)
        if written.outcome == "created" and draft.status == "pending":
            await ask_to_confirm(tx, [written.id])
    return written


async def ask_to_confirm(tx: Connection, contact_ids: Sequence[int], *, may_return: bool = False) -> int:
    """Has workers mail the confirmation link to these contacts, so that who asks from outside waits for no mail server;
    inside the caller's transaction. How many were not waiting for such a mail already.

    `may_return`: somebody asked for it anew, so that who left or gets transactional mail only is mailed the link too;
    the status stays until it is followed.
    """
    wanted = {f"{JOB}:{one}": {"contact_id": one, "may_return": may_return} for one in contact_ids}
    return await jobs.enqueue_many(tx, JOB, wanted) if wanted else 0


@jobs.handles(JOB)
async def mail_opt_in(core: Core, args: dict[str, Any], progress: jobs.Progress) -> None:
    """Mails one who still has to confirm and was not mailed a moment ago; a mail that no account takes is tried again."""
    contact_id: int = args["contact_id"]
    waiting = ["pending", *(("unsubscribed", "transactional") if args.get("may_return") else ())]
    email = await core.db.fetchval(
        """SELECT c.email FROM contacts c WHERE c.id = $1 AND c.status = ANY($2)
        AND NOT EXISTS (SELECT 1 FROM suppressions s WHERE s.email_key = lower(c.email))""",
        contact_id,
        waiting,
    )
    if not email:
        return
    if not progress.values.get("is_counted"):
        usage = await count_request(core.db, f"opt-in:{contact_id}", 1, REST_SECONDS)
        if not usage.is_allowed:
            return
        await progress.report(is_counted=True)
    await _mail(core, contact_id, email)


async def _mail(core: Core, contact_id: int, email: str) -> None:
    said = await opt_in_settings_for(core, contact_id)
    name = hashlib.md5(email.encode(), usedforsecurity=False).hexdigest()
    link = (await mailing.addresses(core)).confirm_url(contact_id, name)
    source = Source(subject=said.subject, preheader=said.preheader, body=said.body, design=said.design)
    written = WrittenMail(source, kind="transactional")
    await send_single(core, written, email, activate_url=link)


async def after_confirmation(core: Core, contact_id: int) -> Confirmed:
    """Where a contact who confirmed goes, or what it reads; a target that is no web address is not gone to."""
    said = await opt_in_settings_for(core, contact_id)
    target = await _target(core, contact_id, said)
    if target:
        person = await find_person(core, contact_id)
        site = await mailing.site(core)
        url = render_text_template(target, "smartcodes", person, site, MailLinks(), escape="url")
        if is_target(url):
            return Confirmed(url, "")
    text = said.message if said.message.strip() else CONFIRMED
    html = await render_for_contact(core, text, contact_id)
    return Confirmed("", nh3.clean(html, attributes=_ATTRIBUTES, filter_style_properties=_STYLES))


async def _target(core: Core, contact_id: int, said: OptIn) -> str:
    if said.uses_tag_redirects:
        rows = await core.db.fetch("SELECT tag_id FROM contact_tags WHERE contact_id = $1", contact_id)
        tags = {row["tag_id"] for row in rows}
        for one in said.tag_redirects:
            if tags.intersection(one.tag_ids):
                return one.url
    return said.redirect_url if said.after == "redirect" else ""
