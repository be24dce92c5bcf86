"""A sender in a process of its own, to be killed: python -m tests.chaos.sender_process DSN FOLDER LEASE_SECONDS."""

from __future__ import annotations

import asyncio
import sys
from datetime import timedelta
from pathlib import Path

from tidings.messages import claims
from tidings.platform.clock import SystemClock
from tidings.platform.core import Core
from tidings.platform.crypto import Keyring
from tidings.platform.db import Database
from tidings.platform.installation import Installation
from tidings.workers import sender as sending
from tidings.workers.campaigner import run_campaigner


async def main(dsn: str, folder: str, lease: float) -> None:
    claims.LEASE = timedelta(seconds=lease)
    sending.RECOVER_EVERY = lease / 2
    keys = Keyring(b"k" * 32)
    while True:
        try:
            db = await Database.open(dsn, max_size=6)
            core = Core(db, SystemClock(), keys, Installation(db, keys), Path(folder))
            stop = asyncio.Event()
            await asyncio.gather(sending.run_sender(core, stop), run_campaigner(core, stop))
        except OSError:
            await asyncio.sleep(0.2)


asyncio.run(main(sys.argv[1], sys.argv[2], float(sys.argv[3])))
