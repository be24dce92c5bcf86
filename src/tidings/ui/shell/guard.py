"""The one door of the interface: who is asking, may they, and did the request come from our own page.

Every route says `access="anyone"`, `access="user"` or `permission="<key>"`; a route that says nothing stops the start.
"""

from __future__ import annotations

import secrets
from typing import Any, cast

from litestar import Request, Response
from litestar.connection import ASGIConnection
from litestar.datastructures import Cookie
from litestar.handlers import BaseRouteHandler, HTTPRouteHandler

from tidings.access import actions as access
from tidings.access import queries as people
from tidings.access.types import PERMISSIONS
from tidings.platform.core import Core
from tidings.platform.errors import Forbidden
from tidings.ui.shell.texts import _, read_as
from tidings.ui.shell.visit import Visit, login_address

SESSION_COOKIE = "tidings_session"
PASSING_COOKIE = "tidings_visitor"
_SAFE = {"GET", "HEAD", "OPTIONS"}
_KEY = "tidings.visit"

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self' data: https:; "
    "connect-src 'self'; form-action 'self'; frame-src 'self'; frame-ancestors 'self'; base-uri 'none'; manifest-src 'self'"
)


class Detour(Exception):
    """The visitor must go elsewhere first (login, first run)."""

    def __init__(self, to: str) -> None:
        super().__init__(to)
        self.to = to


def require_rule(route: HTTPRouteHandler) -> None:
    """Raises RuntimeError for a route without a rule or with an unknown permission."""
    permission, rule = route.opt.get("permission"), route.opt.get("access")
    if (permission in PERMISSIONS) == (rule in ("anyone", "user")):
        raise RuntimeError(f"The route {sorted(route.paths)} must say who may use it.")


async def admit(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """Guard of every route. Raises Detour, Forbidden."""
    request = cast("Request[Any, Any, Any]", connection)
    core: Core = request.app.state.core
    permission, rule = handler.opt.get("permission"), handler.opt.get("access")
    if request.url.path.startswith("/static/"):
        return
    token = request.cookies.get(SESSION_COOKIE, "")
    caller = await access.session_caller(core, token) if token else None
    if caller is None:
        token = request.cookies.get(PASSING_COOKIE) or secrets.token_urlsafe(24)
    visit = Visit(core, request, caller, token)
    cast("dict[str, Any]", request.scope)[_KEY] = visit
    read_as(await visit.reader())
    if caller is None and rule != "anyone":
        raise Detour(login_address(visit) if await _has_users(request) else "/welcome")
    await _require_own_page(visit)
    if permission is not None:
        visit.me.require(permission)


async def _has_users(request: Request[Any, Any, Any]) -> bool:
    state = request.app.state
    if not state.has_users:
        state.has_users = await people.has_users(state.core)
    return state.has_users


async def _require_own_page(visit: Visit) -> None:
    request = visit.request
    if request.method in _SAFE:
        return
    site = request.headers.get("sec-fetch-site", "same-origin")
    given = request.headers.get("x-csrf-token")
    if given is None and site == "same-origin":
        field = (await request.form()).get("_csrf")
        given = field if isinstance(field, str) else ""
    if site != "same-origin" or not access.is_csrf(visit.core, visit.token, given or ""):
        raise Forbidden(
            "csrf",
            _("This page was open for too long, or the request came from elsewhere. Go back, reload and try again."),
        )


async def provide_visit(request: Request[Any, Any, Any]) -> Visit:
    """The visit that the guard made."""
    return cast(Any, request.scope)[_KEY]


def visit_of(request: Request[Any, Any, Any]) -> Visit | None:
    """The same for error pages, where the guard may not have run."""
    return cast(Any, request.scope).get(_KEY)


def session_cookie(visit: Visit, token: str) -> Cookie:
    """The cookie that carries a session."""
    lasts = int(access.SESSION_LASTS.total_seconds())
    return Cookie(
        SESSION_COOKIE, value=token, httponly=True, samesite="lax", secure=visit.is_secure, max_age=lasts, path="/"
    )


async def seal(response: Response[Any]) -> Response[Any]:
    """Adds the content policy to every page that has none of its own."""
    response.headers.setdefault("content-security-policy", POLICY)
    return response
