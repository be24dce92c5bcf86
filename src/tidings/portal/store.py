"""Statements of the portal. Private to portal."""

from __future__ import annotations

from tidings.platform.db import load_sql

sql = load_sql("tidings.portal")
