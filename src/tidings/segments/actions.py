"""Writes of saved segments."""

from __future__ import annotations

import re

from tidings.platform.core import Core
from tidings.platform.errors import Invalid, NotFound, Problem
from tidings.segments.compiler import compile_rule
from tidings.segments.types import Rule, to_json

_SLUG = re.compile(r"[A-Za-z0-9_\-]{1,100}")
_FORMS = {"text": "lower((custom ->> '{slug}'))", "number": "numeric_or_null((custom ->> '{slug}'))"}
_FORMS["date"] = "date_or_null((custom ->> '{slug}'))"


async def save_segment(
    core: Core,
    *,
    title: str,
    rule: Rule,
    description: str = "",
    segment_id: int | None = None,
    user_id: int | None = None,
) -> int:
    """Makes or replaces a segment and returns its id; raises Invalid for an empty title or a rule that cannot run."""
    title = title.strip()
    if not title:
        raise Invalid({"title": Problem("required", "The title field is required.")})
    compile_rule(rule, zone=await core.installation.zone(), now=core.clock.now())
    now = core.clock.now()
    if segment_id is None:
        return await core.db.fetchval(
            """INSERT INTO segments (title, description, rules, created_by, created_at, updated_at)
            VALUES ($1, $2, $3, $4, $5, $5) RETURNING id""",
            title,
            description.strip(),
            to_json(rule),
            user_id,
            now,
        )
    done = await core.db.execute(
        "UPDATE segments SET title = $2, description = $3, rules = $4, updated_at = $5 WHERE id = $1",
        segment_id,
        title,
        description.strip(),
        to_json(rule),
        now,
    )
    if not done:
        raise NotFound("segment", segment_id)
    return segment_id


async def delete_segment(core: Core, segment_id: int) -> None:
    """Deletes a segment; contacts stay. Raises NotFound."""
    if not await core.db.execute("DELETE FROM segments WHERE id = $1", segment_id):
        raise NotFound("segment", segment_id)


async def ensure_field_index(core: Core, slug: str, kind: str) -> None:
    """An expression index for a custom field that segments use, in the very form the compiler writes.

    Built CONCURRENTLY outside a transaction; safe to call again.
    """
    if not _SLUG.fullmatch(slug) or kind not in _FORMS:
        return
    name = f"contacts_custom_{kind}_{slug.replace('-', '_')}"[:60]
    async with core.db.connection() as connection:
        await connection.execute(
            f'CREATE INDEX CONCURRENTLY IF NOT EXISTS "{name}" ON contacts (({_FORMS[kind].format(slug=slug)}))'
        )
