"""Prometheus metrics. Features count with the objects below or declare their own beside their code.

When PROMETHEUS_MULTIPROC_DIR is set (the supervisor and `tidings web` do so), every process of the machine writes
there and any of them renders the sum; otherwise a process tells of itself.
"""

from __future__ import annotations

import os
from functools import lru_cache
from typing import Any

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    REGISTRY,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
)
from prometheus_client.multiprocess import MultiProcessCollector

from tidings.platform.core import Core

CONTENT_TYPE = CONTENT_TYPE_LATEST

requests_total = Counter("tidings_requests", "Answered requests.", ["door", "status"])
request_seconds = Histogram("tidings_request_seconds", "Time to answer a request.", ["door"])
jobs_total = Counter("tidings_jobs", "Jobs run, by kind.", ["kind"])
loop_crashes_total = Counter("tidings_loop_crashes", "Worker loops that crashed and were started again.", ["loop"])
is_leader = Gauge("tidings_is_leader", "1 while this process leads.", multiprocess_mode="livesum")

_QUEUE = "SELECT kind, state, count(*) AS n FROM jobs WHERE state IN ('queued', 'running') GROUP BY 1, 2"


@lru_cache(maxsize=64)
def _meters(door: str, kind: int) -> tuple[Counter, Histogram]:
    # Looking up the labels costs as much as counting.
    return requests_total.labels(door, f"{kind}xx"), request_seconds.labels(door)


def count_request(door: str, status: int, seconds: float) -> None:
    """Counts an answered request and how long it took."""
    requests, times = _meters(door, status // 100)
    requests.inc()
    times.observe(seconds)


async def render(core: Core) -> bytes:
    """The text exposition of all metrics, with the queue as the database has it now."""
    source: Any = REGISTRY
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        source = CollectorRegistry()
        MultiProcessCollector(source)
    lines = ["# HELP tidings_jobs_waiting Jobs queued or running.", "# TYPE tidings_jobs_waiting gauge"]
    for row in await core.db.fetch(_QUEUE):
        lines.append(f'tidings_jobs_waiting{{kind="{row["kind"]}",state="{row["state"]}"}} {row["n"]}')
    return generate_latest(source) + ("\n".join(lines) + "\n").encode()
