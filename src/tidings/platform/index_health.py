"""The indexes of the database: which there are, and whether PostgreSQL trusts them.

An index is invalid when its concurrent building was cut off; it costs writes and answers nothing until built anew.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from tidings.platform.core import Core
from tidings.platform.system_log import log_event

# Indexes of partitions follow the partitioned one.
_ALL = """
SELECT t.relname, i.relname, x.indisunique, x.indisvalid AND x.indisready, array_agg(coalesce(a.attname, '(expression)')
       ORDER BY k.place)
FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_class t ON t.oid = x.indrelid
CROSS JOIN LATERAL unnest(x.indkey) WITH ORDINALITY AS k (attnum, place)
LEFT JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = k.attnum AND k.attnum > 0
WHERE i.relnamespace = 'public'::regnamespace AND NOT t.relispartition AND k.place <= x.indnkeyatts
GROUP BY 1, 2, 3, 4 ORDER BY 1, 2
"""
_LEFTOVER = re.compile(r"_cc(?:new|old)\d*$")
_QUOTED = "SELECT quote_ident($1)"


@dataclass(frozen=True, slots=True)
class Index:
    """One index. `columns` are the keys in order; an expression has no name of its own."""

    table: str
    name: str
    is_unique: bool
    is_valid: bool
    columns: list[str]


async def list_indexes(core: Core) -> list[Index]:
    """Every index of the product's tables, by table and name."""
    return [Index(*row) for row in await core.db.fetch(_ALL)]


async def repair_indexes(core: Core) -> list[Index]:
    """Builds the invalid ones anew, beside running work, and returns them as they were.

    What an earlier, cut-off rebuilding left beside the index it was to replace is dropped.
    """
    broken = [index for index in await list_indexes(core) if not index.is_valid]
    for index in broken:
        name = await core.db.fetchval(_QUOTED, index.name)
        is_leftover = _LEFTOVER.search(index.name) is not None
        await core.db.execute(f"{'DROP' if is_leftover else 'REINDEX'} INDEX CONCURRENTLY {name}")
        if is_leftover:
            continue
        await log_event(core, f"The index “{index.name}” was built anew", f"It belongs to the table {index.table}.")
    return broken
