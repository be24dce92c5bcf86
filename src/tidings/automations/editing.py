"""Single changes of the steps of an automation: each is a new version of the whole, saved by `actions`."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tidings.automations import store
from tidings.automations.rules import Graph
from tidings.automations.saving import save_steps
from tidings.automations.types import Branch, Step, StepDraft
from tidings.platform.core import Core
from tidings.platform.errors import NotFound

Row = list[StepDraft]


async def add_step(
    core: Core,
    automation_id: int,
    draft: StepDraft,
    *,
    after: int | None = None,
    parent: int | None = None,
    branch: Branch = "",
    by: int | None = None,
) -> None:
    """Puts a step behind another one, or first on the way `branch` of `parent`, or first of all. Raises NotFound, Invalid."""

    def change(rows: Row) -> Row:
        if after is not None:
            return _replaced(rows, after, lambda one: [one, draft])
        if parent is None:
            return [draft, *rows]
        way = "yes" if branch == "yes" else "no"
        return _replaced(rows, parent, lambda one: [dataclasses.replace(one, **{way: [draft, *getattr(one, way)]})])

    await _save(core, automation_id, change, by)


async def change_step(
    core: Core,
    automation_id: int,
    step_id: int,
    *,
    params: Mapping[str, Any],
    title: str,
    mail: Mapping[str, Any] | None = None,
    by: int | None = None,
) -> None:
    """Changes what a step asks for; what a dialect kept of it beside that is forgotten. Raises NotFound, Invalid."""

    def change(one: StepDraft) -> Row:
        return [dataclasses.replace(one, params=params, title=title, extras={}, mail=mail)]

    await _save(core, automation_id, lambda rows: _replaced(rows, step_id, change), by)


async def delete_step(core: Core, automation_id: int, step_id: int, *, by: int | None = None) -> None:
    """Takes a step out with all steps of its branches; raises NotFound."""
    await _save(core, automation_id, lambda rows: _replaced(rows, step_id, lambda _: []), by)


async def move_step(core: Core, automation_id: int, step_id: int, *, up: bool, by: int | None = None) -> None:
    """Changes places with the step before or behind on the same way; at its end nothing moves. Raises NotFound."""

    def change(rows: Row) -> Row:
        places = [place for place, one in enumerate(rows) if one.id == step_id]
        if not places:
            return [dataclasses.replace(one, yes=change(list(one.yes)), no=change(list(one.no))) for one in rows]
        here, there = places[0], places[0] + (-1 if up else 1)
        if 0 <= there < len(rows):
            rows[here], rows[there] = rows[there], rows[here]
        return rows

    await _save(core, automation_id, lambda rows: change(_require(rows, step_id)), by)


def _require(rows: Row, step_id: int) -> Row:
    """The rows as they are; raises NotFound when the step is not among them."""
    _replaced(rows, step_id, lambda one: [one])
    return rows


def _replaced(rows: Sequence[StepDraft], step_id: int, change: Callable[[StepDraft], Row]) -> Row:
    found = 0

    def walk(row: Sequence[StepDraft]) -> Row:
        nonlocal found
        made: Row = []
        for one in row:
            if one.id == step_id:
                found += 1
                made += change(one)
            else:
                made.append(dataclasses.replace(one, yes=walk(one.yes), no=walk(one.no)))
        return made

    changed = walk(rows)
    if not found:
        raise NotFound("step", step_id)
    return changed


async def _save(core: Core, automation_id: int, change: Callable[[Row], Row], by: int | None) -> None:
    async with core.db.transaction() as tx:
        automation = await store.locked(tx, automation_id)
        graph = await store.graph(tx, automation_id)
        await save_steps(core, tx, automation, change(_kept(graph, graph.rows.get((None, ""), ()))), by=by)


def _kept(graph: Graph, row: Sequence[int]) -> Row:
    """Stored steps as drafts of themselves."""

    def kept(step: Step) -> StepDraft:
        return StepDraft(
            step.kind,
            step.params,
            id=step.id,
            title=step.title,
            description=step.description,
            note=step.note,
            extras=step.extras,
            mailing_id=step.mailing_id,
            yes=_kept(graph, graph.rows.get((step.id, "yes"), ())),
            no=_kept(graph, graph.rows.get((step.id, "no"), ())),
        )

    return [kept(graph.steps[one]) for one in row]
