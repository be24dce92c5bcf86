"""Emptying an installation of its data; for development only, the doors see to that."""

from __future__ import annotations

from tidings.platform.core import Core

# Who may come in, how mails go out, and what the database itself needs.
_STAYS = (
    "schema_migrations",
    "settings",
    "users",
    "sessions",
    "api_keys",
    "audit_entries",
    "mail_accounts",
    "leases",
    "jobs",
    "rate_windows",
    "token_buckets",
    "fact_readers",
)
_TABLES = """
SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND NOT relispartition
AND relnamespace = 'public'::regnamespace AND relname <> ALL($1::text[]) ORDER BY 1
"""


async def reset_data(core: Core) -> list[str]:
    """Deletes every contact, campaign and everything around them, and starts the numbering anew; the tables emptied."""
    async with core.db.transaction() as tx:
        tables = [row["relname"] for row in await tx.fetch(_TABLES, list(_STAYS))]
        # The names come from the catalogue, never from a caller.
        await tx.execute(f"TRUNCATE {', '.join(tables)} RESTART IDENTITY CASCADE")
    return tables
