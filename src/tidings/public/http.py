"""The little HTTP that public routes need: a request read from ASGI, an answer written to it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, quote

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
MAX_BODY = 64 * 1024
# What other programs post is larger than a form. Amazon's notifications have 256 KB, which their envelope escapes.
MAX_JSON = 512 * 1024
_CSP = b"default-src 'none'; style-src 'self' 'unsafe-inline'; img-src * data:; form-action 'self'; base-uri 'none'"
# For pages that stand in frames of other sites.
EMBEDDABLE = _CSP + b"; frame-ancestors *"
_EVERY_REPLY = [
    (b"cache-control", b"no-store"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-robots-tag", b"noindex"),
    (b"content-security-policy", _CSP),
]
_EVERY_NAME = frozenset(name for name, _ in _EVERY_REPLY)
_NOTHING: Mapping[str, str] = {}
_NO_LISTS: Mapping[str, list[str]] = {}
_PRINTABLE = "".join(chr(n) for n in range(33, 127))


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
    body: bytes = b""

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
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    query = _first(_clean(parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)))
    form, lists, body = _NOTHING, _NO_LISTS, b""
    if scope["method"] == "POST":
        kind = headers.get("content-type", "")
        # Amazon calls its JSON text/plain, which no form here is.
        is_json = "json" in kind.lower() or kind.lower().startswith("text/plain")
        body = await _body(receive, MAX_JSON if is_json else MAX_BODY)
        pairs = [] if is_json else _clean(_pairs(body, kind))
        form, lists = _first(pairs), _by_name(pairs)
    client = scope.get("client") or ("", 0)
    return Visit(scope["method"], scope["path"], query, form, lists, headers, str(client[0]), body)


async def _body(receive: Receive, limit: int) -> bytes:
    body = b""
    while len(body) < limit:
        message = await receive()
        body += message.get("body", b"")
        if message["type"] == "http.disconnect" or not message.get("more_body"):
            break
    return body[:limit]


def _pairs(body: bytes, kind: str) -> list[tuple[str, str]]:
    """RFC 8058 clients send urlencoded or multipart; both are read."""
    if kind.lower().startswith("multipart/form-data"):
        from io import BytesIO

        from multipart import MultipartError, MultipartParser, parse_options_header

        try:
            parser = MultipartParser(BytesIO(body), parse_options_header(kind)[1].get("boundary", ""))
            # A part may claim any charset, some of which make text that UTF-8 cannot hold; forms of today are UTF-8.
            return [(str(p.name), bytes(p.raw).decode("utf-8", "replace")) for p in parser.parts() if not p.filename]
        except (MultipartError, ValueError, LookupError):
            return []
    return parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True)


def _clean(pairs: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Without NUL, which the database takes in no text."""
    if any("\0" in value for _, value in pairs):
        return [(name, value.replace("\0", "")) for name, value in pairs]
    return pairs


def _first(pairs: list[tuple[str, str]]) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in pairs:
        found.setdefault(name, value)
    return found


def _by_name(pairs: list[tuple[str, str]]) -> dict[str, list[str]]:
    lists: dict[str, list[str]] = {}
    for name, value in pairs:
        lists.setdefault(name.removesuffix("[]"), []).append(value)
    return lists


def header_url(url: str) -> bytes:
    """An address as a header may hold it: what is not printable ASCII is percent-encoded, so no line can end in it."""
    return quote(url, safe=_PRINTABLE).encode()


async def write_reply(send: Send, reply: Reply, *, has_body: bool) -> None:
    """Sends an answer with the headers that every public page carries; the page's own win over them."""
    headers = [(b"content-type", reply.kind), (b"content-length", b"%d" % len(reply.body)), *reply.headers]
    own = {name for name, _ in reply.headers}
    headers += _EVERY_REPLY if own.isdisjoint(_EVERY_NAME) else [one for one in _EVERY_REPLY if one[0] not in own]
    await send({"type": "http.response.start", "status": reply.status, "headers": headers})
    await send({"type": "http.response.body", "body": reply.body if has_body else b""})
