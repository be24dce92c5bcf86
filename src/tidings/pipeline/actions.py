"""Writes of the pipeline: stages and their order, and contacts moved through them with log and facts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tidings.pipeline import rules, store
from tidings.pipeline.types import Actor
from tidings.platform.core import Core
from tidings.platform.db import Connection
from tidings.platform.errors import Conflict, Invalid, NotFound, Problem
from tidings.platform.facts import Fact, wake_readers, write_facts

TITLE_TAKEN = Problem("unique", "The name is already used by another stage.")
UNKNOWN = Problem("exists", "The stage does not exist.")
_CHANGEABLE = ("title", "color", "outcome")
# One writer of the stages at a time, so that their order has no gaps and no two in one place.
_ONE_AT_A_TIME = "LOCK TABLE pipeline_stages IN SHARE ROW EXCLUSIVE MODE"


async def create_stage(
    core: Core, *, title: str, color: str | None = None, outcome: str = "open", position: int | None = None
) -> int:
    """Makes a stage at `position` (0 is the first; None the last) and answers its id; raises Invalid."""
    values = rules.checked_stage({"title": title, "color": color, "outcome": outcome})
    async with core.db.transaction() as tx:
        order = await _locked_order(tx)
        if len(order) >= rules.MAX_STAGES:
            raise Invalid({"title": Problem("max", f"There may be at most {rules.MAX_STAGES} stages.")})
        made: int | None = await tx.fetchval(
            """INSERT INTO pipeline_stages (title, color, outcome, position, created_at, updated_at)
            VALUES ($1, $2, $3, $4, $5, $5) ON CONFLICT (lower(title)) DO NOTHING RETURNING id""",
            values["title"],
            values["color"],
            values["outcome"],
            len(order),
            core.clock.now(),
        )
        if made is None:
            raise Invalid({"title": TITLE_TAKEN})
        if position is not None:
            await tx.execute(store.sql.order_stages, rules.moved_to(order, made, position), core.clock.now())
        await write_facts(tx, [Fact("stage_created", subject_id=made, data={"title": values["title"]})])
        return made


async def update_stage(core: Core, stage_id: int, *, position: int | None = None, **changes: Any) -> None:
    """Changes title, color, outcome or position; raises NotFound, Invalid."""
    unknown = set(changes) - set(_CHANGEABLE)
    if unknown:
        raise Invalid({name: Problem("unknown", f"A stage has no field “{name}”.") for name in sorted(unknown)})
    values = rules.checked_stage(changes)
    async with core.db.transaction() as tx:
        order = await _locked_order(tx)
        if stage_id not in order:
            raise NotFound("stage", stage_id)
        if "title" in values and await tx.fetchval(
            "SELECT 1 FROM pipeline_stages WHERE lower(title) = lower($1) AND id <> $2", values["title"], stage_id
        ):
            raise Invalid({"title": TITLE_TAKEN})
        sets = "".join(f", {name} = ${i}" for i, name in enumerate(values, start=3))
        await tx.execute(
            f"UPDATE pipeline_stages SET updated_at = $2{sets} WHERE id = $1",
            stage_id,
            core.clock.now(),
            *values.values(),
        )
        if position is not None:
            await tx.execute(store.sql.order_stages, rules.moved_to(order, stage_id, position), core.clock.now())


async def _locked_order(tx: Connection) -> list[int]:
    await tx.execute(_ONE_AT_A_TIME)
    return [row["id"] for row in await tx.fetch("SELECT id FROM pipeline_stages ORDER BY position, id")]


async def delete_stage(core: Core, stage_id: int, *, move_to: int | None = None, actor: Actor | None = None) -> int:
    """Deletes a stage after its contacts moved to `move_to`, and answers how many moved; the log keeps its title.

    Raises NotFound, Conflict ('has_contacts') when contacts stand in it and no other stage is named, and Invalid when
    that one does not exist or is the same.
    """
    async with core.db.transaction() as tx:
        order = await _locked_order(tx)
        if stage_id not in order:
            raise NotFound("stage", stage_id)
        if move_to is not None and (move_to == stage_id or move_to not in order):
            raise Invalid({"move_to": Problem("exists", "Name another stage that exists.")})
        # The lock waits for whoever is about to enter; who comes later finds no stage.
        title = await tx.fetchval("SELECT title FROM pipeline_stages WHERE id = $1 FOR UPDATE", stage_id)
        await tx.fetchval(store.sql.lock_inside, stage_id)
        inside = await tx.fetchval("SELECT count(*) FROM pipeline_places WHERE stage_id = $1", stage_id)
        if inside and move_to is None:
            text = f"Contacts stand in “{title}”: {inside}. Name the stage they move to."
            raise Conflict(text, code="has_contacts")
        moved = 0
        if move_to is not None:
            moved = await _empty(core, tx, stage_id, move_to, actor=actor or Actor(), note=f"“{title}” was deleted.")
        await tx.execute("DELETE FROM pipeline_stages WHERE id = $1", stage_id)
        order.remove(stage_id)
        await tx.execute(store.sql.order_stages, order, core.clock.now())
        await write_facts(tx, [Fact("stage_deleted", subject_id=stage_id, data={"title": title, "moved": moved})])
        return moved


async def _empty(core: Core, tx: Connection, stage_id: int, move_to: int, *, actor: Actor, note: str) -> int:
    title = await tx.fetchval("SELECT title FROM pipeline_stages WHERE id = $1", move_to)
    statement = store.sql.move.replace("{who}", "p.stage_id = $1::bigint").replace("{answer}", "count(*)")
    args = (stage_id, move_to, title, core.clock.now(), actor.id, actor.name, note, False)
    return await tx.fetchval(statement, *args)


async def move_contacts(
    core: Core, contact_ids: Sequence[int], stage_id: int | None, *, actor: Actor | None = None, note: str = ""
) -> list[int]:
    """Moves contacts to a stage (None: out of the pipeline) and answers the ids that moved; who stands there already
    and who does not exist is left alone. Raises Invalid for an unknown stage or a note that is too long."""
    async with core.db.transaction() as tx:
        return await place_contacts(core, tx, contact_ids, stage_id, actor=actor, note=note)


async def place_contacts(
    core: Core,
    tx: Connection,
    contact_ids: Sequence[int],
    stage_id: int | None,
    *,
    actor: Actor | None = None,
    note: str = "",
    is_silent: bool = False,
) -> list[int]:
    """`move_contacts` inside the caller's transaction."""
    actor, note = actor or Actor(), rules.checked_note(note)
    title = None
    if stage_id is not None:
        title = await tx.fetchval("SELECT title FROM pipeline_stages WHERE id = $1 FOR KEY SHARE", stage_id)
        if title is None:
            raise Invalid({"stage": UNKNOWN})
    ids = sorted(set(contact_ids))
    await tx.execute(store.sql.lock_contacts, ids)
    statement = store.sql.move.replace("{who}", "c.id = ANY($1::bigint[])").replace("{answer}", "contact_id")
    args = (ids, stage_id, title, core.clock.now(), actor.id, actor.name, note, is_silent)
    rows = await tx.fetch(statement, *args)
    await wake_readers(tx)
    return [row["contact_id"] for row in rows]
