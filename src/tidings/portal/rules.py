"""Pure rules: the address at which the portal is found beside its own, and the names of what a browser holds."""

from __future__ import annotations

import re

from tidings.platform.crypto import Keyring
from tidings.platform.errors import Invalid, Problem

_ADDRESS = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,58}[a-z0-9])?")
# What begins an address of the installation already; a test compares it with the doors and the interface.
TAKEN = frozenset(
    [
        "api",
        "automations",
        "campaigns",
        "companies",
        "contacts",
        "dashboard",
        "docs",
        "fields",
        "forms",
        "healthz",
        "import",
        "lists",
        "login",
        "logout",
        "mailbox",
        "metrics",
        "p",
        "pages",
        "patterns",
        "pipeline",
        "readyz",
        "reports",
        "segments",
        "settings",
        "smart-links",
        "static",
        "t",
        "tags",
        "templates",
        "u",
        "v1",
        "webhooks",
        "welcome",
    ]
)


def checked_address(text: str) -> str:
    """One part of a path: small letters, digits and inner hyphens, at most 60, and no address that is in use. Raises
    Invalid naming `address`."""
    text = text.strip().strip("/").lower()
    if not _ADDRESS.fullmatch(text):
        said = "The address may have letters, digits and inner hyphens only, at most 60."
        raise Invalid({"address": Problem("address", said)})
    if text in TAKEN or text.startswith("wp-"):
        raise Invalid({"address": Problem("unique", f"“{text}” is an address of the interface already.")})
    return text


def session_hash(keys: Keyring, token: str) -> bytes:
    """Under which a session is found; 32 bytes. Bound to the portal: as a session of the team it is nothing."""
    return keys.mac("portal-session", token.encode(), size=32)


def form_proof(keys: Keyring, token: str) -> str:
    """What every form of a session must carry, so that no other site can send it."""
    return keys.mac("portal-form", token.encode(), size=16).hex()
