"""A projector that folds small sets without a pause, to be killed: python -m tests.chaos.projector_process DSN LIMIT."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from tidings.platform.clock import SystemClock
from tidings.platform.core import Core
from tidings.platform.crypto import Keyring
from tidings.platform.db import Database
from tidings.platform.installation import Installation
from tidings.tracking.projector import fold_hits


async def main(dsn: str, limit: int) -> None:
    db = await Database.open(dsn, max_size=2)
    keys = Keyring(b"k" * 32)
    core = Core(db, SystemClock(), keys, Installation(db, keys), Path("/nowhere"))
    while True:
        if not await fold_hits(core, limit=limit):
            await asyncio.sleep(0.01)


asyncio.run(main(sys.argv[1], int(sys.argv[2])))
