"""Reading contacts through the three dialects: one contact, and 25 of a million with tags, lists and total.

    python -m benchmarks.api [--contacts 1000000] [--rounds 3] [--seconds 6] [--processes 2] [--only WORD] [--folder KEPT]

32 connections ask `tidings web` with a web process for each core. The limit is measured in the same rounds: a bare
server with as many processes that runs one hand-written statement for the same rows and encodes them as they are (see
`benchmarks.bare`); it knows no login and counts no requests, Tidings does both for every request. Figures are medians
of the rounds.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import os
import random
from pathlib import Path

from benchmarks.web import Case, compare, folder_for, installation, servers
from tidings.access import actions as access
from tidings.access.types import KeyKind
from tidings.dialects.fluenzr.ids import opaque
from tidings.platform.core import Core

_PAGES = range(1, 21)


async def cases(core: Core, contacts: int) -> list[Case]:
    """Two figures for each dialect, each with a fresh key that no limit slows."""
    user = await core.db.fetchval("SELECT id FROM users WHERE login = 'bench'")
    if user is None:
        user = (await access.create_user(core, login="bench", email="bench@example.org", role="administrator")).id

    async def secret(kind: KeyKind) -> str:
        return (await access.create_key(core, kind=kind, name="bench", user_id=user, per_minute=1_000_000))[1]

    basic = base64.b64encode(f"bench:{await secret('application-password')}".encode()).decode()
    fluentcrm, furiosa, fluenzr = (
        {"authorization": value}
        for value in (f"Basic {basic}", f"Bearer {await secret('furiosa')}", f"Bearer {await secret('fluenzr')}")
    )
    some = random.Random(contacts).sample(range(1, contacts + 1), 2000)
    members = [
        row["id"]
        for row in await core.db.fetch(
            "SELECT id FROM contact_lists WHERE contact_id = ANY($1::bigint[]) AND list_id <= 5", some
        )
    ]
    one, page = [f"/contact/{n}" for n in some], [f"/contacts/{n}" for n in _PAGES]
    one_member, member_page = [f"/member/{n}" for n in members], [f"/members/{n}" for n in _PAGES]
    root = "/wp-json/fluent-crm/v2/subscribers"
    return [
        Case("FluentCRM, one", [f"{root}/{n}" for n in some], fluentcrm, one),
        Case("FluentCRM, 25", [f"{root}?per_page=25&page={n}" for n in _PAGES], fluentcrm, page),
        Case("Furiosa, one", [f"/api/v1/contacts/{n}" for n in members], furiosa, one_member),
        Case("Furiosa, 25", [f"/api/v1/contacts?per_page=25&page={n}" for n in _PAGES], furiosa, member_page),
        Case("FluenzR, one", [f"/v1/contacts/{opaque('con', n)}" for n in some], fluenzr, one),
        Case("FluenzR, 25", [f"/v1/contacts?perPage=25&page={n}" for n in _PAGES], fluenzr, page),
    ]


async def run(given: argparse.Namespace, folder: Path) -> None:
    """Fills, starts, measures, ends."""
    async with installation(folder, given.contacts) as core, servers(core, folder, processes=given.processes):
        wanted = [case for case in await cases(core, given.contacts) if given.only.lower() in case.name.lower()]
        await compare(wanted, rounds=given.rounds, seconds=given.seconds)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--contacts", type=int, default=int(os.environ.get("CONTACTS", "1000000")))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=6)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--only", default="", help="only the cases whose name holds this")
    parser.add_argument("--folder", help="keep the database here and use it again")
    given = parser.parse_args()
    with folder_for(given.folder) as folder:
        asyncio.run(run(given, folder))


if __name__ == "__main__":
    main()
