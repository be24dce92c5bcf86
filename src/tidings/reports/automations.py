"""Numbers of automations over all of them."""

from __future__ import annotations

from dataclasses import dataclass

from tidings.platform.core import Core


@dataclass(frozen=True, slots=True)
class Overview:
    """Published automations, and the contacts that are or were in them."""

    automations: int
    runs: int
    completed: int
    open: int


@dataclass(frozen=True, slots=True)
class Busy:
    """An automation with how many contacts began it."""

    id: int
    title: str
    trigger: str
    runs: int


# Who is or was in published automations, read once for all that is told of them.
_RUNS = """WITH counted AS MATERIALIZED (
    SELECT r.automation_id, r.state, count(*) AS n FROM automation_runs r
    WHERE r.automation_id IN (SELECT id FROM automations WHERE state = 'published' AND campaign_id IS NULL) GROUP BY 1, 2)"""


async def overview(core: Core, *, busiest: int = 5) -> tuple[Overview, list[Busy]]:
    """The sums of what is published, and the automations that most contacts began, the busiest first; one statement."""
    rows = await core.db.fetch(
        f"""{_RUNS},
        sums AS (SELECT (SELECT count(*) FROM automations WHERE state = 'published' AND campaign_id IS NULL)
             AS automations,
            coalesce(sum(n), 0)::bigint AS runs, coalesce(sum(n) FILTER (WHERE state = 'completed'), 0)::bigint AS completed,
            coalesce(sum(n) FILTER (WHERE state IN ('pending', 'active', 'waiting')), 0)::bigint AS open FROM counted),
        busy AS (SELECT a.id, a.title, a.trigger, sum(n)::bigint AS n FROM counted c JOIN automations a ON a.id = c.automation_id
            GROUP BY a.id ORDER BY n DESC, a.id LIMIT $1)
        SELECT s.*, b.* FROM sums s LEFT JOIN busy b ON true ORDER BY b.n DESC, b.id""",
        busiest,
    )
    sums, width = rows[0], len(Overview.__dataclass_fields__)
    return Overview(*list(sums)[:width]), [Busy(*list(row)[width:]) for row in rows if row["id"] is not None]
