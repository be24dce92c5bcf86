"""Hits as they come in: gathered while the last group is being committed, written by COPY, answered after the commit.

No timer: an idle server commits a hit at once, a busy one commits hundreds together.
"""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass

from tidings.platform.core import Core

OPEN, CLICK = 1, 2
CHANNEL = "tidings_hits"
LARGEST = 2000
MOST_WAITING = 50_000
_COLUMNS = ("at", "kind", "message_id", "link_id", "is_machine", "is_anonymous", "ip", "agent")


@dataclass(frozen=True, slots=True)
class Hit:
    """One request for a pixel or a link."""

    kind: int
    message_id: int
    link_id: int | None = None
    is_machine: bool = False
    is_anonymous: bool = False
    ip: str | None = None
    agent: str | None = None


class Overloaded(Exception):
    """More hits are waiting than memory should hold."""


class Collector:
    """Commits hits in groups. `record` returns when the hit is on disk."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._waiting: deque[tuple[Hit, asyncio.Future[None]]] = deque()
        self._writing: asyncio.Task[None] | None = None

    async def record(self, hit: Hit) -> None:
        """Waits until the hit's group is committed; raises Overloaded, or what the database raised."""
        if len(self._waiting) >= MOST_WAITING:
            raise Overloaded
        done = asyncio.get_running_loop().create_future()
        self._waiting.append((hit, done))
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write())
        await done

    async def _write(self) -> None:
        while self._waiting:
            group = [self._waiting.popleft() for _ in range(min(LARGEST, len(self._waiting)))]
            try:
                await self._commit([hit for hit, _ in group])
            except Exception as error:
                for _, done in group:
                    if not done.done():
                        done.set_exception(error)
                continue
            for _, done in group:
                if not done.done():
                    done.set_result(None)

    async def _commit(self, hits: list[Hit]) -> None:
        now = self._core.clock.now()
        records = [
            (
                now,
                h.kind,
                h.message_id,
                h.link_id,
                h.is_machine,
                h.is_anonymous,
                h.ip,
                h.agent[:300] if h.agent else None,
            )
            for h in hits
        ]
        async with self._core.db.transaction() as tx:
            await tx.copy_records_to_table("hits", records=records, columns=_COLUMNS)
            await tx.execute(f"NOTIFY {CHANNEL}")
