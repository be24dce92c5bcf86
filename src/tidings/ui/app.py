"""The interface as one ASGI app: finds the areas, mounts their routes behind one guard, serves the built assets."""

from __future__ import annotations

import importlib
import pkgutil

from litestar import Litestar
from litestar.datastructures import State
from litestar.di import Provide
from litestar.handlers import HTTPRouteHandler
from litestar_htmx import HTMXRequest

import tidings.ui
from tidings.platform.core import Core
from tidings.ui.shell import assets, errors, guard
from tidings.ui.shell.rendering import Renderer

# 2 GiB: a contact import is streamed to disk; the composition root caps the same.
MAX_BODY = 2 * 1024**3


def area_routes() -> list[HTTPRouteHandler]:
    """The `ROUTES` of every `tidings.ui.<area>.pages`."""
    found: list[HTTPRouteHandler] = []
    for area in pkgutil.iter_modules(tidings.ui.__path__):
        if area.ispkg and area.name != "shell":
            found.extend(importlib.import_module(f"tidings.ui.{area.name}.pages").ROUTES)
    return found


def build(core: Core) -> Litestar:
    """The app for this core. Raises RuntimeError when a route does not say who may use it."""
    routes = [*area_routes(), *assets.ROUTES]
    for route in routes:
        guard.require_rule(route)
    return Litestar(
        route_handlers=routes,
        guards=[guard.admit],
        dependencies={"visit": Provide(guard.provide_visit)},
        exception_handlers=errors.HANDLERS,
        after_request=guard.seal,
        request_class=HTMXRequest,
        request_max_body_size=MAX_BODY,
        openapi_config=None,
        logging_config=None,
        state=State({"core": core, "renderer": Renderer(), "has_users": False}),
        signature_types=[Core],
        debug=False,
    )
