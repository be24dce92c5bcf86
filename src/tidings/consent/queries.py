"""Reads of the consent ledger."""

from __future__ import annotations

from datetime import datetime

import msgspec

from tidings.platform.core import Core


class Consent(msgspec.Struct, frozen=True):
    """A line of the ledger."""

    at: datetime
    kind: str
    source: str
    reason: str
    ip: str | None


async def ledger_of(core: Core, contact_id: int) -> list[Consent]:
    """A contact's ledger, the latest first."""
    rows = await core.db.fetch(
        "SELECT at, kind, source, reason, ip FROM consents WHERE contact_id = $1 ORDER BY id DESC", contact_id
    )
    return [Consent(*row) for row in rows]
