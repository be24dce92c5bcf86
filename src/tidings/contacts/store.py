"""Rows to types, and the statements whose columns depend on the draft. Private to contacts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, cast

import msgspec

from tidings.contacts.types import CONTACT_COLUMNS, WRITABLE_COLUMNS, Contact
from tidings.platform.db import Connection, Row, load_sql

sql = load_sql("tidings.contacts")

_SELECTED = ", ".join(f"c.{name}" for name in CONTACT_COLUMNS)
_WIDTH = len(CONTACT_COLUMNS)
# Which tags and lists since when, as JSON text; what these are is looked up once for a page (see `views`).
_TAGS = """
(SELECT json_agg(json_build_array(m.tag_id, m.created_at, 0) ORDER BY m.created_at, m.tag_id DESC)
 FROM contact_tags m WHERE m.contact_id = c.id) AS tags_"""
_LISTS = """
(SELECT json_agg(json_build_array(m.list_id, m.created_at, m.id) ORDER BY m.created_at, m.list_id)
 FROM contact_lists m WHERE m.contact_id = c.id) AS lists_"""
delete_sql = (
    sql.delete_contacts.replace("{columns}", _SELECTED)
    .replace("{tags}", _TAGS.removesuffix(" AS tags_"))
    .replace("{lists}", _LISTS.removesuffix(" AS lists_"))
)
_NULL_DEFAULTS = {
    "points": "0",
    "lifetime_value": "0",
    "sms_status": "'sms_pending'",
    "contact_type": "'lead'",
    "created_at": "$2",
    "user_id": "(SELECT u.id FROM users u WHERE lower(u.email) = lower(r.email))",
}


def contact_from(row: Row) -> Contact:
    """A contact from a row that begins with CONTACT_COLUMNS."""
    return Contact(*row[:_WIDTH])


def contact_from_fact(data: Mapping[str, Any]) -> Contact:
    """The contact as a `contact_deleted` fact keeps it."""
    return msgspec.convert(data["contact"], Contact, strict=False)


def view_sql(where: str, *, order: str = "", limit: str = "", total: str = "") -> str:
    """Contacts and which tags and lists they have; memberships are read for the rows of the page only.

    `total` is a statement of one value that each row then carries as `total_`.
    """
    page = f"SELECT {_SELECTED} FROM contacts c WHERE {where} {order} {limit}"
    counted = f", ({total}) AS total_" if total else ""
    return f"SELECT c.*, {_TAGS}, {_LISTS}{counted} FROM ({page}) c {order}"


def plain_sql(where: str, *, order: str = "", limit: str = "") -> str:
    """Contacts alone."""
    return f"SELECT {_SELECTED} FROM contacts c WHERE {where} {order} {limit}"


async def insert_contacts(tx: Connection, rows: Sequence[Mapping[str, Any]], *, at: datetime) -> dict[int, Contact]:
    """Inserts rows in one statement; keys of the answer are their places. A row whose address came up meanwhile is
    left out: the caller meets it as an existing one."""
    values = ", ".join(
        f"coalesce(r.{name}, {_NULL_DEFAULTS[name]})" if name in _NULL_DEFAULTS else f"r.{name}"
        for name in WRITABLE_COLUMNS
    )
    statement = f"""
    WITH given AS (SELECT j, n FROM jsonb_array_elements($1) WITH ORDINALITY AS e (j, n)),
    made AS (
        INSERT INTO contacts AS c ({", ".join(WRITABLE_COLUMNS)}, status, custom, updated_at)
        SELECT {values}, coalesce(r.status, 'subscribed'), coalesce(jsonb_strip_nulls(r.custom), '{{}}'), $2
        FROM given, jsonb_populate_record(NULL::contacts, j) r ORDER BY n
        ON CONFLICT (lower(email)) DO NOTHING RETURNING {_SELECTED})
    SELECT * FROM made c ORDER BY id"""
    made = [contact_from(row) for row in await tx.fetch(statement, list(rows), at)]
    return _matched(made, rows)


def _matched(made: Sequence[Contact], rows: Sequence[Mapping[str, Any]]) -> dict[int, Contact]:
    """Which made contact came of which row: by address; those without one kept their order."""
    by_email = {contact.email: contact for contact in made if contact.email is not None}
    nameless = iter([contact for contact in made if contact.email is None])
    found: dict[int, Contact] = {}
    for place, row in enumerate(rows):
        email = row.get("email")
        contact = next(nameless, None) if email is None else by_email.get(cast(str, email))
        if contact is not None:
            found[place] = contact
    return found


async def update_contacts(tx: Connection, rows: Sequence[Mapping[str, Any]], *, at: datetime, may_rise: bool) -> None:
    """Patches any number of contacts in one statement. A row holds `id` and only the columns to change."""
    touched = {name for row in rows for name in row} & set(WRITABLE_COLUMNS)
    sets = [f"{n} = CASE WHEN g.j ? '{n}' THEN r.{n} ELSE c.{n} END" for n in WRITABLE_COLUMNS if n in touched]
    sets.append("status = merged_status(c.status, r.status, $3)")
    sets.append(
        "custom = CASE WHEN g.j ? 'custom' THEN jsonb_strip_nulls(c.custom || (g.j -> 'custom')) ELSE c.custom END"
    )
    await tx.execute(
        f"""UPDATE contacts c SET {", ".join(sets)}, updated_at = $2
        FROM (SELECT j FROM jsonb_array_elements($1) AS e (j)) g, jsonb_populate_record(NULL::contacts, g.j) r
        WHERE c.id = r.id""",
        list(rows),
        at,
        may_rise,
    )
