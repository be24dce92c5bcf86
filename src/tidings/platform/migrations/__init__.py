"""Forward-only, numbered migrations; one file a step, each in one transaction.

`migrate` brings a database up; `pending` tells what is missing; a gap or an unknown number stops the start.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from importlib import resources
from typing import Any, Protocol, cast

import asyncpg

from tidings.platform.db import Connection
from tidings.platform.errors import TidingsError

_FILE = re.compile(r"^(\d{4})_([a-z0-9_]+)\.sql$")
_LOCK = 0x71D1A65  # one migrator at a time


@dataclass(frozen=True, slots=True)
class Migration:
    """One step: its number (from 1, without gaps), its name and its SQL."""

    number: int
    name: str
    sql: str

    @property
    def digest(self) -> str:
        """Tells an edited file from the one that ran."""
        return hashlib.sha256(self.sql.encode()).hexdigest()


class SchemaMismatch(TidingsError):
    """The database has steps this program does not know, or misses some it needs."""


def all_migrations() -> list[Migration]:
    """Every step shipped, in order; raises SchemaMismatch on a gap."""
    found: list[Migration] = []
    for entry in resources.files(__name__).iterdir():
        match = _FILE.match(entry.name)
        if match:
            found.append(Migration(int(match.group(1)), match.group(2), entry.read_text(encoding="utf-8")))
    found.sort(key=lambda m: m.number)
    for expected, migration in enumerate(found, start=1):
        if migration.number != expected:
            raise SchemaMismatch(f"Migration {expected:04d} is missing.")
    return found


async def migrate(dsn: str) -> list[str]:
    """Runs what is missing and returns the names that ran. Safe to call from several processes at once."""
    connection = await _connect(dsn)
    try:
        await connection.execute("SET lock_timeout = '10s'")
        await connection.execute("SELECT pg_advisory_lock($1)", _LOCK)
        await connection.execute(
            "CREATE TABLE IF NOT EXISTS schema_migrations (number int PRIMARY KEY, name text NOT NULL,"
            " digest text NOT NULL, ran_at timestamptz NOT NULL DEFAULT now())"
        )
        ran: list[str] = []
        for migration in await _missing(connection):
            async with connection.transaction():
                await connection.execute(migration.sql)
                await connection.execute(
                    "INSERT INTO schema_migrations (number, name, digest) VALUES ($1, $2, $3)",
                    migration.number,
                    migration.name,
                    migration.digest,
                )
            ran.append(f"{migration.number:04d}_{migration.name}")
        return ran
    finally:
        await connection.close()


async def pending(dsn: str) -> list[str]:
    """Names of the steps that have not run; raises SchemaMismatch when the database is ahead of this program."""
    connection = await _connect(dsn)
    try:
        if await connection.fetchval("SELECT to_regclass('schema_migrations')") is None:
            return [f"{m.number:04d}_{m.name}" for m in all_migrations()]
        return [f"{m.number:04d}_{m.name}" for m in await _missing(connection)]
    finally:
        await connection.close()


class _Closable(Connection, Protocol):
    async def close(self) -> None: ...


async def _connect(dsn: str) -> _Closable:
    return cast(_Closable, await cast(Any, asyncpg).connect(dsn))


async def _missing(connection: Connection) -> list[Migration]:
    steps = all_migrations()
    ran = {
        row["number"]: row["digest"] for row in await connection.fetch("SELECT number, digest FROM schema_migrations")
    }
    if ran and max(ran) > len(steps):
        raise SchemaMismatch(
            f"The database is at step {max(ran)}, this program knows {len(steps)}. Install a newer one."
        )
    for step in steps:
        if step.number in ran and ran[step.number] != step.digest:
            raise SchemaMismatch(f"Migration {step.number:04d}_{step.name} was changed after it ran.")
    missing = [step for step in steps if step.number not in ran]
    if missing and ran and missing[0].number < max(ran):
        raise SchemaMismatch(f"Migration {missing[0].number:04d} was skipped.")
    return missing
