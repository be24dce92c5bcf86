"""Addresses of people who were erased: kept as keyed hashes, so that they stay unmailed without being known.

Whoever writes an address asks here first; one that was erased is put among the suppressions before its contact is
made, and everything that mails looks there. The key is not in the database.
"""

from __future__ import annotations

from collections.abc import Sequence

from tidings.platform.core import Core
from tidings.platform.db import Connection

REASON = "erased"
_REMEMBER = "INSERT INTO erased_addresses (key, at) VALUES ($1, $2) ON CONFLICT DO NOTHING"
_ANY = "SELECT EXISTS (SELECT 1 FROM erased_addresses)"
_SUPPRESS = """
INSERT INTO suppressions (email_key, reason, source, at)
SELECT given.email, $3, 'erasure', $4 FROM unnest($1::text[], $2::bytea[]) AS given (email, key)
JOIN erased_addresses e ON e.key = given.key ON CONFLICT (email_key) DO NOTHING
"""


def address_key(core: Core, email: str) -> bytes:
    """The keyed hash of an address, whatever its letter case: 32 bytes."""
    return core.keys.mac("erased-address", email.strip().lower().encode(), size=32)


async def remember_erased(core: Core, tx: Connection, email: str) -> None:
    """Keeps the hash of an address and takes the address itself from the suppressions."""
    await tx.execute(_REMEMBER, address_key(core, email), core.clock.now())
    await tx.execute("DELETE FROM suppressions WHERE email_key = lower($1)", email.strip())


async def forget_erased(core: Core, email: str) -> bool:
    """Takes the hash away: the person came back and said so. False when there was none."""
    return bool(await core.db.execute("DELETE FROM erased_addresses WHERE key = $1", address_key(core, email)))


async def suppress_erased(core: Core, tx: Connection, emails: Sequence[str]) -> None:
    """Puts those of the addresses that were erased among the suppressions; two statements at most, one as a rule."""
    if not emails or not await tx.fetchval(_ANY):
        return
    lowered = sorted({email.lower() for email in emails})
    keys = [address_key(core, email) for email in lowered]
    await tx.execute(_SUPPRESS, lowered, keys, REASON, core.clock.now())
