"""The switch of the whole area: companies that are off have no pages."""

from __future__ import annotations

from typing import Any

from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from tidings.platform.core import Core
from tidings.platform.errors import NotFound
from tidings.platform.modules import is_on

MODULE = "companies"


async def require_companies(connection: ASGIConnection[Any, Any, Any, Any], _handler: BaseRouteHandler) -> None:
    """Guard of every route of the area; raises NotFound while companies are off."""
    core: Core = connection.app.state.core
    if not await is_on(core, MODULE):
        raise NotFound("page", connection.url.path)


GUARDS = [require_companies]
READ, WRITE, DELETE = "fcrm_read_contacts", "fcrm_manage_contact_cats", "fcrm_manage_contact_cats_delete"
