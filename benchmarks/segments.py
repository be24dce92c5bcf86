"""Segment counts on 1,000,000 contacts, 3,000,000 tag links, 1,000,000 messages and 10,000,000 hits, against SQL by hand.

    .venv/bin/python -m benchmarks.segments [--contacts N] [--hits N] [--folder KEPT] [--explain]

Runs on an embedded PostgreSQL with is_durable=False: nothing is written while measuring, so durability does not touch
the figures, it only makes the preparation shorter. The hits are written as sets and folded by the product's projector;
six of ten contacts opened, two of ten clicked, each within some hours of a day of the last year. What a segment reads
of them are the columns that the projector keeps. Each figure is the median of five. Nothing is remembered here.
Both sides are sent as one prepared statement with custom plans; the hand-written side has its values written into the
text, and may use the same indexes.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import time
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from benchmarks.web import folder_for
from tidings.platform.clock import SystemClock
from tidings.platform.core import Core
from tidings.platform.crypto import Keyring
from tidings.platform.db import Connection, Database
from tidings.platform.embedded import start_embedded
from tidings.platform.installation import Installation
from tidings.platform.migrations import migrate
from tidings.segments.compiler import Where, compile_rule
from tidings.segments.indexes import ensure_custom_field_index
from tidings.segments.types import (
    All,
    Any,
    Audience,
    CampaignActivity,
    ColumnIs,
    CustomFieldIs,
    HasTags,
    MailActivity,
    Not,
    Row,
    Rule,
    Search,
    StatusIn,
)
from tidings.tracking.projector import fold_hits

_LOAD = [
    "SET session_replication_role = replica",
    "INSERT INTO tags (title, slug) SELECT 'Tag ' || n, 'tag-' || n FROM generate_series(1, 30) n",
    "INSERT INTO lists (title, slug) SELECT 'List ' || n, 'list-' || n FROM generate_series(1, 5) n",
    "INSERT INTO campaigns (title) VALUES ('C')",
    """INSERT INTO contacts (email, first_name, last_name, city, country, status, contact_type, custom, created_at)
    SELECT 'person' || n || '@example' || n % 50 || '.org', 'First' || n % 997, 'Last' || n % 7919,
           'City' || n % 300, (ARRAY['DE','US','FR','GB','IT','ES','AT','CH','NL','PL'])[1 + (random() * 9.999)::int % 10],
           CASE WHEN random() < 0.85 THEN 'subscribed' ELSE 'unsubscribed' END,
           CASE WHEN random() < 0.3 THEN 'customer' ELSE 'lead' END,
           jsonb_build_object('plan', (ARRAY['Free','Pro','Team','Corp'])[1 + (random() * 3.999)::int % 4],
                              'score', ((random() * 100)::int)::text, 'city2', 'x' || n % 1000),
           now() - random() * interval '1000 days'
    FROM generate_series(1, {n}) n""",
    """INSERT INTO contact_tags (contact_id, tag_id)
    SELECT n, 1 + (n * 7 + k * 11 + (random() * 3)::int) % 30 FROM generate_series(1, {n}) n, generate_series(0, 2) k
    ON CONFLICT DO NOTHING""",
    "INSERT INTO contact_lists (contact_id, list_id) SELECT n, 1 + n % 5 FROM generate_series(1, {n}) n",
    """INSERT INTO messages (campaign_id, contact_id, email, state, sent_at)
    SELECT 1, n, 'x', 'sent', now() - interval '1 day' FROM generate_series(1, {n}) n""",
]
# Of the contacts whose number ends in 0 to 5, those in 0 and 1 clicked too; each hit of one is an hour from the next.
_HITS = """
INSERT INTO hits (kind, message_id, at)
SELECT CASE WHEN contact % 10 < 2 AND k % 4 = 0 THEN 2 ELSE 1 END, m.id,
       now() - (contact % 365 * 7919 % 365) * interval '1 day' - k * interval '1 hour'
FROM generate_series(0, {h} - 1) k0, LATERAL (SELECT k0 / ({n} * 6 / 10) AS k, k0 % ({n} * 6 / 10) AS place) p,
     LATERAL (SELECT 1 + place / 6 * 10 + place % 6 AS contact) c
     JOIN messages m ON m.contact_id = contact AND m.campaign_id = 1
"""
_FOLDED_AT_ONCE = 200_000


@dataclass(frozen=True)
class Case:
    """One figure: the rule, the same by hand, and the limit in milliseconds where one was promised."""

    name: str
    rule: Rule
    by_hand: str
    limit: int | None = None


CASES = [
    Case(
        "tag in two + country + custom field + opened in 30 days + not clicked in a campaign",
        All(
            (
                HasTags("in", (3, 4)),
                ColumnIs("country", "equals", "DE"),
                CustomFieldIs("plan", "single-select", "equals", "Team"),
                MailActivity("opened", "days_within", 30),
                Not(CampaignActivity(1, "clicked")),
            )
        ),
        """EXISTS (SELECT 1 FROM contact_tags t WHERE t.contact_id = c.id AND t.tag_id IN (3, 4)) AND lower(c.country) = 'de'
        AND left(lower(c.custom ->> 'plan'), 200) = 'team' AND c.opened_at >= date_trunc('day', now()) - interval '30 days'
        AND NOT EXISTS (SELECT 1 FROM messages m WHERE m.contact_id = c.id AND m.campaign_id = 1
                        AND m.clicked_at IS NOT NULL)""",
        200,
    ),
    Case(
        "the same with “was sent it and did not click”",
        All(
            (
                HasTags("in", (3, 4)),
                ColumnIs("country", "equals", "DE"),
                CustomFieldIs("plan", "single-select", "equals", "Team"),
                MailActivity("opened", "days_within", 30),
                CampaignActivity(1, "not_clicked"),
            )
        ),
        """EXISTS (SELECT 1 FROM contact_tags t WHERE t.contact_id = c.id AND t.tag_id IN (3, 4)) AND lower(c.country) = 'de'
        AND left(lower(c.custom ->> 'plan'), 200) = 'team' AND c.opened_at >= date_trunc('day', now()) - interval '30 days'
        AND EXISTS (SELECT 1 FROM messages m WHERE m.contact_id = c.id AND m.campaign_id = 1
                    AND m.clicked_at IS NULL AND m.state = 'sent')""",
        200,
    ),
    Case(
        "some 600,000: subscribed, none of two tags, not in one country",
        All((StatusIn(("subscribed",)), HasTags("not_in", (3, 4)), ColumnIs("country", "not_equals", "PL"))),
        """c.status = 'subscribed' AND c.country <> 'PL'
        AND NOT EXISTS (SELECT 1 FROM contact_tags t WHERE t.contact_id = c.id AND t.tag_id IN (3, 4))""",
        500,
    ),
    Case(
        "not opened in 180 days, or never",
        Any((MailActivity("opened", "days_before", 180), MailActivity("opened", "never"))),
        "c.opened_at IS NULL OR c.opened_at < date_trunc('day', now()) - interval '180 days'",
    ),
    Case(
        "sent something within 30 days",
        MailActivity("sent", "days_within", 30),
        """EXISTS (SELECT 1 FROM messages m WHERE m.contact_id = c.id
                AND m.sent_at >= date_trunc('day', now()) - interval '30 days')""",
    ),
    Case(
        "custom number in a range, indexed",
        All((CustomFieldIs("score", "number", "greater", 42), CustomFieldIs("score", "number", "less", 45))),
        "segment_number(c.custom ->> 'score') > 42 AND segment_number(c.custom ->> 'score') < 45",
    ),
    Case(
        "custom text without an index",
        CustomFieldIs("city2", "text", "equals", "X77"),
        "c.custom ->> 'city2' = 'x77'",
    ),
    Case(
        "a campaign's audience: two lists and a tag, without a list's tag",
        Audience((Row(1), Row(2), Row(tag_id=5)), (Row(3, 7),)),
        """c.id IN (SELECT contact_id FROM contact_lists WHERE list_id IN (1, 2)
                 UNION SELECT contact_id FROM contact_tags WHERE tag_id = 5)
        AND NOT EXISTS (SELECT 1 FROM contact_lists l JOIN contact_tags t USING (contact_id)
                        WHERE l.contact_id = c.id AND l.list_id = 3 AND t.tag_id = 7)""",
    ),
    Case(
        "search “first99”, any column",
        Search("first99"),
        """lower(concat_ws(' ', c.email, c.first_name, c.last_name, c.address_line_1, c.address_line_2, c.postal_code,
        c.city, c.state, c.country, c.phone, c.status)) LIKE '%first99%'""",
    ),
]


async def load(core: Core, contacts: int, hits: int) -> None:
    """Fills the tables as sets, triggers off; then folds the hits, triggers on."""
    db = core.db
    async with db.transaction() as tx:
        for statement in _LOAD:
            await tx.execute(statement.replace("{n}", str(contacts)))
    async with db.connection() as connection:
        await connection.execute("VACUUM ANALYZE")
        await connection.execute(_HITS.replace("{n}", str(contacts)).replace("{h}", str(hits)))
    folded, started = 0, time.perf_counter()
    while n := await fold_hits(core, limit=_FOLDED_AT_ONCE):
        folded += n
    assert folded == await db.fetchval("SELECT count(*) FROM hits")
    print(f"{folded:,} hits folded in {time.perf_counter() - started:.0f} s")
    async with db.connection() as connection:
        await connection.execute("VACUUM ANALYZE")


async def timed(connection: Connection, sql: str, args: list[object]) -> tuple[float, int]:
    """Median milliseconds of five runs after one to warm up, and the count."""
    count = await connection.fetchval(sql, *args)
    took: list[float] = []
    for _ in range(5):
        start = time.perf_counter()
        await connection.fetchval(sql, *args)
        took.append((time.perf_counter() - start) * 1000)
    return statistics.median(took), count


async def measure(core: Core, *, is_explaining: bool) -> None:
    """Prints one line for each case, and its plan when asked."""
    zone, now = ZoneInfo("UTC"), core.clock.now()
    async with core.db.connection() as connection:
        await connection.execute("SET plan_cache_mode = force_custom_plan")
        print(f"{'matches':>9} {'ours ms':>8} {'hand ms':>8} {'ratio':>6} {'limit':>6}")
        for case in CASES:
            where = compile_rule(case.rule, zone=zone, now=now)
            ours, count = await timed(connection, where.count_sql(), list(where.args))
            hand, same = await timed(connection, f"SELECT count(*) FROM contacts c WHERE {case.by_hand}", [])
            note = "" if count == same else f"  (hand-written counts {same})"
            limit = "-" if case.limit is None else case.limit
            print(f"{count:>9} {ours:>8.1f} {hand:>8.1f} {ours / hand:>6.2f} {limit:>6}  {case.name}{note}")
            if is_explaining:
                await explain(connection, where)


async def explain(connection: Connection, where: Where) -> None:
    """The plan of a case."""
    for row in await connection.fetch(f"EXPLAIN (ANALYZE, COSTS ON, BUFFERS OFF) {where.count_sql()}", *where.args):
        print("           ", row[0])


async def run(dsn: str, contacts: int, hits: int, *, is_explaining: bool) -> None:
    """Loads, indexes and measures."""
    await migrate(dsn)
    db = await Database.open(dsn, max_size=2)
    keys = Keyring(b"k" * 32)
    core = Core(db, SystemClock(), keys, Installation(db, keys), Path("."))
    if not await db.fetchval("SELECT EXISTS (SELECT 1 FROM contacts)"):
        start = time.perf_counter()
        await load(core, contacts, hits)
        await ensure_custom_field_index(core, "plan", "single-select")
        await ensure_custom_field_index(core, "score", "number")
        print(f"{contacts:,} contacts loaded in {timedelta(seconds=round(time.perf_counter() - start))}")
    await measure(core, is_explaining=is_explaining)
    await db.close()


def main() -> None:
    """The command line."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    arguments.add_argument("--contacts", type=int, default=1_000_000)
    arguments.add_argument("--hits", type=int, default=10_000_000)
    arguments.add_argument("--folder", help="keep the database here and use it again")
    arguments.add_argument("--explain", action="store_true")
    given = arguments.parse_args()
    with folder_for(given.folder) as folder:
        server = start_embedded(folder / "postgres", is_durable=False)
        try:
            asyncio.run(run(server.dsn, given.contacts, given.hits, is_explaining=given.explain))
        finally:
            server.stop()


if __name__ == "__main__":
    main()
