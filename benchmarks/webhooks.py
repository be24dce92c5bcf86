"""Webhooks from the log of facts to a stored outcome, to a receiver on the same machine.

    python -m benchmarks.webhooks [--events 20000] [--workers 1]

Prints events a second (read as facts, made into deliveries, signed, posted, answered, stored), the same signed posts
without a database in the same run, and the ratio. The embedded PostgreSQL is durable: every commit reaches the disk.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import resource
import subprocess
import sys
import tempfile
import time
import uuid
from pathlib import Path

from benchmarks.sending import open_core
from tidings.app import know_webhook_forms
from tidings.outgoing_webhooks.actions import create_endpoint
from tidings.outgoing_webhooks.posting import attempt
from tidings.outgoing_webhooks.types import Claimed, EndpointDraft
from tidings.platform.core import Core
from tidings.platform.embedded import start_embedded
from tidings.platform.http import Poster
from tidings.platform.migrations import migrate
from tidings.workers.webhooks import run_deliverer, run_enqueuer

PORT = 8211
URL = f"http://127.0.0.1:{PORT}/hook"
_PEOPLE = """
WITH made AS (
    INSERT INTO contacts (email, first_name, last_name, city, country)
    SELECT 'p' || n || '@example.org', 'First' || n, 'Last' || n, 'Berlin', 'DE' FROM generate_series(1, $1) n RETURNING id)
INSERT INTO facts (kind, contact_id) SELECT 'contact_created', id FROM made ORDER BY id
"""
_LEFT = "SELECT $1 - count(*) FROM webhook_deliveries WHERE state = 'delivered'"


async def without_database(core: Core, body: bytes, events: int) -> float:
    """The same signing and the same posts over as many connections; nothing claimed and nothing stored."""
    poster, numbers = Poster(core), iter(range(events))

    async def post() -> None:
        for n in numbers:
            one = Claimed(n, uuid.uuid4(), 1, n, False, 0, "fluenzr", URL, "s" * 40, None, body)
            outcome = await attempt(core, poster, one)
            assert outcome.state == "delivered", outcome

    started = time.perf_counter()
    await asyncio.gather(*(post() for _ in range(Poster.CONNECTIONS)))
    await poster.close()
    return events / (time.perf_counter() - started)


async def worker(dsn: str, events: int) -> None:
    """One worker process with both loops, until all is delivered."""
    know_webhook_forms()
    core, stop = await open_core(dsn, Path("/nowhere")), asyncio.Event()
    loops = asyncio.gather(run_enqueuer(core, stop), run_deliverer(core, stop))
    # Another worker's rows count too.
    for _ in itertools.count():
        if await core.db.fetchval(_LEFT, events) <= 0:
            break
        await asyncio.sleep(0.1)
    stop.set()
    await loops
    await core.db.close()
    used = resource.getrusage(resource.RUSAGE_SELF)
    print(f"worker: {used.ru_utime + used.ru_stime:.1f} s of processor, {used.ru_maxrss / 1024:.0f} MB", flush=True)


async def run(given: argparse.Namespace, dsn: str, folder: Path) -> None:
    know_webhook_forms()
    await migrate(dsn)
    core = await open_core(dsn, folder)
    await core.installation.put({"allow_private_targets": True})
    await create_endpoint(core, "fluenzr", EndpointDraft(URL, ["contact.created"]))
    await core.db.execute(_PEOPLE, given.events)
    command = [sys.executable, "-m", "benchmarks.webhooks", "--worker", dsn, "--events", str(given.events)]
    started = time.perf_counter()
    processes = [subprocess.Popen(command) for _ in range(given.workers)]  # noqa: ASYNC220 - waits for them right below
    for process in processes:
        await asyncio.to_thread(process.wait)
    rate = given.events / (time.perf_counter() - started)
    body = await core.db.fetchval("SELECT body FROM webhook_events LIMIT 1")
    tries = await core.db.fetchval("SELECT count(*) FROM webhook_attempts")
    alone = await without_database(core, body, min(given.events, 10_000))
    print(f"without a database: {alone:,.0f} posts/s of {len(body)} bytes")
    print(f"facts to stored outcome: {rate:,.0f} events/s, {tries:,} attempts, ratio {rate / alone:.2f}")
    await core.db.close()


def main() -> None:
    parser = argparse.ArgumentParser(description="Webhooks, with and without a database.")
    parser.add_argument("--events", type=int, default=20_000)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--worker")
    given = parser.parse_args()
    import uvloop

    if given.worker:
        uvloop.run(worker(given.worker, given.events))
        return
    receiver = subprocess.Popen([sys.executable, "-m", "benchmarks.receiver", "--port", str(PORT)])
    try:
        with tempfile.TemporaryDirectory(prefix="tidings-bench-", ignore_cleanup_errors=True) as folder:
            server = start_embedded(Path(folder) / "postgres")
            try:
                uvloop.run(run(given, server.dsn, Path(folder)))
            finally:
                server.stop()
    finally:
        receiver.terminate()
        receiver.wait()


if __name__ == "__main__":
    main()
