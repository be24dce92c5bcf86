"""The contacts that the benchmarks of reading and drawing work on, made by PostgreSQL itself as sets.

Each contact has names, a city, a country, two custom fields, three tags of thirty, one audience of five and one of its
two groups. The triggers are on, so every count is what it would be had the contacts come one by one.
"""

from __future__ import annotations

import time

from tidings.platform.core import Core

_STATEMENTS = (
    "INSERT INTO tags (title, slug) SELECT 'Tag ' || n, 'tag-' || n FROM generate_series(1, 30) n",
    "INSERT INTO lists (title, slug) SELECT 'List ' || n, 'list-' || n FROM generate_series(1, 5) n",
    """INSERT INTO lists (parent_id, title, slug)
    SELECT p, 'Group ' || p || '-' || n, 'group-' || p || '-' || n
    FROM generate_series(1, 5) p, generate_series(1, 2) n ORDER BY n, p""",
    """INSERT INTO custom_fields (slug, label, kind, position)
    VALUES ('plan', 'Plan', 'text', 1), ('score', 'Score', 'number', 2)""",
    """INSERT INTO contacts (email, first_name, last_name, city, country, phone, source, status, custom, created_at, updated_at)
    SELECT 'person' || n || '@example' || n % 50 || '.org', 'First' || n % 997, 'Last' || n % 7919,
           'City ' || n % 300, (ARRAY['DE','US','FR','GB','IT','ES','AT','CH','NL','PL'])[1 + n % 10], '+49301' || n,
           'import', CASE WHEN n % 20 = 0 THEN 'unsubscribed' ELSE 'subscribed' END,
           jsonb_build_object('plan', (ARRAY['Free','Pro','Team'])[1 + n % 3], 'score', (n % 1000)::text),
           now() - n * interval '30 seconds', now() - n * interval '20 seconds'
    FROM generate_series(1, {n}) n""",
    """INSERT INTO contact_tags (contact_id, tag_id, created_at)
    SELECT n, 1 + (n * 7 + k * 11) % 30, now() - n * interval '20 seconds'
    FROM generate_series(1, {n}) n, generate_series(0, 2) k""",
    """INSERT INTO contact_lists (contact_id, list_id, created_at)
    SELECT n, l, now() - n * interval '20 seconds'
    FROM generate_series(1, {n}) n, LATERAL (VALUES (1 + n % 5), (6 + n % 10)) v (l)""",
)


async def fill(core: Core, contacts: int) -> None:
    """Makes the contacts in an empty database and prints how long it took."""
    started = time.perf_counter()
    async with core.db.transaction() as tx:
        for statement in _STATEMENTS:
            await tx.execute(statement.replace("{n}", str(contacts)))
    async with core.db.connection() as connection:
        await connection.execute("VACUUM ANALYZE")
        await connection.execute("CHECKPOINT")
    print(f"{contacts:,} contacts made in {time.perf_counter() - started:.0f} s")
