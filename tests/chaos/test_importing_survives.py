"""Kill the process that imports at random moments, again and again, then count (must-pass 1)."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tidings.contacts import actions as contacts
from tidings.contacts import catalog
from tidings.contacts.types import Draft
from tidings.imports import actions, queries
from tidings.imports.types import Options
from tidings.platform.clock import SystemClock
from tidings.platform.core import Core

ROWS = int(os.environ.get("TIDINGS_CHAOS_ROWS") or 12_000)
KILLS = int(os.environ.get("TIDINGS_CHAOS_KILLS") or 8)
CHUNK = 100


def start(dsn: str, folder: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "tests.chaos.importer_process", dsn, str(folder), str(CHUNK)]
    return subprocess.Popen(command, stderr=subprocess.DEVNULL)


def written(path: Path) -> tuple[int, int, int]:
    """A file with people, people again in other letters, and rows without an address; how many of each."""
    people = again = bad = 0
    lines = ["email,first_name,points,tags"]
    for n in range(ROWS):
        if n % 10 == 3:
            lines.append(f"no address {n},X,1,t0")
            bad += 1
        elif n % 7 == 5 and n % 10 != 8:
            lines.append(f"P{n - 5}@Example.ORG,Again,2,t{n % 5}")
            again += (n - 5) % 10 != 3
            people += (n - 5) % 10 == 3
        else:
            lines.append(f"p{n}@example.org,N{n},{n % 9},t{n % 5}")
            people += 1
    path.write_text("\n".join(lines) + "\n")
    return people, again, bad


async def until_moved(core: Core, import_id: int, rows: int) -> int:
    """Waits until more than `rows` rows are done, or the import has ended; answers how many are."""
    async with asyncio.timeout(60):
        while True:
            found = await queries.import_by_id(core, import_id)
            if found.rows_done > rows or found.state not in ("queued", "running"):
                return found.rows_done
            await asyncio.sleep(0.01)


@pytest.mark.chaos
@pytest.mark.timeout(180)
async def test_every_row_becomes_one_contact_or_one_refusal(core: Core, dsn: str, tmp_path: Path):
    core = Core(core.db, SystemClock(), core.keys, core.installation, tmp_path)
    people, again, bad = written(tmp_path / "people.csv")
    await contacts.write_contact(core, Draft({"email": "p0@example.org"}, status="unsubscribed"))
    news = await contacts.create_list(core, title="News")
    made = await actions.create_import(core, tmp_path / "people.csv", file_name="people.csv")
    await actions.configure_import(core, made.id, options=Options(status="subscribed", list_ids=[news]))
    await actions.start_import(core, made.id)
    chance = random.Random(11)
    seen = kills = 0
    process = start(dsn, tmp_path)
    try:
        while kills < KILLS and seen < ROWS:
            await until_moved(core, made.id, seen)
            await asyncio.sleep(chance.uniform(0, 0.12))
            process.send_signal(signal.SIGKILL)
            process.wait()
            kills += 1
            # the lease of the dead runs out
            await core.db.execute("UPDATE jobs SET leased_until = now() WHERE state = 'running'")
            seen = (await queries.import_by_id(core, made.id)).rows_done
            process = start(dsn, tmp_path)
        await until_moved(core, made.id, 10 * ROWS)
    finally:
        process.kill()
        process.wait()
    assert kills >= KILLS // 2
    done = await queries.import_by_id(core, made.id)
    assert (done.state, done.error) == ("done", None)
    assert (done.rows_done, done.rejected) == (ROWS, bad)
    assert (done.created, done.updated, done.skipped) == (people - 1, again + 1, 0)
    await count(core, made.id, people=people, bad=bad, news=news)


async def count(core: Core, import_id: int, *, people: int, bad: int, news: int) -> None:
    """What the tables hold, against what the file said and what the counters say."""
    assert await core.db.fetchval("SELECT count(*) FROM contacts") == people
    assert await core.db.fetchval("SELECT count(DISTINCT lower(email)) FROM contacts") == people
    assert await core.db.fetchval("SELECT status FROM contacts WHERE email = 'p0@example.org'") == "unsubscribed"
    lines = await core.db.fetch("SELECT line FROM import_rejects WHERE import_id = $1", import_id)
    assert (len(lines), len({row["line"] for row in lines})) == (bad, bad)
    facts = {
        row["kind"]: (row["n"], row["people"])
        for row in await core.db.fetch(
            "SELECT kind, count(*) AS n, count(DISTINCT contact_id) AS people FROM facts GROUP BY kind"
        )
    }
    assert facts["contact_created"] == (people, people)
    assert facts["lists_added"] == (people, people)
    assert facts["import_finished"][0] == 1
    tagged = await core.db.fetchval("SELECT count(*) FROM contact_tags")
    added = "SELECT sum(jsonb_array_length(data->'tag_ids')) FROM facts WHERE kind = 'tags_added'"
    assert await core.db.fetchval(added) == tagged
    tags = (await catalog.list_tags(core)).rows
    assert sorted(tag.title for tag in tags) == ["t0", "t1", "t2", "t3", "t4"]
    for tag in tags:
        rows = await core.db.fetchval("SELECT count(*) FROM contact_tags WHERE tag_id = $1", tag.id)
        assert tag.contacts_count == rows, tag.title
    [one] = [one for one in (await catalog.list_lists(core)).rows if one.id == news]
    assert one.contacts_count == people
