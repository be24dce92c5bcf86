"""How fast a CSV becomes contacts with fields, tags, a list and facts, against raw COPY of the same rows.

    python -m benchmarks.imports --rows 1000000

Each row has a name, a city, a country, three custom fields and two tags; the whole import has a list and writes its
facts. The limits are measured in the same run, on the same durable embedded server, in copies of the tables with all
their indexes, keys and defaults: once COPY of the contacts alone, once COPY of every row that the import leaves
behind (contacts, memberships, facts). Memory is the peak of this process, which also sends the COPY data.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import resource
import tempfile
import time
from pathlib import Path

from tidings.contacts.actions import create_list, replace_custom_fields
from tidings.contacts.types import CustomField
from tidings.imports import actions, running
from tidings.imports.types import Options
from tidings.platform.clock import SystemClock
from tidings.platform.core import Core
from tidings.platform.crypto import Keyring
from tidings.platform.db import Database
from tidings.platform.embedded import start_embedded
from tidings.platform.installation import Installation
from tidings.platform.migrations import migrate

TABLES = ("contacts", "contact_tags", "contact_lists", "facts")


def write_file(path: Path, rows: int) -> None:
    """The same file for the same number of rows, always."""
    pick = random.Random(rows)
    with path.open("w", encoding="utf-8") as file:
        file.write("email,first_name,last_name,city,country,plan,score,since,tags\n")
        for n in range(rows):
            file.write(
                f"person{n}@example{n % 50}.org,Zoë{n % 997},Müller{n % 7919},City {n % 300},DE,"
                f"{pick.choice(('Free', 'Pro', 'Team'))},{pick.randrange(1000)},2026-01-{1 + n % 28:02d},"
                f'"Tag {n % 10},Group {n % 7}"\n'
            )


async def imported(core: Core, path: Path) -> float:
    """Seconds of the run, upload not counted."""
    fields = [CustomField("plan", "Plan", "text"), CustomField("score", "Score", "number")]
    await replace_custom_fields(core, [*fields, CustomField("since", "Since", "date")])
    list_id = await create_list(core, title="Newsletter")
    made = await actions.create_import(core, path, file_name=path.name)
    await actions.configure_import(core, made.id, options=Options(list_ids=[list_id]))
    started = time.perf_counter()
    done = await running.run_import(core, made.id)
    taken = time.perf_counter() - started
    assert done.state == "done", done
    print(f"import: {done.created:,} contacts in {taken:.1f} s, {done.created / taken:,.0f}/s")
    return taken


async def copied(db: Database, table: str, folder: Path) -> float:
    """Seconds that COPY of the rows of `table` takes into an empty copy of it with the same indexes and defaults."""
    dump = folder / f"{table}.copy"
    async with db._pool.acquire() as connection:  # pyright: ignore[reportPrivateUsage]
        await connection.copy_from_table(table, output=dump, format="binary") if table != "facts" else (
            await connection.copy_from_query("SELECT * FROM facts", output=dump, format="binary")
        )
        await connection.execute(f"CREATE TABLE raw_{table} (LIKE {table} INCLUDING ALL)")
        started = time.perf_counter()
        await connection.copy_to_table(f"raw_{table}", source=dump, format="binary")
        taken = time.perf_counter() - started
        await connection.execute(f"DROP TABLE raw_{table}")
    dump.unlink()
    return taken


async def measure(dsn: str, folder: Path, rows: int) -> None:
    """Prints the figures."""
    await migrate(dsn)
    db = await Database.open(dsn)
    keys = Keyring(b"k" * 32)
    core = Core(db, SystemClock(), keys, Installation(db, keys), folder)
    path = folder / "people.csv"
    write_file(path, rows)
    taken = await imported(core, path)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    limits = {table: await copied(db, table, folder) for table in TABLES}
    whole = sum(limits.values())
    print("raw COPY: " + ", ".join(f"{table} {seconds:.1f} s" for table, seconds in limits.items()))
    print(f"ratio to COPY of every row left behind: {whole / taken:.2f} (limit {whole:.1f} s)")
    print(f"ratio to COPY of the contacts alone: {limits['contacts'] / taken:.2f}")
    print(f"peak memory of the importing process: {peak:.0f} MB")
    await db.close()


def main() -> None:
    """Reads the options and measures on a throw-away embedded server."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=200_000)
    rows = parser.parse_args().rows
    with tempfile.TemporaryDirectory(prefix="tidings-bench-", ignore_cleanup_errors=True) as folder:
        server = start_embedded(Path(folder) / "postgres")
        try:
            asyncio.run(measure(server.dsn, Path(folder), rows))
        finally:
            server.stop()


if __name__ == "__main__":
    main()
