"""Events that outside systems report about a contact (fluentcrm.md §2.5, event tracker)."""

from __future__ import annotations

from datetime import datetime

import msgspec

from tidings.platform.core import Core
from tidings.platform.facts import Fact, write_facts
from tidings.platform.pagination import Page, PageRequest


class TrackedEvent(msgspec.Struct, frozen=True):
    """An event; `counter` says how often it came."""

    id: int
    contact_id: int
    provider: str
    event_key: str
    title: str
    value: str
    counter: int
    created_by: int | None
    created_at: datetime
    updated_at: datetime


async def track_event(
    core: Core,
    contact_id: int,
    *,
    event_key: str,
    title: str,
    value: str = "",
    provider: str = "custom",
    is_repeatable: bool = True,
    created_by: int | None = None,
) -> int:
    """Records an event and returns its id; the same again raises the counter unless it is not repeatable."""
    now = core.clock.now()
    async with core.db.transaction() as tx:
        # one writer per contact at a time, so that two reports of one event make one row
        await tx.execute("SELECT 1 FROM contacts WHERE id = $1 FOR UPDATE", contact_id)
        known = None
        if is_repeatable:
            known = await tx.fetchval(
                """UPDATE contact_events SET counter = counter + 1, value = $5, updated_at = $6
                WHERE id = (SELECT id FROM contact_events WHERE contact_id = $1 AND provider = $2 AND event_key = $3
                            AND title = $4 ORDER BY id LIMIT 1) RETURNING id""",
                contact_id,
                provider,
                event_key,
                title,
                value,
                now,
            )
        if known is None:
            known = await tx.fetchval(
                """INSERT INTO contact_events (contact_id, provider, event_key, title, value, created_by, created_at, updated_at)
                VALUES ($1, $2, $3, $4, $5, $6, $7, $7) RETURNING id""",
                contact_id,
                provider,
                event_key,
                title,
                value,
                created_by,
                now,
            )
        data = {"event_key": event_key, "title": title, "value": value, "provider": provider}
        await write_facts(tx, [Fact("event_tracked", contact_id, object_id=known, data=data)])
        return known


async def list_events(core: Core, contact_id: int, request: PageRequest) -> Page[TrackedEvent]:
    """A contact's events, newest first."""
    rows = await core.db.fetch(
        """SELECT id, contact_id, provider, event_key, title, value, counter, created_by, created_at, updated_at
        FROM contact_events WHERE contact_id = $1 ORDER BY id DESC LIMIT $2 OFFSET $3""",
        contact_id,
        request.per_page,
        request.offset,
    )
    total = await core.db.fetchval("SELECT count(*) FROM contact_events WHERE contact_id = $1", contact_id)
    return Page([TrackedEvent(*row) for row in rows], total, request)
