"""Folds hits as they come in: woken by the group commit, looking by itself now and then."""

from __future__ import annotations

import asyncio

from tidings.platform.core import Core
from tidings.platform.wakeups import wakeups
from tidings.tracking.collector import CHANNEL
from tidings.tracking.projector import fold_hits

IDLE = 1.0


async def run_projector(core: Core, stop: asyncio.Event) -> None:
    """Folds until `stop` is set; an error ends the loop, and the worker starts it again."""
    async with wakeups(core.db, CHANNEL) as wake:
        while not stop.is_set():
            if not await fold_hits(core):
                await wake.wait(IDLE)
