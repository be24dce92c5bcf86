"""The dialect as an ASGI app, with its whole route table."""

from __future__ import annotations

from typing import Any

from tidings.dialects._engine.calls import Answer, Call
from tidings.dialects._engine.mount import DialectApp
from tidings.dialects._engine.openapi import document
from tidings.dialects._engine.routes import Route, RouteTable
from tidings.dialects.furiosa import analytics, campaigns, pages, resources
from tidings.dialects.furiosa.dialect import PREFIX, mount
from tidings.dialects.furiosa.reference import REFERENCE
from tidings.platform.core import Core

_ERROR = {
    "type": "object",
    "required": ["error", "status", "message"],
    "properties": {
        "error": {"const": True},
        "status": {"type": "integer"},
        "message": {"type": "string"},
        "errors": {"type": "object", "additionalProperties": {"type": "string"}},
    },
}


async def openapi(_call: Call) -> Any:
    """The OpenAPI document of this dialect."""
    security = {"bearer": {"type": "http", "scheme": "bearer"}}
    title = "Tidings, Furiosa dialect"
    return Answer(
        document(table(), title=title, prefix=PREFIX, security=security, error_schema=_ERROR, reference=REFERENCE)
    )


def table() -> RouteTable:
    """Every row."""
    own = [Route("GET", "/openapi.json", "openapi", "-", "view", openapi)]
    return RouteTable([*own, *resources.ROUTES, *campaigns.ROUTES, *pages.ROUTES, *analytics.ROUTES])


def build(core: Core) -> DialectApp:
    """Made once per process."""
    return mount(core, table())
