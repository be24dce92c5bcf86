"""Statements and rows of incoming webhooks. Private to incoming_webhooks."""

from __future__ import annotations

from tidings.incoming_webhooks.types import WEBHOOK_COLUMNS, Webhook
from tidings.platform.db import Row, load_sql

sql = load_sql("tidings.incoming_webhooks")
SELECTED = ", ".join(f"w.{name}" for name in WEBHOOK_COLUMNS)


def webhook_from(row: Row) -> Webhook:
    """A webhook from a row that begins with WEBHOOK_COLUMNS."""
    return Webhook(*row[: len(WEBHOOK_COLUMNS)])
