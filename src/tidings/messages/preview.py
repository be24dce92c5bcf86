"""Mails shown without being sent: previews as a contact, web views, test mails, and small texts for one contact.

All use the compiled form that sending uses: what is previewed is what is sent.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from html import escape as html_escape
from typing import Any

import msgspec

from tidings.content import (
    Address,
    Compiled,
    MailHeaders,
    MailLinks,
    Person,
    Source,
    join,
    render_html,
    render_subject,
    render_text_template,
)
from tidings.messages import accounts, mailing
from tidings.messages.mailing import Written
from tidings.messages.persons import person_columns, person_of
from tidings.messages.transports.types import Envelope, Outcome, Result
from tidings.platform.core import Core
from tidings.platform.errors import NotFound, Refused
from tidings.tracking.portal_tickets import portal_url
from tidings.tracking.tokens import Addresses

_ALL = ("tags", "lists", "company")
# The addresses of one message, while there is no message.
_AS_CODES = MailLinks(
    unsubscribe_url="##crm.unsubscribe_url##",
    manage_url="##crm.manage_subscription_url##",
    web_view_url="##web_preview_url##",
    portal_url="##crm.frontend_portal_url##",
)
_PERSON = f"SELECT {person_columns(_ALL)} FROM contacts c WHERE "


async def find_person(core: Core, contact_id: int | None) -> Person | None:
    """The contact as mails see it, or None."""
    row = await core.db.fetchrow(_PERSON + "c.id = $1 AND c.email IS NOT NULL", contact_id)
    return person_of(row, _ALL) if row else None


async def persons_by_ids(core: Core, ids: Sequence[int]) -> dict[int, Person]:
    """Several contacts as mails see them, by id; unknown ids are left out."""
    rows = await core.db.fetch(_PERSON + "c.id = ANY($1::bigint[]) AND c.email IS NOT NULL", list(ids))
    return {row["id"]: person_of(row, _ALL) for row in rows}


async def person_for_address(core: Core, email: str) -> Person | None:
    """The contact with that address, else the oldest who is subscribed, else None: whose data a test mail shows."""
    found = await person_by_address(core, email)
    if found is not None:
        return found
    row = await core.db.fetchrow(_PERSON + "c.status = 'subscribed' AND c.email IS NOT NULL ORDER BY c.id LIMIT 1")
    return person_of(row, _ALL) if row else None


async def person_by_address(core: Core, email: str) -> Person | None:
    """The contact with that address as mails see it, or None."""
    row = await core.db.fetchrow(_PERSON + "lower(c.email) = lower($1)", email)
    return person_of(row, _ALL) if row else None


async def _links(core: Core, contact_id: int, message_id: int = 0, activate_url: str = "") -> MailLinks:
    made = await mailing.addresses(core)
    return MailLinks(
        unsubscribe_url=made.unsubscribe_url(contact_id, message_id),
        manage_url=made.manage_url(contact_id, message_id),
        web_view_url=made.web_view_url(message_id) if message_id else "##web_preview_url##",
        activate_url=activate_url,
        # Without a login: what is shown here is seen by others than the person.
        portal_url=portal_url(made),
    )


async def preview(core: Core, written: Written, contact_id: int | None) -> tuple[str, str]:
    """Subject and HTML as a contact would get them; without a contact codes stay as written."""
    mail = await mailing.compiled(core, written)
    person = await find_person(core, contact_id) if contact_id else None
    links = await _links(core, person.id) if person else MailLinks()
    return render_subject(mail, person, links), render_html(mail, person, links)


async def render_for_contact(core: Core, text: str, contact_id: int) -> str:
    """A short HTML text (a note) with its codes resolved for a contact."""
    person = await find_person(core, contact_id)
    if person is None:
        return text
    links = await _links(core, contact_id)
    return render_text_template(text, "smartcodes", person, await mailing.site(core), links, escape="html")


async def message_view(core: Core, message_id: int) -> tuple[str, str]:
    """Subject and HTML of a message as its recipient sees it, without tracking; raises NotFound."""
    row = await core.db.fetchrow("SELECT campaign_id, contact_id, subject_id FROM messages WHERE id = $1", message_id)
    person = await find_person(core, row["contact_id"]) if row else None
    if row is None or person is None:
        raise NotFound("message", message_id)
    mail = await mailing.load_mailing(core, row["campaign_id"])
    links = await _links(core, person.id, message_id)
    shown = mail.shown_to(row["subject_id"])
    return render_subject(shown, person, links), render_html(shown, person, links)


async def shared_view(core: Core, campaign_id: int) -> str:
    """The anonymous web view of a campaign; raises NotFound."""
    mail = await mailing.load_mailing(core, campaign_id)
    return _for_nobody(mail.compiled, mail.addresses)


async def sample(core: Core, written: Written) -> str:
    """The HTML as somebody would get it of whom nothing is known."""
    return _for_nobody(await mailing.compiled(core, written), await mailing.addresses(core))


def _for_nobody(mail: Compiled, made: Addresses) -> str:
    return render_html(mail, Person(id=0, email=""), MailLinks(portal_url=portal_url(made)))


async def send_test(core: Core, written: Written, recipient: str, *, sender: Mapping[str, Any] | None = None) -> None:
    """Sends a mail as a test, right away: with the data of the contact of that address, else of the oldest one.

    No row is made and nothing is tracked. The ways out in its text stay codes, and those in its headers lead to nobody
    unless the recipient is a contact: a test must take nobody off (fluentcrm.md §4.1). Raises Refused.
    """
    person = await person_for_address(core, recipient)
    is_own = person is not None and person.email.lower() == recipient.lower()
    made = await mailing.addresses(core)
    way_out = made.unsubscribe_url(person.id if person and is_own else 0, 0)
    source = msgspec.structs.replace(written.source, subject="TEST: " + written.source.subject)
    await _send(
        core, dataclasses.replace(written, source=source), recipient, person, _AS_CODES, sender=sender, way_out=way_out
    )


async def send_single(core: Core, written: Written, recipient: str, *, activate_url: str = "") -> None:
    """Sends one mail of ours (a confirmation, a link asked for) to an address right away; raises Refused.

    With `activate_url` it carries unsubscribe headers: who never asked may say so for good.
    """
    person = await person_by_address(core, recipient)
    links = await _links(core, person.id, activate_url=activate_url) if person else MailLinks()
    way_out = links.unsubscribe_url if activate_url else ""
    await _send(core, written, recipient, person, links, way_out=way_out)


async def send_copy(
    core: Core, written: Written, recipient: str, *, person: Person | None, sender: Mapping[str, Any] | None = None
) -> None:
    """Sends one mail right away to any address, saying what it says to `person`; raises Refused."""
    links = await _links(core, person.id) if person else MailLinks()
    await _send(core, written, recipient, person, links, sender=sender)


async def _send(
    core: Core,
    written: Written,
    recipient: str,
    person: Person | None,
    links: MailLinks,
    *,
    sender: Mapping[str, Any] | None = None,
    way_out: str = "",
) -> None:
    mail = await mailing.compiled(core, written)
    whose = await mailing.sender_of(core, sender or {})
    now = core.clock.now()
    shown = person or Person(id=0, email=recipient)
    proof = core.keys.mac("test-mail", f"{recipient}{now.timestamp()}".encode(), size=12).hex()
    headers = MailHeaders(
        sender=whose.address,
        to=Address(recipient, mailing.address_of(shown).name),
        message_id=f"t{proof}@{whose.from_email.rpartition('@')[2]}",
        sent_at=now,
        reply_to=whose.reply_to,
        list_unsubscribe=(way_out,) if way_out else (),
        one_click=bool(way_out),
    )
    await send_now(core, whose.from_email, recipient, join(mail, shown, links, headers=headers))


async def send_now(core: Core, from_email: str, recipient: str, data: bytes) -> None:
    """Hands one ready mail to the first account that takes it; raises Refused with the last server's words."""
    said = "There is no mail account that can send now."
    for account in await accounts.usable_accounts(core):
        transport = await accounts.transport_of(core, account)
        results: list[Result] = []
        await transport.send([Envelope(0, from_email, recipient, data)], results.append)
        await transport.close()
        if results[0].outcome is Outcome.SENT:
            return
        said = results[0].text
        if results[0].outcome is not Outcome.ACCOUNT_FAILED:
            break
        await accounts.open_breaker(core, account.id, said)
    raise Refused(said, code="not_sent")


async def send_notice(core: Core, recipient: str, subject: str, label: str, link: str) -> None:
    """A short mail with one link, sent right away (links asked for, confirmations); raises Refused."""
    values = await core.installation.values()
    name = html_escape(str(values["business_name"] or values["site_name"]))
    body = f'<p>{html_escape(label)}: <a href="{html_escape(link)}">{html_escape(link)}</a></p><p>{name}</p>'
    await send_single(core, Written(Source(subject=subject, body=body), kind="transactional"), recipient)
