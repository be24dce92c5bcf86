"""Writes of patterns and their categories."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import Any

from tidings.contacts.rules import slug_of
from tidings.platform.core import Core
from tidings.platform.errors import NotFound
from tidings.platform.facts import wake_readers
from tidings.templates.patterns import rules, store


async def create_pattern(core: Core, *, title: str, created_by: int | None = None, **values: Any) -> int:
    """Makes a pattern with a short name of its own and returns its id. Raises Invalid."""
    given = rules.checked({"title": title, **values})
    columns = "".join(f", {name}" for name in given)
    places = "".join(f", ${i}" for i in range(4, 4 + len(given)))
    return await core.db.fetchval(
        f"""INSERT INTO patterns (slug, created_by, created_at, updated_at{columns})
        VALUES ($1, $2, $3, $3{places}) RETURNING id""",
        _slug(given["title"], secrets.token_hex(7)[:13]),
        created_by,
        core.clock.now(),
        *given.values(),
    )


def _slug(title: str, tail: object) -> str:
    return f"{slug_of(title)[:150]}-{tail}"


async def update_pattern(core: Core, pattern_id: int, **values: Any) -> None:
    """Changes what is given; with the title the short name changes too. Mails that refer to it follow. Raises NotFound, Invalid."""
    given = rules.checked(values)
    sets = "".join(f", {name} = ${i}" for i, name in enumerate(given, start=3))
    renamed: list[str] = []
    if "title" in given:
        sets += f", slug = CASE WHEN title = ${list(given).index('title') + 3} THEN slug ELSE ${3 + len(given)} END"
        renamed = [_slug(given["title"], pattern_id)]
    done = await core.db.fetchval(
        f"UPDATE patterns SET updated_at = $2{sets} WHERE id = $1 RETURNING id",
        pattern_id,
        core.clock.now(),
        *given.values(),
        *renamed,
    )
    if done is None:
        raise NotFound("pattern", pattern_id)


async def duplicate_pattern(core: Core, pattern_id: int, *, title: str, created_by: int | None = None) -> int:
    """A copy under another title. Raises NotFound, Invalid."""
    given = rules.checked({"title": title})
    slug = _slug(given["title"], secrets.token_hex(7)[:13])
    made = await core.db.fetchval(store.sql.duplicate, pattern_id, slug, given["title"], created_by, core.clock.now())
    if made is None:
        raise NotFound("pattern", pattern_id)
    return made


async def delete_patterns(core: Core, ids: Sequence[int]) -> int:
    """Deletes patterns and returns how many; where mails referred to them, nothing stands from then on."""
    async with core.db.transaction() as tx:
        n: int = await tx.fetchval(store.sql.delete, list(ids))
        if n:
            await wake_readers(tx)
        return n


async def create_category(core: Core, name: str) -> int:
    """Gives a category a row of its own, if it has none yet, and returns its id. Raises Invalid."""
    name = rules.category_name(name)
    return await core.db.fetchval(store.sql.make_category, name, slug_of(name))


async def delete_category(core: Core, category_id: int) -> None:
    """Deletes a category; its patterns stay, in none. Raises NotFound."""
    if await core.db.fetchval(store.sql.delete_category, category_id, core.clock.now()) is None:
        raise NotFound("category", category_id)
