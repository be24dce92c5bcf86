"""Statements and rows of automations. Private to automations."""

from __future__ import annotations

from collections.abc import Sequence

from tidings.automations.rules import Graph, graph_of
from tidings.automations.types import (
    AUTOMATION_COLUMNS,
    METRIC_COLUMNS,
    RUN_COLUMNS,
    STEP_COLUMNS,
    Automation,
    Metric,
    Run,
    Step,
)
from tidings.platform.core import Core
from tidings.platform.db import Connection, Database, Row, load_sql
from tidings.platform.errors import NotFound

sql = load_sql("tidings.automations")
SELECTED = ", ".join(f"a.{name}" for name in AUTOMATION_COLUMNS)
RUN_SELECTED = ", ".join(f"r.{name}" for name in RUN_COLUMNS)
STEP_SELECTED = ", ".join(f"s.{name}" for name in STEP_COLUMNS)
METRIC_SELECTED = ", ".join(f"m.{name}" for name in METRIC_COLUMNS)


def automation_from(row: Row) -> Automation:
    """An automation from a row that begins with SELECTED."""
    return Automation(*row[: len(AUTOMATION_COLUMNS)])


def run_from(row: Row) -> Run:
    """A run from a row that begins with RUN_SELECTED."""
    return Run(*row[: len(RUN_COLUMNS)])


def step_from(row: Row) -> Step:
    """A step from a row of STEP_SELECTED."""
    return Step(*row)


def metric_from(row: Row) -> Metric:
    """A metric from a row of METRIC_SELECTED."""
    return Metric(*row)


async def locked(tx: Connection, automation_id: int) -> Automation:
    """The automation, locked until the transaction ends; raises NotFound."""
    row = await tx.fetchrow(f"SELECT {SELECTED} FROM automations a WHERE a.id = $1 FOR UPDATE", automation_id)
    if row is None:
        raise NotFound("automation", automation_id)
    return automation_from(row)


async def steps_of(source: Connection | Database, automation_ids: Sequence[int]) -> dict[int, list[Step]]:
    """Steps in their order, by automation."""
    found: dict[int, list[Step]] = {one: [] for one in automation_ids}
    for row in await source.fetch(
        f"SELECT {STEP_SELECTED} FROM automation_steps s WHERE s.automation_id = ANY($1::bigint[]) ORDER BY s.position, s.id",
        list(automation_ids),
    ):
        step = step_from(row)
        found[step.automation_id].append(step)
    return found


async def graph(source: Connection | Database, automation_id: int) -> Graph:
    """The graph of one automation."""
    return graph_of((await steps_of(source, [automation_id]))[automation_id])


async def published(tx: Connection | Core, triggers: Sequence[str]) -> list[Automation]:
    """Automations that run and are begun by one of these words."""
    source = tx.db if isinstance(tx, Core) else tx
    statement = sql.published.replace("{automation}", SELECTED)
    return [automation_from(row) for row in await source.fetch(statement, list(triggers))]
