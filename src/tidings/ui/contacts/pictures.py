"""Pictures of people: initials, and above them a picture from elsewhere where the administrator wants it.

A browser that loads one tells another host who is being looked at, so none is loaded until the setting says so.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from tidings.contacts.types import Contact
from tidings.platform.core import Core

_SIZE = 128


async def pictures(core: Core) -> Callable[[Contact], str]:
    """What gives the address of a contact's picture: their own (https), else that of their address at Gravatar; empty
    without the setting. Where Gravatar has none it answers a transparent picture (Gravatar documentation, `d=blank`)."""
    is_on = await core.installation.get("gravatars") == "yes"

    def of(contact: Contact) -> str:
        if not is_on:
            return ""
        if contact.avatar and contact.avatar.startswith("https://"):
            return contact.avatar
        if not contact.email:
            return ""
        digest = hashlib.sha256(contact.email.strip().lower().encode()).hexdigest()
        return f"https://gravatar.com/avatar/{digest}?s={_SIZE}&d=blank"

    return of
