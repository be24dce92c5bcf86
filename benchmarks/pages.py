"""The HTML contact list: pages of 25 of a million in the interface, as a browser that is logged in asks for them.

    python -m benchmarks.pages [--contacts 1000000] [--rounds 3] [--seconds 6] [--processes 2] [--folder KEPT]

Two figures: whole pages, and the table alone, which is what paging in the browser fetches. The limit of the same rounds
is the bare server with a template of the same columns and nothing else (see `benchmarks.bare`), with as many processes.
"""

from __future__ import annotations

import argparse
import asyncio
import os
from pathlib import Path

from benchmarks.web import Case, compare, folder_for, installation, servers
from tidings.access import actions as access
from tidings.platform.core import Core

_PASSWORD = "a password for the benchmark"
_PAGES = range(1, 21)


async def cases(core: Core) -> list[Case]:
    """Pages of the list with a session of its own."""
    if not await core.db.fetchval("SELECT 1 FROM users WHERE login = 'reader'"):
        await access.create_user(
            core, login="reader", email="reader@example.org", role="administrator", password=_PASSWORD
        )
    await core.installation.put({"is_set_up": True})
    token, _ = await access.start_session(core, "reader", _PASSWORD)
    cookie = {"cookie": f"tidings_session={token}"}
    paths, bare = [f"/contacts?page={n}" for n in _PAGES], [f"/html/{n}" for n in _PAGES]
    table = cookie | {"hx-request": "true", "hx-target": "people"}
    return [Case("contact list, page", paths, cookie, bare), Case("contact list, table alone", paths, table, bare)]


async def run(given: argparse.Namespace, folder: Path) -> None:
    """Fills, starts, measures, ends."""
    async with (
        installation(folder, given.contacts) as core,
        servers(core, folder, processes=given.processes),
    ):
        await compare(await cases(core), rounds=given.rounds, seconds=given.seconds)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--contacts", type=int, default=int(os.environ.get("CONTACTS", "1000000")))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=6)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--folder", help="keep the database here and use it again")
    given = parser.parse_args()
    with folder_for(given.folder) as folder:
        asyncio.run(run(given, folder))


if __name__ == "__main__":
    main()
