"""Is this process fit for work? Alive needs nothing; ready needs database, schema and disk."""

from __future__ import annotations

import asyncio
import tempfile
from dataclasses import dataclass

import asyncpg

from tidings.platform.core import Core
from tidings.platform.errors import TidingsError
from tidings.platform.migrations import pending


@dataclass(frozen=True, slots=True)
class Check:
    """One examined thing: its name, whether it is well, and what is wrong with it."""

    name: str
    is_well: bool
    says: str = "ok"


class Readiness:
    """Answers readiness of a process. The schema is asked until it was found complete, then remembered."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._is_migrated = False

    async def checks(self) -> list[Check]:
        """Database reachable, schema complete, data folder writable; takes at most three seconds."""
        database = await self._database()
        schema = await self._schema() if database.is_well else Check("schema", False, "unknown")
        return [database, schema, await asyncio.to_thread(self._disk)]

    async def _database(self) -> Check:
        try:
            async with asyncio.timeout(3):
                await self._core.db.fetchval("SELECT 1")
        except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            return Check("database", False, f"not reachable ({type(error).__name__})")
        return Check("database", True)

    async def _schema(self) -> Check:
        if not self._is_migrated:
            try:
                missing = await pending(self._core.db.dsn)
            except (TidingsError, OSError, asyncpg.PostgresError) as error:
                return Check("schema", False, str(error))
            if missing:
                return Check("schema", False, f"{len(missing)} steps are missing; run “tidings migrate”")
            self._is_migrated = True
        return Check("schema", True)

    def _disk(self) -> Check:
        try:
            self._core.data_dir.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=self._core.data_dir) as file:
                file.write(b"ok")
        except OSError as error:
            return Check("disk", False, f"the data folder cannot be written ({error.strerror})")
        return Check("disk", True)
