"""Statements and rows of landing pages. Private to pages."""

from __future__ import annotations

import msgspec

from tidings.pages.types import PAGE_COLUMNS, Counted, Page
from tidings.platform.db import Row, load_sql

sql = load_sql("tidings.pages")
SELECTED = ", ".join(f"p.{name}" for name in PAGE_COLUMNS)
COUNTED = f"SELECT {SELECTED}, t.views, t.submissions FROM pages p {sql.counts}"


def page_from(row: Row) -> Page:
    """A page from a row that begins with PAGE_COLUMNS."""
    return msgspec.convert({name: row[name] for name in PAGE_COLUMNS}, Page)


def counted_from(row: Row) -> Counted:
    """A page with its counts from a row of COUNTED."""
    return Counted(page_from(row), row["views"], row["submissions"])
