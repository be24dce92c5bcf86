"""Tickets into the portal of contacts: who, until when, once, and a keyed MAC over it that is bound to this purpose.

The address of the contact is part of what is proven, so that a ticket mailed to an address that was theirs once is
worth nothing. That it is used once is kept by `portal.actions`, which stores the name of each ticket that was used.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlencode

from tidings.platform.crypto import Keyring
from tidings.tracking.tokens import Addresses, is_same, number_from

PATH = "/portal"
# A link that was asked for is followed at once; one in a mail is good while people read that mail.
ASKED_LASTS, MAILED_LASTS = timedelta(hours=1), timedelta(days=14)


@dataclass(frozen=True, slots=True)
class Ticket:
    """What a ticket says. name: unique for the contact; until: seconds since 1970; proof: to be checked."""

    contact_id: int
    name: str
    until: int
    proof: str


def portal_url(made: Addresses) -> str:
    """The portal of contacts, which asks who one is."""
    return f"{made.public_url}{PATH}"


def entry_url(made: Addresses, contact_id: int, email: str, name: str, until: datetime) -> str:
    """The portal as one person: once, and until an instant."""
    ticket = made_ticket(made.keys, contact_id, email, name, until)
    return f"{portal_url(made)}/enter?{urlencode({'ticket': ticket})}"


def made_ticket(keys: Keyring, contact_id: int, email: str, name: str, until: datetime) -> str:
    """`<contact>.<name>.<until>.<32 hex>`; `name` has letters and digits only."""
    last = int(until.timestamp())
    return f"{contact_id}.{name}.{last}.{_proof(keys, contact_id, email, name, last)}"


def read_ticket(text: str) -> Ticket | None:
    """What the text says, not yet believed; None when it has another form."""
    parts = text.split(".")
    if len(parts) != 4 or len(text) > 200:
        return None
    contact_id, until = number_from(parts[0]), number_from(parts[2])
    name = parts[1]
    if contact_id is None or until is None or not (name.isascii() and name.isalnum()):
        return None
    return Ticket(contact_id, name, until, parts[3])


def is_good_ticket(keys: Keyring, ticket: Ticket, email: str, now: datetime) -> bool:
    """Whether the installation made it for this address and its time is not over."""
    right = _proof(keys, ticket.contact_id, email, ticket.name, ticket.until)
    return is_same(ticket.proof, right) and now.timestamp() < ticket.until


def _proof(keys: Keyring, contact_id: int, email: str, name: str, until: int) -> str:
    return keys.mac("portal-ticket", f"{contact_id}.{name}.{until}.{email.lower()}".encode(), size=16).hex()
