"""Writes of saved segments. A segment is a stored rule tree; whoever matches it is never stored."""

from __future__ import annotations

from collections.abc import Sequence

from tidings.platform.core import Core
from tidings.platform.db import affected
from tidings.platform.errors import Invalid, NotFound, Problem
from tidings.segments.store import Segment, segment_from, sql
from tidings.segments.types import Rule, check_size, to_json


async def save_segment(
    core: Core, *, title: str, rule: Rule, description: str = "", created_by: int | None = None
) -> Segment:
    """Stores a new segment; raises Invalid without a title or with too large a tree."""
    check_size(rule)
    async with core.db.transaction() as tx:
        row = await tx.fetchrow(
            sql.insert_segment, _checked_title(title), description, to_json(rule), created_by, core.clock.now()
        )
    assert row is not None
    return segment_from(row)


async def update_segment(
    core: Core, segment_id: int, *, title: str | None = None, rule: Rule | None = None, description: str | None = None
) -> Segment:
    """Changes what is given; raises NotFound or Invalid."""
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


def _checked_title(title: str) -> str:
    text = title.strip()
    if not text:
        raise Invalid({"title": Problem("required", "A segment needs a title.")})
    return text
