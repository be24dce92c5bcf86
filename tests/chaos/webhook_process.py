"""Both webhook loops in a process of their own, to be killed: python -m tests.chaos.webhook_process DSN LEASE_SECONDS."""

from __future__ import annotations

import asyncio
import sys
from datetime import timedelta
from pathlib import Path

from tidings.app import know_webhook_forms
from tidings.outgoing_webhooks import claims
from tidings.platform.clock import SystemClock
from tidings.platform.core import Core
from tidings.platform.crypto import Keyring
from tidings.platform.db import AWAY, Database
from tidings.platform.installation import Installation
from tidings.workers import webhooks as loops


async def main(dsn: str, lease: float) -> None:
    know_webhook_forms()
    claims.LEASE = timedelta(seconds=lease)
    loops.RECOVER_EVERY = lease / 2
    keys = Keyring(b"k" * 32)
    while True:
        try:
            db = await Database.open(dsn, max_size=6)
            core = Core(db, SystemClock(), keys, Installation(db, keys), Path("/nowhere"))
            stop = asyncio.Event()
            await asyncio.gather(loops.run_enqueuer(core, stop), loops.run_deliverer(core, stop))
        except AWAY:
            await asyncio.sleep(0.2)


asyncio.run(main(sys.argv[1], float(sys.argv[2])))
