"""Lists, tags, labels and custom-field definitions: what contacts and campaigns are sorted into."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal

from tidings.contacts import queries, rules, store
from tidings.contacts.types import CustomField
from tidings.platform.core import Core
from tidings.platform.db import Connection
from tidings.platform.errors import Invalid, NotFound, Problem

Table = Literal["lists", "tags"]
SLUG_TAKEN = Problem("unique", "The slug is already taken and must be unique.")
MAX_TITLE = 192
_COLOR = re.compile(r"#[0-9a-fA-F]{6}")


async def create_list(
    core: Core,
    *,
    title: str,
    slug: str | None = None,
    description: str | None = "",
    parent_id: int | None = None,
    is_public: bool = False,
    color: str | None = None,
    is_dynamic: bool = False,
) -> int:
    """Makes a list (with `parent_id` a group of that audience) and returns its id; raises Invalid on title or slug."""
    title = _title(title)
    slug = slug or rules.slug_of(title)
    async with core.db.transaction() as tx:
        if parent_id is not None and not await tx.fetchval(
            "SELECT 1 FROM lists WHERE id = $1 FOR KEY SHARE", parent_id
        ):
            raise NotFound("list", parent_id)
        made = await tx.fetchval(
            store.sql.insert_list, parent_id, title, slug, description, is_public, color, is_dynamic, core.clock.now()
        )
        if made is None:
            raise Invalid({"slug": SLUG_TAKEN})
        return made


async def create_tag(core: Core, *, title: str, slug: str | None = None, description: str | None = "") -> int:
    """Makes a tag and returns its id; raises Invalid on title or slug."""
    title = _title(title)
    made = await core.db.fetchval(
        store.sql.insert_tag, title, slug or rules.slug_of(title), description, core.clock.now()
    )
    if made is None:
        raise Invalid({"slug": SLUG_TAKEN})
    return made


def _title(title: str) -> str:
    title = rules.clean_text(title)
    if not title:
        raise Invalid({"title": Problem("required", "The title field is required.")})
    if len(title) > MAX_TITLE:
        raise Invalid({"title": Problem("max", f"The title may have at most {MAX_TITLE} characters.")})
    return title


async def update_list(core: Core, list_id: int, **changes: Any) -> None:
    """Changes title, slug, description, is_public, color or is_dynamic; raises NotFound, Invalid."""
    await _update(core, "lists", list_id, changes, ("title", "slug", "description", "is_public", "color", "is_dynamic"))


async def update_tag(core: Core, tag_id: int, **changes: Any) -> None:
    """Changes title, slug or description; raises NotFound, Invalid."""
    await _update(core, "tags", tag_id, changes, ("title", "slug", "description"))


async def _update(core: Core, table: Table, row_id: int, changes: dict[str, Any], allowed: tuple[str, ...]) -> None:
    unknown = set(changes) - set(allowed)
    if unknown:
        raise Invalid({name: Problem("unknown", f"“{name}” cannot be changed.") for name in sorted(unknown)})
    if "title" in changes:
        changes["title"] = _title(changes["title"])
    names = [name for name in allowed if name in changes]
    sets = "".join(f"{name} = ${i}, " for i, name in enumerate(names, start=3))
    async with core.db.transaction() as tx:
        if "slug" in changes and await tx.fetchval(
            f"SELECT 1 FROM {table} WHERE slug = $1 AND id <> $2", changes["slug"], row_id
        ):
            raise Invalid({"slug": SLUG_TAKEN})
        done = await tx.fetchval(
            f"UPDATE {table} SET {sets}updated_at = $2 WHERE id = $1 RETURNING id",
            row_id,
            core.clock.now(),
            *(changes[name] for name in names),
        )
        if done is None:
            raise NotFound(table[:-1], row_id)


async def delete_lists(core: Core, ids: Sequence[int]) -> int:
    """Deletes lists, their groups and all memberships in them; contacts stay. Returns how many there were."""
    return await core.db.execute("DELETE FROM lists WHERE id = ANY($1::bigint[])", list(ids))


async def delete_tags(core: Core, ids: Sequence[int]) -> int:
    """Deletes tags; contacts stay. Returns how many there were."""
    return await core.db.execute("DELETE FROM tags WHERE id = ANY($1::bigint[])", list(ids))


async def ensure_tags(core: Core, words: Sequence[int | str], *, may_make: bool = True) -> list[int]:
    """Ids for words that may be ids, slugs or titles; an unknown text becomes a tag, an unknown id is dropped.

    Without `may_make` an unknown text is dropped too.
    """
    async with core.db.transaction() as tx:
        return await _ensure(core, tx, "tags", words, may_make=may_make)


async def ensure_lists(core: Core, words: Sequence[int | str], *, may_make: bool = True) -> list[int]:
    """As `ensure_tags`, for lists."""
    async with core.db.transaction() as tx:
        return await _ensure(core, tx, "lists", words, may_make=may_make)


async def _ensure(core: Core, tx: Connection, table: Table, words: Sequence[int | str], *, may_make: bool) -> list[int]:
    texts = list(dict.fromkeys(text for word in words if (text := rules.clean_text(str(word)))))
    numbers = {text: int(text) for text in texts if text.isascii() and text.isdigit() and len(text) < 18}
    rows = await tx.fetch(f"SELECT id FROM {table} WHERE id = ANY($1::bigint[])", list(numbers.values()))
    by_id = {row["id"] for row in rows}
    named = [text for text in texts if not text.isdigit()]
    known = await ids_of_words(tx, table, named, make_at=core.clock.now() if may_make else None)
    found = [number if (number := numbers.get(t)) in by_id else known.get(t) for t in texts]
    return list(dict.fromkeys(one for one in found if one is not None))


async def ids_of_words(
    tx: Connection, table: Table, words: Sequence[str], *, make_at: datetime | None = None
) -> dict[str, int]:
    """Ids by word, each a slug or a title; with `make_at` an unknown word becomes a row, else it is left out.

    Raises Invalid for a title that is too long.
    """
    texts = {word: rules.clean_text(word) for word in words}
    wanted = list(dict.fromkeys(text for text in texts.values() if text))
    if not wanted:
        return {}
    rows = await tx.fetch(
        f"""SELECT id, slug, lower(title) AS title FROM {table}
        WHERE slug = ANY($1::text[]) OR lower(title) = ANY($2::text[]) ORDER BY id DESC""",
        wanted,
        [text.lower() for text in wanted],
    )
    known: dict[str, int] = {row["title"]: row["id"] for row in rows} | {row["slug"]: row["id"] for row in rows}
    missing = [text for text in wanted if text not in known and text.lower() not in known]
    if make_at is not None and missing:
        if any(len(text) > MAX_TITLE for text in missing):
            raise Invalid({table: Problem("max", f"A title may have at most {MAX_TITLE} characters.")})
        for row in await tx.fetch(
            f"""INSERT INTO {table} (title, slug, created_at, updated_at) SELECT t, s, $3, $3 FROM unnest($1::text[], $2::text[]) AS w (t, s)
            ON CONFLICT (slug) DO UPDATE SET updated_at = {table}.updated_at RETURNING id, lower(title) AS title, slug""",
            *_distinct_slugs(missing),
            make_at,
        ):
            known[row["title"]] = known[row["slug"]] = row["id"]
    found = {word: known.get(t) or known.get(t.lower()) or known.get(rules.slug_of(t)) for word, t in texts.items()}
    return {word: one for word, one in found.items() if one is not None}


def _distinct_slugs(titles: Sequence[str]) -> tuple[list[str], list[str]]:
    by_slug: dict[str, str] = {}
    for title in titles:
        by_slug.setdefault(rules.slug_of(title), title)
    return list(by_slug.values()), list(by_slug)


async def replace_custom_fields(
    core: Core, fields: Sequence[CustomField], *, subject: str = "contact"
) -> list[CustomField]:
    """Replaces the whole ordered list of definitions; values of contacts stay. Raises Invalid naming the bad row."""
    checked = rules.checked_fields(fields)
    rows = [
        {
            "slug": f.slug,
            "label": f.label,
            "kind": f.kind,
            "group_name": f.group_name,
            "options": list(f.options),
            "help": f.help,
            "position": place,
        }
        for place, f in enumerate(checked)
    ]
    async with core.db.transaction() as tx:
        await tx.execute(store.sql.drop_fields, subject, [f.slug for f in checked])
        await tx.execute(store.sql.replace_fields, subject, rows)
    return checked


async def rename_field_group(core: Core, was: str, now: str, *, subject: str = "contact") -> list[CustomField]:
    """Renames a group of fields and answers all definitions; raises Invalid for an empty name."""
    if not now.strip():
        raise Invalid({"new_name": Problem("required", "The new name is required.")})
    await core.db.execute(store.sql.rename_field_group, subject, was, now.strip())
    return list((await queries.custom_fields(core, subject)).values())


async def create_label(
    core: Core, *, slug: str = "", title: str = "", description: str = "", color: str | None = None
) -> int:
    """Makes a label and returns its id; a colour that is not #rrggbb is dropped."""
    return await core.db.fetchval(
        """INSERT INTO labels (slug, title, description, color, position, created_at, updated_at)
        VALUES ($1, $2, $3, $4, 1, $5, $5) RETURNING id""",
        rules.clean_text(slug),
        rules.clean_text(title),
        rules.clean_text(description),
        _color(color),
        core.clock.now(),
    )


async def update_label(core: Core, label_id: int, *, slug: str, title: str, color: str | None) -> None:
    """Changes a label; raises NotFound."""
    done = await core.db.execute(
        "UPDATE labels SET slug = $2, title = $3, color = $4, updated_at = $5 WHERE id = $1",
        label_id,
        rules.clean_text(slug),
        rules.clean_text(title),
        _color(color),
        core.clock.now(),
    )
    if not done:
        raise NotFound("label", label_id)


async def delete_label(core: Core, label_id: int) -> bool:
    """Deletes a label everywhere; False when there was none."""
    return bool(await core.db.execute("DELETE FROM labels WHERE id = $1", label_id))


async def change_labels(
    core: Core,
    noun: Literal["campaign", "automation"],
    ids: Sequence[int],
    *,
    attach: Sequence[int] = (),
    detach: Sequence[int] = (),
) -> None:
    """Puts labels on things of one kind, or takes them off; ids that are unknown change nothing."""
    async with core.db.transaction() as tx:
        await tx.execute(
            f"DELETE FROM {noun}_labels WHERE {noun}_id = ANY($1::bigint[]) AND label_id = ANY($2::bigint[])",
            list(ids),
            list(detach),
        )
        await tx.execute(
            f"""INSERT INTO {noun}_labels ({noun}_id, label_id)
            SELECT t.id, l.id FROM {noun}s t, labels l WHERE t.id = ANY($1::bigint[]) AND l.id = ANY($2::bigint[])
            ON CONFLICT DO NOTHING""",
            list(ids),
            list(attach),
        )


def _color(color: str | None) -> str | None:
    return color.lower() if color and _COLOR.fullmatch(color) else None
