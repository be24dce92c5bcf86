"""Many posts to one place: kept connections, cut answers, time-outs, judged addresses."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from typing import Any

import pytest
from benchmarks.receiver import Received, Receiver

from tidings.platform.core import Core
from tidings.platform.http import MAX_EXCERPT, OutboundFailed, OutboundRefused, Poster


@pytest.fixture
async def receiver(core: Core) -> AsyncIterator[Receiver]:
    await core.installation.put({"allow_private_targets": True})
    made = Receiver()
    await made.serve()
    yield made
    made.close()


@pytest.fixture
async def poster(core: Core) -> AsyncIterator[Poster]:
    made = Poster(core)
    yield made
    await made.close()


async def test_posts_one_after_the_other_share_a_connection(receiver: Receiver, poster: Poster):
    for n in range(5):
        got = await poster.post(f"{receiver.url}/a?b={n}", b"body", {"x-n": str(n)}, timeout=5)
        assert (got.status, got.body) == (200, b"ok")
    assert receiver.connections == 1
    assert [one.path for one in receiver.received] == [f"/a?b={n}" for n in range(5)]
    assert {one.body for one in receiver.received} == {b"body"}
    assert receiver.received[0].headers["host"] == receiver.url.removeprefix("http://")
    assert receiver.received[0].headers["x-n"] == "0"


async def test_a_long_answer_is_cut_and_ends_its_connection(receiver: Receiver, poster: Poster):
    async def long(_: Received) -> tuple[int, bytes]:
        return 200, b"x" * 1_000_000

    receiver.answering = long
    for _ in range(2):
        got = await poster.post(receiver.url, b"", {}, timeout=5)
        assert got.body == b"x" * MAX_EXCERPT
    assert receiver.connections == 2


async def test_who_does_not_answer_in_time_has_failed_and_the_next_post_is_fresh(receiver: Receiver, poster: Poster):
    held = asyncio.Event()

    async def hold(got: Received) -> tuple[int, bytes]:
        if got.path == "/slow":
            await held.wait()
        return 200, b""

    receiver.answering = hold
    with pytest.raises(OutboundFailed, match="did not answer within"):
        await poster.post(f"{receiver.url}/slow", b"", {}, timeout=0.05)
    held.set()
    assert (await poster.post(f"{receiver.url}/quick", b"", {}, timeout=5)).status == 200
    assert receiver.connections == 2


async def test_a_connection_that_was_closed_meanwhile_is_replaced(receiver: Receiver, poster: Poster):
    receiver.more = "connection: close"
    for _ in range(3):
        assert (await poster.post(receiver.url, b"", {}, timeout=5)).status == 200
    assert receiver.connections == 3
    port = receiver.server.sockets[0].getsockname()[1]
    receiver.close()
    await receiver.server.wait_closed()
    with pytest.raises(OutboundFailed, match="could not be reached"):
        await poster.post(f"http://127.0.0.1:{port}/", b"", {}, timeout=5)


async def test_what_is_no_http_has_failed(core: Core, poster: Poster):
    await core.installation.put({"allow_private_targets": True})

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"220 mail.example.com ESMTP\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    with pytest.raises(OutboundFailed, match="could not be reached"):
        await poster.post(f"http://127.0.0.1:{port}/", b"", {}, timeout=5)
    server.close()


async def test_a_redirect_is_an_answer(receiver: Receiver, poster: Poster):
    async def elsewhere(_: Received) -> tuple[int, bytes]:
        return 307, b""

    receiver.answering, receiver.more = elsewhere, "location: http://169.254.169.254/"
    got = await poster.post(receiver.url, b"", {}, timeout=5)
    assert (got.status, got.headers["location"]) == (307, "http://169.254.169.254/")
    assert receiver.count == 1


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:1/", "http://[::ffff:10.0.0.1]/", "http://localhost:1/", "ftp://x.example/"]
)
async def test_private_targets_are_refused_unless_they_are_allowed(poster: Poster, url: str):
    with pytest.raises(OutboundRefused):
        await poster.post(url, b"", {}, timeout=5)


async def test_a_name_that_turns_private_is_judged_anew_and_never_connected_to(
    core: Core, receiver: Receiver, poster: Poster, monkeypatch: pytest.MonkeyPatch
):
    port = receiver.server.sockets[0].getsockname()[1]
    answers: list[str] = ["127.0.0.1"]

    real = asyncio.get_running_loop().getaddrinfo

    async def resolve(host: str, port: int, **more: Any) -> list[Any]:
        if host != "hooks.example":
            return await real(host, port, **more)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (answers[0], port))]

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", resolve, raising=False)
    url = f"http://hooks.example:{port}/"
    assert (await poster.post(url, b"", {}, timeout=5)).status == 200
    assert receiver.received[0].headers["host"] == f"hooks.example:{port}"
    answers[0] = "169.254.169.254"
    assert (await poster.post(url, b"", {}, timeout=5)).status == 200, "judged a moment ago: the same address"
    monkeypatch.setattr(Poster, "AGE", -1.0)
    with pytest.raises(OutboundRefused):
        await poster.post(url, b"", {}, timeout=5)
    assert receiver.count == 2
