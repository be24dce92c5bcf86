"""A worker that makes changes by rule in small sets, to be killed: python -m tests.chaos.changer_process DSN FOLDER SET."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from tidings.bulk import jobs
from tidings.platform.clock import SystemClock
from tidings.platform.core import Core
from tidings.platform.crypto import Keyring
from tidings.platform.db import Database
from tidings.platform.installation import Installation
from tidings.workers import run_loops


async def main(dsn: str, folder: str, size: int) -> None:
    jobs.SET = size
    db = await Database.open(dsn, max_size=6)
    keys = Keyring(b"k" * 32)
    await run_loops(Core(db, SystemClock(), keys, Installation(db, keys), Path(folder)), asyncio.Event(), only=["jobs"])


asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
