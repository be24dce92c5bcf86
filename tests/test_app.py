from __future__ import annotations

import asyncio
from collections.abc import MutableMapping
from typing import Any

import pytest

from tidings import app
from tidings.app import AsgiApp, Dispatcher, Receive, Scope, Send, door_of
from tidings.platform.core import Core
from tidings.platform.proxies import TrustedProxies


@pytest.mark.parametrize(
    ("path", "query", "door"),
    [
        ("/wp-json/fluent-crm/v2/tags", b"", "fluentcrm"),
        ("/wp-json", b"", "fluentcrm"),
        ("/", b"rest_route=/fluent-crm/v2/tags", "fluentcrm"),
        ("/index.php", b"a=1&rest_route=%2Fx", "fluentcrm"),
        ("/api/v1/contacts", b"page=2", "furiosa"),
        ("/v1/contacts", b"", "fluenzr"),
        ("/t/abc", b"", "public"),
        ("/u/abc", b"", "public"),
        ("/", b"ns_url=abc&mid=1", "public"),
        ("/", b"fluentcrm=1&route=unsubscribe", "public"),
        ("/", b"", "ui"),
        ("/contacts", b"q=fluentcrm", "ui"),
        ("/v1x", b"", "ui"),
        ("/tags", b"", "ui"),
        ("/api/v2/x", b"", "ui"),
    ],
)
def test_a_request_finds_its_door(path: str, query: bytes, door: str):
    assert door_of(path, query) == door


async def _call(
    asgi: AsgiApp, path: str = "/", body: bytes = b"", headers: Any = ()
) -> tuple[int, dict[str, str], bytes]:
    sent: list[MutableMapping[str, Any]] = []
    chunks = [body[i : i + 65536] for i in range(0, len(body), 65536)] or [b""]

    async def receive() -> MutableMapping[str, Any]:
        chunk = chunks.pop(0)
        return {"type": "http.request", "body": chunk, "more_body": bool(chunks)}

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": path, "query_string": b"", "headers": list(headers)}
    scope["client"] = ("127.0.0.1", 4711)
    await asgi(scope, receive, send)
    found = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return sent[0]["status"], found, b"".join(message.get("body", b"") for message in sent[1:])


async def _reader(scope: Scope, receive: Receive, send: Send) -> None:
    """Reads everything, then answers with its own framing policy."""
    while (await receive()).get("more_body"):
        pass
    await send({"type": "http.response.start", "status": 200, "headers": [(b"X-Frame-Options", b"DENY")]})
    await send({"type": "http.response.body", "body": b"read"})


async def test_every_answer_carries_the_security_headers_unless_the_door_set_its_own(core: Core):
    status, headers, body = await _call(Dispatcher(core, {"ui": _reader}))
    assert (status, body) == (200, b"read")
    assert headers["X-Frame-Options"] == "DENY"
    assert "x-frame-options" not in headers
    assert headers["x-content-type-options"] == "nosniff"


async def test_a_body_over_the_limit_is_refused_declared_or_not(core: Core, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(app.DOORS, "ui", ("tidings.ui.app", 100_000))
    dispatcher = Dispatcher(core, {"ui": _reader})
    assert (await _call(dispatcher, body=b"x" * 100_000))[0] == 200
    assert (await _call(dispatcher, body=b"x" * 100_001))[0] == 413
    assert (await _call(dispatcher, headers=[(b"content-length", b"100001")]))[0] == 413


async def test_a_door_sees_the_visitor_behind_a_trusted_proxy_and_no_other(core: Core):
    seen: list[str] = []

    async def looking(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(scope["client"][0])
        await _reader(scope, receive, send)

    told = [(b"x-forwarded-for", b"1.1.1.1, 203.0.113.9")]
    for proxies in (TrustedProxies(["127.0.0.1"]), TrustedProxies(()), None):
        await _call(Dispatcher(core, {"ui": looking}, proxies), headers=told)
    assert seen == ["203.0.113.9", "127.0.0.1", "127.0.0.1"]


async def test_a_crash_in_a_door_is_a_plain_500_without_details(core: Core):
    async def crashing(scope: Scope, receive: Receive, send: Send) -> None:
        raise RuntimeError("the secret detail")

    status, _, body = await _call(Dispatcher(core, {"ui": crashing}))
    assert status == 500
    assert b"secret" not in body


async def test_doors_open_and_close_with_the_server_and_may_know_no_lifespan(core: Core):
    seen: list[str] = []

    async def living(scope: Scope, receive: Receive, send: Send) -> None:
        assert scope["type"] == "lifespan"
        for word in ("startup", "shutdown"):
            assert (await receive())["type"] == f"lifespan.{word}"
            seen.append(word)
            await send({"type": f"lifespan.{word}.complete"})

    async def ignorant(scope: Scope, receive: Receive, send: Send) -> None:
        raise KeyError("method")

    dispatcher = Dispatcher(core, {"ui": ignorant, "public": living})
    await dispatcher.start()
    assert seen == ["startup"]
    await dispatcher.stop()
    assert seen == ["startup", "shutdown"]


async def test_a_door_that_cannot_start_stops_the_process_from_starting(core: Core):
    async def failing(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "lifespan.startup.failed", "message": "no disk"})

    with pytest.raises(RuntimeError, match="no disk"):
        await Dispatcher(core, {"ui": failing}).start()


async def test_at_the_end_what_is_under_way_is_answered_and_what_comes_is_refused(core: Core):
    may_go_on = asyncio.Event()

    async def slow(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await may_go_on.wait()
            await _reader(scope, receive, send)

    dispatcher = Dispatcher(core, {"ui": slow})
    first = asyncio.create_task(_call(dispatcher))
    await asyncio.sleep(0)
    ending = asyncio.create_task(dispatcher.stop())
    await asyncio.sleep(0)
    status, headers, _ = await _call(dispatcher)
    assert (status, headers["retry-after"]) == (503, "1")
    assert not first.done()
    assert not ending.done()
    may_go_on.set()
    await ending
    assert (await first)[0] == 200
