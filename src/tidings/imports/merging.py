"""One chunk of records into contacts, memberships, consents, facts and refused rows: a handful of statements.

The caller owns the transaction and the session that holds the staging tables. New addresses are inserted where nobody
has them; the rest meets its contacts by the import's policy. The number of statements does not depend on the rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from tidings.imports import store
from tidings.imports.staging import HEAD
from tidings.imports.types import COLUMNS, Options, Record, Reject
from tidings.platform.db import Connection

# Who asked never to be mailed again: the status a new contact with that address gets.
_SUPPRESSED = "CASE WHEN p.reason IN ('bounced', 'complained', 'spammed') THEN p.reason ELSE 'unsubscribed' END"
# Set once, when the contact is made.
_ONLY_NEW = ("created_at",)


class Moved(Exception):
    """A contact came or went between two statements; the chunk must be tried again."""


@dataclass(frozen=True, slots=True)
class Merge:
    """The statements of one import, composed from the allow-listed columns it fills."""

    columns: Sequence[str]
    options: Options

    async def prepare(self, session: Connection) -> None:
        """Makes the staging tables of this session; they empty themselves at the end of each transaction."""
        columns = "".join(f", {name} {COLUMNS[name]}" for name in self.columns)
        await self.clean_up(session)
        await session.execute(
            f"""CREATE TEMP TABLE import_stage (line bigint, email text, status text, custom jsonb, tag_ids bigint[],
                list_ids bigint[]{columns}, key text GENERATED ALWAYS AS (lower(email)) STORED) ON COMMIT DELETE ROWS;
            CREATE TEMP TABLE import_met (line bigint, contact_id bigint, is_new boolean, status text)
                ON COMMIT DELETE ROWS"""
        )

    async def clean_up(self, session: Connection) -> None:
        """Drops the staging tables."""
        await session.execute("DROP TABLE IF EXISTS pg_temp.import_stage, pg_temp.import_met")

    async def merge(self, tx: Connection, records: Sequence[Record], *, at: datetime) -> int:
        """Merges records and returns how many contacts were made. Raises Moved."""
        options = self.options
        await tx.copy_records_to_table("import_stage", records=records, columns=[*HEAD, *self.columns])
        await tx.execute(self.insert_sql, at, options.is_silent, options.source)
        if options.on_existing != "skip":
            await tx.execute(self.update_sql, at, options.is_silent, options.may_rise)
        if options.tag_ids or any(r[4] for r in records):
            await tx.execute(store.sql.add_tags, list(options.tag_ids), options.is_silent, at)
        if options.list_ids or any(r[5] for r in records):
            await tx.execute(store.sql.add_lists, list(options.list_ids), options.is_silent, at)
        if options.consent_source:
            await tx.execute(store.sql.add_consents, options.consent_source, options.is_silent, at)
        counts = await tx.fetchrow(store.sql.count_met)
        assert counts is not None
        if options.on_existing != "skip" and counts["met"] < len(records):
            raise Moved
        return counts["created"]

    @property
    def insert_sql(self) -> str:
        """New contacts and their facts. $1: now, $2: silent, $3: the source of those that name none."""
        plain = [name for name in self.columns if name not in ("source", "created_at")]
        values = [f"coalesce(s.{n}, {d})" if (d := _DEFAULTS.get(n)) else f"s.{n}" for n in plain]
        source = "coalesce(s.source, $3::text)" if "source" in self.columns else "$3::text"
        created = "coalesce(s.created_at, $1::timestamptz)" if "created_at" in self.columns else "$1::timestamptz"
        return f"""
        WITH made AS (
            INSERT INTO contacts ({"".join(f"{name}, " for name in plain)}
                email, user_id, custom, status, source, created_at, updated_at)
            SELECT {"".join(f"{value}, " for value in values)}
                s.email, u.id, coalesce(s.custom, '{{}}'),
                CASE WHEN p.email_key IS NULL THEN coalesce(s.status, 'subscribed') ELSE {_SUPPRESSED} END,
                {source}, {created}, $1::timestamptz
            FROM import_stage s LEFT JOIN suppressions p ON p.email_key = s.key LEFT JOIN users u ON lower(u.email) = s.key
            ORDER BY s.line ON CONFLICT (lower(email)) DO NOTHING
            RETURNING id, lower(email) AS key, status, source),
        told AS (
            INSERT INTO facts (kind, contact_id, is_silent, data)
            SELECT 'contact_created', id, $2::boolean, jsonb_build_object('source', source) FROM made)
        INSERT INTO import_met SELECT s.line, m.id, true, m.status FROM made m JOIN import_stage s ON s.key = m.key"""

    @property
    def update_sql(self) -> str:
        """Contacts that were there: new values, merged status, facts of what changed. $1: now, $2: silent, $3: may rise.

        Contacts are locked in the order of their ids, as every other writer does.
        """
        fills = self.options.on_existing == "fill"
        columns = [name for name in self.columns if name not in _ONLY_NEW]
        values = "".join(f", {_value(name, fills=fills)} AS v_{name}" for name in columns)
        changed = "".join(
            f", CASE WHEN {_value(name, fills=fills)} IS DISTINCT FROM c.{name} THEN '{name}' END" for name in columns
        )
        sets = "".join(f"{name} = m.v_{name}, " for name in columns)
        custom = "coalesce(s.custom, '{}') || c.custom" if fills else "c.custom || coalesce(s.custom, '{}')"
        return f"""
        WITH met AS MATERIALIZED (
            SELECT s.line, c.id, c.status AS was, {custom} AS v_custom,
                merged_status(c.status, s.status, $3::boolean AND p.email_key IS NULL) AS now_{values},
                array_remove(ARRAY[NULL{changed}]::text[], NULL) || ARRAY(
                    SELECT 'custom.' || e.key FROM jsonb_each(({custom})) e
                    WHERE s.custom ? e.key AND c.custom -> e.key IS DISTINCT FROM e.value ORDER BY 1) AS changed
            FROM import_stage s JOIN contacts c ON lower(c.email) = s.key LEFT JOIN suppressions p ON p.email_key = s.key
            WHERE NOT EXISTS (SELECT 1 FROM import_met n WHERE n.line = s.line)
            ORDER BY c.id FOR UPDATE OF c),
        done AS (
            UPDATE contacts c SET {sets}custom = m.v_custom, status = m.now_, updated_at = $1::timestamptz
            FROM met m WHERE c.id = m.id AND (m.changed <> '{{}}' OR m.now_ <> m.was)),
        told AS (
            INSERT INTO facts (kind, contact_id, is_silent, data)
            SELECT 'contact_updated', id, $2::boolean, jsonb_build_object('changed', changed) FROM met WHERE changed <> '{{}}'
            UNION ALL
            SELECT 'contact_status_changed', id, $2::boolean, jsonb_build_object('was', was, 'now', now_, 'reason', 'import')
            FROM met WHERE now_ <> was)
        INSERT INTO import_met SELECT line, id, false, now_ FROM met"""


_DEFAULTS = {"points": "0", "lifetime_value": "0", "contact_type": "'lead'"}


def _value(name: str, *, fills: bool) -> str:
    """The value a contact will have: the file's where it has one, or only where the contact has none."""
    if not fills:
        return f"coalesce(s.{name}, c.{name})"
    nothing = {"text": "''", "bigint": "0", "numeric": "0"}.get(COLUMNS[name])
    return f"coalesce(nullif(c.{name}, {nothing}), s.{name}, c.{name})" if nothing else f"coalesce(c.{name}, s.{name})"


async def store_rejects(tx: Connection, import_id: int, rejects: Sequence[Reject]) -> None:
    """Keeps refused rows with their reasons."""
    if rejects:
        rows = [(import_id, one.line, one.reason, list(one.row)) for one in rejects]
        await tx.copy_records_to_table("import_rejects", records=rows, columns=["import_id", "line", "reason", "row"])
