"""Indexes for custom fields in use: the expressions that `comparisons` compares, one index per field.

Made and dropped without blocking writers, outside a transaction. Long text (textarea) is not indexed.
"""

from __future__ import annotations

import hashlib

import asyncpg

from tidings.platform.core import Core
from tidings.segments.fields import CUSTOM_KINDS, FieldKind
from tidings.segments.store import sql

# %L is the slug, quoted by PostgreSQL itself: DDL takes no bound values.
_EXPRESSIONS = {
    "text": "btree (left(lower(custom ->> %L), 200))",
    "number": "btree (segment_number(custom ->> %L))",
    "day": 'btree ((segment_day(custom ->> %L) COLLATE "C"))',
    "many": "gin ((lower((custom -> %L)::text)::jsonb))",
}
_STATE = """
SELECT i.indisvalid FROM pg_index i
WHERE i.indexrelid = to_regclass($1) AND i.indrelid = 'contacts'::regclass
"""


def index_name(slug: str, kind: FieldKind) -> str:
    """The name of a field's index; slugs may be long or strange, so it is made from their digest."""
    digest = hashlib.sha256(slug.encode()).hexdigest()[:16]
    return f"contacts_custom_{CUSTOM_KINDS[kind]}_{digest}"


async def ensure_custom_field_index(core: Core, slug: str, kind: FieldKind) -> bool:
    """Makes the field's index and its statistics when there is none; True when it was made.

    One left invalid by an interrupted build is made anew. A textarea has none.
    """
    if kind == "textarea":
        return False
    name = index_name(slug, kind)
    is_valid = await core.db.fetchval(_STATE, name)
    if is_valid:
        return False
    if is_valid is False:
        await core.db.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")
    statement = await core.db.fetchval(
        "SELECT format($1, $2::text)",
        f"CREATE INDEX CONCURRENTLY IF NOT EXISTS {name} ON contacts USING {_EXPRESSIONS[CUSTOM_KINDS[kind]]}",
        slug,
    )
    await core.db.execute(statement)
    await core.db.execute("ANALYZE contacts")
    return True


async def keep_custom_field_indexes(core: Core) -> None:
    """Gives every custom field that a saved segment compares its index, and drops those that none compares any more.

    Only those, because each index slows imports. Safe to run twice and at once.
    """
    wanted = {(row["slug"], row["kind"]) for row in await core.db.fetch(sql.compared_custom_fields)}
    kept = {index_name(slug, kind) for slug, kind in wanted if kind in CUSTOM_KINDS}
    there = {row["name"] for row in await core.db.fetch(sql.custom_field_indexes)}
    for name in sorted(there - kept):
        await core.db.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")
    for slug, kind in sorted(wanted):
        if kind in CUSTOM_KINDS:
            try:
                await ensure_custom_field_index(core, slug, kind)
            except (asyncpg.UniqueViolationError, asyncpg.DuplicateTableError):
                continue  # somebody else is making it
