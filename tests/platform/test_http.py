from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from tidings.platform.core import Core
from tidings.platform.http import OutboundFailed, OutboundRefused, fetch, guard_address, resolve_guarded

REFUSED = [
    "127.0.0.1",
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "100.64.0.1",
    "169.254.169.254",
    "0.0.0.0",
    "255.255.255.255",
    "224.0.0.1",
    "192.0.2.1",
    "198.18.0.1",
    "::1",
    "::",
    "fe80::1",
    "fe80::1%eth0",
    "fd00:ec2::254",
    "fc00::1",
    "ff02::1",
    "2001:db8::1",
    "::ffff:127.0.0.1",
    "::ffff:169.254.169.254",
    "::ffff:10.0.0.1",
    "::127.0.0.1",
    "2002:7f00:1::",
    "2002:a00:1::1",
    "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::1",
    "not an address",
    "2130706433",
]


@pytest.mark.parametrize("ip", REFUSED)
def test_an_address_that_is_not_public_is_refused(ip: str):
    with pytest.raises(OutboundRefused):
        guard_address(ip)


@pytest.mark.parametrize("ip", ["8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"])
def test_a_public_address_passes(ip: str):
    guard_address(ip)


@pytest.mark.parametrize("ip", ["127.0.0.1", "10.1.2.3", "::1", "fd12::1", "::ffff:127.0.0.1"])
def test_a_private_address_passes_when_the_owner_allows_it(ip: str):
    guard_address(ip, allow_private=True)


@pytest.mark.parametrize("ip", ["169.254.169.254", "::ffff:169.254.169.254", "fe80::1", "224.0.0.1", "0.0.0.0"])
def test_metadata_and_multicast_never_pass(ip: str):
    with pytest.raises(OutboundRefused):
        guard_address(ip, allow_private=True)


Answer = Callable[[bytes, dict[str, str]], bytes]


class Peer:
    """A tiny HTTP server whose answers a test writes; keeps the requests it saw."""

    def __init__(self) -> None:
        self.answers: dict[str, bytes] = {}
        self.seen: list[str] = []
        self.port = 0

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        self.seen.append(head)
        body = self.answers.get(head.split(" ")[1], b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok")
        if body == b"hang":
            await reader.read()
        else:
            writer.write(body)
            await writer.drain()
        writer.close()

    def redirect(self, path: str, target: str, status: int = 302) -> None:
        self.answers[path] = f"HTTP/1.1 {status} X\r\nlocation: {target}\r\ncontent-length: 0\r\n\r\n".encode()


@pytest.fixture
async def peer() -> AsyncIterator[Peer]:
    """A peer on a free loopback port."""
    made = Peer()
    server = await asyncio.start_server(made.handle, "127.0.0.1", 0)
    made.port = server.sockets[0].getsockname()[1]
    yield made
    server.close()


@pytest.fixture
async def open_core(core: Core) -> Core:
    """An installation whose owner allows private targets."""
    await core.installation.put({"allow_private_targets": True})
    return core


async def test_a_private_target_is_refused_before_anything_is_sent(core: Core, peer: Peer):
    for host in ("127.0.0.1", "localhost", "[::ffff:127.0.0.1]"):
        with pytest.raises(OutboundRefused):
            await fetch(core, "GET", f"http://{host}:{peer.port}/")
    assert peer.seen == []


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://a.b/", "gopher://a/", "//a/", "http://", "javascript:1"])
async def test_other_schemes_are_refused(open_core: Core, url: str):
    with pytest.raises(OutboundRefused):
        await fetch(open_core, "GET", url)


async def test_the_connection_goes_to_the_judged_address_whatever_the_name_says_next(
    open_core: Core, peer: Peer, monkeypatch: pytest.MonkeyPatch
):
    asked: list[str] = []

    async def resolve(host: str, port: int, **_: Any) -> list[Any]:
        asked.append(host)
        address = "127.0.0.1" if len(asked) == 1 else "10.0.0.1"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", resolve, raising=False)
    answer = await fetch(open_core, "GET", f"http://feed.example:{peer.port}/x?y=1")
    assert (answer.status, answer.body) == (200, b"ok")
    assert asked == ["feed.example"]
    assert peer.seen[0].startswith("GET /x?y=1 HTTP/1.1")
    assert f"host: feed.example:{peer.port}" in peer.seen[0].lower()


async def test_one_private_address_among_public_ones_refuses_the_name(monkeypatch: pytest.MonkeyPatch):
    async def resolve(host: str, port: int, **_: Any) -> list[Any]:
        return [(2, 1, 6, "", (address, port)) for address in ("8.8.8.8", "10.0.0.1")]

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", resolve, raising=False)
    with pytest.raises(OutboundRefused):
        await resolve_guarded("mixed.example", 25, allow_private=False)


async def test_redirects_are_judged_again(open_core: Core, peer: Peer):
    peer.redirect("/a", "http://169.254.169.254/latest/meta-data/")
    peer.redirect("/b", "file:///etc/passwd")
    for path in ("/a", "/b"):
        with pytest.raises(OutboundRefused):
            await fetch(open_core, "GET", f"http://127.0.0.1:{peer.port}{path}")


async def test_five_redirects_are_followed_and_a_sixth_is_not(open_core: Core, peer: Peer):
    for n in range(6):
        peer.redirect(f"/{n}", f"/{n + 1}")
    assert (await fetch(open_core, "GET", f"http://127.0.0.1:{peer.port}/1")).url.endswith("/6")
    with pytest.raises(OutboundRefused):
        await fetch(open_core, "GET", f"http://127.0.0.1:{peer.port}/0")


async def test_credentials_do_not_follow_to_another_origin_and_a_post_becomes_a_get(open_core: Core, peer: Peer):
    peer.redirect("/a", f"http://localhost:{peer.port}/b", 303)
    await fetch(
        open_core,
        "POST",
        f"http://127.0.0.1:{peer.port}/a",
        headers={"Authorization": "Bearer abc", "X-Kept": "1"},
        content=b"x",
    )
    assert "Bearer abc" in peer.seen[0]
    assert peer.seen[1].startswith("GET /b")
    assert "Bearer abc" not in peer.seen[1]
    assert "x-kept: 1" in peer.seen[1].lower()


async def test_too_much_and_too_late_are_refused(open_core: Core, peer: Peer):
    peer.answers["/big"] = b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 5000
    peer.answers["/gzip"] = b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 1\r\n\r\nx"
    peer.answers["/hang?secret=1"] = b"hang"
    base = f"http://127.0.0.1:{peer.port}"
    with pytest.raises(OutboundRefused):
        await fetch(open_core, "GET", f"{base}/big", max_bytes=4000)
    with pytest.raises(OutboundRefused):
        await fetch(open_core, "GET", f"{base}/gzip")
    with pytest.raises(OutboundFailed):
        await fetch(open_core, "GET", f"{base}/hang?secret=1", timeout=0.2)


async def test_a_closed_port_is_a_failure_that_names_no_secret(open_core: Core):
    with pytest.raises(OutboundFailed) as caught:
        await fetch(open_core, "GET", "http://user:pass@127.0.0.1:1/p?key=abc")
    assert "pass" not in caught.value.message
    assert "abc" not in caught.value.message
