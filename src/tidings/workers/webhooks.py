"""Outgoing webhooks: one loop makes deliveries of facts, one posts what is due.

Every endpoint has connections and deliveries in hand of its own, so that a slow or dead one delays nobody else. The
deliveries of one contact to one endpoint go one after the other. Outcomes are stored in groups: what is waiting when
the last group is on disk makes the next. A process that dies loses nothing; what it held is sent again under its key.
"""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import time
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import groupby

from tidings.outgoing_webhooks import claims
from tidings.outgoing_webhooks.enqueueing import BATCH, enqueue_deliveries
from tidings.outgoing_webhooks.posting import attempt
from tidings.outgoing_webhooks.types import Claimed, Outcome
from tidings.platform.core import Core
from tidings.platform.db import AWAY
from tidings.platform.facts import CHANNEL as FACTS
from tidings.platform.http import Poster
from tidings.platform.wakeups import Wakeups, wakeups

log = logging.getLogger("tidings.webhooks")
IDLE = 1.0
RECOVER_EVERY = 10.0
# In hand of one endpoint: as many as it has connections; of one that answers fast, enough to keep them busy meanwhile.
USUALLY, FAST_ONES = Poster.CONNECTIONS, 8 * Poster.CONNECTIONS
FAST = 0.1
KEPT_POSTERS = 100
ENDS_WITHIN = 5.0


async def run_enqueuer(core: Core, stop: asyncio.Event) -> None:
    """Reads facts until `stop` is set; an error ends the loop, and the worker starts it again."""
    async with wakeups(core.db, FACTS) as woken:
        while not stop.is_set():
            if await enqueue_deliveries(core) < BATCH:
                await woken.wait(IDLE)


@dataclass
class Lane:
    """What one endpoint has of its own. `seconds`: how long an answer takes, smoothed."""

    poster: Poster
    free: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(Poster.CONNECTIONS))
    seconds: float = 1.0
    in_hand: int = 0


@dataclass
class Deliverer:
    """One delivering loop. `worker` names it in the rows it holds."""

    core: Core
    worker: str = field(default_factory=lambda: f"{socket.gethostname()}:{os.getpid()}:{time.time_ns():x}")
    _lanes: OrderedDict[int, Lane] = field(default_factory=OrderedDict[int, Lane])
    _tasks: set[asyncio.Task[None]] = field(default_factory=set[asyncio.Task[None]])
    _outcomes: list[Outcome] = field(default_factory=list[Outcome])
    _has_outcomes: asyncio.Event = field(default_factory=asyncio.Event)
    _recovered_at: float = 0.0

    async def run(self, stop: asyncio.Event) -> None:
        """Works until `stop` is set; what is on the wire then has a few seconds, the rest goes back."""
        async with wakeups(self.core.db, claims.CHANNEL) as woken:
            storing = asyncio.create_task(self._store(woken))
            beside = [asyncio.create_task(one) for one in (_wake_at(stop, woken), self._hold())]
            try:
                while not stop.is_set():
                    if not await self._claim():
                        await woken.wait(IDLE)
                    if storing.done():
                        storing.result()
                if self._tasks:
                    await asyncio.wait(self._tasks, timeout=ENDS_WITHIN)
            finally:
                await self._end(storing, *beside)

    async def _end(self, *helpers: asyncio.Task[None]) -> None:
        for task in (*self._tasks, *helpers):
            task.cancel()
        await asyncio.gather(*self._tasks, *helpers, return_exceptions=True)
        for lane in self._lanes.values():
            await lane.poster.close()
        self._lanes.clear()
        if self._outcomes:
            await claims.store_outcomes(self.core, self.worker, self._outcomes)
        await claims.release(self.core, self.worker)

    async def _claim(self) -> int:
        """Takes what is due and starts it; answers how many deliveries."""
        if time.monotonic() - self._recovered_at > RECOVER_EVERY:
            self._recovered_at = time.monotonic()
            await claims.recover_lost(self.core)
        most = {one: FAST_ONES for one, lane in self._lanes.items() if lane.seconds < FAST}
        claimed = await claims.claim(self.core, self.worker, most, usually=USUALLY)
        # A contact's deliveries stay together and in order; everybody else's go side by side.
        by_line = sorted(claimed, key=lambda one: (one.endpoint_id, one.contact_id or 0, one.id))
        for (endpoint_id, contact_id), group in groupby(by_line, lambda one: (one.endpoint_id, one.contact_id)):
            waiting = list(group)
            lines = [waiting] if contact_id is not None else [[one] for one in waiting]
            for line in lines:
                task = asyncio.create_task(self._deliver(self._lane(endpoint_id, len(line)), line))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)
        await self._close_unused()
        return len(claimed)

    def _lane(self, endpoint_id: int, more: int) -> Lane:
        lane = self._lanes.get(endpoint_id) or Lane(Poster(self.core))
        self._lanes[endpoint_id] = lane
        self._lanes.move_to_end(endpoint_id)
        lane.in_hand += more
        return lane

    async def _close_unused(self) -> None:
        idle = [one for one, lane in self._lanes.items() if not lane.in_hand]
        for one in idle[: max(0, len(self._lanes) - KEPT_POSTERS)]:
            await self._lanes.pop(one).poster.close()

    async def _deliver(self, lane: Lane, line: Sequence[Claimed]) -> None:
        for delivery in line:
            async with lane.free:
                outcome = await attempt(self.core, lane.poster, delivery)
            lane.seconds += 0.1 * (outcome.response_ms / 1000 - lane.seconds)
            lane.in_hand -= 1
            self._outcomes.append(outcome)
            self._has_outcomes.set()

    async def _hold(self) -> None:
        """Extends the leases of what is in hand while receivers are slow."""
        while True:
            await asyncio.sleep(claims.LEASE.total_seconds() / 3)
            if self._tasks:
                try:
                    await claims.extend(self.core, self.worker)
                except Exception:
                    log.exception("leases could not be extended; trying again")

    async def _store(self, woken: Wakeups) -> None:
        """Stores outcomes as they come; while the database is away they are kept."""
        while True:
            await self._has_outcomes.wait()
            self._has_outcomes.clear()
            group, self._outcomes = self._outcomes, []
            try:
                await claims.store_outcomes(self.core, self.worker, group)
            except AWAY as error:
                log.warning("%s outcomes wait for the database: %r", len(group), error)
                self._outcomes = group + self._outcomes
                self._has_outcomes.set()
                await asyncio.sleep(IDLE)
            woken.wake()


async def _wake_at(stop: asyncio.Event, woken: Wakeups) -> None:
    await stop.wait()
    woken.wake()


async def run_deliverer(core: Core, stop: asyncio.Event) -> None:
    """The loop for the worker process."""
    await Deliverer(core).run(stop)
