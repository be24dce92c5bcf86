"""When a handler falls over: the dialect's own shape, a reference that the log has too, and not a word of the inside."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.dialects.mouth import Mouth, open_mouth
from tidings.dialects._engine.calls import Answer, Call
from tidings.dialects._engine.mount import DialectApp
from tidings.dialects._engine.routes import Route, RouteTable
from tidings.dialects.fluentcrm import dialect as fluentcrm
from tidings.dialects.fluenzr import dialect as fluenzr
from tidings.dialects.furiosa import dialect as furiosa
from tidings.platform.core import Core
from tidings.platform.pagination import PageRequest
from tidings.platform.system_log import list_system_log

MOUNTS: dict[str, Callable[[Core, RouteTable], DialectApp]] = {
    "fluentcrm": fluentcrm.mount,
    "furiosa": furiosa.mount,
    "fluenzr": fluenzr.mount,
}


async def _crash(call: Call) -> Any:
    await call.core.db.execute("SELECT secret_column FROM no_such_table")


async def _echo(call: Call) -> Any:
    return Answer({"params": dict(call.params), "method": call.request.method})


ROUTES = [
    Route("GET", "/crash", "crash", "", "view", _crash),
    Route("POST", "/echo", "echo", "", "view", _echo),
    Route("GET", "/later", "later", "", "unserved", reason="comes later"),
]


async def _mouth(core: Core, name: str) -> Mouth:
    mouth = await open_mouth(core, name)
    await mouth.client.aclose()
    mouth.app = MOUNTS[name](core, RouteTable(ROUTES))
    transport = httpx.ASGITransport(app=mouth.app)  # type: ignore[arg-type]
    mouth.client = httpx.AsyncClient(transport=transport, base_url="http://tidings.test")
    return mouth


@pytest.mark.parametrize("name", MOUNTS)
async def test_a_crash_tells_its_reference_and_nothing_else(core: Core, name: str, caplog: pytest.LogCaptureFixture):
    mouth = await _mouth(core, name)
    with caplog.at_level(logging.ERROR):
        answer = await mouth.get("/crash")
    assert answer.status_code == 500
    for word in ("secret_column", "no_such_table", "SELECT", "asyncpg", "Traceback", ".py"):
        assert word not in answer.text
    (reference,) = re.findall(r"[0-9a-f]{12}", answer.text)
    assert any(reference in record.getMessage() for record in caplog.records)
    [line] = (await list_system_log(core, PageRequest(), search=reference)).rows
    assert "no_such_table" in line.description
    body = answer.json()
    if name == "fluentcrm":
        assert (body["code"], body["data"], set(body)) == ("plugin_exception", [], {"code", "data", "message"})
    elif name == "furiosa":
        assert (body["error"], body["status"], set(body)) == (True, 500, {"error", "status", "message"})
    else:
        assert (body["success"], body["error"]["code"]) == (False, "INTERNAL_ERROR")
        assert body["error"]["details"] == {"reference": reference}
    # A key that is known is told its minute even then.
    assert ("x-ratelimit-remaining" in answer.headers) is (name != "fluentcrm")
    await mouth.client.aclose()


@pytest.mark.parametrize("name", MOUNTS)
async def test_a_body_is_read_to_its_limit_and_without_zero_bytes(core: Core, name: str):
    mouth = await _mouth(core, name)
    json = {"content-type": "application/json"}
    answer = await mouth.post("/echo", raw=b'{"a": "x\\u0000y", "b": ["\\u0000"]}', headers=json)
    assert answer.json()["params"] == {"a": "xy", "b": [""]}
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"
    limit = mouth.app.dialect.max_body

    async def chunks() -> Any:
        for _ in range(limit // 2**20 + 1):
            yield b" " * 2**20

    # Neither a length that lies low nor one that is not told gets past the limit.
    for body, more in ((b" " * (limit + 1), {}), (chunks(), {"transfer-encoding": "chunked"})):
        refused = await mouth.client.post(
            f"{mouth.prefix}/echo",
            content=body,
            headers={**json, **more, **({"authorization": mouth.auth} if isinstance(mouth.auth, str) else {})},
            auth=mouth.auth if isinstance(mouth.auth, tuple) else None,
        )
        assert refused.status_code == 413
    assert (await mouth.get("/later")).status_code in (404, 405)
    await mouth.client.aclose()


@pytest.mark.parametrize("name", MOUNTS)
async def test_a_request_that_is_cut_off_does_nothing(core: Core, name: str):
    mouth = await _mouth(core, name)
    sent: list[Any] = []
    messages = [{"type": "http.request", "body": b'{"a"', "more_body": True}, {"type": "http.disconnect"}]

    async def receive() -> Any:
        return messages.pop(0)

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": f"{mouth.prefix}/echo", "query_string": b"", "headers": []}
    await mouth.app(scope, receive, send)
    assert sent[0]["status"] == 400
    await mouth.client.aclose()
