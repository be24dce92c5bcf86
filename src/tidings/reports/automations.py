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


async def overview(core: Core) -> Overview:
    """The sums of what is published; one statement."""
    row = await core.db.fetchrow(
        """SELECT (SELECT count(*) FROM automations WHERE state = 'published' AND campaign_id IS NULL) AS automations,
        count(*) AS runs,
        count(*) FILTER (WHERE r.state = 'completed') AS completed,
        count(*) FILTER (WHERE r.state IN ('pending', 'active', 'waiting')) AS open
        FROM automation_runs r JOIN automations a ON a.id = r.automation_id AND a.state = 'published'
            AND a.campaign_id IS NULL"""
    )
    return Overview(*row) if row else Overview(0, 0, 0, 0)


async def top_automations(core: Core, *, limit: int = 5) -> list[Busy]:
    """The published ones that most contacts began, the busiest first."""
    rows = await core.db.fetch(
        """SELECT a.id, a.title, a.trigger, count(r.id) AS runs FROM automations a
        JOIN automation_runs r ON r.automation_id = a.id WHERE a.state = 'published' AND a.campaign_id IS NULL
        GROUP BY a.id ORDER BY runs DESC, a.id LIMIT $1""",
        limit,
    )
    return [Busy(*row) for row in rows]
