"""Writes of saved segments. A segment is a stored rule tree; whoever matches it is never stored."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from tidings.platform.core import Core
from tidings.platform.db import affected
from tidings.platform.errors import Invalid, NotFound, Problem, Refused
from tidings.segments.queries import count_contacts
from tidings.segments.store import Segment, segment_from, sql
from tidings.segments.types import Rule, check_size, to_json

# A count that did not change is not written again before this.
STALE = timedelta(minutes=10)


async def save_segment(
    core: Core,
    *,
    title: str,
    rule: Rule,
    description: str = "",
    created_by: int | None = None,
    settings: Mapping[str, Any] | None = None,
) -> Segment:
    """Stores a new segment; raises Invalid without a title or with too large a tree."""
    check_size(rule)
    async with core.db.transaction() as tx:
        row = await tx.fetchrow(
            sql.insert_segment,
            _checked_title(title),
            description,
            to_json(rule),
            created_by,
            core.clock.now(),
            dict(settings or {}),
        )
    assert row is not None
    return segment_from(row)


async def update_segment(
    core: Core,
    segment_id: int,
    *,
    title: str | None = None,
    rule: Rule | None = None,
    description: str | None = None,
    settings: Mapping[str, Any] | None = None,
) -> Segment:
    """Changes what is given; raises NotFound or Invalid. Another rule makes the count unknown."""
    if rule is not None:
        check_size(rule)
    async with core.db.transaction() as tx:
        row = await tx.fetchrow(
            sql.update_segment,
            segment_id,
            None if title is None else _checked_title(title),
            description,
            None if rule is None else to_json(rule),
            core.clock.now(),
            None if settings is None else dict(settings),
        )
    if row is None:
        raise NotFound("segment", segment_id)
    return segment_from(row)


async def duplicate_segment(
    core: Core, segment_id: int, *, prefix: str = "[Duplicate] ", created_by: int | None = None
) -> Segment:
    """A copy whose title begins with `prefix`; raises NotFound."""
    async with core.db.transaction() as tx:
        row = await tx.fetchrow(sql.duplicate_segment, segment_id, prefix, created_by, core.clock.now())
    if row is None:
        raise NotFound("segment", segment_id)
    return segment_from(row)


async def delete_segments(core: Core, segment_ids: Sequence[int]) -> int:
    """Removes segments, never contacts; returns how many there were."""
    async with core.db.transaction() as tx:
        return affected(await tx.execute(sql.delete_segments, list(segment_ids)))


async def count_segments(
    core: Core, segments: Sequence[Segment], *, within: timedelta = timedelta(seconds=1)
) -> dict[int, int | None]:
    """How many match each, by id, counted now for as long as `within` lasts.

    Whoever's turn does not come, or who takes longer than what is left, has the count of the last time, None if there
    was none. The longest uncounted come first; what was counted is kept.
    """
    found = {one.id: one.contacts_count for one in segments}
    fresh: list[tuple[Segment, int]] = []
    ends = time.monotonic() + within.total_seconds()
    for one in sorted(segments, key=lambda one: one.counted_at.timestamp() if one.counted_at else 0.0):
        left = timedelta(seconds=ends - time.monotonic())
        if left < timedelta(milliseconds=1):
            break
        try:
            found[one.id] = n = await count_contacts(core, one.rule, limit=left)
        except Refused:
            continue
        fresh.append((one, n))
    now = core.clock.now()
    kept = [
        (one, n)
        for one, n in fresh
        if n != one.contacts_count or one.counted_at is None or now - one.counted_at > STALE
    ]
    if kept:
        ids, counts, read = zip(*((one.id, n, one.updated_at) for one, n in kept), strict=True)
        async with core.db.transaction() as tx:
            await tx.execute(sql.keep_counts, list(ids), list(counts), list(read), now)
    return found


def _checked_title(title: str) -> str:
    text = title.strip()
    if not text:
        raise Invalid({"title": Problem("required", "A segment needs a title.")})
    return text
