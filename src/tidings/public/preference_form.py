"""The form by which people change what is known of them: on the preference page, in the portal, on a landing page."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from tidings.access.actions import count_try
from tidings.consent.preference_page import PreferencePage, offered_lists, preference_page
from tidings.contacts import actions as contacts
from tidings.contacts import queries
from tidings.contacts.rules import is_email
from tidings.contacts.types import ContactView, CustomField, Draft, WritePolicy
from tidings.messages.mailing import addresses
from tidings.messages.preview import send_notice
from tidings.platform.core import Core
from tidings.platform.errors import Invalid, RateLimited, Refused
from tidings.public.http import Visit
from tidings.public.preferences import answers, questions
from tidings.tracking import tokens

BY_OWNER = WritePolicy(reason="preference page")
SAVED = "Your provided information has been successfully updated"


@dataclass(frozen=True, slots=True)
class Said:
    """What became of a form that was sent, in words for the person."""

    text: str
    is_ok: bool = True


async def values(core: Core, view: ContactView, *, shown_email: str) -> dict[str, Any]:
    """What the templates of the form show. `shown_email` is masked where only a link in a mail was proven."""
    page, made = await preference_page(core), await addresses(core)
    member_of = {one.id for one in view.lists}
    email = view.contact.email or ""
    return {
        "shown_email": shown_email,
        "masked": masked(email),
        "abs_hash": md5(masked(email)),
        "sub_hash": md5(email),
        "questions": questions(page, view.contact, await _definitions(core, page)),
        "lists": [
            {"id": one.id, "title": one.title, "is_in": one.id in member_of} for one in await offered_lists(core, page)
        ],
        "standing": view.contact.status,
        "may_ask_for_data": await core.installation.get("personal_data_on_request"),
        "unsubscribe_url": made.unsubscribe_url(view.contact.id, 0),
    }


async def _definitions(core: Core, page: PreferencePage) -> Mapping[str, CustomField]:
    return await queries.custom_fields(core) if page.shown[1] else {}


async def change(core: Core, visit: Visit, view: ContactView, *, comes_back: bool = True) -> Said:
    """Takes the form in: fields and offered lists at once, another address when the link mailed to it is followed.

    `comes_back`: who is not subscribed is mailed the link that does it (fluentcrm.md §5.5).
    """
    email, contact = visit.get("email").strip(), view.contact
    is_same_address = not email or email in (masked(contact.email or ""), contact.email)
    if not is_same_address and not is_email(email):
        return Said("Please provide a valid email address", is_ok=False)
    if not is_same_address and await queries.find_contact_by_email(core, email):
        text = "The new email has been used to another account. Please use a new email address"
        return Said(text, is_ok=False)
    page = await preference_page(core)
    offered = {one.id for one in await offered_lists(core, page)}
    given = {tokens.number_from(one) for one in visit.lists.get("lists", [])}
    wanted = {one for one in offered if one in given}
    present = {one.id for one in view.lists} & offered
    columns, custom = answers(page, visit, await _definitions(core, page))
    added, left = sorted(wanted - present), sorted(present - wanted)
    draft = Draft(columns, custom, id=contact.id, lists=added, remove_lists=left)
    try:
        await contacts.write_contact(core, draft, BY_OWNER)
    except Invalid as error:
        return Said(error.message, is_ok=False)
    if is_same_address and (contact.status == "subscribed" or not comes_back):
        return Said(SAVED)
    return await _ask_to_confirm(core, view, None if is_same_address else email)


async def _ask_to_confirm(core: Core, view: ContactView, new_email: str | None) -> Said:
    """Coming back, or another address, takes effect when the link in a mail is followed."""
    contact = view.contact
    target = contact.email or "" if new_email is None else new_email
    try:
        await count_try(core, f"confirm:{contact.id}", 3)
        await count_try(core, f"link:{target.lower()}", 3)
    except RateLimited as error:
        return Said(error.message, is_ok=False)
    made = await addresses(core)
    link = made.confirm_url(contact.id, md5(contact.email or ""))
    if new_email is not None:
        proof = tokens.new_address_proof(core.keys, contact.id, new_email)
        link += f"&{urlencode({'new': proof, 'email': new_email})}"
    # The page must not tell more than it would for an unknown address; the account's breaker shows a fault.
    with suppress(Refused):
        await send_notice(core, target, "Confirm your subscription", "Confirm", link)
    shown = masked(target) if new_email is None else target
    text = f"A confirmation email has been sent to {shown}. Please confirm your email address to resubscribe"
    return Said(text + ("" if new_email is None else " with changed email address"))


def masked(email: str) -> str:
    """`ja**@e******.com`: enough to recognise one's own address."""
    local, _, domain = email.partition("@")
    name, dot, rest = domain.partition(".")
    return f"{local[:2]}{'*' * max(len(local) - 2, 0)}@{name[:1]}{'*' * max(len(name) - 1, 0)}{dot}{rest}"


def md5(text: str) -> str:
    """The dialect's name for an address; never a proof."""
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
