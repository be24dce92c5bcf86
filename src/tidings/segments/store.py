"""Rows of saved segments to types. Private to segments."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tidings.platform.db import Row, load_sql
from tidings.segments.types import Rule, from_json

sql = load_sql("tidings.segments")


@dataclass(frozen=True, slots=True)
class Segment:
    """A saved rule tree with a title.

    settings: what a dialect keeps beside the rule. contacts_count: how many matched at counted_at; both None while
    nobody has counted the present rule.
    """

    id: int
    title: str
    description: str
    rule: Rule
    created_by: int | None
    created_at: datetime
    updated_at: datetime
    settings: dict[str, Any] = field(default_factory=dict)
    contacts_count: int | None = None
    counted_at: datetime | None = None


def segment_from(row: Row) -> Segment:
    """A segment from a row in the order of the fields."""
    return Segment(row[0], row[1], row[2], from_json(row[3]), *(row[n] for n in range(4, 10)))
