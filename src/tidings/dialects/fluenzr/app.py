"""The dialect as an ASGI app, with its whole route table."""

from __future__ import annotations

from typing import Any

from tidings.dialects._engine.calls import Answer, Call
from tidings.dialects._engine.mount import DialectApp
from tidings.dialects._engine.openapi import document
from tidings.dialects._engine.routes import Route, RouteTable
from tidings.dialects.fluenzr import (
    campaign_people,
    campaigns,
    contacts,
    email_accounts,
    groups,
    pipeline,
    webhooks,
)
from tidings.dialects.fluenzr.dialect import PREFIX, mount
from tidings.dialects.fluenzr.reference import REFERENCE
from tidings.platform.core import Core

_ERROR = {
    "type": "object",
    "required": ["success", "error"],
    "properties": {
        "success": {"const": False},
        "error": {
            "type": "object",
            "properties": {"code": {"type": "string"}, "message": {"type": "string"}, "details": {"type": "object"}},
        },
    },
}


async def openapi(_call: Call) -> Any:
    """The OpenAPI document of this dialect."""
    security = {"bearer": {"type": "http", "scheme": "bearer"}}
    title = "Tidings, FluenzR dialect"
    return Answer(
        document(table(), title=title, prefix=PREFIX, security=security, error_schema=_ERROR, reference=REFERENCE)
    )


def table() -> RouteTable:
    """Every row."""
    own = [Route("GET", "/openapi.json", "openapi", "-", "view", openapi)]
    parts = (contacts, groups, campaigns, campaign_people, email_accounts, pipeline, webhooks)
    return RouteTable([*own, *(route for part in parts for route in part.ROUTES)])


def build(core: Core) -> DialectApp:
    """Made once per process."""
    return mount(core, table())
