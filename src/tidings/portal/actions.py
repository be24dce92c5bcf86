"""Writes of the portal: coming in by a ticket, going out, and forgetting what is over."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta

from tidings.platform.core import Core
from tidings.platform.db import Connection
from tidings.platform.facts import Fact, write_facts
from tidings.portal import rules, store
from tidings.portal.queries import SETTING, holder
from tidings.tracking.portal_tickets import Ticket

SESSION_LASTS = timedelta(hours=12)


async def enter(core: Core, ticket: Ticket) -> str | None:
    """Uses a ticket up and opens a session: the token for the cookie. None for one that is wrong, over, used, or of an
    address of the team; of two that use it at once one wins."""
    view = await holder(core, ticket)
    if view is None:
        return None
    token, now = secrets.token_urlsafe(32), core.clock.now()
    until = datetime.fromtimestamp(ticket.until, UTC)
    key = rules.session_hash(core.keys, token)
    async with core.db.transaction() as tx:
        if not await tx.fetchval(store.sql.use_ticket, ticket.contact_id, ticket.name, until):
            return None
        # The address that was proven is still theirs, or nobody comes in.
        opened = (key, ticket.contact_id, now, now + SESSION_LASTS, view.contact.email)
        if not await tx.fetchval(store.sql.open_session, *opened):
            return None
        await write_facts(tx, [Fact("portal_entered", ticket.contact_id)])
    return token


async def leave(core: Core, token: str) -> None:
    """Ends a session."""
    await core.db.execute("DELETE FROM portal_sessions WHERE token_hash = $1", rules.session_hash(core.keys, token))


async def choose_address(core: Core, text: str, *, tx: Connection | None = None) -> None:
    """Sets under which address the portal is found beside its own. Raises Invalid naming `address`."""
    await core.installation.put({SETTING: rules.checked_address(text)}, tx=tx)


async def forget_ended(core: Core) -> None:
    """Forgets sessions and used tickets whose time is over."""
    now = core.clock.now()
    await core.db.execute("DELETE FROM portal_sessions WHERE expires_at < $1", now)
    await core.db.execute("DELETE FROM portal_tickets_used WHERE until < $1", now)
