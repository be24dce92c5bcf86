"""Makes an ASGI app of a dialect: reads the request, finds the route, lets the caller in, answers or maps the error."""

from __future__ import annotations

import inspect
import logging
import secrets
from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import suppress
from typing import Any, Protocol
from urllib.parse import unquote

from tidings.dialects._engine.calls import Answer, Call, Headers, Request, encode, without_zero_bytes
from tidings.dialects._engine.routes import Match, RouteTable
from tidings.platform.core import Core
from tidings.platform.errors import TidingsError
from tidings.platform.system_log import log_event

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
AsgiApp = Callable[[Scope, Receive, Send], Awaitable[None]]

log = logging.getLogger("tidings.dialects")


class BodyTooLarge(TidingsError):
    """The body is over the dialect's limit; `limit` in bytes."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"The request body is larger than {limit // (1024 * 1024)} MB.")
        self.limit = limit


class MalformedBody(TidingsError):
    """The body is not what its content type says."""


class WrongContentType(TidingsError):
    """The dialect does not read that content type."""


class NoRoute(TidingsError):
    """No such path, or (with `allowed`) no such method on it."""

    def __init__(self, allowed: list[str]) -> None:
        super().__init__("No route was found matching the URL and request method.")
        self.allowed = allowed


class Dialect(Protocol):
    """What a dialect must tell the engine."""

    name: str
    prefix: str
    table: RouteTable
    max_body: int

    async def rewrite(self, request: Request) -> Request:
        """A chance to change method or path before routing (method override, query-string routes)."""
        ...

    async def authorise(self, core: Core, request: Request, match: Match) -> Any:
        """The caller, or raises Unauthenticated, Forbidden, RateLimited."""
        ...

    async def params(self, core: Core, request: Request) -> dict[str, Any]:
        """Query and body merged the dialect's way; raises MalformedBody, WrongContentType."""
        ...

    async def context(self, core: Core) -> Any:
        """What codecs need, such as the time zone."""
        ...

    def error(self, error: Exception, request: Request, reference: str) -> Answer:
        """The dialect's shape of an error; unknown ones are crashes and tell only the reference."""
        ...

    async def finish(self, answer: Answer, call: Call | None, request: Request) -> Answer:
        """Last touch on every answer (envelope, rate headers)."""
        ...


class DialectApp:
    """The ASGI app of one dialect."""

    def __init__(self, core: Core, dialect: Dialect) -> None:
        self.core = core
        self.dialect = dialect

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        request = _request(scope)
        call: Call | None = None
        try:
            if _may_have_body(scope, request):
                request.body = await _body(receive, request, self.dialect.max_body)
            request = await self.dialect.rewrite(request)
            call, answer = await self._answer(request)
        except Exception as error:
            reference = secrets.token_hex(6)
            if not isinstance(error, TidingsError):
                log.exception("%s %s failed, reference %s", request.method, request.path, reference)
                await self._tell(f"{request.method} {request.path} failed, reference {reference}", error)
            answer = self.dialect.error(error, request, reference)
        answer = await self.dialect.finish(answer, call, request)
        await _send(send, answer, has_body=scope["method"] != "HEAD")

    async def _tell(self, title: str, error: Exception) -> None:
        """Lets the owner find the reference that a caller was given."""
        with suppress(Exception):
            # Whatever broke the request may break this too; the line of the process stands already.
            await log_event(self.core, title, repr(error))

    async def _answer(self, request: Request) -> tuple[Call, Answer]:
        match = self.dialect.table.find("GET" if request.method == "HEAD" else request.method, request.path)
        if match is None or match.route.handler is None:
            raise NoRoute(self.dialect.table.allowed(request.path))
        caller = await self.dialect.authorise(self.core, request, match)
        params = await self.dialect.params(self.core, request)
        if b"\\u0000" in request.body or b"\0" in request.body or b"%00" in request.body or "%00" in request.query:
            try:
                params = without_zero_bytes(params)
            except RecursionError:
                raise MalformedBody("The body is nested too deeply.") from None
        call = Call(
            self.core,
            request,
            caller,
            match.path,
            params,
            match.route.operation,
            await self.dialect.context(self.core),
        )
        result = match.route.handler(call)
        if inspect.isawaitable(result):
            result = await result
        return call, result if isinstance(result, Answer) else Answer(result)


def _request(scope: Scope) -> Request:
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    client = scope.get("client") or ("", 0)
    path = scope.get("path") or unquote(scope.get("raw_path", b"/").decode("latin-1"))
    return Request(
        method=scope["method"].upper(),
        path=path,
        query=scope["query_string"].decode("latin-1"),
        headers=headers,
        body=b"",
        client_ip=str(client[0]),
        scheme=str(scope.get("scheme", "http")),
    )


def _may_have_body(scope: Scope, request: Request) -> bool:
    """False where HTTP/1 says that nothing follows the head (RFC 9112 §6.3); asking the server would cost as much as
    reading the request."""
    is_announced = "content-length" in request.headers or "transfer-encoding" in request.headers
    return is_announced or not str(scope.get("http_version", "")).startswith("1")


async def _body(receive: Receive, request: Request, limit: int) -> bytes:
    declared = request.headers.get("content-length", "")
    if declared.isascii() and declared.isdigit() and int(declared[:18]) > limit:
        raise BodyTooLarge(limit)
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise MalformedBody("The request was cut off.")
        part = message.get("body", b"")
        size += len(part)
        if size > limit:
            raise BodyTooLarge(limit)
        parts.append(part)
        if not message.get("more_body"):
            return b"".join(parts)


async def _send(send: Send, answer: Answer, *, has_body: bool) -> None:
    payload = b"" if answer.status == 204 else answer.body if isinstance(answer.body, bytes) else encode(answer.body)
    headers: Headers = [(b"content-type", answer.content_type), (b"content-length", str(len(payload)).encode())]
    headers += [(b"x-content-type-options", b"nosniff"), (b"cache-control", b"no-store"), *answer.headers]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": payload if has_body else b""})
