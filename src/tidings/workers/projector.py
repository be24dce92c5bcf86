"""Folds hits as they come in."""

from __future__ import annotations

import asyncio
import logging

from tidings.platform.core import Core
from tidings.tracking.projector import fold_hits

log = logging.getLogger("tidings.projector")
IDLE = 0.3


async def run_projector(core: Core, stop: asyncio.Event) -> None:
    """Folds until `stop` is set."""
    while not stop.is_set():
        folded = 0
        try:
            folded = await fold_hits(core)
        except Exception:
            log.exception("folding failed; the next turn tries again")
        if not folded:
            try:
                async with asyncio.timeout(IDLE):
                    await stop.wait()
            except TimeoutError:
                continue
