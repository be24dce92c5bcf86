"""Statements and rows of outgoing webhooks. Private to outgoing_webhooks."""

from __future__ import annotations

from tidings.outgoing_webhooks.types import DELIVERY_COLUMNS, ENDPOINT_COLUMNS, Delivery, Endpoint
from tidings.platform.core import Core
from tidings.platform.db import Row, load_sql

sql = load_sql("tidings.outgoing_webhooks")
ENDPOINT = ", ".join(f"e.{name}" for name in ENDPOINT_COLUMNS)
DELIVERY = ", ".join(f"d.{name}" for name in DELIVERY_COLUMNS)
_SEAL = "webhook-endpoint"


def endpoint_from(row: Row) -> Endpoint:
    """An endpoint from a row that begins with ENDPOINT_COLUMNS."""
    return Endpoint(*row[: len(ENDPOINT_COLUMNS)])


def delivery_from(row: Row) -> Delivery:
    """A delivery from a row that begins with DELIVERY_COLUMNS."""
    return Delivery(*row[: len(DELIVERY_COLUMNS)])


def sealed(core: Core, secret: str) -> bytes:
    """A secret as it is stored."""
    return core.keys.seal(_SEAL, secret)


def opened(core: Core, secret: bytes) -> str:
    """What `sealed` made."""
    return core.keys.unseal(_SEAL, secret)
