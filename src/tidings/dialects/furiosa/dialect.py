"""How this dialect reads requests, lets callers in, limits them and words its errors."""

from __future__ import annotations

from typing import Any

from tidings.access import actions as access
from tidings.access.types import USUAL_PER_MINUTE
from tidings.dialects._engine import bodies
from tidings.dialects._engine.bearer import bearer_of, rate_headers
from tidings.dialects._engine.calls import Answer, Call, Headers, Request
from tidings.dialects._engine.mount import BodyTooLarge, DialectApp, MalformedBody, NoRoute, WrongContentType
from tidings.dialects._engine.routes import Match, RouteTable
from tidings.dialects.furiosa.wire import texts_of
from tidings.platform.core import Core
from tidings.platform.errors import (
    Conflict,
    Forbidden,
    Invalid,
    NotFound,
    RateLimited,
    Refused,
    TidingsError,
    Unauthenticated,
)

PREFIX = "/api/v1"
PER_MINUTE = USUAL_PER_MINUTE["furiosa"]
_STATUS: list[tuple[type[Exception], int]] = [
    (MalformedBody, 400),
    (Unauthenticated, 401),
    (Forbidden, 403),
    (NotFound, 404),
    (Conflict, 409),
    (BodyTooLarge, 413),
    (WrongContentType, 415),
    (RateLimited, 429),
    (Invalid, 422),
    (Refused, 422),
    (TidingsError, 422),
]


class Furiosa:
    """The dialect for the engine."""

    name = "furiosa"
    prefix = PREFIX
    max_body = 5 * 1024 * 1024

    def __init__(self, table: RouteTable) -> None:
        self.table = table

    async def rewrite(self, request: Request) -> Request:
        """The path loses its prefix."""
        request.path = request.path[len(PREFIX) :].rstrip("/") or "/"
        return request

    async def authorise(self, core: Core, request: Request, match: Match) -> Any:
        """The key's user, counted against its minute, with the scope of the route."""
        if match.route.permission == "-":
            return None
        key = bearer_of(request)
        found = (
            await access.caller_and_usage(core, "furiosa", key, per_minute=PER_MINUTE, ip=request.client_ip)
            if key
            else None
        )
        if found is None:
            raise Unauthenticated("The API key is missing, invalid or revoked.")
        caller, usage = found
        request.usage = usage
        if not usage.is_allowed:
            raise RateLimited(usage.resets_at - core.clock.now(), limit=usage.limit)
        if match.route.permission:
            caller.require_scope(match.route.permission)
            _require_permission(caller, match.route.permission)
        return caller

    async def params(self, core: Core, request: Request) -> dict[str, Any]:
        """The query of a read, the JSON object of a write."""
        if request.method in ("GET", "HEAD", "DELETE"):
            return dict(bodies.pairs_of_query(request.query))
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if request.body and kind != "application/json":
            raise WrongContentType("The Content-Type must be application/json.")
        if not request.body.strip():
            return {}
        body = bodies.json_body(request)
        if not isinstance(body, dict):
            raise MalformedBody("The request body must be a JSON object.")
        return body

    async def context(self, core: Core) -> None:
        """Nothing: times are UTC."""

    def error(self, error: Exception, request: Request, reference: str) -> Answer:
        """`{error, status, message, errors?}` for everything, crashes included."""
        if isinstance(error, NoRoute):
            status = 405 if error.allowed else 404
            message = "The method is not allowed here." if error.allowed else "The requested resource does not exist."
            return _body(
                status, message, headers=[(b"allow", ", ".join(error.allowed).encode())] if error.allowed else []
            )
        status = next((code for kind, code in _STATUS if isinstance(error, kind)), 500)
        if status == 500:
            return _body(500, f"An unexpected error on our side. Reference: {reference}")
        assert isinstance(error, TidingsError)
        headers: Headers = []
        if isinstance(error, RateLimited):
            wait = max(1, round(error.retry_after.total_seconds()))
            headers = rate_headers(error.limit, 0, retry_after=wait)
        fields = texts_of(error) if isinstance(error, Invalid) else None
        return _body(status, "Validation failed" if fields else error.message, fields, headers)

    async def finish(self, answer: Answer, call: Call | None, request: Request) -> Answer:
        """Rate headers on every answer to a known key."""
        usage = request.usage
        if usage is not None and not any(name == b"x-ratelimit-limit" for name, _ in answer.headers):
            answer.headers = [*answer.headers, *rate_headers(usage.limit, usage.remaining)]
        return answer


# What the user behind a key must hold for a scope to be worth anything.
_NEEDED = {
    "contacts:read": "fcrm_read_contacts",
    "contacts:write": "fcrm_manage_contacts",
    "audiences:read": "fcrm_read_contacts",
    "audiences:write": "fcrm_manage_contact_cats",
    "campaigns:read": "fcrm_read_emails",
    "campaigns:write": "fcrm_manage_emails",
    "pages:read": "fcrm_manage_forms",
    "analytics:read": "fcrm_view_dashboard",
}


def _require_permission(caller: Any, scope: str) -> None:
    if not caller.may(_NEEDED[scope]):
        raise Forbidden(scope, f"The user of this API key lacks the permission for {scope}.")


def _body(status: int, message: str, fields: dict[str, str] | None = None, headers: Headers | None = None) -> Answer:
    body: dict[str, Any] = {"error": True, "status": status, "message": message}
    if fields:
        body["errors"] = fields
    return Answer(body, status, headers or [])


def mount(core: Core, table: RouteTable) -> DialectApp:
    """The ASGI app."""
    return DialectApp(core, Furiosa(table))
