"""Hits as they come in: gathered while the last groups are being committed, answered after their own group's commit.

No timer: an idle server commits a hit at once, a busy one commits hundreds together. A group is one COPY, its own
transaction. The projector is woken beside it and not in it, because a NOTIFY inside would make the commits of all
processes wait for one another. A database that is away for a moment loses nothing: the group is offered again, after a
look whether it came in.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from tidings.platform.core import Core
from tidings.platform.db import AWAY, Connection

OPEN, CLICK = 1, 2
CHANNEL = "tidings_hits"
LARGEST = 2000
MOST_WAITING = 50_000
# Groups on their way at a time: while one waits for the disk the next is read. More would make the groups small.
WRITERS = 2
# Seconds between two wakings of the projector.
WAKE_EVERY = 0.1
# Seconds to wait for a database that is away, before hits are given up.
PATIENCE = 5.0
_COLUMNS = ("at", "kind", "message_id", "link_id", "is_machine", "is_anonymous", "ip", "agent")
_CAME_IN = "SELECT EXISTS (SELECT 1 FROM hits WHERE message_id = $1 AND at = $2 AND kind = $3)"


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


_Waiting = tuple[Hit, "asyncio.Future[None]"]


@dataclass(slots=True)
class _Group:
    """Hits on their way to the disk. `was_offered`: the database may have it, though it did not say so."""

    at: datetime
    rows: Sequence[_Waiting]
    give_up_at: float
    was_offered: bool = False


class Collector:
    """Commits hits in groups. `record` returns when the hit is on disk."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._waiting: deque[_Waiting] = deque()
        self._writers: set[asyncio.Task[None]] = set()
        self._waker: asyncio.Task[None] | None = None
        self._is_news = False

    async def record(self, hit: Hit) -> None:
        """Waits until the hit's group is committed; raises Overloaded, or what the database raised."""
        if len(self._waiting) >= MOST_WAITING:
            raise Overloaded
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((hit, done))
        self._start_writer()
        await done

    def _start_writer(self) -> None:
        if self._waiting and len(self._writers) < WRITERS:
            writer = asyncio.create_task(self._write())
            self._writers.add(writer)
            writer.add_done_callback(self._end_writer)

    def _end_writer(self, writer: asyncio.Task[None]) -> None:
        self._writers.discard(writer)
        # A hit may have come between the writer's last look and its end.
        self._start_writer()

    async def _write(self) -> None:
        group = self._take()
        while group is not None:
            try:
                async with self._core.db.connection() as connection:
                    # The connection is kept while there is work: giving it back costs a round trip.
                    while group is not None:
                        await self._store(connection, group)
                        _settle(group.rows)
                        group = self._take()
            except Exception as error:
                # A connection may break on its way back to the pool too, with no group in hand any more.
                group = self._take() if group is None else await self._after(error, group)

    async def _after(self, error: Exception, group: _Group) -> _Group | None:
        """The same group again while there is hope; else it is given up, and when it was too late for it, all are."""
        if isinstance(error, AWAY) and time.monotonic() < group.give_up_at:
            await asyncio.sleep(0.1)
            return group
        _settle(group.rows, error)
        if isinstance(error, AWAY):
            _settle(self._waiting, error)
            self._waiting.clear()
        return self._take()

    def _take(self) -> _Group | None:
        if not self._waiting:
            return None
        rows = [self._waiting.popleft() for _ in range(min(LARGEST, len(self._waiting)))]
        return _Group(self._core.clock.now(), rows, time.monotonic() + PATIENCE)

    async def _store(self, connection: Connection, group: _Group) -> None:
        at = group.at
        if group.was_offered and await _came_in(connection, group):
            return
        records = [
            (
                at,
                h.kind,
                h.message_id,
                h.link_id,
                h.is_machine,
                h.is_anonymous,
                h.ip,
                _storable(h.agent) if h.agent else None,
            )
            for h, _ in group.rows
        ]
        group.was_offered = True
        await connection.copy_records_to_table("hits", records=records, columns=_COLUMNS)
        self._is_news = True
        if self._waker is None or self._waker.done():
            self._waker = asyncio.create_task(self._wake())

    async def _wake(self) -> None:
        while self._is_news:
            self._is_news = False
            # A projector that was not woken looks by itself a moment later.
            with suppress(Exception):
                await self._core.db.execute(f"NOTIFY {CHANNEL}")
            await asyncio.sleep(WAKE_EVERY)


async def _came_in(connection: Connection, group: _Group) -> bool:
    """Whether the database has a group though it never said so."""
    first = group.rows[0][0]
    async with connection.transaction():
        # The commit of a broken connection may still be under way; the lock waits for whoever is writing.
        await connection.execute("LOCK TABLE hits IN SHARE MODE")
        return await connection.fetchval(_CAME_IN, first.message_id, group.at, first.kind)


def _storable(agent: str) -> str:
    """What the database takes as text: one odd reader must not cost the others of the group their hits."""
    return agent[:300].replace("\0", "").encode("utf-8", "replace").decode()


def _settle(rows: Sequence[_Waiting], error: Exception | None = None) -> None:
    for _, done in rows:
        if done.done():
            continue
        if error is None:
            done.set_result(None)
        else:
            done.set_exception(error)
