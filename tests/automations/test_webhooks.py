"""What a webhook step sends to a real server, and what becomes of it when the server does not take it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

import tidings.automations.jobs  # noqa: F401  # registers the handlers
from tests.automations.flows import metrics, person, published, settle, step, tag
from tidings.automations.webhooks import outgoing
from tidings.content import Person, Site
from tidings.platform import jobs
from tidings.platform.core import Core
from tidings.platform.errors import Invalid

ANN = Person(id=1, email="ann@x.co", first_name="Ann")


class Listener:
    """An HTTP server that answers one status and remembers what it was sent."""

    def __init__(self) -> None:
        self.status = 200
        self.heads: list[str] = []
        self.bodies: list[bytes] = []
        self.url = ""

    async def serve(self) -> asyncio.Server:
        server = await asyncio.start_server(self._answer, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/hook"
        return server

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        lengths = [line.split(":")[1] for line in head.lower().splitlines() if line.startswith("content-length")]
        self.heads.append(head)
        self.bodies.append(await reader.readexactly(int(lengths[0])) if lengths else b"")
        writer.write(f"HTTP/1.1 {self.status} X\r\ncontent-length: 0\r\nconnection: close\r\n\r\n".encode())
        await writer.drain()
        writer.close()


@pytest.fixture
async def listener() -> AsyncIterator[Listener]:
    made = Listener()
    server = await made.serve()
    yield made
    server.close()


async def call(core: Core, **params: Any) -> None:
    vip = await tag(core, "vip")
    await published(core, "tags_added", [step("call_webhook", **params)], ids=(vip,))
    await person(core, tags=["vip"])
    await settle(core)
    for job in await jobs.claim(core.db, ["call_automation_webhook"], 10):
        await jobs.run_claimed(core, job)


async def test_the_whole_contact_is_told_as_json(core: Core, listener: Listener):
    await core.installation.put({"allow_private_targets": True})
    await call(core, url=listener.url, headers=[["X-Key", "k {{contact.first_name}}"], ["Host", "evil"]])
    assert json.loads(listener.bodies[0])["email"] == "ann@x.co"
    assert "x-key: k Ann" in listener.heads[0]
    assert "evil" not in listener.heads[0]
    assert await metrics(core) == [("call_webhook", "completed", None)]


async def test_a_refusal_is_told_in_the_metric_and_tried_again(core: Core, listener: Listener):
    await core.installation.put({"allow_private_targets": True})
    listener.status = 500
    await call(core, url=listener.url)
    assert await metrics(core) == [("call_webhook", "failed", "The address answered with status 500.")]
    assert await core.db.fetchval("SELECT state FROM jobs") == "queued"
    listener.status = 200
    await core.db.execute("UPDATE jobs SET due_at = now()")
    for job in await jobs.claim(core.db, ["call_automation_webhook"], 10):
        await jobs.run_claimed(core, job)
    assert await metrics(core) == [("call_webhook", "completed", None)]


async def test_private_addresses_are_refused_once_and_for_all(core: Core, listener: Listener):
    await call(core, url=listener.url)
    assert not listener.heads
    assert [state for _, state, _ in await metrics(core)] == ["failed"]
    assert await core.db.fetchval("SELECT state FROM jobs") == "done"


def test_values_of_its_own_go_into_the_address_or_a_form():
    params = {
        "url": "https://x.co/a?b=1",
        "method": "GET",
        "sends": "values",
        "values": [["n", "{{contact.first_name}} &"]],
    }
    asked = outgoing(params, {}, ANN, Site())
    assert (asked.url, asked.content) == ("https://x.co/a?b=1&n=Ann+%26", None)
    asked = outgoing(params | {"method": "POST", "format": "form"}, {}, ANN, Site())
    assert (asked.content, asked.headers["content-type"]) == (b"n=Ann+%26", "application/x-www-form-urlencoded")


@pytest.mark.parametrize("url", ["", "ftp://x.co", "javascript:alert(1)", "x.co/hook"])
def test_other_addresses_are_invalid(url: str):
    with pytest.raises(Invalid) as told:
        outgoing({"url": url}, {}, ANN, Site())
    assert list(told.value.fields) == ["url"]
