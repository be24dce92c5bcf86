"""How this dialect reads requests, lets callers in, limits them and words its answers."""

from __future__ import annotations

from typing import Any

from tidings.access import actions as access
from tidings.access.types import USUAL_PER_MINUTE, Caller
from tidings.dialects._engine import bodies
from tidings.dialects._engine.bearer import bearer_of, rate_headers
from tidings.dialects._engine.calls import Answer, Call, Request
from tidings.dialects._engine.mount import BodyTooLarge, DialectApp, MalformedBody, NoRoute, WrongContentType
from tidings.dialects._engine.routes import Match, RouteTable
from tidings.dialects.fluenzr.wire import wire_name
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
from tidings.platform.limits import Usage

PREFIX = "/v1"
PER_MINUTE = USUAL_PER_MINUTE["fluenzr"]
_CODES: list[tuple[type[Exception], int, str]] = [
    (Unauthenticated, 401, "UNAUTHORIZED"),
    (Forbidden, 403, "FORBIDDEN"),
    (NotFound, 404, "NOT_FOUND"),
    (Conflict, 409, "CONFLICT"),
    (RateLimited, 429, "RATE_LIMITED"),
    (Invalid, 400, "VALIDATION_ERROR"),
    (BodyTooLarge, 413, "VALIDATION_ERROR"),
    (MalformedBody, 400, "VALIDATION_ERROR"),
    (WrongContentType, 415, "VALIDATION_ERROR"),
    (Refused, 400, "VALIDATION_ERROR"),
    (TidingsError, 400, "VALIDATION_ERROR"),
]


class Fluenzr:
    """The dialect for the engine."""

    name = "fluenzr"
    prefix = PREFIX
    max_body = 10 * 1024 * 1024

    def __init__(self, core: Core, table: RouteTable) -> None:
        self.core = core
        self.table = table

    async def rewrite(self, request: Request) -> Request:
        """The path loses its prefix."""
        request.path = request.path[len(PREFIX) :].rstrip("/") or "/"
        return request

    async def authorise(self, core: Core, request: Request, match: Match) -> Any:
        """The key's user, counted against its minute; a read-only key may only read."""
        if match.route.permission == "-":
            return None
        found = await self._counted(request)
        if found is None:
            raise Unauthenticated("Invalid or missing API key")
        caller, usage = found
        if not usage.is_allowed:
            raise RateLimited(usage.resets_at - core.clock.now(), limit=usage.limit)
        is_read = match.route.method == "GET" or match.route.operation.startswith("search")
        if caller.is_read_only and not is_read:
            raise Forbidden("write", "This API key is read-only")
        if match.route.permission and not caller.may(match.route.permission):
            raise Forbidden(match.route.permission, "The user of this API key lacks the permission")
        return caller

    async def _counted(self, request: Request) -> tuple[Caller, Usage] | None:
        """The caller behind the key, with this request counted and noted for the headers of the answer."""
        key = bearer_of(request)
        if not key:
            return None
        found = await access.caller_and_usage(self.core, "fluenzr", key, per_minute=PER_MINUTE, ip=request.client_ip)
        if found is not None:
            request.usage = found[1]
        return found

    async def params(self, core: Core, request: Request) -> dict[str, Any]:
        """The query, or the JSON object of a write."""
        if request.method in ("GET", "HEAD"):
            return dict(bodies.pairs_of_query(request.query))
        if not request.body.strip():
            return dict(bodies.pairs_of_query(request.query))
        if "json" not in request.headers.get("content-type", "application/json"):
            raise WrongContentType("The Content-Type must be application/json")
        body = bodies.json_body(request)
        if not isinstance(body, dict):
            raise MalformedBody("The request body must be a JSON object")
        return body

    async def context(self, core: Core) -> None:
        """Nothing: times are UTC."""

    def error(self, error: Exception, request: Request, reference: str) -> Answer:
        """`{success: false, error: {code, message, details}}`."""
        if isinstance(error, NoRoute):
            return _error(405 if error.allowed else 404, "NOT_FOUND", "The requested resource was not found", {})
        status, code = next(((s, c) for kind, s, c in _CODES if isinstance(error, kind)), (500, "INTERNAL_ERROR"))
        if status == 500:
            return _error(500, code, "An internal error occurred", {"reference": reference})
        assert isinstance(error, TidingsError)
        details: dict[str, Any] = {}
        if isinstance(error, Invalid):
            details = {wire_name(name): problems[0].text for name, problems in error.fields.items()}
        answer = _error(status, code, error.message, details)
        if isinstance(error, RateLimited):
            wait = max(1, round(error.retry_after.total_seconds()))
            answer.headers = [(b"retry-after", str(wait).encode())]
        return answer

    async def finish(self, answer: Answer, call: Call | None, request: Request) -> Answer:
        """Rate headers on every answer. A request that found no route or was no request counts like any other; where
        no key is known nothing is left to ask for."""
        if request.usage is None and answer.status != 500:
            await self._counted(request)
        usage = request.usage
        limit, remaining = (usage.limit, usage.remaining) if usage else (PER_MINUTE, 0)
        reset = int(usage.resets_at.timestamp()) if usage else self._next_minute()
        answer.headers = [*answer.headers, *rate_headers(limit, remaining, reset=reset)]
        return answer

    def _next_minute(self) -> int:
        return (int(self.core.clock.now().timestamp()) // 60 + 1) * 60


def _error(status: int, code: str, message: str, details: dict[str, Any]) -> Answer:
    return Answer({"success": False, "error": {"code": code, "message": message, "details": details}}, status)


def mount(core: Core, table: RouteTable) -> DialectApp:
    """The ASGI app."""
    return DialectApp(core, Fluenzr(core, table))
