"""Killing processes in the middle of their work."""

from __future__ import annotations

import asyncio
import random
import signal
import subprocess
from collections.abc import Callable


async def kill_some(
    processes: list[subprocess.Popen[bytes]], chance: random.Random, start: Callable[[], subprocess.Popen[bytes]]
) -> None:
    """After a moment one of two processes dies, or both; new ones stand in their place."""
    await asyncio.sleep(chance.uniform(0, 0.05))
    for victim in (0, 1) if chance.random() < 0.5 else (chance.randrange(2),):
        processes[victim].send_signal(signal.SIGKILL)
        processes[victim].wait()
        processes[victim] = start()
