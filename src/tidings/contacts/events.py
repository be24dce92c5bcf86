"""Events that outside systems report about a contact (fluentcrm.md §2.5, event tracker)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec

from tidings.platform.core import Core
from tidings.platform.db import Connection
from tidings.platform.facts import Fact, wake_readers, write_facts
from tidings.platform.pagination import Page, PageRequest

_RECORD = """
WITH wanted AS (SELECT * FROM unnest($1::bigint[], $2::text[], $3::text[]) AS w (contact_id, title, value)),
known AS (
    SELECT DISTINCT ON (w.contact_id) w.contact_id, e.id, w.value FROM wanted w JOIN contact_events e
        ON e.contact_id = w.contact_id AND e.provider = 'custom' AND e.event_key = $4 AND e.title = w.title
    WHERE $5 ORDER BY w.contact_id, e.id),
raised AS (
    UPDATE contact_events e SET counter = counter + 1, value = k.value, updated_at = $6 FROM known k WHERE e.id = k.id
    RETURNING e.id, e.contact_id, e.title, e.value),
made AS (
    INSERT INTO contact_events (contact_id, provider, event_key, title, value, created_at, updated_at)
    SELECT w.contact_id, 'custom', $4, w.title, w.value, $6, $6 FROM wanted w JOIN contacts c ON c.id = w.contact_id
    WHERE NOT EXISTS (SELECT 1 FROM known k WHERE k.contact_id = w.contact_id)
    RETURNING id, contact_id, title, value)
INSERT INTO facts (kind, contact_id, object_id, data)
SELECT 'event_tracked', contact_id, id,
       jsonb_build_object('event_key', $4::text, 'title', title, 'value', value, 'provider', 'custom')
FROM (SELECT * FROM raised UNION ALL SELECT * FROM made) e
"""


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


async def record_events(
    tx: Connection, events: Sequence[tuple[int, str, str]], *, event_key: str, is_repeatable: bool, at: datetime
) -> None:
    """Records one event per contact (contact, title, value) inside the caller's transaction; two statements.

    The same again (key and title) raises the counter; unless it is repeatable a row of its own is made.
    """
    await tx.execute(
        "SELECT 1 FROM contacts WHERE id = ANY($1::bigint[]) ORDER BY id FOR UPDATE", [one[0] for one in events]
    )
    columns = ([one[0] for one in events], [one[1] for one in events], [one[2] for one in events])
    await tx.execute(_RECORD, *columns, event_key, is_repeatable, at)
    await wake_readers(tx)


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
