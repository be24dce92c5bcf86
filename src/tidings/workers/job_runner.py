"""The loop that claims jobs in sets and runs their handlers; the queue itself is in `platform.jobs`."""

from __future__ import annotations

import asyncio

from tidings.platform import jobs, metrics
from tidings.platform.core import Core
from tidings.platform.wakeups import wakeups

AT_ONCE = 4
POLL_SECONDS = 2.0


async def run_jobs(core: Core, stop: asyncio.Event) -> None:
    """Keeps up to `AT_ONCE` jobs running until `stop`; jobs still running then go back to the queue."""
    running: set[asyncio.Task[None]] = set()
    async with wakeups(core.db, jobs.CHANNEL) as woken:
        stopper = asyncio.create_task(_wake_at_stop(stop, woken.wake))
        try:
            while not stop.is_set():
                free = AT_ONCE - len(running)
                claimed = await jobs.claim(core.db, list(jobs.KINDS), free) if free and jobs.KINDS else []
                for job in claimed:
                    metrics.jobs_total.labels(job.kind).inc()
                    task = asyncio.create_task(jobs.run_claimed(core, job))
                    running.add(task)
                    task.add_done_callback(running.discard)
                    task.add_done_callback(woken.wake)
                if len(claimed) < max(free, 1):
                    await woken.wait(POLL_SECONDS)
        finally:
            stopper.cancel()
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)


async def _wake_at_stop(stop: asyncio.Event, wake: object) -> None:
    await stop.wait()
    assert callable(wake)
    wake()
