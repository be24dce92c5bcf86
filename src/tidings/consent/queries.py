"""Reads of the consent ledger and of the suppressions."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec

from tidings.platform.core import Core
from tidings.platform.listing import Listing
from tidings.platform.pagination import Page, PageRequest


class Consent(msgspec.Struct, frozen=True):
    """A line of the ledger."""

    at: datetime
    kind: str
    source: str
    reason: str
    ip: str | None


class Suppression(msgspec.Struct, frozen=True):
    """An address, in small letters, that is never mailed; reason and source in the words of whoever put it there."""

    email: str
    reason: str
    source: str
    at: datetime


_SUPPRESSIONS = Listing(
    "SELECT s.email_key, s.reason, s.source, s.at FROM suppressions s",
    "suppressions s",
    ("s.email_key", "s.reason"),
    {"id": "s.email_key", "email": "s.email_key", "reason": "s.reason", "at": "s.at"},
    lambda row: Suppression(*row),
)


async def list_suppressions(core: Core, request: PageRequest, *, search: str = "") -> Page[Suppression]:
    """A page of addresses that are never mailed."""
    return await _SUPPRESSIONS.page(core, request, search)


async def ledger_of(core: Core, contact_id: int) -> list[Consent]:
    """A contact's ledger, the latest first."""
    rows = await core.db.fetch(
        "SELECT at, kind, source, reason, ip FROM consents WHERE contact_id = $1 ORDER BY id DESC", contact_id
    )
    return [Consent(*row) for row in rows]


async def latest_opt_ins(core: Core, contact_ids: Sequence[int]) -> dict[int, Consent]:
    """The line of the ledger by which each contact agreed last, by contact; a status that somebody set by hand is no
    consent and is passed over."""
    rows = await core.db.fetch(
        """SELECT DISTINCT ON (contact_id) at, kind, source, reason, ip, contact_id FROM consents
        WHERE contact_id = ANY($1::bigint[]) AND kind = 'opt_in' AND source <> 'by_hand' ORDER BY contact_id, id DESC""",
        list(contact_ids),
    )
    return {row["contact_id"]: Consent(*row[:5]) for row in rows}
