"""How fast ready-made mails leave through the SMTP transport of one process, against a local sink in another.

    python -m benchmarks.smtp_client --mails 100000 --size 20000 --connections 8

The limit is measured in the same run: the same bytes through bare connections, one answer a mail. The sink counts, so
the number is of mails that arrived; both processes should have a core of their own.
"""

from __future__ import annotations

import argparse
import asyncio
import subprocess
import sys
import time
from collections import Counter
from typing import cast

from tidings.messages.transports.smtp import SmtpPool
from tidings.messages.transports.types import Envelope, Outcome, Result, SmtpEndpoint

_COMMANDS = b"MAIL FROM:<a@b.co>\r\nRCPT TO:<c@d.co>\r\nDATA\r\n"


def ready_mail(size: int) -> bytes:
    """A mail of about this many bytes, in lines as quoted-printable makes them."""
    head = b"Message-ID: <1@bench.example>\r\nFrom: news@bench.example\r\nSubject: bench\r\n\r\n"
    line = b'<td style=3D"padding:0 12px">A line of a mail as they are. It has dots.</td>=\r\n'
    return head + line * ((size - len(head)) // len(line))


async def sent_per_second(pool: SmtpPool, envelopes: list[Envelope], rounds: int) -> float:
    """Sends the same envelopes again and again; fails when one was not taken."""
    outcomes: Counter[Outcome] = Counter()

    def count(result: Result) -> None:
        outcomes[result.outcome] += 1

    started = time.perf_counter()
    for _ in range(rounds):
        await pool.send(envelopes, count)
    taken = time.perf_counter() - started
    assert outcomes == {Outcome.SENT: len(envelopes) * rounds}, outcomes
    return len(envelopes) * rounds / taken


class _Bare(asyncio.Protocol):
    """Writes the same bytes again whenever a body is wanted; reads no more of the replies than that."""

    def __init__(self, block: bytes, budget: list[int], done: asyncio.Event) -> None:
        self.block, self.budget, self.done = block, budget, done
        self.line: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.line = cast(asyncio.Transport, transport)
        self.line.write(_COMMANDS)

    def data_received(self, data: bytes) -> None:
        if b"354" not in data or self.line is None:
            return
        self.budget[0] -= 1
        if self.budget[0] <= 0:
            self.done.set()
        else:
            self.line.write(self.block)


async def limit_per_second(port: int, data: bytes, mails: int, connections: int) -> float:
    """The same bytes over as many bare connections, without a queue, a result or an address: what the loop, the kernel
    and the sink can do."""
    budget, done = [mails], asyncio.Event()
    block = data + b".\r\n" + _COMMANDS
    started = time.perf_counter()
    loop = asyncio.get_running_loop()
    lines = [
        await loop.create_connection(lambda: _Bare(block, budget, done), "127.0.0.1", port) for _ in range(connections)
    ]
    await done.wait()
    taken = time.perf_counter() - started
    for line, _ in lines:
        line.abort()
    return mails / taken


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=2599)
    parser.add_argument("--mails", type=int, default=100_000)
    parser.add_argument("--size", type=int, default=20_000)
    parser.add_argument("--connections", type=int, default=8)
    given = parser.parse_args()
    sink = subprocess.Popen(  # noqa: ASYNC220 - before the clock runs
        [sys.executable, "-m", "benchmarks.sink", "--port", str(given.port)], stdout=subprocess.PIPE
    )
    try:
        assert sink.stdout is not None
        sink.stdout.readline()
        data = ready_mail(given.size)
        limit = await limit_per_second(given.port, data, given.mails, given.connections)
        print(f"bare connections: {limit:,.0f}/s")
        for has_safe_lines in (True, False):
            pool = SmtpPool(SmtpEndpoint("127.0.0.1", given.port, "none"), connections=given.connections)
            group = [Envelope(n, "a@b.co", f"p{n}@d.co", data, has_safe_lines) for n in range(5000)]
            await sent_per_second(pool, group[:100], 1)
            speed = await sent_per_second(pool, group, given.mails // len(group))
            await pool.close()
            print(
                f"transport, lines {'vouched for' if has_safe_lines else 'searched'}: {speed:,.0f}/s, {speed / limit:.2f} of the limit"
            )
    finally:
        sink.terminate()
        sink.wait()


if __name__ == "__main__":
    import uvloop

    uvloop.run(main())
