"""Opens and clicks through the real server: answered only when they are on disk, counted after a `kill -9`.

    python -m benchmarks.tracking [--seconds 8] [--connections 128] [--processes 2] [--port 8471]

The server (`tidings web`), the embedded, durable PostgreSQL and the load generator share the machine. Two limits of the
same run stand beside the figure: a route of the same server that answers without a database, and bare COPYs into the
same table, group after group, by as many connections as there are web processes. In the end the server is killed in
the middle of the load, and every hit that was answered must be in the table; then the projector folds them all.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import random
import select
import signal
import socket
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from tidings.campaigns import actions as campaigns
from tidings.platform.clock import SystemClock
from tidings.platform.core import Core
from tidings.platform.crypto import load_keyring
from tidings.platform.db import Database
from tidings.platform.embedded import start_embedded
from tidings.platform.installation import Installation
from tidings.platform.migrations import migrate
from tidings.segments.types import Everybody, to_json
from tidings.tracking.collector import CLICK, OPEN
from tidings.tracking.projector import fold_hits
from tidings.tracking.tokens import Addresses

MESSAGES, LINKS = 20_000, 8
# Hits that wait together when a hundred connections ask; what a bare COPY of one group holds.
GROUP = 64
AGENT = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0 Safari/537.36"


# -- the load generator, a process of its own


@dataclass(slots=True)
class Answered:
    """What one run of the client saw. `client_us`: its own processor time per answer, taken from the same cores."""

    count: int
    rate: float
    p50_ms: float
    p99_ms: float
    statuses: dict[str, int]
    client_us: float


def drive(port: int, paths: Sequence[str], connections: int, seconds: float) -> Answered:
    """Keep-alive connections with one request each on the way, until time is up or the server is gone."""
    requests = [f"GET {p} HTTP/1.1\r\nhost: 127.0.0.1\r\nuser-agent: {AGENT}\r\n\r\n".encode() for p in paths]
    poll = select.epoll()
    sockets: dict[int, socket.socket] = {}
    sent_at: dict[int, float] = {}
    parts: dict[int, bytes] = {}
    at = 0
    for _ in range(connections):
        one = socket.create_connection(("127.0.0.1", port))
        one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        poll.register(one.fileno(), select.EPOLLIN)
        sockets[one.fileno()] = one
        sent_at[one.fileno()] = time.perf_counter()
        one.sendall(requests[at % len(requests)])
        at += 1
    took: list[float] = []
    statuses: Counter[bytes] = Counter()
    started, used = time.perf_counter(), time.process_time()
    until = started + seconds
    now = started
    while sockets and now < until:
        for number, _ in poll.poll(1):
            try:
                part = sockets[number].recv(65_536)
            except OSError:
                part = b""
            if not part:
                poll.unregister(number)
                sockets.pop(number).close()
                continue
            whole = parts.pop(number, b"") + part
            # An answer ends with its head (redirects), with the picture's trailer, or with the hello's line.
            if not whole.endswith((b"\r\n\r\n", b"\x00;", b"ok\n")):
                parts[number] = whole
                continue
            now = time.perf_counter()
            took.append(now - sent_at[number])
            statuses[whole[9:12]] += 1
            sent_at[number] = now
            with contextlib.suppress(OSError):
                sockets[number].sendall(requests[at % len(requests)])
            at += 1
        now = time.perf_counter()
    elapsed, used = now - started, time.process_time() - used
    for one in sockets.values():
        one.close()
    took.sort()
    n = max(len(took), 1)
    told = {status.decode(): count for status, count in statuses.items()}
    times = (took[n // 2] * 1000, took[n * 99 // 100] * 1000) if took else (0.0, 0.0)
    return Answered(len(took), len(took) / elapsed, *times, told, used / n * 1e6)


async def load(port: int, paths: Path, connections: int, seconds: float) -> Answered:
    """Runs the client beside us; `paths` is a file with one path a line."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "benchmarks.tracking", "--client", str(paths), "--port", str(port)),
        *("--connections", str(connections), "--seconds", str(seconds)),
        stdout=asyncio.subprocess.PIPE,
    )
    out, _ = await process.communicate()
    if process.returncode:
        raise RuntimeError("the load generator failed")
    return Answered(**json.loads(out))


# -- the installation and the server


async def prepare(core: Core, folder: Path) -> tuple[Path, Path]:
    """A sent campaign; answers the files with the addresses of its hits and of the hello."""
    campaign = await campaigns.create_campaign(
        core, title="Benchmark", subject="s", body="b", audience=to_json(Everybody())
    )
    await core.db.execute(
        "INSERT INTO contacts (email) SELECT 'p' || n || '@example.org' FROM generate_series(1, $1) n", MESSAGES
    )
    rows = await core.db.fetch(
        """INSERT INTO messages (campaign_id, contact_id, email, state, sent_at)
        SELECT $1, id, email, 'sent', now() FROM contacts RETURNING id""",
        campaign,
    )
    links = await core.db.fetch(
        """INSERT INTO links (campaign_id, position, url)
        SELECT $1, n, 'https://example.com/article/' || n FROM generate_series(1, $2) n RETURNING id""",
        campaign,
        LINKS,
    )
    made = Addresses(core.keys, "", core.clock.now())
    chance = random.Random(1)
    lines: list[str] = []
    for row in rows:
        # Two opens to a click is a lively newsletter.
        lines += [made.open_url(row["id"])] * 2
        lines.append(made.click_prefix(chance.choice(links)["id"]) + made.click_tail(row["id"]))
    chance.shuffle(lines)
    hits, hello = folder / "hits.txt", folder / "hello.txt"
    await asyncio.to_thread(hits.write_text, "\n".join(lines))
    await asyncio.to_thread(hello.write_text, "/healthz")
    return hits, hello


@asynccontextmanager
async def web(core: Core, folder: Path, port: int, processes: int) -> AsyncIterator[asyncio.subprocess.Process]:
    """`tidings web` as an operator starts it, in a process group of its own."""
    environment = os.environ | {"DATABASE_URL": core.db.dsn, "TIDINGS_DATA": str(folder), "TIDINGS_PORT": str(port)}
    environment.pop("PROMETHEUS_MULTIPROC_DIR", None)
    server = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tidings", "web", "--processes", str(processes)),
        env=environment,
        start_new_session=True,
    )
    try:
        await asyncio.to_thread(_wait_for, port)
        yield server
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(server.pid, signal.SIGTERM)
        await server.wait()


def _wait_for(port: int) -> None:
    until = time.monotonic() + 30
    while True:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=5) as one:
                one.sendall(b"GET /healthz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
                if one.recv(4096).startswith(b"HTTP/1.1 200"):
                    return
        except OSError:
            pass
        if time.monotonic() > until:
            raise TimeoutError("the server did not answer")
        time.sleep(0.1)


async def bare_copies(core: Core, connections: int, seconds: float) -> float:
    """The database's own limit: groups of the same rows, one durable commit each. Rows a second."""
    now = core.clock.now()
    columns = ("at", "kind", "message_id", "link_id", "is_machine", "is_anonymous", "ip", "agent")
    rows = [(now, n % 2 + 1, n, None, False, False, "127.0.0.1", AGENT) for n in range(GROUP)]
    until = time.perf_counter() + seconds

    async def one() -> int:
        done = 0
        async with core.db.connection() as connection:
            while time.perf_counter() < until:
                await connection.copy_records_to_table("hits", records=rows, columns=columns)
                done += GROUP
        return done

    return sum(await asyncio.gather(*(one() for _ in range(connections)))) / seconds


# -- the run


async def run(given: argparse.Namespace, dsn: str, folder: Path) -> None:
    await migrate(dsn)
    db = await Database.open(dsn, max_size=6)
    keys = load_keyring(folder, None)
    core = Core(db, SystemClock(), keys, Installation(db, keys), folder)
    hits, hello = await prepare(core, folder)
    copies = await bare_copies(core, given.processes, given.seconds / 2)
    await db.execute("TRUNCATE hits")
    async with web(core, folder, given.port, given.processes):
        await load(given.port, hits, given.connections, 1.5)
        bare = await load(given.port, hello, given.connections, given.seconds / 2)
        before = await db.fetchval("SELECT count(*) FROM hits")
        ours = await load(given.port, hits, given.connections, given.seconds)
        await asyncio.sleep(0.5)
        stored = await db.fetchval("SELECT count(*) FROM hits") - before
    assert set(ours.statuses) == {"200", "307"}, ours.statuses
    assert stored >= ours.count, "an answered hit is missing"
    print(f"hello of the same server:  {bare.rate:>8,.0f}/s   p99 {bare.p99_ms:.1f} ms")
    print(f"bare COPYs of {GROUP}:           {copies:>8,.0f}/s   {given.processes} connections")
    print(
        f"durable opens and clicks:  {ours.rate:>8,.0f}/s   p50 {ours.p50_ms:.1f} ms  p99 {ours.p99_ms:.1f} ms"
        f"   {ours.rate / bare.rate:.0%} of the hello, {ours.rate / copies:.0%} of the bare COPYs"
        f"   (client {ours.client_us:.0f} µs a hit, of the same cores)",
        flush=True,
    )
    await killed(core, given, folder, hits)
    await folded(core)
    await db.close()


async def killed(core: Core, given: argparse.Namespace, folder: Path, hits: Path) -> None:
    """Kills every web process in the middle of the load, and compares what was answered with what is stored."""
    before = await core.db.fetchval("SELECT count(*) FROM hits")
    async with web(core, folder, given.port, given.processes) as server:
        loading = asyncio.create_task(load(given.port, hits, given.connections, 20))
        await asyncio.sleep(2.5)
        os.killpg(server.pid, signal.SIGKILL)
        seen = await loading
    await asyncio.sleep(0.5)
    stored = await core.db.fetchval("SELECT count(*) FROM hits") - before
    lost = max(seen.count - stored, 0)
    print(f"kill -9 under load: {seen.count:,} answered, {stored:,} stored, {lost} lost")
    assert not lost
    assert stored <= seen.count + given.connections


async def folded(core: Core) -> None:
    """How fast the projector folds what came in, and that nothing is folded twice or forgotten."""
    started, total = time.perf_counter(), 0
    while n := await fold_hits(core):
        total += n
    seconds = time.perf_counter() - started
    row = await core.db.fetchrow(
        "SELECT (SELECT sum(opens) FROM messages) AS opens, (SELECT sum(clicks) FROM messages) AS clicks,"
        " (SELECT count(*) FILTER (WHERE kind = $1) FROM hits) AS opened,"
        " (SELECT count(*) FILTER (WHERE kind = $2) FROM hits) AS clicked",
        OPEN,
        CLICK,
    )
    assert row is not None
    assert (row["opens"], row["clicks"]) == (row["opened"], row["clicked"]), "counters equal rows"
    print(f"folding: {total / seconds:,.0f} hits/s, counters equal rows")


def main() -> None:
    parser = argparse.ArgumentParser(description="Opens and clicks, durable.")
    parser.add_argument("--seconds", type=float, default=8)
    parser.add_argument("--connections", type=int, default=128)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--port", type=int, default=8471)
    parser.add_argument("--client", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.client:
        paths = Path(given.client).read_text().splitlines()
        done = drive(given.port, paths, given.connections, given.seconds)
        print(json.dumps({name: getattr(done, name) for name in Answered.__slots__}))
        return
    import uvloop

    with tempfile.TemporaryDirectory(prefix="tidings-bench-", ignore_cleanup_errors=True) as folder:
        server = start_embedded(Path(folder) / "postgres")
        try:
            uvloop.run(run(given, server.dsn, Path(folder)))
        finally:
            server.stop()


if __name__ == "__main__":
    main()
