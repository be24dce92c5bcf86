"""One database for many tests, brought back to what the migrations left: much cheaper than a fresh copy for each."""

from __future__ import annotations

import asyncpg

# What migrations fill; a test that changes one of these gets the whole database made anew.
SEEDED = ("schema_migrations", "pipeline_stages")


class Kept:
    """A copy of the template that is emptied between tests: rows gone, sequences at their start."""

    def __init__(self, admin: asyncpg.Connection, template: str, name: str, dsn: str) -> None:
        self._admin, self._template, self._name = admin, template, name
        self.dsn = dsn
        self._own: asyncpg.Connection | None = None
        self._sums = self._seeds = self._sequences = ""
        self._seeded = ""

    async def open(self) -> None:
        """Makes the database."""
        await self._admin.execute(f"CREATE DATABASE {self._name} TEMPLATE {self._template} STRATEGY FILE_COPY")
        self._own = await asyncpg.connect(self.dsn)
        rows = await self._own.fetch(
            """SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND NOT relispartition
            AND relnamespace = 'public'::regnamespace"""
        )
        tables = [row["relname"] for row in rows]
        self._sums = " UNION ALL ".join(
            f"SELECT '{one}' AS name WHERE EXISTS (SELECT 1 FROM {one})" for one in tables if one not in SEEDED
        )
        self._seeds = " || ".join(
            f"(SELECT coalesce(sum(hashtextextended(t::text, 0)), 0)::text FROM {one} t)" for one in SEEDED
        )
        self._seeded = await self._own.fetchval(f"SELECT {self._seeds}")
        assert await self._own.fetch(self._sums) == [], "a migration fills a table that is not in SEEDED"

    async def close(self) -> None:
        """Drops the database."""
        if self._own is not None:
            await self._own.close()
        await self._admin.execute(f"DROP DATABASE IF EXISTS {self._name} WITH (FORCE)")

    async def clean(self) -> None:
        """As new for the next test."""
        assert self._own is not None
        if await self._own.fetchval(f"SELECT {self._seeds}") != self._seeded:
            await self.close()
            await self.open()
            return
        async with self._own.transaction():
            # No trigger and no foreign key acts: every filled table is emptied.
            await self._own.execute("SET LOCAL session_replication_role = replica")
            filled = [row["name"] for row in await self._own.fetch(self._sums)]
            for one in filled:
                await self._own.execute(f"DELETE FROM {one}")
            await self._own.execute(
                """SELECT setval(format('%I.%I', schemaname, sequencename)::regclass, start_value, false)
                FROM pg_sequences WHERE schemaname = 'public' AND last_value IS NOT NULL"""
            )
