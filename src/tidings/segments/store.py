"""Rows of saved segments to types. Private to segments."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from tidings.platform.db import Row, load_sql
from tidings.segments.types import Rule, from_json

sql = load_sql("tidings.segments")


@dataclass(frozen=True, slots=True)
class Segment:
    """A saved rule tree with a title."""

    id: int
    title: str
    description: str
    rule: Rule
    created_by: int | None
    created_at: datetime
    updated_at: datetime


def segment_from(row: Row) -> Segment:
    """A segment from a row in the order of the fields."""
    return Segment(row[0], row[1], row[2], from_json(row[3]), row[4], row[5], row[6])
