"""A key's minute is one minute, however many processes answer: the 60th request passes, the 61st does not."""

from __future__ import annotations

import asyncio
import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.ports import free_port
from tidings.access import actions as access
from tidings.platform.clock import SystemClock
from tidings.platform.core import Core
from tidings.platform.crypto import load_keyring
from tidings.platform.installation import Installation

SECRET = "rate-tests-secret-key-of-thirty-two"
PROCESSES = 4
PER_MINUTE = 60


@pytest.fixture
def servers(dsn: str, tmp_path: Path) -> Iterator[list[str]]:
    """The addresses of four web processes over the test's database."""
    started: list[subprocess.Popen[bytes]] = []
    urls: list[str] = []
    for _ in range(PROCESSES):
        port = free_port()
        more = {"DATABASE_URL": dsn, "TIDINGS_DATA": str(tmp_path), "TIDINGS_PORT": str(port)}
        command = [sys.executable, "-m", "granian", "--interface", "asgi", "--host", "127.0.0.1", "--port", str(port)]
        started.append(
            subprocess.Popen(
                [*command, "--factory", "--no-ws", "tidings.app:create"],
                env={**os.environ, **more, "TIDINGS_SECRET_KEY": SECRET},
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
        )
        urls.append(f"http://127.0.0.1:{port}")
    try:
        yield urls
    finally:
        for process in started:
            process.terminate()
        for process in started:
            process.wait(20)


async def _ready(client: httpx.AsyncClient, url: str) -> None:
    for _ in range(600):
        with contextlib.suppress(httpx.HTTPError):
            if (await client.get(f"{url}/healthz")).status_code == 200:
                return
        await asyncio.sleep(0.1)
    pytest.fail(f"{url} did not answer")


@pytest.mark.chaos
@pytest.mark.timeout(240)
@pytest.mark.parametrize(("kind", "prefix"), [("furiosa", "/api/v1"), ("fluenzr", "/v1")])
async def test_the_limit_holds_over_four_processes(
    core: Core, servers: list[str], tmp_path: Path, kind: str, prefix: str
):
    keys = load_keyring(tmp_path, SECRET)
    core = Core(core.db, SystemClock(), keys, Installation(core.db, keys), tmp_path)
    await access.create_user(core, login="ada", email="ada@example.com", role="administrator")
    _, secret = await access.create_key(
        core,
        kind=kind,  # type: ignore[arg-type]
        name="x",
        user_login="ada",
        per_minute=None if kind == "furiosa" else PER_MINUTE,
    )
    headers = {"authorization": f"Bearer {secret}"}
    async with httpx.AsyncClient(headers=headers, timeout=60, trust_env=False) as client:
        await asyncio.gather(*(_ready(client, url) for url in servers))

        async def ask(n: int) -> httpx.Response:
            return await client.get(f"{servers[n % PROCESSES]}{prefix}/contacts")

        for _ in range(3):
            answers = await asyncio.gather(*(ask(n) for n in range(PER_MINUTE)))
            last = [await ask(n) for n in range(PROCESSES)]
            # All of it in one minute of the wall, or the minute turned meanwhile and it is done again.
            if all(answer.status_code == 429 for answer in last):
                break
            await asyncio.sleep(60 - SystemClock().now().second + 1)
        assert [answer.status_code for answer in answers] == [200] * PER_MINUTE
        assert {answer.headers["x-ratelimit-limit"] for answer in answers} == {str(PER_MINUTE)}
        # Each of the sixty got a place of its own.
        left = sorted(int(answer.headers["x-ratelimit-remaining"]) for answer in answers)
        assert left == list(range(PER_MINUTE))
        for answer in last:
            assert answer.status_code == 429
            assert answer.headers["x-ratelimit-remaining"] == "0"
            assert 0 < int(answer.headers["retry-after"]) <= 60
