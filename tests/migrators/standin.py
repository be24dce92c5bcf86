"""Stand-ins for the APIs of other systems: a small HTTP server on this host that answers in each one's published shape."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit


@dataclass(frozen=True)
class Asked:
    """A request as it came."""

    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]


@dataclass
class StandIn:
    """`base` is its address, `asked` what came so far."""

    base: str = ""
    asked: list[Asked] = field(default_factory=list[Asked])


# Status and JSON; None is a 404.
Answers = Callable[[Asked], tuple[int, Any] | Any]


@asynccontextmanager
async def standing_in(answers: Answers) -> AsyncIterator[StandIn]:
    """A server that answers as the function says."""
    stand = StandIn()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        line, *lines = head.split("\r\n")
        parts = urlsplit(line.split(" ")[1])
        headers = {name.lower(): value.strip() for name, _, value in (one.partition(":") for one in lines if one)}
        asked = Asked(parts.path, dict(parse_qsl(parts.query)), headers)
        stand.asked.append(asked)
        found = answers(asked)
        status, body = found if isinstance(found, tuple) else ((404, {}) if found is None else (200, found))
        payload = body if isinstance(body, bytes) else json.dumps(body).encode()
        writer.write(
            f"HTTP/1.1 {status} X\r\ncontent-type: application/json\r\ncontent-length: {len(payload)}\r\n"
            f"retry-after: 0\r\nconnection: close\r\n\r\n".encode()
            + payload
        )
        await writer.drain()
        writer.close()
        await writer.wait_closed()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        stand.base = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        yield stand
    finally:
        server.close()
        await server.wait_closed()
