"""A worker that runs queued imports in small chunks, to be killed: python -m tests.chaos.importer_process DSN FOLDER ROWS."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from tidings.imports.running import run_import
from tidings.platform.clock import SystemClock
from tidings.platform.core import Core
from tidings.platform.crypto import Keyring
from tidings.platform.db import Database
from tidings.platform.installation import Installation
from tidings.workers import run_loops


async def main(dsn: str, folder: str, rows: int) -> None:
    assert run_import.__kwdefaults__
    run_import.__kwdefaults__["max_rows"] = rows
    db = await Database.open(dsn, max_size=6)
    keys = Keyring(b"k" * 32)
    core = Core(db, SystemClock(), keys, Installation(db, keys), Path(folder))
    await run_loops(core, asyncio.Event(), only=["jobs"])


asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
