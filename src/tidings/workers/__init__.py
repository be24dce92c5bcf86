"""Loops only: what runs beside the web. Each loop takes the core and a stop event and returns soon after it is set.

Add a loop by a line in `LOOPS`, a module with job handlers by a line in `JOB_MODULES`. What a loop does lives in its
feature; processes are started by `platform.supervisor`.
"""

from __future__ import annotations

import asyncio
import importlib
import logging
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress

from tidings.platform import metrics
from tidings.platform.core import Core
from tidings.platform.errors import TidingsError
from tidings.platform.system_log import log_event
from tidings.workers.automator import run_automator
from tidings.workers.campaigner import run_campaigner
from tidings.workers.job_runner import run_jobs
from tidings.workers.projector import run_projector
from tidings.workers.scheduler import schedule
from tidings.workers.sender import run_sender
from tidings.workers.webhooks import run_deliverer, run_enqueuer

Loop = Callable[[Core, asyncio.Event], Awaitable[None]]

LOOPS: dict[str, Loop] = {
    "scheduler": schedule,
    "jobs": run_jobs,
    "campaigner": run_campaigner,
    "automator": run_automator,
    "sender": run_sender,
    "projector": run_projector,
    "webhook_enqueuer": run_enqueuer,
    "webhook_deliverer": run_deliverer,
}

# Modules that register job handlers when they are imported.
JOB_MODULES: tuple[str, ...] = (
    "tidings.accounts.jobs",
    "tidings.bulk.jobs",
    "tidings.automations.jobs",
    "tidings.imports.jobs",
    "tidings.messages.links",
    "tidings.messages.optin",
    "tidings.migrators.jobs",
    "tidings.outgoing_webhooks.jobs",
    "tidings.privacy.jobs",
)

STOPS_WITHIN = 8.0
log = logging.getLogger("tidings.workers")


async def run_loops(core: Core, stop: asyncio.Event, *, only: Iterable[str] = ()) -> None:
    """Runs the loops (all, or those named in `only`) until `stop` is set; one that crashes starts again.

    After the stop they have eight seconds to end by themselves, then they are cancelled.
    """
    wanted = list(only) or list(LOOPS)
    for name in wanted:
        if name not in LOOPS:
            raise TidingsError(f"There is no loop “{name}”. Loops are {', '.join(LOOPS)}.")
    for module in JOB_MODULES:
        importlib.import_module(module)
    tasks = [asyncio.create_task(_keep(name, LOOPS[name], core, stop), name=name) for name in wanted]
    await stop.wait()
    _, late = await asyncio.wait(tasks, timeout=STOPS_WITHIN)
    for task in late:
        log.warning("loop %s did not end in time", task.get_name())
        task.cancel()
    await asyncio.gather(*late, return_exceptions=True)


async def _keep(name: str, loop: Loop, core: Core, stop: asyncio.Event) -> None:
    """Starts a loop again when it crashes, later each time it crashes again soon."""
    clock = asyncio.get_running_loop().time
    delay = 0.5
    while not stop.is_set():
        started_at = clock()
        try:
            await loop(core, stop)
        except Exception as error:
            metrics.loop_crashes_total.labels(name).inc()
            # A database that is away is told in one line; anything else with its traceback.
            is_away = isinstance(error, (OSError, TimeoutError))
            log.error("loop %s crashed: %r", name, error, exc_info=not is_away)
            if not is_away:
                with suppress(Exception):
                    await log_event(core, f"The loop “{name}” crashed and is started again", repr(error))
        delay = 0.5 if clock() - started_at > 30 else min(delay * 2, 15.0)
        try:
            async with asyncio.timeout(delay):
                await stop.wait()
        except TimeoutError:
            continue
