"""An automator that moves small groups on, to be killed: python -m tests.chaos.automator_process DSN GROUP."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from tidings.automations.running import advance_runs
from tidings.automations.triggers import read_facts
from tidings.platform.clock import SystemClock
from tidings.platform.core import Core
from tidings.platform.crypto import Keyring
from tidings.platform.db import Database
from tidings.platform.installation import Installation
from tidings.workers import LOOPS, run_loops


async def main(dsn: str, group: int) -> None:
    async def move_on(core: Core, stop: asyncio.Event) -> None:
        while not stop.is_set():
            if not await read_facts(core, limit=group) + await advance_runs(core, batch=group):
                await asyncio.sleep(0.02)

    # A loop that fails is started again, as in the real worker.
    LOOPS["automator"] = move_on
    db = await Database.open(dsn, max_size=3)
    keys = Keyring(b"k" * 32)
    core = Core(db, SystemClock(), keys, Installation(db, keys), Path("/nowhere"))
    await run_loops(core, asyncio.Event(), only=["automator"])


asyncio.run(main(sys.argv[1], int(sys.argv[2])))
