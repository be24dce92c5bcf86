"""Writes of templates: one function, one transaction, facts in it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tidings.platform.core import Core
from tidings.platform.errors import Invalid, NotFound, Problem
from tidings.platform.facts import wake_readers
from tidings.templates import rules, store
from tidings.templates.types import STATES, State


async def create_template(core: Core, *, title: str, created_by: int | None = None, **values: Any) -> int:
    """Makes a template, a draft unless `state` says otherwise, and returns its id. Titles need not differ. Raises Invalid."""
    given = rules.checked({"title": title, **values})
    columns = "".join(f", {name}" for name in given)
    places = "".join(f", ${i}" for i in range(3, 3 + len(given)))
    return await core.db.fetchval(
        f"INSERT INTO templates (created_by, created_at, updated_at{columns}) VALUES ($1, $2, $2{places}) RETURNING id",
        created_by,
        core.clock.now(),
        *given.values(),
    )


async def update_template(core: Core, template_id: int, **values: Any) -> None:
    """Changes what is given; what was made of it before stays as it is. Raises NotFound, Invalid."""
    given = rules.checked(values)
    sets = "".join(f", {name} = ${i}" for i, name in enumerate(given, start=3))
    done = await core.db.fetchval(
        f"UPDATE templates SET updated_at = $2{sets} WHERE id = $1 RETURNING id",
        template_id,
        core.clock.now(),
        *given.values(),
    )
    if done is None:
        raise NotFound("template", template_id)


async def duplicate_template(core: Core, template_id: int, *, title: str, created_by: int | None = None) -> int:
    """A draft with the same content under another title. Raises NotFound, Invalid."""
    given = rules.checked({"title": title})
    made = await core.db.fetchval(store.sql.duplicate, template_id, given["title"], created_by, core.clock.now())
    if made is None:
        raise NotFound("template", template_id)
    return made


async def move_templates(core: Core, ids: Sequence[int] | None, state: State) -> int:
    """Publishes templates or makes them drafts again (None: every one); returns how many were not so before."""
    if state not in STATES:
        raise Invalid({"state": Problem("in", "A template is a draft or published.")})
    return await core.db.fetchval(store.sql.move, None if ids is None else list(ids), state, core.clock.now())


async def delete_templates(core: Core, ids: Sequence[int] | None) -> int:
    """Deletes templates (None: every one) and returns how many; mails that were made of them stay. Unknown ids are no error."""
    async with core.db.transaction() as tx:
        n: int = await tx.fetchval(store.sql.delete, None if ids is None else list(ids))
        if n:
            await wake_readers(tx)
        return n
