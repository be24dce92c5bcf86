"""Every list of every dialect with its filters and sorts, on a million contacts and all that grows beside them.

    python -m benchmarks.lists [--quick] [--only WORD] [--folder KEPT] [--contacts 1000000] [--seconds 3] [--processes 2]

The routes come from the dialects' tables: one that is neither measured nor named as no list stops the run
(`benchmarks.list_cases`). Each case is asked one request at a time; contact filters of Furiosa and FluenzR over 32
connections too. What was promised stands beside it. `first` is the slowest answer when each address is asked for the
first time, so nothing that the program remembers helps it; the files of the database are read once before, as on a
machine that has been running for a while. `raw` is the limit of the same run: the same rows and the
same total as statements written by hand, on one connection, the median of five; no server, no login, no dialect.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import os
import statistics
import time
from collections.abc import Mapping
from pathlib import Path

from benchmarks import stock
from benchmarks.asked import Asked
from benchmarks.http_load import load
from benchmarks.list_cases import cases
from benchmarks.web import PORT, folder_for, installation, servers
from tidings.access import actions as access
from tidings.access.types import KeyKind
from tidings.platform.core import Core

BUSY = 32


async def keys(core: Core) -> dict[str, Mapping[str, str]]:
    """The header of each dialect, with fresh keys that no limit slows."""
    user = await core.db.fetchval("SELECT id FROM users WHERE login = 'bench'")
    if user is None:
        user = (await access.create_user(core, login="bench", email="bench@example.org", role="administrator")).id

    async def secret(kind: KeyKind) -> str:
        return (await access.create_key(core, kind=kind, name="bench", user_id=user, per_minute=1_000_000))[1]

    basic = base64.b64encode(f"bench:{await secret('application-password')}".encode()).decode()
    words = {"FluentCRM": f"Basic {basic}", "Furiosa": f"Bearer {await secret('furiosa')}"}
    words["FluenzR"] = f"Bearer {await secret('fluenzr')}"
    return {name: {"authorization": word, "content-type": "application/json"} for name, word in words.items()}


async def raw_ms(core: Core, one: Asked) -> float | None:
    """What the statements by hand take together."""
    if not one.raw:
        return None
    took: list[float] = []
    async with core.db.connection() as connection:
        for _ in range(5):
            started = time.perf_counter()
            for statement in one.raw:
                await connection.fetch(statement)
            took.append((time.perf_counter() - started) * 1000)
    return statistics.median(took)


async def measure(core: Core, one: Asked, header: Mapping[str, str], *, seconds: float, rounds: int) -> None:
    """Prints the lines of a case."""
    try:
        first = await load(PORT, one.requests, header, connections=1, seconds=0, warm=0, most=len(one.requests))
        raw = await raw_ms(core, one)
        for connections in (1, BUSY) if one.is_busy else (1,):
            runs = [
                await load(PORT, one.requests, header, connections=connections, seconds=seconds, warm=1)
                for _ in range(rounds)
            ]
            p50, p99 = (statistics.median(getattr(run, name) for run in runs) for name in ("p50_ms", "p99_ms"))
            verdict = "" if max(p99, first.p99_ms) < one.limit else "first!" if p99 < one.limit else "SLOW"
            hand = "" if raw is None else f"{raw:.1f}"
            print(
                f"{one.dialect:<9} {connections:>3} {p50:>8.1f} {p99:>8.1f} {first.p99_ms:>8.1f} {hand:>8} {one.limit:>5}"
                f" {verdict:<6} {one.name}",
                flush=True,
            )
    except RuntimeError as error:
        print(f"{one.dialect:<9} {one.name}: {error}", flush=True)


def read_once(folder: Path) -> None:
    """Reads the files of the database, so that no answer waits for the disk."""
    for path in sorted((folder / "postgres" / "base").rglob("*")):
        if path.is_file():
            with path.open("rb") as file:
                while file.read(1 << 22):
                    pass


async def run(given: argparse.Namespace, folder: Path) -> None:
    """Fills, starts, measures, ends."""
    wanted = [one for one in cases(given.contacts) if given.only.lower() in f"{one.dialect} {one.name}".lower()]
    async with installation(folder, given.contacts) as core:
        await stock.fill(core, given.contacts)
        await asyncio.to_thread(read_once, folder)
        async with servers(core, folder, processes=given.processes):
            header = await keys(core)
            print(f"{'dialect':<9} {'at':>3} {'p50 ms':>8} {'p99 ms':>8} {'first':>8} {'raw ms':>8} {'limit':>5}")
            for one in wanted:
                await measure(core, one, header[one.dialect], seconds=given.seconds, rounds=given.rounds)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--contacts", type=int, default=int(os.environ.get("CONTACTS", "1000000")))
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--only", default="", help="only the cases whose dialect and name hold this")
    parser.add_argument("--quick", action="store_true", help="one round of half a second each")
    parser.add_argument("--folder", help="keep the database here and use it again")
    given = parser.parse_args()
    if given.quick:
        given.seconds, given.rounds = 0.5, 1
    with folder_for(given.folder) as folder:
        asyncio.run(run(given, folder))


if __name__ == "__main__":
    main()
