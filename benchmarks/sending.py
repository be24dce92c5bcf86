"""Sending a 20 kB personalised multipart newsletter with 8 tracked links over SMTP to a local sink.

    python -m benchmarks.sending [--contacts 100000] [--workers 1] [--delay-ms 0] [--connections 10] [--dkim]

Prints mails a second from claim to stored outcome, the same mails without a database in the same run, and the ratio.
The embedded PostgreSQL is durable here: every commit reaches the disk.
"""

from __future__ import annotations

import argparse
import asyncio
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from tidings.campaigns import actions as campaigns
from tidings.campaigns.drawing import draw
from tidings.content import Person
from tidings.messages import accounts, signing
from tidings.messages.mailing import load_mailing
from tidings.messages.transports.smtp import SmtpPool
from tidings.messages.transports.types import Envelope, Result, SmtpEndpoint
from tidings.platform.clock import SystemClock
from tidings.platform.core import Core
from tidings.platform.crypto import Keyring
from tidings.platform.db import Database
from tidings.platform.embedded import start_embedded
from tidings.platform.installation import Installation
from tidings.platform.migrations import migrate
from tidings.segments.types import Everybody, to_json

PORT = 2597
_WORDS = "Lorem ipsum dolor sit amet, consetetur sadipscing elitr, sed diam nonumy eirmod tempor invidunt ut labore. "


def newsletter() -> str:
    """About 10 kB of HTML (20 kB as a multipart mail) with 8 links and 6 merge tags."""
    parts = ["<h1>Hello {{contact.first_name|friend}}</h1>"]
    for n in range(8):
        parts.append(f'<p>{_WORDS * 9}<a href="https://example.com/article/{n}?from=news">Read on</a></p>')
    parts.append(
        "<p>You are {{contact.full_name}} of {{contact.city|somewhere}}, {{contact.country}}, {{contact.email}}.</p>"
    )
    return "".join(parts)


async def open_core(dsn: str, folder: Path) -> Core:
    db = await Database.open(dsn, max_size=6)
    keys = Keyring(b"b" * 32)
    return Core(db, SystemClock(), keys, Installation(db, keys), folder)


async def prepare(core: Core, contacts: int, connections: int, *, signs: bool) -> int:
    await core.db.execute(
        """INSERT INTO contacts (email, first_name, last_name, city, country)
        SELECT 'p' || n || '@example.org', 'First' || n, 'Last' || n, 'Berlin', 'DE' FROM generate_series(1, $1) n""",
        contacts,
    )
    account = await accounts.set_smtp_url(core, f"smtp://127.0.0.1:{PORT}?encryption=none&connections={connections}")
    if signs:
        await signing.make_key(core, await accounts.account_by_id(core, account), "example.org")
        await signing.switch_signing(core, account, is_on=True)
    made = await campaigns.create_campaign(
        core,
        title="Benchmark",
        subject="News for {{contact.first_name}}",
        body=newsletter(),
        audience=to_json(Everybody()),
    )
    await campaigns.schedule_campaign(core, made)
    started = time.perf_counter()
    await draw(core, made)
    print(f"drawing {contacts:,} recipients: {time.perf_counter() - started:.1f} s")
    return made


async def without_database(core: Core, campaign_id: int, mails: int, connections: int) -> float:
    """The same rendering and the same wire, nothing claimed and nothing stored."""
    mailing = await load_mailing(core, campaign_id)
    pool = SmtpPool(SmtpEndpoint("127.0.0.1", PORT, "none"), connections=connections)
    now = core.clock.now()
    results: list[Result] = []
    started = time.perf_counter()
    for base in range(0, mails, 500):
        group: Sequence[Envelope] = [
            Envelope(
                n,
                mailing.sender.from_email,
                f"p{n}@example.org",
                mailing.write(
                    n,
                    Person(
                        id=n,
                        email=f"p{n}@example.org",
                        first_name=f"First{n}",
                        last_name=f"Last{n}",
                        city="Berlin",
                        country="DE",
                    ),
                    None,
                    at=now,
                ),
                has_safe_lines=True,
            )
            for n in range(base + 1, min(base + 500, mails) + 1)
        ]
        await pool.send(group, results.append)
    await pool.close()
    assert len(results) == mails
    return mails / (time.perf_counter() - started)


async def worker(dsn: str, folder: Path, total: int) -> None:
    """One sender process: works until no message is left."""
    from tidings.workers.sender import Sender

    core = await open_core(dsn, folder)
    sender = Sender(core)
    while await core.db.fetchval("SELECT 1 FROM messages WHERE state IN ('queued', 'deferred') LIMIT 1"):
        await sender.pass_once()
    await sender.close()
    await core.db.close()
    print(f"worker memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB", flush=True)


async def run(given: argparse.Namespace, dsn: str, folder: Path) -> None:
    await migrate(dsn)
    core = await open_core(dsn, folder)
    campaign = await prepare(core, given.contacts, given.connections, signs=given.dkim)
    alone = await without_database(
        core, campaign, min(given.contacts, 20_000 if not given.delay_ms else 5_000), given.connections
    )
    print(f"without a database: {alone:,.0f} mails/s")
    started = time.perf_counter()
    base = [
        sys.executable,
        "-m",
        "benchmarks.sending",
        "--worker",
        dsn,
        "--folder",
        str(folder),
        "--contacts",
        str(given.contacts),
    ]
    processes = [subprocess.Popen(base) for _ in range(given.workers)]  # noqa: ASYNC220 - waits for them right below
    for process in processes:
        await asyncio.to_thread(process.wait)
    seconds = time.perf_counter() - started
    sent = await core.db.fetchval("SELECT count(*) FROM messages WHERE state = 'sent'")
    print(f"claim to stored outcome: {sent / seconds:,.0f} mails/s, {sent:,} sent, ratio {sent / seconds / alone:.2f}")
    await core.db.close()


def main() -> None:
    parser = argparse.ArgumentParser(description="Sending, with and without a database.")
    parser.add_argument("--contacts", type=int, default=100_000)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--connections", type=int, default=10)
    parser.add_argument("--delay-ms", type=float, default=0)
    parser.add_argument("--dkim", action="store_true", help="the account signs; what has no database does not")
    parser.add_argument("--worker")
    parser.add_argument("--folder")
    given = parser.parse_args()
    import uvloop

    if given.worker:
        uvloop.run(worker(given.worker, Path(given.folder), given.contacts))
        return
    sink = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "benchmarks.sink",
            "--port",
            str(PORT),
            "--delay-ms",
            str(given.delay_ms),
            "--seconds",
            "600",
        ]
    )
    try:
        with tempfile.TemporaryDirectory(prefix="tidings-bench-", ignore_cleanup_errors=True) as folder:
            server = start_embedded(Path(folder) / "postgres")
            try:
                uvloop.run(run(given, server.dsn, Path(folder)))
            finally:
                server.stop()
    finally:
        sink.terminate()
        sink.wait()


if __name__ == "__main__":
    main()
