"""One database for many tests, brought back to what the migrations left: much cheaper than a fresh copy for each."""

from __future__ import annotations

import asyncpg

# What migrations fill; a test that changes one of these gets the whole database made anew.
SEEDED = ("schema_migrations", "pipeline_stages")
# Bytes; tables that have grown beyond it are not emptied, the database is made anew: dead rows would slow the next tests.
MOST_KEPT = 4 * 2**20

_TABLES = """SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND NOT relispartition
    AND relnamespace = 'public'::regnamespace"""
_OWN = "relnamespace = 'public'::regnamespace"
# Every change of a table, column, index, constraint, trigger or function writes its row of the catalogue anew.
_SHAPE = f"""
    SELECT coalesce(sum(hashtextextended(row, 0)), 0)::text FROM (
        SELECT 'c' || oid || ' ' || xmin AS row FROM pg_class WHERE {_OWN}
        UNION ALL SELECT 'a' || a.attrelid || ' ' || a.attnum || ' ' || a.xmin
            FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid WHERE {_OWN}
        UNION ALL SELECT 'i' || i.indexrelid || ' ' || i.xmin
            FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid WHERE {_OWN}
        UNION ALL SELECT 'o' || oid || ' ' || xmin FROM pg_constraint WHERE connamespace = 'public'::regnamespace
        UNION ALL SELECT 't' || t.oid || ' ' || t.xmin
            FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid WHERE {_OWN}
        UNION ALL SELECT 'p' || oid || ' ' || xmin FROM pg_proc WHERE pronamespace = 'public'::regnamespace
    ) catalogue"""
_SIZE = f"SELECT coalesce(sum(pg_relation_size(oid)), 0) FROM pg_class WHERE relkind = 'r' AND {_OWN}"
# Whoever still talks to the database, such as a process that was killed.
_END_OTHERS = """
    SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'"""
_RESTART_SEQUENCES = """
    SELECT setval(format('%I.%I', schemaname, sequencename)::regclass, start_value, false)
    FROM pg_sequences WHERE schemaname = 'public' AND last_value IS NOT NULL"""

# A test ended every session of the database, ours among them.
_CUT_OFF = (
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    OSError,
)


class Kept:
    """A copy of the template that is emptied between tests: rows gone, sequences at their start."""

    def __init__(self, admin: asyncpg.Connection, template: str, name: str, dsn: str) -> None:
        self._admin, self._template, self._name = admin, template, name
        self.dsn = dsn
        self._own: asyncpg.Connection | None = None
        self._filled = self._fixed = self._as_made = ""

    async def open(self) -> None:
        """Makes the database."""
        await self._admin.execute(f"CREATE DATABASE {self._name} TEMPLATE {self._template} STRATEGY FILE_COPY")
        self._own = await asyncpg.connect(self.dsn)
        tables = [row["relname"] for row in await self._own.fetch(_TABLES)]
        self._filled = " UNION ALL ".join(
            f"SELECT '{one}' AS name WHERE EXISTS (SELECT 1 FROM {one})" for one in tables if one not in SEEDED
        )
        seeds = [f"(SELECT sum(hashtextextended(t::text, 0))::text FROM {one} t)" for one in SEEDED]
        self._fixed = f"SELECT concat_ws(' ', ({_SHAPE}), {', '.join(seeds)})"
        self._as_made = await self._own.fetchval(self._fixed)
        assert await self._own.fetch(self._filled) == [], "a migration fills a table that is not in SEEDED"

    async def close(self) -> None:
        """Drops the database."""
        if self._own is not None:
            self._own.terminate()
        await self._admin.execute(f"DROP DATABASE IF EXISTS {self._name} WITH (FORCE)")

    async def clean(self) -> None:
        """As new for the next test."""
        if not await self._emptied():
            await self.close()
            await self.open()

    async def _emptied(self) -> bool:
        """False when the database cannot be kept; nothing is emptied then."""
        own = self._own
        if own is None or own.is_closed():
            return False
        try:
            await own.execute(_END_OTHERS)
            if await own.fetchval(self._fixed) != self._as_made or await own.fetchval(_SIZE) > MOST_KEPT:
                return False
            async with own.transaction():
                # No trigger and no foreign key acts: every filled table is emptied.
                await own.execute("SET LOCAL session_replication_role = replica")
                for row in await own.fetch(self._filled):
                    await own.execute(f"DELETE FROM {row['name']}")
                await own.execute(_RESTART_SEQUENCES)
        except _CUT_OFF:
            return False
        return True
