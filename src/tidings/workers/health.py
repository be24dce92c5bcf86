"""Health, readiness and metrics of a worker that runs without a web process beside it: three fixed answers on a port."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress

from tidings.platform import metrics
from tidings.platform.core import Core
from tidings.platform.health import Readiness


@asynccontextmanager
async def serve_health(core: Core, port: int | None, *, host: str = "127.0.0.1") -> AsyncGenerator[int | None]:
    """Answers for as long as the block lasts and yields the port; without a port it does nothing. 0 takes a free one."""
    if port is None:
        yield None
        return
    readiness = Readiness(core)

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, TimeoutError, IndexError):
            async with asyncio.timeout(5):
                path = (await reader.readline()).split(b" ")[1]
                writer.write(_http(*await _respond(core, readiness, path)))
                await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, host, port)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


async def _respond(core: Core, readiness: Readiness, path: bytes) -> tuple[str, bytes]:
    if path == b"/healthz":
        return "200 OK", b"ok\n"
    if path == b"/metrics":
        return "200 OK", await metrics.render(core)
    if path == b"/readyz":
        checks = await readiness.checks()
        body = "".join(f"{check.name}: {check.says}\n" for check in checks).encode()
        return ("200 OK" if all(check.is_well for check in checks) else "503 Service Unavailable"), body
    return "404 Not Found", b"Not found.\n"


def _http(status: str, body: bytes) -> bytes:
    head = f"HTTP/1.1 {status}\r\ncontent-type: text/plain; charset=utf-8\r\ncontent-length: {len(body)}\r\n"
    return f"{head}connection: close\r\n\r\n".encode() + body
