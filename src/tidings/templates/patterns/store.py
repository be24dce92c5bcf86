"""Statements and rows of patterns. Private to patterns."""

from __future__ import annotations

from tidings.platform.db import Row, load_sql
from tidings.templates.patterns.types import PATTERN_COLUMNS, Pattern

sql = load_sql("tidings.templates.patterns")
SELECTED = ", ".join(f"p.{name}" for name in PATTERN_COLUMNS)


def pattern_from(row: Row) -> Pattern:
    """A pattern from a row of SELECTED."""
    return Pattern(*row)
