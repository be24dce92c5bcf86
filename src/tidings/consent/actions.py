"""Leaving, coming back and being left alone: conditional, in one transaction with the ledger and the facts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from tidings.contacts.erased import forget_erased
from tidings.contacts.rules import is_email
from tidings.platform.core import Core
from tidings.platform.db import Connection
from tidings.platform.errors import Invalid, Problem
from tidings.platform.facts import Fact, write_facts

_LEAVE = """
WITH was AS (SELECT id, status FROM contacts WHERE id = $1 FOR UPDATE)
UPDATE contacts c SET status = 'unsubscribed', updated_at = $2 FROM was
WHERE c.id = was.id AND was.status NOT IN ('unsubscribed', 'bounced', 'complained', 'spammed') RETURNING was.status
"""
_COME_BACK = """
WITH was AS (SELECT id, status FROM contacts WHERE id = $1 FOR UPDATE)
UPDATE contacts c SET status = 'subscribed', active_at = $2, updated_at = $2 FROM was
WHERE c.id = was.id AND was.status IN ('unsubscribed', 'pending', 'transactional') RETURNING was.status
"""
_LEDGER = "INSERT INTO consents (contact_id, at, kind, source, reason, ip, data) VALUES ($1, $2, $3, $4, $5, $6, $7)"
# Said again, a consent that stands is no new one: who synchronises every night adds no line every night.
_GIVEN = """
INSERT INTO consents (contact_id, at, kind, source, reason)
SELECT g.contact_id, coalesce(g.at, $5), 'opt_in', g.source, g.reason
FROM unnest($1::bigint[], $2::timestamptz[], $3::text[], $4::text[]) AS g (contact_id, at, source, reason)
WHERE NOT EXISTS (
    SELECT 1 FROM (
        SELECT k.kind, k.at, k.source, k.reason FROM consents k
        WHERE k.contact_id = g.contact_id AND k.kind IN ('opt_in', 'opt_out') AND NOT (k.kind = 'opt_in' AND k.source = 'by_hand')
        ORDER BY k.id DESC LIMIT 1) l
    WHERE l.kind = 'opt_in' AND l.source = g.source AND l.reason = g.reason AND l.at = coalesce(g.at, l.at))
RETURNING contact_id, source
"""
_NOTE = """
INSERT INTO notes (contact_id, kind, title, description, created_at, updated_at) VALUES ($1, 'system_log', $2, $3, $4, $4)
"""


async def unsubscribe_contact(
    tx: Connection,
    contact_id: int,
    *,
    at: datetime,
    reason: str,
    message_id: int | None = None,
    is_one_click: bool = False,
    ip: str = "",
) -> bool:
    """The contact leaves, inside the caller's transaction; False when there was nobody to leave (gone, or left before).
    Safe to call again. What of their mails is to be done, `messages.leaving` does."""
    was = await tx.fetchval(_LEAVE, contact_id, at)
    if was is None:
        return False
    data: dict[str, Any] = {"reason": reason, "one_click": is_one_click, "message_id": message_id}
    source = "list_unsubscribe_header" if is_one_click else "unsubscribe_page"
    await tx.execute(_LEDGER, contact_id, at, "opt_out", source, reason, ip or None, data)
    await tx.execute(_NOTE, contact_id, "Unsubscribed", f"Reason: {reason or 'none given'}", at)
    changed = {"was": was, "now": "unsubscribed", "reason": reason}
    await write_facts(
        tx,
        [
            Fact("contact_status_changed", contact_id, data=changed),
            Fact("contact_unsubscribed", contact_id, object_id=message_id, data=data),
        ],
    )
    return True


async def confirm_contact(core: Core, contact_id: int, *, source: str, ip: str = "") -> bool:
    """An opt-in was confirmed, or somebody came back: subscribed. False when there was nothing to change."""
    now = core.clock.now()
    async with core.db.transaction() as tx:
        was = await tx.fetchval(_COME_BACK, contact_id, now)
        if was is None:
            return False
        await tx.execute(_LEDGER, contact_id, now, "opt_in", source, "", ip or None, {})
        await tx.execute(_NOTE, contact_id, "Confirmed", f"The subscription was confirmed ({source}).", now)
        data = {"was": was, "now": "subscribed", "reason": source}
        await write_facts(
            tx,
            [
                Fact("contact_status_changed", contact_id, data=data),
                Fact("consent_recorded", contact_id, data={"source": source}),
            ],
        )
        return True


async def suppress_addresses(core: Core, emails: Sequence[str], *, reason: str, source: str = "") -> int:
    """The addresses are never mailed again, whatever becomes of their contacts; answers how many are new. Safe to call
    again. Raises Invalid('addresses') naming the first that is none; then nothing is written."""
    wanted = [one for email in emails if (one := email.strip())]
    wrong = next((one for one in wanted if not is_email(one)), None)
    if wrong is not None or not wanted:
        text = "Enter at least one mail address." if wrong is None else f"“{wrong[:100]}” is no mail address."
        raise Invalid({"addresses": Problem("email", text)})
    return await core.db.execute(
        """INSERT INTO suppressions (email_key, reason, source, at)
        SELECT DISTINCT lower(e), $2, $3, $4::timestamptz FROM unnest($1::text[]) e ON CONFLICT (email_key) DO NOTHING""",
        wanted,
        reason,
        source,
        core.clock.now(),
    )


async def release_address(core: Core, email: str) -> bool:
    """Takes an address off the suppressions, also that of somebody who was erased; False when it was not on them."""
    was_erased = await forget_erased(core, email)
    gone = await core.db.execute("DELETE FROM suppressions WHERE email_key = lower($1)", email.strip())
    return bool(gone) or was_erased


async def record_consents(
    core: Core,
    tx: Connection,
    contact_ids: Sequence[int],
    *,
    sources: Sequence[str],
    reasons: Sequence[str],
    moments: Sequence[datetime | None],
) -> None:
    """Consents that were given elsewhere, one for each contact, inside the caller's transaction, with their facts; what
    the last line of a contact says already is not written again.

    `reasons` hold what is known about them, `moments` when they were given (None: now).
    """
    if not contact_ids:
        return
    args = (list(contact_ids), list(moments), list(sources), list(reasons), core.clock.now())
    rows = await tx.fetch(_GIVEN, *args)
    await write_facts(tx, [Fact("consent_recorded", row["contact_id"], data={"source": row["source"]}) for row in rows])


async def record_consent(
    core: Core, tx: Connection, contact_id: int, *, kind: str, source: str, reason: str = "", ip: str = ""
) -> None:
    """A line of the ledger inside the caller's transaction. `kind`: opt_in, opt_out, objection."""
    await tx.execute(_LEDGER, contact_id, core.clock.now(), kind, source, reason, ip or None, {})
