"""Keeps the processes of one machine running: starts them, starts them again when they die, stops them together.

It knows command lines, not what they do. The embedded database is watched too, because nobody else would revive it.
"""

from __future__ import annotations

import asyncio
import ctypes
import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from tidings.platform.embedded import EmbeddedPostgres

log = logging.getLogger("tidings.supervisor")

GRACE_SECONDS = 8.0
STEADY_SECONDS = 20.0
FIRST_DELAY, LONGEST_DELAY = 0.2, 15.0
_PR_SET_PDEATHSIG = 1
_PARENT = "TIDINGS_SUPERVISOR_PID"


def die_with_parent(sent: signal.Signals = signal.SIGKILL) -> None:
    """Makes the kernel send `sent` to this process when its parent dies; elsewhere than on Linux a thread watches."""
    parent = os.getppid()
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, int(sent))
        if os.getppid() != parent:
            os.kill(os.getpid(), sent)
        return

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1)
        os.kill(os.getpid(), sent)

    threading.Thread(target=watch, daemon=True).start()


def die_with_supervisor() -> None:
    """For the processes started here: ends this one when the supervisor is gone, even before this call."""
    supervisor = os.environ.pop(_PARENT, None)
    if supervisor is None:
        return
    die_with_parent(signal.SIGTERM)
    if os.getppid() != int(supervisor):
        sys.exit(1)


@dataclass
class Part:
    """One process to keep: its name in messages and its arguments after the interpreter."""

    name: str
    arguments: Sequence[str]
    restarts: int = 0
    process: asyncio.subprocess.Process | None = field(default=None, repr=False)


class Supervisor:
    """Runs parts until `stop` is set, then ends them within ten seconds."""

    def __init__(self, parts: Sequence[Part], *, embedded: EmbeddedPostgres | None = None) -> None:
        self.parts = parts
        self.stop = asyncio.Event()
        self._embedded = embedded

    async def run(self, when_started: Callable[[], Awaitable[None]]) -> None:
        """Starts everything and calls `when_started` beside it; returns when all is down."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self.stop.set)
        keepers = [asyncio.create_task(self._keep(part)) for part in self.parts]
        others = [asyncio.create_task(self._watch_database()), asyncio.create_task(_quietly(when_started))]
        await self.stop.wait()
        for task in others:
            task.cancel()
        await asyncio.gather(*keepers, *others, return_exceptions=True)

    async def _keep(self, part: Part) -> None:
        delay = FIRST_DELAY
        while not self.stop.is_set():
            started_at = time.monotonic()
            part.process = await asyncio.create_subprocess_exec(
                sys.executable,
                *part.arguments,
                env=os.environ | {_PARENT: str(os.getpid())},
                # A terminal's Ctrl-C reaches only us; we stop the parts in order.
                start_new_session=True,
            )
            ended = asyncio.create_task(part.process.wait())
            stopping = asyncio.create_task(self.stop.wait())
            await asyncio.wait({ended, stopping}, return_when=asyncio.FIRST_COMPLETED)
            stopping.cancel()
            if self.stop.is_set():
                await self._end(part, ended)
                return
            delay = FIRST_DELAY if time.monotonic() - started_at > STEADY_SECONDS else min(delay * 2, LONGEST_DELAY)
            part.restarts += 1
            log.warning(
                "%s ended with status %s; starting it again in %.1f s", part.name, part.process.returncode, delay
            )
            with suppress(TimeoutError):
                async with asyncio.timeout(delay):
                    await self.stop.wait()

    async def _end(self, part: Part, ended: asyncio.Task[int]) -> None:
        assert part.process is not None
        with suppress(ProcessLookupError):
            part.process.terminate()
        await asyncio.wait({ended}, timeout=GRACE_SECONDS)
        if not ended.done():
            log.warning("%s did not end in time and is killed", part.name)
        # The session's other members (the server's own workers) go with it.
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(part.process.pid, signal.SIGKILL)
        await ended

    async def _watch_database(self) -> None:
        while self._embedded is not None:
            await asyncio.sleep(0.5)
            try:
                if not self._embedded.is_running():
                    log.warning("the embedded database died; starting it again")
                    await asyncio.to_thread(self._embedded.revive)
            except Exception:
                log.exception("the embedded database could not be started; trying again")
                await asyncio.sleep(2)


async def _quietly(work: Callable[[], Awaitable[None]]) -> None:
    try:
        await work()
    except Exception:
        log.exception("after the start")
