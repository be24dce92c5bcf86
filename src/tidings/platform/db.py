"""PostgreSQL: the pool, transactions, and SQL kept in files.

`Database` is the only owner of connections. Statements live beside their feature in `sql/*.sql` as named, commented
blocks and are loaded once by `load_sql`. Migrations are in `platform.migrations`.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import timedelta
from importlib import resources
from typing import Any, Protocol, TypeVar, cast

import asyncpg
import msgspec


class Row(Protocol):
    """A row as asyncpg gives it: by name, by place, as a sequence."""

    def __getitem__(self, key: Any) -> Any: ...
    def __iter__(self) -> Iterator[Any]: ...
    def __len__(self) -> int: ...
    def get(self, key: str, default: Any = None) -> Any: ...
    def items(self) -> Iterator[tuple[str, Any]]: ...


class Connection(Protocol):
    """The part of asyncpg's connection that we use, with types. Inside `transaction` it is the transaction."""

    async def fetch(self, query: str, *args: Any, timeout: float | None = None) -> list[Row]: ...
    async def fetchrow(self, query: str, *args: Any, timeout: float | None = None) -> Row | None: ...
    async def fetchval(self, query: str, *args: Any, column: int = 0, timeout: float | None = None) -> Any: ...
    async def execute(self, query: str, *args: Any, timeout: float | None = None) -> str: ...
    async def executemany(
        self, command: str, args: Iterable[Sequence[Any]], *, timeout: float | None = None
    ) -> None: ...
    async def copy_records_to_table(
        self, table_name: str, *, records: Any, columns: Sequence[str] | None = None, timeout: float | None = None
    ) -> str: ...
    def cursor(self, query: str, *args: Any, prefetch: int | None = None) -> Any: ...
    def transaction(self) -> AbstractAsyncContextManager[Any]: ...
    async def add_listener(self, channel: str, callback: Callable[..., Any]) -> None: ...
    async def remove_listener(self, channel: str, callback: Callable[..., Any]) -> None: ...
    def is_closed(self) -> bool: ...


# The server cannot be reached now. Of what was on its way nobody knows whether it was done.
AWAY: tuple[type[Exception], ...] = (
    OSError,
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.InterfaceError,
    # no connection left, no memory, no disk
    asyncpg.InsufficientResourcesError,
    # what the client says of a connection that the server ended while it lay idle
    asyncpg.InternalClientError,
)

# The server ended a transaction because of what others did at the same time; nothing of it is there.
COLLISIONS = (asyncpg.DeadlockDetectedError, asyncpg.SerializationError)

_TRIES = 5
T = TypeVar("T")

_NAME = re.compile(r"^--\s*name:\s*([a-z_][a-z0-9_]*)\s*$", re.MULTILINE)


class SqlBlocks:
    """Named statements of one folder; `blocks.contact_by_id` is the text. An unknown name is an AttributeError."""

    def __init__(self, blocks: dict[str, str]) -> None:
        self._blocks = blocks

    def __getattr__(self, name: str) -> str:
        try:
            return self._blocks[name]
        except KeyError:
            raise AttributeError(f"no SQL block named {name!r}") from None

    def names(self) -> list[str]:
        """All names, for the test that checks each block with EXPLAIN."""
        return sorted(self._blocks)


def load_sql(package: str, folder: str = "sql") -> SqlBlocks:
    """Reads every `*.sql` of `package/folder`. A block starts with `-- name: word`; names are unique in the folder."""
    blocks: dict[str, str] = {}
    for entry in sorted((resources.files(package) / folder).iterdir(), key=lambda e: e.name):
        if not entry.name.endswith(".sql"):
            continue
        text = entry.read_text(encoding="utf-8")
        starts = list(_NAME.finditer(text))
        for i, found in enumerate(starts):
            end = starts[i + 1].start() if i + 1 < len(starts) else len(text)
            name = found.group(1)
            if name in blocks:
                raise ValueError(f"{package}: SQL block {name!r} stands twice")
            blocks[name] = text[found.end() : end].strip()
    return SqlBlocks(blocks)


_decode = msgspec.json.Decoder().decode


async def _set_up_connection(connection: Any) -> None:
    await connection.set_type_codec(
        "jsonb",
        schema="pg_catalog",
        encoder=lambda value: b"\x01" + msgspec.json.encode(value),
        decoder=lambda data: _decode(data[1:]),
        format="binary",
    )


class _Session(asyncpg.Connection):
    """A pooled connection that is swept on its return only when it was lent out whole.

    Reads and transactions leave nothing behind in a session, and asking the server to forget nothing would double the
    round trips of every read. A transaction left open is rolled back in any case.
    """

    __slots__ = ("is_lent",)

    def get_reset_query(self) -> str:
        return super().get_reset_query() if getattr(self, "is_lent", False) else ""

    async def reset(self, *, timeout: float | None = None) -> None:
        await super().reset(timeout=timeout)
        self.is_lent = False


class Database:
    """The pool. Reads may use `fetch*` directly; every write goes through `transaction`."""

    def __init__(self, pool: Any, dsn: str) -> None:
        self._pool = pool
        self.dsn = dsn

    @classmethod
    async def open(cls, dsn: str, *, min_size: int = 1, max_size: int = 10) -> Database:
        """Opens the pool; raises what asyncpg raises when the server cannot be reached."""
        pool = await cast(Any, asyncpg).create_pool(
            dsn,
            min_size=min_size,
            max_size=max_size,
            init=_set_up_connection,
            connection_class=_Session,
            max_inactive_connection_lifetime=300,
            server_settings={"application_name": "tidings", "timezone": "UTC", "jit": "off"},
        )
        return cls(pool, dsn)

    async def close(self) -> None:
        """Waits for borrowed connections, then closes them all."""
        await self._pool.close()

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """One connection outside a transaction: reads that must see each other, LISTEN, cursors.

        What was set in the session, and its locks, end with the block.
        """
        async with self._pool.acquire() as connection:
            connection._con.is_lent = True
            yield connection

    @asynccontextmanager
    async def transaction(self, *, is_durable: bool = True) -> AsyncIterator[Connection]:
        """One transaction; settings in it are SET LOCAL, locks are those of transactions.

        `is_durable=False` answers before the disk has it (counters that may be lost, never facts).
        """
        async with self._pool.acquire() as connection, connection.transaction():
            if not is_durable:
                await connection.execute("SET LOCAL synchronous_commit = off")
            yield connection

    @asynccontextmanager
    async def reading(self, *, within: timedelta | None = None) -> AsyncIterator[Connection]:
        """A read-only transaction whose statements are planned for their very values: for filters, of which one matches
        three rows and the next all of them. TimeoutError when a statement takes longer than `within`."""
        settings = "SET LOCAL plan_cache_mode = force_custom_plan"
        if within is not None:
            # zero would mean no limit
            settings += f"; SET LOCAL statement_timeout = {max(1, int(within.total_seconds() * 1000))}"
        async with self._pool.acquire() as connection:
            try:
                await connection.execute(f"BEGIN READ ONLY; {settings}")
                yield connection
            except asyncpg.QueryCanceledError:
                raise TimeoutError from None
            finally:
                if not connection.is_closed():
                    await connection.execute("COMMIT")

    async def fetch(self, query: str, *args: Any) -> list[Row]:
        """All rows of a read."""
        return await self._pool.fetch(query, *args)

    async def fetchrow(self, query: str, *args: Any) -> Row | None:
        """The first row of a read, or None. One processor does it: what counts many rows is read by `fetch`."""
        return await self._pool.fetchrow(query, *args)

    async def fetchval(self, query: str, *args: Any) -> Any:
        """The first column of the first row, or None; on one processor, as `fetchrow`."""
        return await self._pool.fetchval(query, *args)

    async def execute(self, query: str, *args: Any) -> int:
        """One statement in its own transaction; returns the number of rows it touched."""
        return affected(await self._pool.execute(query, *args))

    async def executemany(self, query: str, rows: Sequence[Sequence[Any]]) -> None:
        """One statement for several rows, in one transaction. Prefer `unnest` for more than a few."""
        await self._pool.executemany(query, rows)


async def settled(write: Callable[[], Awaitable[T]]) -> T:
    """Does a transaction again that collided with another one, as sets do that meet the same rows in different order.

    `write` opens the transaction itself; after five tries the collision is raised.
    """
    for left in range(_TRIES - 1, -1, -1):
        try:
            return await write()
        except COLLISIONS:
            if not left:
                raise
            await asyncio.sleep(0.05)
    raise AssertionError("the last try returns or raises")


def affected(status: str) -> int:
    """The row count in a command tag such as 'UPDATE 3'."""
    last = status.rsplit(" ", 1)[-1]
    return int(last) if last.isdigit() else 0


def escape_like(text: str) -> str:
    """The text as LIKE and ILIKE look for it literally: their wildcards and the escape itself are escaped."""
    return text.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")
