"""Rows to types. Private to messages."""

from __future__ import annotations

from tidings.messages.types import ACCOUNT_COLUMNS, MESSAGE_COLUMNS
from tidings.platform.db import load_sql

sql = load_sql("tidings.messages")
MESSAGE_SELECTED = ", ".join(f"m.{name}" for name in MESSAGE_COLUMNS)
ACCOUNT_SELECTED = ", ".join(f"a.{name}" for name in ACCOUNT_COLUMNS)
