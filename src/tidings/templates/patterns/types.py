"""What patterns speak of."""

from __future__ import annotations

from datetime import datetime

import msgspec


class Pattern(msgspec.Struct, frozen=True):
    """A pattern. The order of the fields is the order of PATTERN_COLUMNS.

    content: HTML, with codes. category: by name, "" for none. is_synced: editors put in a reference instead of a copy.
    """

    id: int
    slug: str
    title: str
    content: str
    category: str
    description: str
    is_synced: bool
    created_by: int | None
    created_at: datetime
    updated_at: datetime


PATTERN_COLUMNS: tuple[str, ...] = tuple(f.name for f in msgspec.structs.fields(Pattern))
EDITABLE: frozenset[str] = frozenset({"title", "content", "category", "description", "is_synced"})


class Category(msgspec.Struct, frozen=True):
    """A category that was given a row of its own; `count` is how many patterns bear its name."""

    id: int
    name: str
    slug: str
    count: int
