"""Custom fields that saved segments compare have an index, and the others have none."""

from __future__ import annotations

import pytest

from tidings.platform.core import Core
from tidings.segments import actions, indexes
from tidings.segments.queries import where_of
from tidings.segments.types import All, Any, CustomFieldIs, Everybody, Not


async def _names(core: Core) -> set[str]:
    rows = await core.db.fetch("SELECT indexname FROM pg_indexes WHERE indexname LIKE 'contacts_custom_%'")
    return {row["indexname"] for row in rows}


async def test_indexes_follow_the_saved_segments(core: Core):
    plan = CustomFieldIs("plan", "text", "equals", "Pro")
    score = CustomFieldIs("it's a score", "number", "greater", 5)
    saved = await actions.save_segment(core, title="A", rule=All((Everybody(), Any((Not(plan), score)))))
    await indexes.keep_custom_field_indexes(core)
    await indexes.keep_custom_field_indexes(core)
    assert await _names(core) == {
        indexes.index_name("plan", "text"),
        indexes.index_name("it's a score", "number"),
    }
    await actions.update_segment(core, saved.id, rule=plan)
    await indexes.keep_custom_field_indexes(core)
    assert await _names(core) == {indexes.index_name("plan", "text")}


@pytest.mark.own_database
async def test_the_planner_takes_the_index(core: Core):
    await core.db.execute(
        """INSERT INTO contacts (email, custom)
        SELECT 'p' || n || '@y.co', jsonb_build_object('plan', 'p' || n) FROM generate_series(1, 5000) n"""
    )
    rule = CustomFieldIs("plan", "text", "equals", "P77")
    await actions.save_segment(core, title="A", rule=rule)
    await indexes.keep_custom_field_indexes(core)
    where = await where_of(core, rule)
    async with core.db.transaction() as tx:
        await tx.execute("SET LOCAL plan_cache_mode = force_custom_plan")
        plan = await tx.fetch("EXPLAIN " + where.count_sql(), *where.args)
        assert await tx.fetchval(where.count_sql(), *where.args) == 1
    assert indexes.index_name("plan", "text") in "\n".join(row[0] for row in plan)
