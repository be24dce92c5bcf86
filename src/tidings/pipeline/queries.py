"""Reads of the pipeline. Columns come in pieces by keyset, so that a stage of a million contacts costs as much as one
of ten; counts come from the tallies, conversion and stays from the log in one statement.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from tidings.contacts.types import CONTACT_COLUMNS, Contact, Filter
from tidings.pipeline import store
from tidings.pipeline.types import Card, Column, Move, Stage, StageNumbers, Standing
from tidings.platform.core import Core
from tidings.platform.errors import NotFound

_SELECTED = ", ".join(f"c.{name}" for name in CONTACT_COLUMNS)
_WIDTH = len(CONTACT_COLUMNS)
# Where the next piece of a column begins: the moment and the contact of its last card.
Cursor = tuple[datetime, int]


async def list_stages(core: Core) -> list[Stage]:
    """All stages in their order."""
    return [Stage(*row) for row in await core.db.fetch(f"{store.sql.stages} ORDER BY s.position, s.id")]


async def find_stage(core: Core, stage_id: int) -> Stage | None:
    """One stage, or None."""
    row = await core.db.fetchrow(f"{store.sql.stages} WHERE s.id = $1", stage_id)
    return Stage(*row) if row else None


async def stage_by_id(core: Core, stage_id: int) -> Stage:
    """One stage; raises NotFound."""
    found = await find_stage(core, stage_id)
    if found is None:
        raise NotFound("stage", stage_id)
    return found


async def standings_of(core: Core, contact_ids: Sequence[int]) -> dict[int, Standing]:
    """Where contacts stand, by contact; those outside the pipeline are left out."""
    rows = await core.db.fetch(store.sql.standings, list(contact_ids))
    return {row["contact_id"]: Standing(row["id"], row["title"], row["color"], row["entered_at"]) for row in rows}


async def column_of(
    core: Core, stage_id: int, *, matching: Filter | None = None, after: Cursor | None = None, limit: int = 20
) -> Column:
    """The next piece of a stage's contacts, who came last first. `after` is the last card of the piece before."""
    where, args = (matching.sql, list(matching.args)) if matching else ("true", [])
    n = len(args)
    follows = f"AND (p.entered_at, p.contact_id) < (${n + 3}::timestamptz, ${n + 4}::bigint)" if after else ""
    rows = await core.db.fetch(
        f"""SELECT {_SELECTED}, p.entered_at FROM pipeline_places p JOIN contacts c ON c.id = p.contact_id
        WHERE p.stage_id = ${n + 1} AND ({where}) {follows}
        ORDER BY p.entered_at DESC, p.contact_id DESC LIMIT ${n + 2}""",
        *args,
        stage_id,
        limit + 1,
        *(after or ()),
    )
    cards = [Card(Contact(*row[:_WIDTH]), row["entered_at"]) for row in rows[:limit]]
    return Column(stage_id, cards, len(rows) > limit)


async def count_matching(core: Core, matching: Filter) -> dict[int, int]:
    """Contacts per stage that match; one statement for all stages, those with nobody left out."""
    rows = await core.db.fetch(
        f"""SELECT p.stage_id, count(*) AS n FROM pipeline_places p JOIN contacts c ON c.id = p.contact_id
        WHERE {matching.sql} GROUP BY p.stage_id""",
        *matching.args,
    )
    return {row["stage_id"]: row["n"] for row in rows}


async def history_of(core: Core, contact_id: int, *, before: int | None = None, limit: int = 50) -> list[Move]:
    """A contact's moves, the latest first, by keyset on the line."""
    return [Move(*row) for row in await core.db.fetch(store.sql.history, contact_id, before, limit)]


async def stage_numbers(core: Core, *, since: datetime | None = None) -> dict[int, StageNumbers]:
    """Conversion and stays by stage, of stays that began since then; stages nobody entered are left out."""
    return {row["stage_id"]: StageNumbers(*row) for row in await core.db.fetch(store.sql.numbers, since)}
