"""Counting and finding by rule, and the saved segments."""

from __future__ import annotations

from tidings.platform.core import Core
from tidings.platform.errors import NotFound
from tidings.segments.compiler import Where, compile_rule
from tidings.segments.types import Rule, Segment

_COLUMNS = "id, title, description, rules, created_at, updated_at"


async def where_of(core: Core, rule: Rule, *, first: int = 1) -> Where:
    """The compiled rule in the installation's zone, now."""
    return compile_rule(rule, zone=await core.installation.zone(), now=core.clock.now(), first=first)


async def count_matching(core: Core, rule: Rule) -> int:
    """How many contacts match."""
    where = await where_of(core, rule)
    return await core.db.fetchval(f"SELECT count(*) FROM contacts c WHERE {where.sql}", *where.args)


async def list_segments(core: Core) -> list[Segment]:
    """All saved segments by title."""
    return [Segment(*row) for row in await core.db.fetch(f"SELECT {_COLUMNS} FROM segments ORDER BY lower(title), id")]


async def segment_by_id(core: Core, segment_id: int) -> Segment:
    """One segment; raises NotFound."""
    row = await core.db.fetchrow(f"SELECT {_COLUMNS} FROM segments WHERE id = $1", segment_id)
    if row is None:
        raise NotFound("segment", segment_id)
    return Segment(*row)
