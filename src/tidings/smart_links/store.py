"""Statements and rows of smart links. Private to smart_links."""

from __future__ import annotations

from tidings.platform.db import Row, load_sql
from tidings.smart_links.types import LINK_COLUMNS, SmartLink

sql = load_sql("tidings.smart_links")
SELECTED = f"{', '.join(f'l.{name}' for name in LINK_COLUMNS)}, t.contact_clicks, t.clicks"
FROM = f"FROM smart_links l {sql.counts}"


def link_from(row: Row) -> SmartLink:
    """A link from a row of SELECTED."""
    return SmartLink(*row)
