from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

from tidings.platform import metrics
from tidings.platform.core import Core
from tidings.platform.health import Readiness
from tidings.workers.health import serve_health


async def _well(core: Core) -> dict[str, bool]:
    return {check.name: check.is_well for check in await Readiness(core).checks()}


async def test_a_migrated_database_and_a_writable_folder_are_ready(core: Core):
    assert await _well(core) == {"database": True, "schema": True, "disk": True}


async def test_a_missing_step_is_not_ready(core: Core):
    await core.db.execute("DELETE FROM schema_migrations WHERE number = (SELECT max(number) FROM schema_migrations)")
    assert (await _well(core))["schema"] is False


async def test_a_folder_that_is_a_file_is_not_ready(core: Core, tmp_path: Path):
    (tmp_path / "file").write_text("")
    assert (await _well(replace(core, data_dir=tmp_path / "file")))["disk"] is False


async def test_a_database_that_is_gone_is_not_ready_and_raises_nothing(core: Core, dsn: str):
    await core.db.close()
    assert await _well(core) == {"database": False, "schema": False, "disk": True}


async def test_metrics_tell_the_queue_as_the_database_has_it(core: Core):
    await core.db.execute("INSERT INTO jobs (kind) VALUES ('export'), ('export')")
    text = (await metrics.render(core)).decode()
    assert 'tidings_jobs_waiting{kind="export",state="queued"} 2' in text
    assert "tidings_is_leader" in text


async def _get(port: int, path: str) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"GET {path} HTTP/1.1\r\n\r\n".encode())
    answer = await reader.read()
    writer.close()
    return answer


async def test_a_worker_answers_health_on_its_own_port(core: Core):
    async with serve_health(core, 0) as port:
        assert port is not None
        assert b"200 OK" in await _get(port, "/healthz")
        assert b"200 OK" in await _get(port, "/readyz")
        assert b"tidings_jobs" in await _get(port, "/metrics")
        assert b"404" in await _get(port, "/other")
