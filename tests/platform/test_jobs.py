from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tidings.platform import jobs
from tidings.platform.core import Core
from tidings.platform.db import Database
from tidings.workers.job_runner import run_jobs

_DIES = """
import asyncio, os, sys
from datetime import timedelta
from tidings.platform import jobs
from tidings.platform.db import Database
async def main():
    db = await Database.open(sys.argv[1])
    [job] = await jobs.claim(db, ["count"], 1, lease=timedelta(milliseconds=1))
    await jobs.Progress(db, job, timedelta(milliseconds=1)).report(at=3)
    os.kill(os.getpid(), 9)
asyncio.run(main())
"""


@pytest.fixture(autouse=True)
def own_kinds() -> Iterator[None]:
    """Each test registers its own handlers."""
    before = dict(jobs.KINDS)
    jobs.KINDS.clear()
    yield
    jobs.KINDS.clear()
    jobs.KINDS.update(before)


async def _until(core: Core, job_id: int, state: str) -> jobs.JobView:
    async with asyncio.timeout(30):
        while True:
            job = await jobs.find_job(core, job_id)
            assert job is not None
            if job.state == state:
                return job
            await asyncio.sleep(0.02)


async def _claim_and_run(core: Core, kind: str) -> None:
    for job in await jobs.claim(core.db, [kind], 10):
        await jobs.run_claimed(core, job)


async def test_a_job_of_a_rolled_back_transaction_never_was(core: Core):
    async def write_then_fail() -> None:
        async with core.db.transaction() as tx:
            await jobs.enqueue(tx, "count", {})
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await write_then_fail()
    assert await jobs.list_jobs(core) == []


async def test_one_unique_key_is_queued_once_until_it_is_done(core: Core):
    @jobs.handles("count")
    async def count(core: Core, args: dict[str, Any], progress: jobs.Progress) -> None:
        await progress.report(done=args["n"])

    first = await jobs.enqueue(core, "count", {"n": 1}, unique_key="k")
    assert await jobs.enqueue(core, "count", {"n": 2}, unique_key="k") == first
    await _claim_and_run(core, "count")
    job = await jobs.find_job(core, first)
    assert job is not None
    assert (job.state, job.progress) == ("done", {"done": 1})
    assert await jobs.enqueue(core, "count", {"n": 3}, unique_key="k") != first


async def test_many_claimers_at_once_take_every_job_once(core: Core):
    for n in range(40):
        await jobs.enqueue(core, "count", {"n": n})
    claimed = await asyncio.gather(*(jobs.claim(core.db, ["count"], 7) for _ in range(8)))
    ids = [job.id for batch in claimed for job in batch]
    assert len(ids) == len(set(ids)) == 40


async def test_a_job_is_not_taken_before_it_is_due(core: Core):
    await jobs.enqueue(core, "count", {}, due_at=datetime.now(UTC) + timedelta(hours=1))
    assert await jobs.claim(core.db, ["count"], 5) == []


async def test_a_failing_job_is_tried_again_later_and_in_the_end_fails_with_its_reason(core: Core):
    @jobs.handles("count", max_failures=2, back_off=timedelta(hours=1))
    async def count(core: Core, args: dict[str, Any], progress: jobs.Progress) -> None:
        raise ValueError("no such file")

    made = await jobs.enqueue(core, "count", {})
    await _claim_and_run(core, "count")
    waiting = await jobs.find_job(core, made)
    assert waiting is not None
    assert (waiting.state, waiting.error) == ("queued", "ValueError: no such file")
    assert await jobs.claim(core.db, ["count"], 5) == []
    await core.db.execute("UPDATE jobs SET due_at = now()")
    await _claim_and_run(core, "count")
    failed = await jobs.find_job(core, made)
    assert failed is not None
    assert (failed.state, failed.attempts) == ("failed", 2)


async def test_a_job_whose_process_was_killed_is_taken_up_again_where_it_was(core: Core, dsn: str):
    seen: list[dict[str, Any]] = []

    @jobs.handles("count")
    async def count(core: Core, args: dict[str, Any], progress: jobs.Progress) -> None:
        seen.append(dict(progress.values))

    made = await jobs.enqueue(core, "count", {})
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", _DIES, dsn)
    assert await process.wait() == -9
    await _claim_and_run(core, "count")
    job = await jobs.find_job(core, made)
    assert job is not None
    assert (job.state, job.attempts, seen) == ("done", 2, [{"at": 3}])


async def test_a_job_that_kills_its_process_every_time_fails_at_last(core: Core):
    @jobs.handles("count", max_failures=2)
    async def count(core: Core, args: dict[str, Any], progress: jobs.Progress) -> None:
        raise AssertionError("must not run")

    made = await jobs.enqueue(core, "count", {})
    await core.db.execute(
        "UPDATE jobs SET state = 'running', attempts = 2, failures = 1, leased_until = now() - interval '1 s'"
    )
    await _claim_and_run(core, "count")
    job = await jobs.find_job(core, made)
    assert job is not None
    assert job.state == "failed"


async def test_who_lost_a_job_can_neither_report_nor_finish_it(core: Core):
    await jobs.enqueue(core, "count", {})
    [first] = await jobs.claim(core.db, ["count"], 1, lease=timedelta(0))
    [second] = await jobs.claim(core.db, ["count"], 1)
    assert (first.id, second.attempt) == (second.id, 2)
    with pytest.raises(jobs.JobLost):
        await jobs.Progress(core.db, first).report(at=9)
    await jobs.Progress(core.db, second).report(at=1)


async def test_a_stop_reaches_a_waiting_job_at_once_and_a_running_one_at_its_next_report(core: Core):
    started = asyncio.Event()

    @jobs.handles("count")
    async def count(core: Core, args: dict[str, Any], progress: jobs.Progress) -> None:
        started.set()
        for n in range(100_000):
            await progress.report(n=n)

    waiting = await jobs.enqueue(core, "later", {})
    assert await jobs.request_stop(core, waiting)
    assert not await jobs.request_stop(core, waiting)
    running = await jobs.enqueue(core, "count", {})
    [job] = await jobs.claim(core.db, ["count"], 1)
    task = asyncio.create_task(jobs.run_claimed(core, job))
    await started.wait()
    await jobs.request_stop(core, running)
    await task
    assert [j.state for j in await jobs.list_jobs(core)] == ["stopped", "stopped"]


async def test_the_loop_runs_jobs_as_they_come_and_gives_unfinished_ones_back_at_the_end(core: Core):
    hold = asyncio.Event()

    @jobs.handles("quick")
    async def quick(core: Core, args: dict[str, Any], progress: jobs.Progress) -> None:
        return

    @jobs.handles("slow")
    async def slow(core: Core, args: dict[str, Any], progress: jobs.Progress) -> None:
        await hold.wait()

    stop = asyncio.Event()
    loop = asyncio.create_task(run_jobs(core, stop))
    done = await jobs.enqueue(core, "quick", {})
    await _until(core, done, "done")
    kept = await jobs.enqueue(core, "slow", {})
    await _until(core, kept, "running")
    stop.set()
    await loop
    assert (await _until(core, kept, "queued")).finished_at is None
    # An orderly stop is no failure, however often it happens.
    assert await core.db.fetchval("SELECT failures FROM jobs WHERE id = $1", kept) == 0


async def test_the_heartbeat_keeps_a_long_job_in_its_hands(core: Core):
    release = asyncio.Event()

    @jobs.handles("slow")
    async def slow(core: Core, args: dict[str, Any], progress: jobs.Progress) -> None:
        await release.wait()

    await jobs.enqueue(core, "slow", {})
    [job] = await jobs.claim(core.db, ["slow"], 1, lease=timedelta(seconds=5))
    first = await core.db.fetchval("SELECT leased_until FROM jobs")
    task = asyncio.create_task(
        jobs.run_claimed(core, job, lease=timedelta(seconds=60), heartbeat=timedelta(milliseconds=5))
    )
    async with asyncio.timeout(20):
        while True:
            if await core.db.fetchval("SELECT leased_until FROM jobs") > first + timedelta(seconds=30):
                break
            await asyncio.sleep(0.01)
    release.set()
    await task
    assert await core.db.fetchval("SELECT state FROM jobs") == "done"


async def test_the_database_type_is_reached_through_the_pool_too(db: Database):
    async with db.transaction() as tx:
        made = await jobs.enqueue(tx, "count", {"a": [1, None, "ü"]}, user_id=7)
    [job] = await jobs.claim(db, ["count"], 1)
    assert (job.id, job.args, job.user_id) == (made, {"a": [1, None, "ü"]}, 7)
