"""Automations: facts begin runs, due runs are moved on; woken by facts, looking by itself now and then."""

from __future__ import annotations

import asyncio
import logging

from tidings.automations.running import advance_runs
from tidings.automations.triggers import read_facts
from tidings.platform.core import Core
from tidings.platform.facts import CHANNEL
from tidings.platform.wakeups import wakeups

log = logging.getLogger("tidings.automator")
IDLE = 0.5


async def run_automator(core: Core, stop: asyncio.Event) -> None:
    """Works until `stop` is set; several processes may do so at once. An error ends it, and the worker starts it again."""
    async with wakeups(core.db, CHANNEL) as woken:
        while not stop.is_set():
            told = await read_facts(core)
            if stop.is_set():
                break
            moved = await advance_runs(core)
            if not told and not moved:
                await woken.wait(IDLE)
