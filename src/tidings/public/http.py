"""The little HTTP that public routes need: a request read from ASGI, an answer written to it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
MAX_BODY = 64 * 1024
_CSP = b"default-src 'none'; style-src 'self' 'unsafe-inline'; img-src * data:; form-action 'self'; base-uri 'none'"


@dataclass(slots=True)
class Visit:
    """A request: the query and (for POST) the form, first values win."""

    method: str
    path: str
    query: Mapping[str, str]
    form: Mapping[str, str]
    lists: Mapping[str, list[str]]
    headers: Mapping[str, str]
    ip: str

    def get(self, name: str) -> str:
        """A value of the query or the form; the form wins."""
        return self.form.get(name) or self.query.get(name) or ""


@dataclass(slots=True)
class Reply:
    """An answer."""

    status: int = 200
    body: bytes = b""
    kind: bytes = b"text/html; charset=utf-8"
    headers: list[tuple[bytes, bytes]] = field(default_factory=list[tuple[bytes, bytes]])


async def read_visit(scope: Scope, receive: Receive) -> Visit:
    """Reads a request; a body over MAX_BODY is cut, because no public form needs more."""
    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
    query = _first(parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True))
    pairs: list[tuple[str, str]] = []
    if scope["method"] == "POST":
        body = b""
        while len(body) < MAX_BODY:
            message = await receive()
            body += message.get("body", b"")
            if message["type"] == "http.disconnect" or not message.get("more_body"):
                break
        pairs = _pairs(body[:MAX_BODY], headers.get("content-type", ""))
    lists: dict[str, list[str]] = {}
    for name, value in pairs:
        lists.setdefault(name.removesuffix("[]"), []).append(value)
    client = scope.get("client") or ("", 0)
    return Visit(scope["method"], scope["path"], query, _first(pairs), lists, headers, str(client[0]))


def _pairs(body: bytes, kind: str) -> list[tuple[str, str]]:
    """RFC 8058 clients send urlencoded or multipart; both are read."""
    if kind.startswith("multipart/form-data"):
        from io import BytesIO

        from multipart import MultipartError, MultipartParser, parse_options_header

        try:
            parser = MultipartParser(BytesIO(body), parse_options_header(kind)[1].get("boundary", ""))
            return [(str(part.name), str(part.value)) for part in parser.parts() if not part.filename]
        except (MultipartError, ValueError):
            return []
    return parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True)


def _first(pairs: list[tuple[str, str]]) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in pairs:
        found.setdefault(name, value)
    return found


async def write_reply(send: Send, reply: Reply, *, has_body: bool) -> None:
    """Sends an answer with the headers that every public page carries."""
    headers = [
        (b"content-type", reply.kind),
        (b"content-length", str(len(reply.body)).encode()),
        (b"cache-control", b"no-store"),
        (b"referrer-policy", b"no-referrer"),
        (b"x-robots-tag", b"noindex"),
        (b"content-security-policy", _CSP),
        *reply.headers,
    ]
    await send({"type": "http.response.start", "status": reply.status, "headers": headers})
    await send({"type": "http.response.body", "body": reply.body if has_body else b""})
