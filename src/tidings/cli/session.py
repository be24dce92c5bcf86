"""How a command gets a core: the database of DATABASE_URL, else the embedded one, shared with a running `tidings up`."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TypeVar

import asyncpg

from tidings.app import build_core
from tidings.platform.core import Core
from tidings.platform.embedded import EmbeddedPostgres, start_embedded
from tidings.platform.errors import TidingsError
from tidings.platform.logs import configure_logs, redact
from tidings.platform.migrations import migrate, pending
from tidings.settings import ProcessSettings

T = TypeVar("T")


def process_settings() -> ProcessSettings:
    """What the environment and the options say; raises TidingsError for a value that makes no sense."""
    try:
        return ProcessSettings.from_environment()
    except ValueError as error:
        raise TidingsError(f"A TIDINGS_ variable of the environment has a wrong value: {error}") from error


@contextmanager
def database(settings: ProcessSettings) -> Iterator[tuple[ProcessSettings, EmbeddedPostgres | None]]:
    """The settings with a database that answers; an embedded server started here is stopped at the end."""
    if settings.database_url:
        yield settings, None
        return
    try:
        settings.data_dir.mkdir(parents=True, exist_ok=True)
        embedded = start_embedded(settings.data_dir / "postgres")
    except PermissionError as error:
        raise TidingsError(f"The data folder {settings.data_dir} cannot be used: {error.strerror}.") from error
    try:
        yield replace(settings, database_url=embedded.dsn), embedded
    finally:
        embedded.stop()


async def prepare(settings: ProcessSettings, *, is_ours: bool) -> None:
    """Migrates the embedded database; a database of one's own is only checked, its owner runs `tidings migrate`."""
    assert settings.database_url is not None
    with reachable(settings.database_url):
        if is_ours:
            await migrate(settings.database_url)
        elif missing := await pending(settings.database_url):
            raise TidingsError(f"The database misses {len(missing)} steps. Run “tidings migrate” first.")


@contextmanager
def reachable(dsn: str) -> Iterator[None]:
    """Turns what a database that cannot be reached raises into one sentence."""
    try:
        yield
    except (OSError, asyncpg.PostgresConnectionError, asyncpg.InvalidAuthorizationSpecificationError) as error:
        raise TidingsError(f"The database {redact(dsn)} cannot be reached: {redact(str(error))}") from error
    except (asyncpg.InvalidCatalogNameError, asyncpg.InvalidPasswordError, asyncpg.CannotConnectNowError) as error:
        raise TidingsError(f"The database {redact(dsn)} refuses: {redact(str(error))}") from error


def with_core(work: Callable[[Core], Awaitable[T]], *, max_connections: int = 4) -> T:
    """Runs `work` with a core on a migrated database and returns what it returns."""
    settings = process_settings()
    configure_logs(settings.log_format, "WARNING")
    with database(settings) as (found, embedded):
        return asyncio.run(_with_core(found, work, max_connections, is_ours=embedded is not None))


async def _with_core(
    settings: ProcessSettings, work: Callable[[Core], Awaitable[T]], max_connections: int, *, is_ours: bool
) -> T:
    await prepare(settings, is_ours=is_ours)
    assert settings.database_url is not None
    with reachable(settings.database_url):
        core = await build_core(settings, max_connections=max_connections)
    try:
        return await work(core)
    finally:
        await core.db.close()
