from __future__ import annotations

import asyncio

import pytest

from tidings import workers
from tidings.platform.core import Core
from tidings.platform.errors import TidingsError


async def test_a_loop_that_crashes_starts_again_and_the_others_never_notice(
    core: Core, monkeypatch: pytest.MonkeyPatch
):
    stop, again = asyncio.Event(), asyncio.Event()
    starts = {"bad": 0, "good": 0}

    async def bad(core: Core, stop: asyncio.Event) -> None:
        starts["bad"] += 1
        if starts["bad"] == 2:
            again.set()
        raise ConnectionError("gone")

    async def good(core: Core, stop: asyncio.Event) -> None:
        starts["good"] += 1
        await stop.wait()

    monkeypatch.setattr(workers, "LOOPS", {"bad": bad, "good": good})
    task = asyncio.create_task(workers.run_loops(core, stop))
    await again.wait()
    stop.set()
    await task
    assert starts == {"bad": 2, "good": 1}


async def test_a_loop_that_does_not_end_is_cancelled(core: Core, monkeypatch: pytest.MonkeyPatch):
    started, was_cancelled = asyncio.Event(), asyncio.Event()

    async def stubborn(core: Core, stop: asyncio.Event) -> None:
        started.set()
        try:
            await asyncio.Event().wait()
        finally:
            was_cancelled.set()

    monkeypatch.setattr(workers, "LOOPS", {"stubborn": stubborn})
    monkeypatch.setattr(workers, "STOPS_WITHIN", 0.05)
    stop = asyncio.Event()
    task = asyncio.create_task(workers.run_loops(core, stop))
    await started.wait()
    stop.set()
    await task
    assert was_cancelled.is_set()


async def test_an_unknown_loop_is_refused_by_name(core: Core):
    with pytest.raises(TidingsError, match="nosuch"):
        await workers.run_loops(core, asyncio.Event(), only=["nosuch"])


async def test_every_loop_ends_soon_after_the_stop(core: Core):
    stop = asyncio.Event()
    task = asyncio.create_task(workers.run_loops(core, stop))
    await asyncio.sleep(0.3)
    stop.set()
    async with asyncio.timeout(workers.STOPS_WITHIN):
        await task
