"""Reads of the portal."""

from __future__ import annotations

from tidings.access.queries import is_of_team
from tidings.contacts.queries import find_contact
from tidings.contacts.types import ContactView
from tidings.messages.queries import MessageRow, list_messages
from tidings.platform.core import Core
from tidings.platform.pagination import Page, PageRequest
from tidings.portal import rules, store
from tidings.tracking.portal_tickets import Ticket, is_good_ticket

SETTING = "portal_address"
MAILS_PER_PAGE = 20


async def portal_address(core: Core) -> str:
    """The part of the path under which the portal is found beside `/portal`."""
    return str(await core.installation.get(SETTING))


async def leads_to_portal(core: Core, path: str) -> bool:
    """Whether a path is the portal's chosen address, or below it. What the interface answers is never looked up."""
    first = path[1:].partition("/")[0]
    return bool(first) and first not in rules.TAKEN and first == await portal_address(core)


async def visitor(core: Core, token: str) -> ContactView | None:
    """The contact of a session, or None: it is over, the address became another, or is one of the team now."""
    contact_id = await core.db.fetchval(
        store.sql.contact_of_session, rules.session_hash(core.keys, token), core.clock.now()
    )
    return await _admitted(core, contact_id) if contact_id is not None else None


async def holder(core: Core, ticket: Ticket) -> ContactView | None:
    """Whom a ticket would let in now, or None. Looking changes nothing."""
    view = await _admitted(core, ticket.contact_id)
    if view is None or not is_good_ticket(core.keys, ticket, view.contact.email or "", core.clock.now()):
        return None
    return None if await core.db.fetchval(store.sql.is_used, ticket.contact_id, ticket.name) else view


async def _admitted(core: Core, contact_id: int) -> ContactView | None:
    """The contact, when it has an address and none of the team's."""
    view = await find_contact(core, contact_id)
    if view is None or not view.contact.email:
        return None
    return None if await is_of_team(core, view.contact.email, view.contact.user_id) else view


async def mails_of(core: Core, contact_id: int, page: int) -> Page[MessageRow]:
    """A page of the mails that a person got, the newest first."""
    request = PageRequest(page=page, per_page=MAILS_PER_PAGE, sort="sent_at")
    return await list_messages(core, request, contact_id=contact_id, states=("sent", "complained"))
