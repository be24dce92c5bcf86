"""Statements and rows of webhooks. Private to webhooks."""

from __future__ import annotations

from tidings.platform.db import Row, load_sql
from tidings.webhooks.types import WEBHOOK_COLUMNS, Webhook

sql = load_sql("tidings.webhooks")
SELECTED = ", ".join(f"w.{name}" for name in WEBHOOK_COLUMNS)


def webhook_from(row: Row) -> Webhook:
    """A webhook from a row that begins with WEBHOOK_COLUMNS."""
    return Webhook(*row[: len(WEBHOOK_COLUMNS)])
