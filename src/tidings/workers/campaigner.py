"""Moves campaigns along their life: draws what is near, starts what is due. Sending itself is `sender`'s."""

from __future__ import annotations

import asyncio
import logging

from tidings.campaigns.carried import finish_workflows
from tidings.campaigns.drawing import advance_campaigns
from tidings.platform.core import Core

log = logging.getLogger("tidings.campaigner")
EVERY = 0.5


async def run_campaigner(core: Core, stop: asyncio.Event) -> None:
    """Ticks until `stop` is set; several processes may tick at once."""
    while not stop.is_set():
        try:
            await advance_campaigns(core)
            await finish_workflows(core)
        except Exception:
            log.exception("a tick failed; the next one tries again")
        try:
            async with asyncio.timeout(EVERY):
                await stop.wait()
        except TimeoutError:
            continue
