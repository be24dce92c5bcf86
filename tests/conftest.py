"""Fixtures that everything shares: a real PostgreSQL, one template database per run, one fresh copy per test."""

from __future__ import annotations

import contextlib
import os
import socket
import tempfile
import uuid
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg
import pytest

from tidings.platform import installation
from tidings.platform.clock import FixedClock
from tidings.platform.core import Core
from tidings.platform.crypto import Keyring
from tidings.platform.db import Database
from tidings.platform.installation import Installation
from tidings.platform.migrations import migrate

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
_LOOPBACK = ("127.", "::1", "localhost", "0.0.0.0", "/")


@contextlib.contextmanager
def loopback_only() -> Iterator[None]:
    """Nothing leaves this machine: a connection to anything but loopback fails."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: object) -> object:
        host = address[0] if isinstance(address, tuple) else str(address)
        if self.family != socket.AF_UNIX and not str(host).startswith(_LOOPBACK):
            raise AssertionError(f"a test tried to reach {host}")
        return connect(self, address)  # type: ignore[arg-type]

    socket.socket.connect = guarded  # type: ignore[method-assign,assignment]
    try:
        yield
    finally:
        socket.socket.connect = connect  # type: ignore[method-assign]


@pytest.fixture(autouse=True, scope="session")
def closed_network() -> Iterator[None]:
    """A test that reaches out fails."""
    with loopback_only():
        yield


@pytest.fixture(scope="session")
def server_dsn() -> Iterator[str]:
    """A PostgreSQL server for this run: TIDINGS_TEST_DATABASE_URL, else the embedded one in a throw-away folder."""
    given = os.environ.get("TIDINGS_TEST_DATABASE_URL")
    if given:
        yield given
        return
    from tidings.platform.embedded import start_embedded

    with tempfile.TemporaryDirectory(prefix="tidings-pg-", ignore_cleanup_errors=True) as folder:
        server = start_embedded(Path(folder), is_durable=False)
        try:
            yield server.dsn
        finally:
            server.stop()


def named(dsn: str, name: str) -> str:
    """The same server, another database."""
    base, _, query = dsn.partition("?")
    head, _, _ = base.rpartition("/")
    return f"{head}/{name}" + (f"?{query}" if query else "")


@pytest.fixture(scope="session")
async def template(server_dsn: str) -> AsyncIterator[str]:
    """Name of a migrated database that tests copy."""
    name = f"tidings_template_{uuid.uuid4().hex[:8]}"
    admin = await asyncpg.connect(server_dsn)
    await admin.execute(f"CREATE DATABASE {name}")
    await migrate(named(server_dsn, name))
    yield name
    await admin.execute(f"DROP DATABASE {name} WITH (FORCE)")
    await admin.close()


@pytest.fixture
async def dsn(server_dsn: str, template: str) -> AsyncIterator[str]:
    """A fresh, migrated database for one test."""
    name = f"tidings_test_{uuid.uuid4().hex[:12]}"
    admin = await asyncpg.connect(server_dsn)
    await admin.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
    yield named(server_dsn, name)
    await admin.execute(f"DROP DATABASE {name} WITH (FORCE)")
    await admin.close()


@pytest.fixture
async def db(dsn: str) -> AsyncIterator[Database]:
    """A pool on the fresh database."""
    database = await Database.open(dsn, min_size=1, max_size=8)
    yield database
    await database.close()


@pytest.fixture
def clock() -> FixedClock:
    """A clock that stands at NOW until a test moves it."""
    return FixedClock(NOW)


@pytest.fixture
def core(db: Database, clock: FixedClock, tmp_path: Path) -> Core:
    """What actions and queries take as their first argument."""
    keys = Keyring(b"k" * 32)
    return Core(db=db, clock=clock, keys=keys, installation=Installation(db, keys), data_dir=tmp_path)


class StatementCounter:
    """Counts the statements that a block sends, whatever connection they take: `with statements as counted: …`."""

    def __init__(self) -> None:
        self.count = 0

    def __enter__(self) -> StatementCounter:
        self.count = 0
        self._real = asyncpg.Connection._do_execute  # type: ignore[attr-defined]

        async def counting(connection: object, *args: object, **kwargs: object) -> object:
            self.count += 1
            return await self._real(connection, *args, **kwargs)

        asyncpg.Connection._do_execute = counting  # type: ignore[attr-defined]
        return self

    def __exit__(self, *_: object) -> None:
        asyncpg.Connection._do_execute = self._real  # type: ignore[attr-defined]


@pytest.fixture
def statements(monkeypatch: pytest.MonkeyPatch) -> StatementCounter:
    """For the rule "the same number of queries for 1 row and for 3". Settings are not read again by the clock."""
    monkeypatch.setattr(installation, "CACHE_FOR", timedelta(hours=1))
    return StatementCounter()
