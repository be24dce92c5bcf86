"""Public addresses in mails. Each carries a keyed MAC bound to a purpose; an address alone never grants anything.

The forms are those that the FluentCRM dialect promises (fluentcrm.md §2.5, §4.5), so that clients which read mails
find what they look for; the proofs in them are ours. See docs/decisions/0010-public-addresses.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from urllib.parse import urlencode
from uuid import UUID

from tidings.platform.crypto import Keyring

_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
PERIOD_DAYS = 30
PERIODS_ACCEPTED = 4
# The way out stays open: old mails lie in mailboxes for years.
PERIODS_TO_LEAVE = 60


def base36(number: int) -> str:
    """A link's short name."""
    text = ""
    while number:
        number, digit = divmod(number, 36)
        text = _DIGITS[digit] + text
    return text or "0"


def from_base36(text: str) -> int | None:
    """The number of a short name, or None."""
    if not text or len(text) > 13 or not all(c in _DIGITS for c in text):
        return None
    number = int(text, 36)
    return number if number < 2**62 else None


def number_from(text: str | None) -> int | None:
    """A row's number out of an address: plain digits that fit a bigint, or None."""
    return int(text) if text and len(text) < 19 and text.isascii() and text.isdecimal() else None


def click_proof(keys: Keyring, message_id: int) -> str:
    """Eight hex digits in click addresses: a wrong proof still redirects, but records nothing."""
    return keys.mac("click", message_id.to_bytes(8), size=4).hex()


def open_proof(keys: Keyring, message_id: int) -> str:
    """What an open address carries, in the form of a UUID."""
    return str(UUID(bytes=keys.mac("open", message_id.to_bytes(8), size=16)))


def person_proof(keys: Keyring, contact_id: int, at: datetime, *, age: int = 0) -> str:
    """32 hex digits for unsubscribe and preference addresses; changes every 30 days."""
    return _person_proof(keys, contact_id, int(at.timestamp()) // (PERIOD_DAYS * 86_400) - age)


# A mail carries the proof of its person in two or three addresses.
@lru_cache(maxsize=32)
def _person_proof(keys: Keyring, contact_id: int, period: int) -> str:
    return keys.mac("person", contact_id.to_bytes(8) + period.to_bytes(4), size=16).hex()


def confirm_proof(keys: Keyring, contact_id: int) -> str:
    """32 hex digits that confirm an opt-in; for ever."""
    return keys.mac("confirm", contact_id.to_bytes(8), size=16).hex()


def new_address_proof(keys: Keyring, contact_id: int, email: str) -> str:
    """What a confirmation link carries beside, when it moves a contact to another address."""
    return keys.mac("new-address", f"{contact_id}:{email}".encode(), size=16).hex()


def web_view_proof(keys: Keyring, message_id: int) -> str:
    """What a view-in-browser address carries."""
    return keys.mac("web-view", message_id.to_bytes(8), size=16).hex()


def share_proof(keys: Keyring, campaign_id: int) -> str:
    """What the shared view of a campaign carries."""
    return keys.mac("share", campaign_id.to_bytes(8), size=16).hex()


def bounce_code(keys: Keyring) -> str:
    """What mail services show when they report bounces: one code for the installation."""
    return f"fcrm_{keys.mac('bounce', b'', size=7).hex()}"


def read_secure_hash(keys: Keyring, text: str, at: datetime, *, periods: int = PERIODS_ACCEPTED) -> int | None:
    """The contact of a `<32 hex>__<contact id>` whose proof is of this or an earlier one of `periods`, else None."""
    proof, _, number = text.partition("__")
    contact_id = number_from(number)
    if contact_id is None or len(proof) != 32:
        return None
    is_valid = False
    for age in range(periods):
        is_valid |= is_same(proof, person_proof(keys, contact_id, at, age=age))
    return contact_id if is_valid else None


def is_same(given: str, right: str) -> bool:
    """Constant-time comparison of two texts."""
    import hmac

    return hmac.compare_digest(given.encode(), right.encode())


@dataclass(frozen=True, slots=True)
class Addresses:
    """Makes the addresses of one installation."""

    keys: Keyring
    public_url: str
    now: datetime

    def _front(self, **query: object) -> str:
        return f"{self.public_url}/?{urlencode({'fluentcrm': 1, **query})}"

    def click_prefix(self, link_id: int) -> str:
        """The constant part of a tracked link; the message's `click_tail` follows."""
        return f"{self.public_url}/?ns_url={base36(link_id)}&mid="

    def click_tail(self, message_id: int, *, is_anonymous: bool = False) -> str:
        """The message's part of a tracked link."""
        return f"{message_id}&fch={click_proof(self.keys, message_id)}{'&ano=1' if is_anonymous else ''}"

    def open_url(self, message_id: int, *, is_anonymous: bool = False) -> str:
        """The pixel."""
        more = "&ano=1" if is_anonymous else ""
        proof = open_proof(self.keys, message_id)
        return f"{self.public_url}/?fluentcrm=1&route=open&_e_hash={proof}&_e_id={message_id}{more}"

    def unsubscribe_url(self, contact_id: int, message_id: int) -> str:
        """The page to leave; the target of one-click unsubscription too."""
        proof = person_proof(self.keys, contact_id, self.now)
        return f"{self.public_url}/?fluentcrm=1&route=unsubscribe&secure_hash={proof}__{contact_id}&ce_id={message_id}"

    def manage_url(self, contact_id: int, message_id: int) -> str:
        """The preference page."""
        proof = person_proof(self.keys, contact_id, self.now)
        return f"{self.public_url}/?fluentcrm=1&route=manage_subscription&secure_hash={proof}__{contact_id}&ce_id={message_id}"

    def web_view_url(self, message_id: int) -> str:
        """The mail in a browser."""
        proof = web_view_proof(self.keys, message_id)
        return f"{self.public_url}/?fluentcrm=1&route=email_preview&_e_id={message_id}&_e_hash={proof}"

    def share_url(self, campaign_id: int) -> str:
        """The anonymous view of a campaign."""
        proof = share_proof(self.keys, campaign_id)
        return self._front(route="email_preview", fc_newsletter=f"{proof}{campaign_id:x}")

    def confirm_url(self, contact_id: int, contact_hash: str) -> str:
        """The opt-in confirmation. The hash is the dialect's name for the address."""
        proof = confirm_proof(self.keys, contact_id)
        return self._front(route="confirmation", hash=contact_hash, secure_hash=f"{proof}__{contact_id}")
