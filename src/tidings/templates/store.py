"""Statements and rows of templates. Private to templates."""

from __future__ import annotations

from tidings.platform.db import Row, load_sql
from tidings.templates.types import TEMPLATE_COLUMNS, Template

sql = load_sql("tidings.templates")
SELECTED = ", ".join(f"t.{name}" for name in TEMPLATE_COLUMNS)


def template_from(row: Row) -> Template:
    """A template from a row of SELECTED."""
    return Template(*row)
