"""Tagging half of a million contacts by a filter, as the job of the bulk bar does.

    python -m benchmarks.bulk [--contacts 1000000] [--folder KEPT]

The limit is the same links and the same facts, written in the same run by two hand-written statements (INSERT … SELECT)
in one transaction that nobody could stop, watch or resume; triggers and indexes are the same. Embedded PostgreSQL,
durable. Printed with it: how much the memory of the process grew while the job ran.
"""

from __future__ import annotations

import argparse
import asyncio
import time
from pathlib import Path

from benchmarks.web import folder_for, installation
from tidings.bulk import jobs as bulk_jobs
from tidings.bulk.actions import start_change
from tidings.bulk.queries import bulk_job_by_id
from tidings.bulk.types import AddTags
from tidings.contacts.actions import create_tag
from tidings.platform import jobs
from tidings.platform.core import Core
from tidings.segments.types import ColumnIs

COUNTRIES = ("DE", "US", "FR", "GB", "IT")
_WHO = "SELECT c.id FROM contacts c WHERE lower(c.country) IN ('de', 'us', 'fr', 'gb', 'it')"
_LINKS = f"INSERT INTO contact_tags (contact_id, tag_id, created_at) SELECT id, $1, now() FROM ({_WHO}) w"
_FACTS = f"""INSERT INTO facts (kind, contact_id, is_silent, data)
SELECT 'tags_added', id, false, jsonb_build_object('tag_ids', jsonb_build_array($1::bigint)) FROM ({_WHO}) w"""


def _kilobytes(name: str) -> int:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(name):
            return int(line.split()[1])
    return 0


async def by_hand(core: Core) -> float:
    """Seconds for the two statements."""
    tag = await create_tag(core, title="By hand")
    started = time.perf_counter()
    async with core.db.transaction() as tx:
        await tx.execute(_LINKS, tag)
        await tx.execute(_FACTS, tag)
    return time.perf_counter() - started


async def by_job(core: Core) -> tuple[float, int]:
    """Seconds for the job, and how many got the tag."""
    tag = await create_tag(core, title="Ours")
    job_id = await start_change(core, ColumnIs("country", "in", COUNTRIES), AddTags((tag,)))
    started = time.perf_counter()
    [claimed] = await jobs.claim(core.db, [bulk_jobs.JOB], 1)
    await jobs.run_claimed(core, claimed)
    seconds = time.perf_counter() - started
    found = await bulk_job_by_id(core, job_id)
    if found.state != "done":
        raise SystemExit(f"the job is {found.state}: {found.error}")
    return seconds, found.changed


async def run(given: argparse.Namespace, folder: Path) -> None:
    """By hand, then by the job, and prints both."""
    async with installation(folder, given.contacts) as core:
        async with core.db.connection() as connection:
            await connection.execute("CHECKPOINT")
        limit = await by_hand(core)
        async with core.db.connection() as connection:
            await connection.execute("CHECKPOINT")
        before = _kilobytes("VmRSS")
        seconds, changed = await by_job(core)
        grown = _kilobytes("VmHWM") - before
        print(f"two statements by hand: {limit:.1f} s")
        print(f"tagging {changed:,} contacts by filter: {seconds:.1f} s, ratio {limit / seconds:.2f}")
        print(f"memory while it ran: {before / 1024:.0f} MB, at most {grown / 1024:.0f} MB more")


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--contacts", type=int, default=1_000_000)
    parser.add_argument("--folder", help="keep the database here and use it again")
    given = parser.parse_args()
    with folder_for(given.folder) as folder:
        asyncio.run(run(given, folder))


if __name__ == "__main__":
    main()
