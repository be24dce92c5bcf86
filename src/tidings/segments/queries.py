"""Reads: saved segments, and counting and listing whom a rule matches, with a limit on their time.

Pages of contacts come from `contacts.queries`, which takes the `Where` of `where_of`; drawing recipients is `campaigns`.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from datetime import timedelta

from tidings.contacts.counting import count_matching
from tidings.platform.core import Core
from tidings.platform.db import escape_like
from tidings.platform.errors import NotFound, Refused
from tidings.segments.compiler import Where, compile_rule
from tidings.segments.store import Segment, segment_from, sql
from tidings.segments.types import Rule

TIME_LIMIT = timedelta(seconds=20)


async def where_of(core: Core, rule: Rule, *, first: int = 1) -> Where:
    """The rule's SQL for this installation's zone and this instant; placeholders start at `first`."""
    return compile_rule(rule, zone=await core.installation.zone(), now=core.clock.now(), first=first)


async def count_contacts(core: Core, rule: Rule, *, limit: timedelta = TIME_LIMIT) -> int:
    """How many contacts match. Refused ('too_slow') when it takes longer than `limit`."""
    with _limited():
        return await count_matching(core, await where_of(core, rule), within=limit)


async def list_contact_ids(
    core: Core, rule: Rule, *, after: int = 0, size: int = 1000, limit: timedelta = TIME_LIMIT
) -> list[int]:
    """The next `size` ids above `after`, ascending. Refused ('too_slow') when it takes longer than `limit`."""
    where = await where_of(core, rule)
    with _limited():
        async with core.db.reading(within=limit) as tx:
            return [row[0] for row in await tx.fetch(where.ids_sql(), *where.args, after, size)]


async def list_segments(core: Core, *, search: str = "") -> list[Segment]:
    """Saved segments, newest first, optionally those whose title holds `search`."""
    text = escape_like(search.strip())
    return [segment_from(row) for row in await core.db.fetch(sql.list_segments, f"%{text}%" if text else "")]


async def find_segment(core: Core, segment_id: int) -> Segment | None:
    """One saved segment, or None."""
    row = await core.db.fetchrow(sql.segment_by_id, segment_id)
    return segment_from(row) if row else None


async def segment_by_id(core: Core, segment_id: int) -> Segment:
    """One saved segment; raises NotFound."""
    found = await find_segment(core, segment_id)
    if found is None:
        raise NotFound("segment", segment_id)
    return found


@contextmanager
def _limited() -> Generator[None]:
    try:
        yield
    except TimeoutError:
        raise Refused("This selection takes too long to evaluate. Make it simpler.", code="too_slow") from None
