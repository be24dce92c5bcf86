"""A receiver on this machine, private targets allowed, and the words of the dialects."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any

import pytest
from benchmarks.receiver import Receiver

from tidings.app import know_webhook_forms
from tidings.outgoing_webhooks import actions
from tidings.outgoing_webhooks.enqueueing import enqueue_deliveries
from tidings.outgoing_webhooks.forms import form_named
from tidings.outgoing_webhooks.types import EndpointDraft
from tidings.platform.core import Core
from tidings.workers.webhooks import run_deliverer


@pytest.fixture
async def receiver(core: Core) -> AsyncIterator[Receiver]:
    """It says 200 until a test says otherwise."""
    know_webhook_forms()
    await core.installation.put({"allow_private_targets": True})
    made = Receiver()
    await made.serve()
    yield made
    made.close()


async def listening(core: Core, receiver: Receiver, form: str = "fluenzr", path: str = "/", *events: str) -> int:
    """An endpoint for the given events, or all of the form."""
    draft = EndpointDraft(receiver.url + path, events or list(form_named(form).events), secret="s" * 20)
    return (await actions.create_endpoint(core, form, draft))[0]


async def enqueue_all(core: Core, limit: int = 1000) -> int:
    """Reads every fact that is ready."""
    total = 0
    while read := await enqueue_deliveries(core, limit=limit):
        total += read
    return total


async def states(core: Core) -> list[tuple[str, str]]:
    """Kind and state of every delivery, in order."""
    return [tuple(row) for row in await core.db.fetch("SELECT kind, state FROM webhook_deliveries ORDER BY id")]


async def deliver_until(core: Core, is_done: Callable[[], Coroutine[Any, Any, bool]]) -> None:
    """Runs the deliverer until something holds, then stops it in an orderly way."""
    stop = asyncio.Event()
    running = asyncio.create_task(run_deliverer(core, stop))
    try:
        while not await is_done():
            assert not running.done(), running.exception()
            await asyncio.sleep(0.01)
    finally:
        stop.set()
        await running


async def deliver_all(core: Core) -> None:
    """Until nothing is due."""

    async def is_done() -> bool:
        return not await core.db.fetchval(
            """SELECT 1 FROM webhook_deliveries d JOIN webhook_endpoints e ON e.id = d.endpoint_id
            WHERE d.state = 'sending' OR (d.state = 'queued' AND d.due_at <= $1 AND e.is_active) LIMIT 1""",
            core.clock.now(),
        )

    await deliver_until(core, is_done)
