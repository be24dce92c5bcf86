"""One leader among all processes and hosts, and the periodic work it does.

Leadership is a session-level advisory lock on a connection of its own: when the process or its host dies, PostgreSQL
lets go of it. When each periodic piece is due next is kept in the table `leases`, so a tick that came late, because
nobody led for a while, is caught up once. The loop that runs this is in `workers.scheduler`.
"""

from __future__ import annotations

import asyncio
import logging
import os
import socket
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

import asyncpg

from tidings.platform.core import Core
from tidings.platform.db import affected
from tidings.platform.metrics import is_leader
from tidings.platform.system_log import log_event

log = logging.getLogger("tidings.leases")

_TRY = "SELECT pg_try_advisory_lock(hashtextextended('tidings leader ' || $1, 0))"
_DUE = """
SELECT name FROM unnest($1::text[]) AS wanted(name)
WHERE NOT EXISTS (SELECT 1 FROM leases l WHERE l.name = 'tick:' || wanted.name AND l.expires_at > now())
"""
_DONE = """
INSERT INTO leases (name, holder, expires_at, every, ran_at) VALUES ('tick:' || $1, $2, now() + $3, $3, now())
ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, expires_at = excluded.expires_at, every = excluded.every,
    ran_at = excluded.ran_at, problem = NULL
"""
# Returns a row only when the run before this one had not failed.
_FAILED = """
INSERT INTO leases (name, holder, expires_at, every, problem) VALUES ('tick:' || $1, $2, now(), $3, $4)
ON CONFLICT (name) DO UPDATE SET problem = excluded.problem, every = excluded.every WHERE leases.problem IS NULL
RETURNING true
"""
_TICKS = """
SELECT substr(name, 6), coalesce(every, interval '0'), ran_at, expires_at, problem FROM leases
WHERE name LIKE 'tick:%' ORDER BY every, name
"""
HOLDER = f"{socket.gethostname()}:{os.getpid()}"


@dataclass(frozen=True, slots=True)
class Periodic:
    """A piece of work done every `every` by the leader alone. It must be safe to run twice."""

    name: str
    every: timedelta
    run: Callable[[Core], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Tick:
    """How a piece of periodic work stands. `problem` is why its last run failed, None after a good one."""

    name: str
    every: timedelta
    ran_at: datetime | None
    next_at: datetime
    problem: str | None


async def list_ticks(core: Core) -> list[Tick]:
    """Every piece that ever ran here, the most frequent first."""
    return [Tick(*row) for row in await core.db.fetch(_TICKS)]


async def run_soon(core: Core, names: Sequence[str]) -> int:
    """Makes pieces due now, so that the leader runs them at its next tick; how many of them are known."""
    async with core.db.transaction() as tx:
        done = await tx.execute(
            "UPDATE leases SET expires_at = now() WHERE name = ANY($1::text[])", [f"tick:{name}" for name in names]
        )
    return affected(done)


@asynccontextmanager
async def leadership(dsn: str, name: str) -> AsyncGenerator[Callable[[], Awaitable[bool]] | None]:
    """Yields a check `still_leading()` when this process leads now, else None. Leaving the block ends it."""
    connection = await cast(Any, asyncpg).connect(dsn, server_settings={"application_name": f"tidings leader {name}"})

    async def is_still_leading() -> bool:
        try:
            return bool(await connection.fetchval("SELECT true", timeout=5))
        except Exception:
            # Whatever is wrong with the session, we can no longer be sure to hold its lock.
            return False

    try:
        yield is_still_leading if await connection.fetchval(_TRY, name) else None
    finally:
        # Closing the session is what lets go of the lock.
        connection.terminate()


async def run_due(core: Core, periodics: Sequence[Periodic]) -> list[str]:
    """Runs what is due and returns the names that succeeded; a failing piece is logged and tried at the next tick."""
    due = {row["name"] for row in await core.db.fetch(_DUE, [p.name for p in periodics])}
    ran: list[str] = []
    for periodic in periodics:
        if periodic.name not in due:
            continue
        try:
            await periodic.run(core)
        except Exception as error:
            log.exception("periodic %s failed", periodic.name)
            text = f"{type(error).__name__}: {error}"[:2000]
            if await core.db.fetchval(_FAILED, periodic.name, HOLDER, periodic.every, text):
                await log_event(core, f"The periodic work “{periodic.name}” failed", text)
            continue
        await core.db.execute(_DONE, periodic.name, HOLDER, periodic.every)
        ran.append(periodic.name)
    return ran


async def lead(
    core: Core, periodics: Sequence[Periodic], stop: asyncio.Event, *, name: str = "scheduler", tick: float = 1.0
) -> None:
    """Becomes the leader when nobody is, and runs what is due, every `tick` seconds, until `stop` is set."""
    while not stop.is_set():
        async with leadership(core.db.dsn, name) as is_still_leading:
            is_leader.set(is_still_leading is not None)
            while is_still_leading is not None and not stop.is_set() and await is_still_leading():
                await run_due(core, periodics)
                await _sleep(stop, tick)
        # A follower asks again seldom: leaders change seldom.
        await _sleep(stop, tick * 3)


async def _sleep(stop: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await stop.wait()
    except TimeoutError:
        return
