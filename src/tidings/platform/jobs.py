"""The small queue for odd work: exports, recounts, checks, imports. Ids in, one call.

What has its own table with due dates (messages, runs, deliveries) is claimed there and never passes through here.
A job is claimed with a lease that a heartbeat renews; when its process dies, the lease runs out and another one takes
it up again. A handler must therefore bear being run twice: it goes on from its `progress`. The loop that runs
handlers is in `workers`; the handlers themselves live in the `jobs` room of their feature and register with `handles`.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from tidings.platform.core import Core
from tidings.platform.db import Connection, Database, affected
from tidings.platform.system_log import log_event

CHANNEL = "tidings_jobs"
LEASE = timedelta(seconds=30)
HEARTBEAT = timedelta(seconds=8)

_ENQUEUE = """
INSERT INTO jobs (kind, args, unique_key, due_at, user_id) VALUES ($1, $2, $3, coalesce($4, now()), $5)
ON CONFLICT (unique_key) WHERE state IN ('queued', 'running') DO NOTHING RETURNING id
"""
_ENQUEUE_MANY = """
INSERT INTO jobs (kind, args, unique_key, due_at)
SELECT $1, args, key, coalesce($4, now()) FROM unnest($2::jsonb[], $3::text[]) AS given (args, key)
ON CONFLICT (unique_key) WHERE state IN ('queued', 'running') DO NOTHING
"""
_BY_KEY = "SELECT id FROM jobs WHERE unique_key = $1 AND state IN ('queued', 'running')"
_CLAIM = """
UPDATE jobs j SET state = 'running', attempts = attempts + 1, leased_until = now() + $3,
    -- whoever still is running has died
    failures = failures + (j.state = 'running')::int
FROM (
    SELECT id FROM jobs
    WHERE kind = ANY($1) AND ((state = 'queued' AND due_at <= now()) OR (state = 'running' AND leased_until < now()))
    ORDER BY due_at, id LIMIT $2 FOR UPDATE SKIP LOCKED
) due
WHERE j.id = due.id
RETURNING j.id, j.kind, j.args, j.attempts, j.failures, j.progress, j.user_id, j.stop_asked_at
"""
_BEAT = """
UPDATE jobs SET leased_until = now() + $3, progress = coalesce($4, progress)
WHERE id = $1 AND attempts = $2 AND state = 'running' RETURNING stop_asked_at IS NOT NULL AS is_stop_asked
"""
_FINISH = """
UPDATE jobs SET state = $3, error = coalesce($4, CASE WHEN $3 = 'queued' THEN error END),
    due_at = coalesce(now() + $5, due_at), failures = $6, leased_until = NULL,
    finished_at = CASE WHEN $3 = 'queued' THEN NULL ELSE now() END
WHERE id = $1 AND attempts = $2 AND state = 'running'
"""
_STOP = """
UPDATE jobs SET stop_asked_at = now(), state = CASE state WHEN 'queued' THEN 'stopped' ELSE state END,
    finished_at = CASE state WHEN 'queued' THEN now() ELSE finished_at END
WHERE id = $1 AND state IN ('queued', 'running')
"""
_VIEW = """
SELECT id, kind, args, state, attempts, progress, error, user_id, created_at, finished_at,
    stop_asked_at IS NOT NULL AS is_stop_asked FROM jobs
WHERE ($1::bigint IS NULL OR id = $1) AND ($2::text IS NULL OR kind = $2)
  AND (NOT $4::bool OR state IN ('queued', 'running')) ORDER BY id DESC LIMIT $3
"""

log = logging.getLogger("tidings.jobs")


class JobStopped(Exception):
    """Raised inside a handler by `Progress.report` when somebody asked the job to stop."""


class JobLost(Exception):
    """Raised inside a handler whose lease ran out: another process has the job now. Write nothing more."""


@dataclass(frozen=True, slots=True)
class Claimed:
    """A job in our hands. `attempt` counts from 1 and is the proof of holding it; `failures` were before this one."""

    id: int
    kind: str
    args: dict[str, Any]
    attempt: int
    failures: int
    progress: dict[str, Any]
    user_id: int | None
    is_stop_asked: bool


@dataclass(frozen=True, slots=True)
class JobView:
    """A job as it is shown."""

    id: int
    kind: str
    args: dict[str, Any]
    state: str
    attempts: int
    progress: dict[str, Any]
    error: str | None
    user_id: int | None
    created_at: datetime
    finished_at: datetime | None
    is_stop_asked: bool = False


class Progress:
    """How a running job tells how far it is and hears that it should stop. `values` is what was stored last."""

    def __init__(self, db: Database, job: Claimed, lease: timedelta = LEASE) -> None:
        self._db = db
        self._job = job
        self._lease = lease
        self.values = dict(job.progress)
        self.user_id = job.user_id
        self.job_id = job.id
        self.is_stop_asked = job.is_stop_asked

    async def report(self, tx: Connection | None = None, **values: Any) -> None:
        """Stores progress (merged) and renews the lease; with `tx`, in the transaction of the work itself.

        Raises JobStopped when a stop was asked, JobLost when another process has the job; inside `tx` either takes the
        work of that transaction back.
        """
        self.values |= values
        await self.beat(tx, self.values)
        if self.is_stop_asked:
            raise JobStopped

    async def beat(self, tx: Connection | None = None, values: dict[str, Any] | None = None) -> None:
        """Renews the lease only; raises JobLost."""
        row = await (tx or self._db).fetchrow(_BEAT, self._job.id, self._job.attempt, self._lease, values)
        if row is None:
            raise JobLost
        self.is_stop_asked = row["is_stop_asked"]


Handler = Callable[[Core, dict[str, Any], Progress], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Kind:
    """How jobs of one kind are run: given up after `max_failures`, the n-th retry after `back_off * 2^(n-1)`."""

    name: str
    run: Handler = field(repr=False)
    max_failures: int = 5
    back_off: timedelta = timedelta(seconds=5)


KINDS: dict[str, Kind] = {}


def handles(
    kind: str, *, max_failures: int = 5, back_off: timedelta = timedelta(seconds=5)
) -> Callable[[Handler], Handler]:
    """Registers an async function as the handler of `kind`."""

    def register(run: Handler) -> Handler:
        KINDS[kind] = Kind(kind, run, max_failures, back_off)
        return run

    return register


async def enqueue(
    to: Core | Connection,
    kind: str,
    args: dict[str, Any] | None = None,
    *,
    unique_key: str | None = None,
    due_at: datetime | None = None,
    user_id: int | None = None,
) -> int:
    """Puts a job into the queue and returns its id; inside a transaction it appears when that commits.

    While a job with `unique_key` is queued or running, no second one is made and the first one's id is returned.
    """
    if isinstance(to, Core):
        async with to.db.transaction() as tx:
            return await enqueue(tx, kind, args, unique_key=unique_key, due_at=due_at, user_id=user_id)
    made = None
    while made is None:
        made = await to.fetchval(_ENQUEUE, kind, args or {}, unique_key, due_at, user_id)
        # Between the two statements the first job may end; then the insert is tried again.
        made = made or await to.fetchval(_BY_KEY, unique_key)
    await to.execute(f"NOTIFY {CHANNEL}")
    return made


async def enqueue_many(
    tx: Connection, kind: str, wanted: Mapping[str, dict[str, Any]], *, due_at: datetime | None = None
) -> int:
    """Puts many jobs into the queue in one statement: unique key -> arguments; answers how many were not there yet."""
    made = affected(await tx.execute(_ENQUEUE_MANY, kind, list(wanted.values()), list(wanted), due_at))
    await tx.execute(f"NOTIFY {CHANNEL}")
    return made


async def count_waiting(core: Core, kind: str) -> int:
    """How many jobs of a kind are queued or running."""
    return await core.db.fetchval("SELECT count(*) FROM jobs WHERE kind = $1 AND state IN ('queued', 'running')", kind)


async def claim(db: Database, kinds: Sequence[str], limit: int, *, lease: timedelta = LEASE) -> list[Claimed]:
    """Takes up to `limit` due jobs, among them those whose process died. Two callers never get the same one."""
    async with db.transaction() as tx:
        rows = await tx.fetch(_CLAIM, list(kinds), limit, lease)
    return [
        Claimed(
            r["id"],
            r["kind"],
            r["args"],
            r["attempts"],
            r["failures"],
            r["progress"],
            r["user_id"],
            r["stop_asked_at"] is not None,
        )
        for r in rows
    ]


async def run_claimed(core: Core, job: Claimed, *, lease: timedelta = LEASE, heartbeat: timedelta = HEARTBEAT) -> None:
    """Runs one claimed job to its end and stores how it ended. Errors of the handler are stored, never raised."""
    kind = KINDS[job.kind]
    progress = Progress(core.db, job, lease)
    if job.is_stop_asked:
        await _finish(core.db, job, "stopped")
        return
    if job.failures >= kind.max_failures:
        text = "The process that ran this job died every time."
        await _finish(core.db, job, "failed", text)
        await log_event(core, f"Job {job.id} ({job.kind}) was given up", text)
        return
    work = asyncio.ensure_future(kind.run(core, job.args, progress))
    beats = asyncio.create_task(_keep_alive(progress, work, heartbeat))
    try:
        await work
    except asyncio.CancelledError:
        if not work.cancelled() or _is_being_cancelled():
            work.cancel()
            await _finish(core.db, job, "queued", delay=timedelta(0))
            raise
        log.warning("job %s (%s) was lost to another process", job.id, job.kind)
    except JobLost:
        log.warning("job %s (%s) was lost to another process", job.id, job.kind)
    except JobStopped:
        await _finish(core.db, job, "stopped")
    except Exception as error:
        log.exception("job %s (%s) failed in attempt %s", job.id, job.kind, job.attempt)
        await _fail_or_retry(core, job, kind, error)
    else:
        await _finish(core.db, job, "done")
    finally:
        beats.cancel()


def _is_being_cancelled() -> bool:
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


async def _keep_alive(progress: Progress, work: asyncio.Future[None], heartbeat: timedelta) -> None:
    while not work.done():
        await asyncio.sleep(heartbeat.total_seconds())
        try:
            await progress.beat()
        except JobLost:
            work.cancel()
        except (OSError, TimeoutError) as error:
            log.warning("heartbeat failed: %s", error)


async def _fail_or_retry(core: Core, job: Claimed, kind: Kind, error: Exception) -> None:
    text = f"{type(error).__name__}: {error}"[:2000]
    failures = job.failures + 1
    if failures >= kind.max_failures:
        await _finish(core.db, job, "failed", text, failures=failures)
        await log_event(core, f"Job {job.id} ({job.kind}) was given up", text)
        return
    # Jitter keeps jobs that failed together from coming back together.
    delay = min(kind.back_off * 2 ** (failures - 1), timedelta(hours=1)) * random.uniform(0.8, 1.2)  # noqa: S311
    await _finish(core.db, job, "queued", text, delay, failures)


async def _finish(
    db: Database,
    job: Claimed,
    state: str,
    error: str | None = None,
    delay: timedelta | None = None,
    failures: int | None = None,
) -> None:
    failures = job.failures if failures is None else failures
    await db.execute(_FINISH, job.id, job.attempt, state, error, delay, failures)


async def request_stop(core: Core, job_id: int) -> bool:
    """Asks a job to stop: a queued one never starts, a running one ends at its next report. False when it was over."""
    async with core.db.transaction() as tx:
        return affected(await tx.execute(_STOP, job_id)) == 1


async def list_jobs(core: Core, *, kind: str | None = None, limit: int = 50, is_live: bool = False) -> list[JobView]:
    """The newest jobs first; with `is_live` those that wait or run."""
    return [JobView(**dict(row.items())) for row in await core.db.fetch(_VIEW, None, kind, limit, is_live)]


async def find_job(core: Core, job_id: int) -> JobView | None:
    """One job, or None."""
    row = await core.db.fetchrow(_VIEW, job_id, None, 1, False)
    return JobView(**dict(row.items())) if row else None
