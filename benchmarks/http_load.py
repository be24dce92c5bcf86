"""A light HTTP/1.1 client for the benchmarks: one process, one epoll loop, keep-alive, one request per connection at a time.

    echo '{"port": 8441, "paths": ["/healthz"], "headers": {}, "connections": 32, "seconds": 5, "warm": 1}' \\
        | python -m benchmarks.http_load

Prints a JSON line: rate (answers/s), p50 and p99 (ms), statuses, and the client's own processor time per answer (µs),
which is taken from the same cores as everything else. Paths are taken in turn; one may be "POST /path {json}". `load`
starts it as a process of its own.
"""

from __future__ import annotations

import asyncio
import json
import select
import socket
import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import cycle
from typing import Any


@dataclass(frozen=True, slots=True)
class Load:
    """What one run gave."""

    rate: float
    p50_ms: float
    p99_ms: float
    bytes: int
    statuses: dict[str, int]
    client_us: float


async def load(
    port: int,
    paths: Sequence[str],
    headers: Mapping[str, str],
    *,
    connections: int = 32,
    seconds: float = 6,
    warm: float = 1.5,
    most: int = 0,
) -> Load:
    """Runs the client as a process; raises RuntimeError when an answer was not a 200. With `most` it ends after so many
    answers, however long they take."""
    spec = {"port": port, "paths": list(paths), "headers": dict(headers), "connections": connections}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "benchmarks.http_load", stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    out, _ = await process.communicate(json.dumps({**spec, "seconds": seconds, "warm": warm, "most": most}).encode())
    if process.returncode:
        raise RuntimeError("the load generator failed")
    found = Load(**json.loads(out))
    if set(found.statuses) != {"200"}:
        raise RuntimeError(f"answers of {paths[0]}: {found.statuses}")
    return found


@dataclass(slots=True)
class _Connection:
    socket: socket.socket
    sent_at: float = 0.0
    buffer: bytearray = field(default_factory=bytearray)
    wanted: int = 0


def _drive(spec: dict[str, Any]) -> Load:
    requests = cycle([_request(path, spec["headers"]) for path in spec["paths"]])
    poll = select.epoll()
    open_: dict[int, _Connection] = {}
    for _ in range(spec["connections"]):
        one = _Connection(socket.create_connection(("127.0.0.1", spec["port"])))
        one.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        poll.register(one.socket.fileno(), select.EPOLLIN)
        open_[one.socket.fileno()] = one
        _ask(one, next(requests))
    most = spec.get("most", 0)
    if not most:
        _loop(poll, open_, requests, spec["warm"], [], Counter())
    took: list[float] = []
    statuses: Counter[str] = Counter()
    started, used = time.perf_counter(), time.process_time()
    size = _loop(poll, open_, requests, 600 if most else spec["seconds"], took, statuses, most)
    elapsed, used = time.perf_counter() - started, time.process_time() - used
    for one in open_.values():
        one.socket.close()
    took.sort()
    n = len(took)
    return Load(
        rate=n / elapsed,
        p50_ms=took[n // 2] * 1000,
        p99_ms=took[min(n - 1, n * 99 // 100)] * 1000,
        bytes=size // n,
        statuses=dict(statuses),
        client_us=used / n * 1e6,
    )


def _loop(
    poll: select.epoll,
    open_: dict[int, _Connection],
    requests: cycle[bytes],
    seconds: float,
    took: list[float],
    statuses: Counter[str],
    most: int = 0,
) -> int:
    size, now = 0, time.perf_counter()
    until = now + seconds
    # At least one answer, however long it takes.
    while now < until or not took:
        for number, _ in poll.poll(1):
            one = open_[number]
            part = one.socket.recv(262_144)
            if not part:
                raise SystemExit("the server closed a connection")
            buffer = one.buffer
            buffer += part
            if not one.wanted:
                one.wanted = _length(buffer)
            if one.wanted and len(buffer) >= one.wanted:
                now = time.perf_counter()
                took.append(now - one.sent_at)
                statuses[buffer[9:12].decode()] += 1
                size += one.wanted
                one.wanted = 0
                buffer.clear()
                if len(took) == most:
                    return size
                _ask(one, next(requests))
        now = time.perf_counter()
    return size


def _length(buffer: bytearray) -> int:
    """Bytes of the whole answer once its head is there, else 0."""
    end = buffer.find(b"\r\n\r\n")
    if end < 0:
        return 0
    head = bytes(buffer[:end]).lower()
    at = head.index(b"content-length:") + 15
    return end + 4 + int(head[at : head.find(b"\r\n", at) if head.find(b"\r\n", at) > 0 else end])


def _ask(one: _Connection, request: bytes) -> None:
    one.sent_at = time.perf_counter()
    one.socket.sendall(request)


def _request(path: str, headers: Mapping[str, str]) -> bytes:
    method, body = "GET", b""
    if path.startswith("POST "):
        method, path, text = path.split(" ", 2)
        body = text.encode()
    lines = [f"{method} {path} HTTP/1.1", "host: 127.0.0.1", *(f"{name}: {value}" for name, value in headers.items())]
    if body:
        lines.append(f"content-length: {len(body)}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + body


if __name__ == "__main__":
    print(json.dumps({name: getattr(done, name) for done in [_drive(json.load(sys.stdin))] for name in Load.__slots__}))
