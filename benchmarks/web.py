"""What the benchmarks of reading share: an embedded server with people in it, `tidings web`, the bare server, a table.

The two servers run side by side on the same database, with as many processes; only one is asked at a time.
"""

from __future__ import annotations

import asyncio
import os
import statistics
import sys
import tempfile
import time
import urllib.request
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from benchmarks import people
from benchmarks.http_load import Load, load
from tidings.platform.clock import SystemClock
from tidings.platform.core import Core
from tidings.platform.crypto import load_keyring
from tidings.platform.db import Database
from tidings.platform.embedded import start_embedded
from tidings.platform.installation import Installation
from tidings.platform.migrations import migrate

# Two ports in a row.
PORT = int(os.environ.get("BENCHMARK_PORT", "8441"))
BARE_PORT = PORT + 1


@dataclass(frozen=True, slots=True)
class Case:
    """One figure: what is asked of Tidings, and the address at the bare server that does the same read."""

    name: str
    paths: Sequence[str]
    headers: Mapping[str, str]
    bare_paths: Sequence[str]


@asynccontextmanager
async def installation(folder: Path, contacts: int) -> AsyncIterator[Core]:
    """A filled, durable, embedded database in `folder`."""
    server = await asyncio.to_thread(start_embedded, folder / "postgres")
    try:
        await migrate(server.dsn)
        db = await Database.open(server.dsn, max_size=2)
        keys = load_keyring(folder, None)
        core = Core(db, SystemClock(), keys, Installation(db, keys), folder)
        if not await db.fetchval("SELECT EXISTS (SELECT 1 FROM contacts)"):
            await people.fill(core, contacts)
        try:
            yield core
        finally:
            await db.close()
    finally:
        server.stop()


@asynccontextmanager
async def servers(core: Core, folder: Path, *, processes: int = 1) -> AsyncIterator[None]:
    """`tidings web` as an operator starts it, and the bare server; both are ended at the end."""
    environment = os.environ | {"DATABASE_URL": core.db.dsn, "TIDINGS_DATA": str(folder), "TIDINGS_PORT": str(PORT)}
    environment.pop("PROMETHEUS_MULTIPROC_DIR", None)
    commands = [
        ("-m", "tidings", "web", "--processes", str(processes)),
        ("-m", "benchmarks.bare", str(BARE_PORT), str(processes)),
    ]
    started = [await asyncio.create_subprocess_exec(sys.executable, *command, env=environment) for command in commands]
    try:
        await asyncio.to_thread(_wait, f"http://127.0.0.1:{PORT}/healthz")
        await asyncio.to_thread(_wait, f"http://127.0.0.1:{BARE_PORT}/contact/1")
        yield
    finally:
        for process in started:
            with suppress(ProcessLookupError):
                process.terminate()
        for process in started:
            await process.wait()


def _wait(url: str) -> None:
    until = time.monotonic() + 30
    while True:
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.1)


async def compare(cases: Sequence[Case], *, rounds: int, seconds: float, connections: int = 32) -> None:
    """Prints a line per case: medians of interleaved rounds of both servers."""
    print(
        f"{'limit/s':>8} {'p99 ms':>7} {'ours/s':>8} {'p99 ms':>7} {'ratio':>6} {'kB':>5}  {connections} connections, {rounds} rounds"
    )
    for case in cases:
        limits: list[Load] = []
        ours: list[Load] = []
        for _ in range(rounds):
            limits.append(await load(BARE_PORT, case.bare_paths, {}, connections=connections, seconds=seconds))
            ours.append(await load(PORT, case.paths, case.headers, connections=connections, seconds=seconds))
        limit, rate = (statistics.median(one.rate for one in runs) for runs in (limits, ours))
        slow, late = (statistics.median(one.p99_ms for one in runs) for runs in (limits, ours))
        print(
            f"{limit:>8.0f} {slow:>7.1f} {rate:>8.0f} {late:>7.1f} {rate / limit:>6.0%} {ours[0].bytes / 1000:>5.1f}  {case.name}"
            f" (client {ours[0].client_us:.0f} µs an answer, of two cores)",
            flush=True,
        )


@contextmanager
def folder_for(kept: str | None) -> Iterator[Path]:
    """A folder that lives as long as the run, or one that is kept for the next run."""
    if kept:
        path = Path(kept).absolute()
        path.mkdir(parents=True, exist_ok=True)
        yield path
        return
    with tempfile.TemporaryDirectory(prefix="tidings-bench-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)
