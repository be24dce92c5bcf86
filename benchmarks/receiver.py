"""A receiver of webhooks for tests and measurements: speaks enough HTTP/1.1 to keep connections, and remembers.

python -m benchmarks.receiver [--port 8211] [--seconds 600]
"""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field


@dataclass(slots=True)
class Received:
    """One request: path, headers (lower case), raw body."""

    path: str
    headers: dict[str, str]
    body: bytes


Answering = Callable[[Received], Awaitable[tuple[int, bytes]]]


async def take(_: Received) -> tuple[int, bytes]:
    return 200, b"ok"


@dataclass
class Receiver:
    """`answering` decides status and body, and may wait. `more` are further header lines of every answer."""

    answering: Answering = take
    more: str = ""
    is_remembering: bool = True
    received: list[Received] = field(default_factory=list)
    connections: int = 0
    count: int = 0
    _has_come: asyncio.Event = field(default_factory=asyncio.Event)

    async def serve(self, port: int = 0, host: str = "127.0.0.1") -> asyncio.Server:
        self.server = await asyncio.start_server(self._talk, host, port)
        return self.server

    @property
    def url(self) -> str:
        host, port = self.server.sockets[0].getsockname()[:2]
        return f"http://{host}:{port}"

    async def until(self, count: int) -> None:
        """Returns once so many requests have come."""
        while self.count < count:
            self._has_come.clear()
            await self._has_come.wait()

    def close(self) -> None:
        self.server.close()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                first, *lines = head.decode("latin-1").rstrip("\r\n").split("\r\n")
                headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
                body = await reader.readexactly(int(headers.get("content-length", "0")))
                got = Received(first.split(" ")[1], headers, body)
                self.count += 1
                if self.is_remembering:
                    self.received.append(got)
                self._has_come.set()
                status, said = await self.answering(got)
                more = self.more + ("\r\n" if self.more else "")
                writer.write(f"HTTP/1.1 {status} x\r\n{more}content-length: {len(said)}\r\n\r\n".encode() + said)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


async def _main(port: int, seconds: float) -> None:
    receiver = Receiver(is_remembering=False)
    await receiver.serve(port)
    await asyncio.sleep(seconds)


def main() -> None:
    parser = argparse.ArgumentParser(description="Takes webhooks and says 200.")
    parser.add_argument("--port", type=int, default=8211)
    parser.add_argument("--seconds", type=float, default=600)
    given = parser.parse_args()
    import uvloop

    uvloop.run(_main(given.port, given.seconds))


if __name__ == "__main__":
    main()
