"""A campaigner that draws small chunks, to be killed: python -m tests.chaos.drawer_process DSN CHUNK."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from tidings.campaigns import drawing
from tidings.platform.clock import SystemClock
from tidings.platform.core import Core
from tidings.platform.crypto import Keyring
from tidings.platform.db import Database
from tidings.platform.installation import Installation
from tidings.workers.campaigner import run_campaigner


async def main(dsn: str, chunk: int) -> None:
    drawing.CHUNK = chunk
    db = await Database.open(dsn, max_size=2)
    keys = Keyring(b"k" * 32)
    await run_campaigner(Core(db, SystemClock(), keys, Installation(db, keys), Path("/nowhere")), asyncio.Event())


asyncio.run(main(sys.argv[1], int(sys.argv[2])))
