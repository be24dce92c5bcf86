"""The database that tests share is as new for each of them, whatever the one before did to it."""

from __future__ import annotations

import asyncpg

from tests.conftest import copied

LEFT = (
    "INSERT INTO contacts (email) VALUES ('a@b.c'); INSERT INTO tags (title, slug) VALUES ('A', 'a')",
    "UPDATE pipeline_stages SET title = title || '!'",
    "DELETE FROM schema_migrations",
    "CREATE TABLE left_behind (n int)",
    "ALTER TABLE tags ALTER COLUMN title DROP NOT NULL",
    "DROP INDEX audit_entries_at",
    "CREATE FUNCTION left_behind() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "INSERT INTO contacts (email) SELECT 'p' || n || '@b.c' FROM generate_series(1, 60000) n",
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()",
)
_FOUND = """
    SELECT (SELECT count(*) FROM contacts), (SELECT count(*) FROM tags), (SELECT count(*) FROM tallies),
        (SELECT count(*) FROM schema_migrations), (SELECT array_agg(s::text ORDER BY s.id) FROM pipeline_stages s),
        (SELECT count(*) FROM pg_class WHERE relname IN ('left_behind', 'audit_entries_at')),
        (SELECT count(*) FROM pg_proc WHERE proname = 'left_behind'),
        (SELECT attnotnull FROM pg_attribute WHERE attrelid = 'tags'::regclass AND attname = 'title'),
        pg_relation_size('contacts') < 1000000, (SELECT last_value FROM contacts_id_seq)"""


async def test_what_a_test_leaves_behind_is_gone(server_dsn: str, template: str):
    async with copied(server_dsn, template) as kept:
        connection = await asyncpg.connect(kept.dsn)
        new = await connection.fetchrow(_FOUND)
        for left in LEFT:
            await connection.execute(left)
            # Whoever left it is still there, in the middle of something.
            await connection.execute("BEGIN; LOCK TABLE tags")
            await kept.clean()
            connection = await asyncpg.connect(kept.dsn)
            assert await connection.fetchrow(_FOUND) == new, left
        await connection.close()
