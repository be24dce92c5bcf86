"""How this dialect reads requests, lets callers in and words its errors (spec §1.1, §1.2, §1.5)."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, unquote

from tidings.access import actions as access
from tidings.dialects._engine import bodies
from tidings.dialects._engine.calls import Answer, Call, Request
from tidings.dialects._engine.mount import BodyTooLarge, DialectApp, MalformedBody, NoRoute
from tidings.dialects._engine.routes import Match, RouteTable
from tidings.dialects.fluentcrm.wire import Wire
from tidings.platform.core import Core
from tidings.platform.errors import (
    Forbidden,
    Invalid,
    NotFound,
    RateLimited,
    Refused,
    TidingsError,
    Unauthenticated,
)

PREFIX = "/wp-json/fluent-crm/v2"
# What clients expect beside the API's own addresses, and the route that answers.
_BESIDE = {
    "/wp-json/fluent-crm/mcp": f"{PREFIX}/mcp",
    "/wp-json/wp/v2/users": f"{PREFIX}/wp/v2/users",
    "/wp-json/wp/v2/users/me": f"{PREFIX}/wp/v2/users/me",
}
# What is percent-encoded may hold one of the words too.
_REWRITTEN = re.compile("rest_route|_method|%")
_ENVELOPE = re.compile(r"(?:^|&)_envelope=(?:1|true)(?:&|$)")
_DENIED = "Sorry, you are not allowed to do that."
_NO_ROUTE = "No route was found matching the URL and request method."


class BareText(TidingsError):
    """A refusal whose body is a JSON string and nothing else (spec §1.5, third row)."""


class FieldErrors(Invalid):
    """Field rules whose names are already the wire's."""


class FluentCrm:
    """The dialect for the engine."""

    name = "fluentcrm"
    prefix = PREFIX
    max_body = 32 * 1024 * 1024

    def __init__(self, table: RouteTable) -> None:
        self.table = table

    async def rewrite(self, request: Request) -> Request:
        """Query-string routes, trailing slashes, method override; the path loses its prefix."""
        query = parse_qs(request.query) if _REWRITTEN.search(request.query) else {}
        path = request.path
        if "rest_route" in query and not path.startswith("/wp-json"):
            path = "/wp-json" + unquote(query["rest_route"][0])
        path = _BESIDE.get(path.rstrip("/"), path)
        if not (path == PREFIX or path.startswith(PREFIX + "/")):
            raise NoRoute([])
        request.path = path[len(PREFIX) :].rstrip("/") or "/"
        override = request.headers.get("x-http-method-override") or query.get("_method", [""])[0]
        if request.method == "POST" and override.upper() in ("PUT", "PATCH", "DELETE"):
            request.method = override.upper()
        return request

    async def authorise(self, core: Core, request: Request, match: Match) -> Any:
        """The user behind Basic credentials, with one of the permissions of the route."""
        wanted = match.route.permission
        if wanted == "-":
            return None
        caller = await self._caller(core, request)
        if caller is None:
            raise Unauthenticated
        if wanted and not any(may(caller, one) for one in wanted.split("|")):
            raise Forbidden(wanted, _DENIED)
        return caller

    async def _caller(self, core: Core, request: Request) -> Any:
        scheme, _, value = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "basic":
            return None
        try:
            login, colon, password = base64.b64decode(value.strip(), validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return None
        return await access.caller_by_basic(core, login, password) if colon else None

    async def params(self, core: Core, request: Request) -> dict[str, Any]:
        """Query, form and JSON merged; the body wins."""
        merged = bodies.nest(list(bodies.pairs_of_query(request.query))) if request.query else {}
        if not request.body:
            return merged
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind.endswith("json"):
            body = bodies.json_body(request)
            if isinstance(body, dict):
                merged.update(body)
        elif kind in ("application/x-www-form-urlencoded", "multipart/form-data", ""):
            merged.update(bodies.nest(bodies.form_pairs(request)))
        return merged

    async def context(self, core: Core) -> Wire:
        """The zone and the public address."""
        values = await core.installation.values()
        return Wire(await core.installation.zone(), str(values["public_url"]).rstrip("/"), values)

    def error(self, error: Exception, request: Request, reference: str) -> Answer:
        """The one map from core errors to this dialect's status and body."""
        match error:
            case NoRoute():
                if request.method == "OPTIONS" and error.allowed:
                    return Answer(_options(request, error.allowed))
                return _wp(404, "rest_no_route", _NO_ROUTE)
            case Unauthenticated():
                return _wp(401, "rest_forbidden", _DENIED)
            case Forbidden():
                return _wp(403, "rest_forbidden", _DENIED)
            case MalformedBody():
                return _wp(400, "rest_invalid_json", error.message)
            case BodyTooLarge():
                return _wp(413, "rest_too_large", error.message)
            case BareText():
                return Answer(error.message, 422)
            case Invalid():
                return Answer({f: {p.rule: p.text for p in problems} for f, problems in error.fields.items()}, 422)
            case NotFound():
                message = f"No query results for model [{error.kind.capitalize()}] {error.id}"
                return Answer({"message": message, "data": {"wpfluent": {"env": "production"}}}, 404)
            case Refused():
                return Answer({"message": error.message, **error.flags}, 422)
            case RateLimited():
                return _wp(429, "rest_rate_limited", error.message)
            case TidingsError():
                return Answer({"message": error.message}, 422)
            case _:
                message = f"Internal error (reference {reference})"
                return Answer({"code": "plugin_exception", "data": [], "message": message}, 500)

    async def finish(self, answer: Answer, call: Call | None, request: Request) -> Answer:
        """The envelope of `_envelope=1`, around refusals too: who asks for it cannot read a status."""
        if _ENVELOPE.search(request.query):
            headers: Mapping[str, str] = {"Content-Type": "application/json; charset=UTF-8"}
            return Answer({"body": answer.body, "status": answer.status, "headers": headers})
        return answer


def may(caller: Any, permission: str) -> bool:
    """Whether a caller holds a permission word of the route table."""
    return permission in caller.permissions or (permission == "administrator" and caller.user.role == "administrator")


def _wp(status: int, code: str, message: str) -> Answer:
    return Answer({"code": code, "message": message, "data": {"status": status}}, status)


def _options(request: Request, allowed: list[str]) -> dict[str, Any]:
    return {
        "namespace": "fluent-crm/v2",
        "methods": allowed,
        "endpoints": [{"methods": [method], "args": []} for method in allowed],
        "_links": {"self": [{"href": f"{PREFIX}{request.path}"}]},
    }


def mount(core: Core, table: RouteTable) -> DialectApp:
    """The ASGI app."""
    return DialectApp(core, FluentCrm(table))
