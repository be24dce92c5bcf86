"""Rows to types, and the statements whose columns depend on the draft. Private to companies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from tidings.contacts.companies.types import COMPANY_COLUMNS, WRITABLE_COLUMNS, Company
from tidings.platform.db import Connection, Row, load_sql

sql = load_sql("tidings.contacts.companies")
SELECTED = ", ".join(f"k.{name}" for name in COMPANY_COLUMNS)
_VALUES = ", ".join(
    "coalesce(r.employees_number, 0)" if name == "employees_number" else f"r.{name}" for name in WRITABLE_COLUMNS
)
_INSERT = (
    sql.insert.replace("{writable}", ", ".join(WRITABLE_COLUMNS)).replace("{values}", _VALUES)  # not a format string
)
_MET = sql.met.replace("{columns}", SELECTED)
OF_CONTACTS = sql.of_contacts.replace("{columns}", SELECTED)


def company_from(row: Row, first: int = 0) -> Company:
    """A company from a row that holds COMPANY_COLUMNS from place `first` on."""
    return Company(*row[first : first + len(COMPANY_COLUMNS)])


async def met(
    tx: Connection, ids: Sequence[int], names: Sequence[str]
) -> tuple[dict[int, Company], dict[str, Company]]:
    """Stored companies by id, and by the names as the drafts write them, locked until the transaction ends."""
    by_id: dict[int, Company] = {}
    by_name: dict[str, Company] = {}
    for row in await tx.fetch(_MET, list(ids), list(names)):
        company = by_id.setdefault(row["id"], company_from(row))
        if row["met_name_"] is not None:
            by_name[row["met_name_"]] = company
    return by_id, by_name


async def insert(tx: Connection, rows: Sequence[Mapping[str, Any]], *, at: datetime) -> dict[str, int]:
    """Inserts rows in one statement; answers ids by name."""
    return {row["name"]: row["id"] for row in await tx.fetch(_INSERT, list(rows), at)}


async def update(tx: Connection, rows: Sequence[Mapping[str, Any]], *, at: datetime) -> None:
    """Patches any number of companies in one statement. A row holds `id` and only the columns to change."""
    touched = {name for row in rows for name in row} & set(WRITABLE_COLUMNS)
    sets = [f"{n} = CASE WHEN g.j ? '{n}' THEN r.{n} ELSE k.{n} END" for n in WRITABLE_COLUMNS if n in touched]
    sets.append(
        "custom = CASE WHEN g.j ? 'custom' THEN jsonb_strip_nulls(k.custom || (g.j -> 'custom')) ELSE k.custom END"
    )
    await tx.execute(
        f"""UPDATE companies k SET {", ".join(sets)}, updated_at = $2
        FROM (SELECT j FROM jsonb_array_elements($1) AS e (j)) g, jsonb_populate_record(NULL::companies, g.j) r
        WHERE k.id = r.id""",
        list(rows),
        at,
    )
