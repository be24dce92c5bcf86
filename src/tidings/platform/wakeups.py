"""Being woken by NOTIFY instead of asking all the time; a poll stays as the fallback.

`jobs`, the fact readers and the sender wait here. What to do when woken is theirs.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from typing import Any

from tidings.platform.db import Database


class Wakeups:
    """One listening connection. Notifications that arrive while nobody waits are remembered as one."""

    def __init__(self) -> None:
        self._event = asyncio.Event()
        self.is_lost = False

    def wake(self, *_: Any) -> None:
        """Ends the present or the next `wait`."""
        self._event.set()

    def lose(self, *_: Any) -> None:
        """The connection is gone: the next `wait` raises."""
        self.is_lost = True
        self._event.set()

    async def wait(self, seconds: float) -> bool:
        """True when woken, False after `seconds`. Raises ConnectionError when the connection was lost."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._event.wait()
        if self.is_lost:
            raise ConnectionError("The listening connection to the database was lost.")
        was_woken = self._event.is_set()
        self._event.clear()
        return was_woken


@asynccontextmanager
async def wakeups(db: Database, *channels: str) -> AsyncGenerator[Wakeups]:
    """Listens on `channels` with one connection of the pool for as long as the block lasts."""
    async with db.connection() as connection:
        woken = Wakeups()
        raw: Any = connection
        for channel in channels:
            await connection.add_listener(channel, woken.wake)
        raw.add_termination_listener(woken.lose)
        try:
            yield woken
        finally:
            raw.remove_termination_listener(woken.lose)
            for channel in channels:
                with suppress(Exception):
                    await connection.remove_listener(channel, woken.wake)
