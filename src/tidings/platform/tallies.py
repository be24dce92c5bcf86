"""Folding of tally tables: every change appends its difference, readers sum, and this keeps the sums short.

What a tally counts is its feature's; the table and column names here come from code, never from input.
"""

from __future__ import annotations

from collections.abc import Sequence

from tidings.platform.db import Connection, affected


async def fold(tx: Connection, table: str, *, by: Sequence[str], sums: Sequence[str], only: str = "true") -> int:
    """Replaces the rows of every group that has several by one with their sum; returns how many groups were folded.

    `only` is a condition on the columns of `by`, for tables that keep a history: what is old is folded already.

    One statement, so a reader sees the differences or their sum, never neither. Two folders at once are harmless:
    the second finds the rows gone and sums nothing twice.
    """
    keys, columns = ", ".join(by), ", ".join((*by, *sums))
    added = ", ".join(f"sum({name})" for name in sums)
    is_something = " OR ".join(f"sum({name}) <> 0" for name in sums)
    return affected(
        await tx.execute(
            f"WITH crowded AS (SELECT {keys} FROM {table} WHERE {only} GROUP BY {keys} HAVING count(*) > 1),"
            f" gone AS (DELETE FROM {table} t USING crowded c"
            f" WHERE {' AND '.join(f't.{name} = c.{name}' for name in by)}"
            f" RETURNING {', '.join(f't.{name}' for name in (*by, *sums))})"
            f" INSERT INTO {table} ({columns}) SELECT {keys}, {added} FROM gone GROUP BY {keys} HAVING {is_something}"
        )
    )
