"""Fixtures that everything shares: a real PostgreSQL, a migrated template, a copy of it that every test finds as new.

With several processes (`pytest -n`) each has a server of its own.
"""

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
from argon2 import PasswordHasher

from tests.kept import Kept
from tidings.access import actions as access
from tidings.platform import installation
from tidings.platform.clock import FixedClock
from tidings.platform.core import Core
from tidings.platform.crypto import Keyring
from tidings.platform.db import Database
from tidings.platform.installation import Installation
from tidings.platform.migrations import migrate

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
_LOOPBACK = ("127.", "::1", "localhost", "0.0.0.0", "/")


def pytest_itemcollected(item: pytest.Item) -> None:
    """Marks the tests that open a database."""
    if "server_dsn" in getattr(item, "fixturenames", ()):
        item.add_marker(pytest.mark.database)


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


@pytest.fixture(autouse=True, scope="session")
def strong_hasher() -> Iterator[PasswordHasher]:
    """What hashes passwords outside of tests; here they get the same kind of hash for the least work."""
    strong = access._hasher  # pyright: ignore[reportPrivateUsage]
    access._hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)  # pyright: ignore[reportPrivateUsage]
    yield strong
    access._hasher = strong  # pyright: ignore[reportPrivateUsage]


@pytest.fixture(scope="session")
def server_dsn() -> Iterator[str]:
    """A PostgreSQL server for this process: TIDINGS_TEST_DATABASE_URL, else the embedded one in a throw-away folder.

    `{worker}` in the address stands for the process (`gw0`, `gw1` …). A server of several processes would have them wait for
    one another: what a fact's reader may see depends on the oldest transaction of the server.
    """
    given = os.environ.get("TIDINGS_TEST_DATABASE_URL")
    if given:
        yield given.replace("{worker}", os.environ.get("PYTEST_XDIST_WORKER", "main"))
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


@contextlib.asynccontextmanager
async def copied(server_dsn: str, template: str) -> AsyncIterator[Kept]:
    name = f"tidings_test_{uuid.uuid4().hex[:12]}"
    admin = await asyncpg.connect(server_dsn)
    made = Kept(admin, template, name, named(server_dsn, name))
    await made.open()
    yield made
    await made.close()
    await admin.close()


@pytest.fixture(scope="session")
async def kept_database(server_dsn: str, template: str) -> AsyncIterator[Kept]:
    """The copy of the template that tests share one after the other."""
    async with copied(server_dsn, template) as made:
        yield made


@pytest.fixture
async def dsn(
    kept_database: Kept, server_dsn: str, template: str, request: pytest.FixtureRequest
) -> AsyncIterator[str]:
    """A migrated database as the migrations left it, and so again after the test.

    A test with the mark `own_database` gets one that no other had: with the statistics of new tables.
    """
    if request.node.get_closest_marker("own_database"):
        async with copied(server_dsn, template) as made:
            yield made.dsn
        return
    yield kept_database.dsn
    await kept_database.clean()


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
