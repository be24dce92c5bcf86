"""The compiled SQL against a plain-Python judge, on a population full of coincidences."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings

from tests.segments.population import FIELDS, NOW, ZONE, leaves, make_people, store_people, trees
from tests.segments.reference import Judge, Person
from tidings.platform.core import Core
from tidings.platform.db import Database
from tidings.platform.errors import Invalid
from tidings.segments.compiler import compile_rule
from tidings.segments.indexes import ensure_custom_field_index
from tidings.segments.types import All, Any, ColumnIs, Everybody, Nobody, Not, Rule, Search, from_json, to_json

_SETTINGS = settings(deadline=None, max_examples=60, suppress_health_check=list(HealthCheck))


@pytest.fixture
async def people(db: Database) -> list[Person]:
    made = make_people(seed=7, n=150)
    await store_people(db, made)
    return made


async def matched(db: Database, rule: Rule, zone: ZoneInfo = ZONE, now: datetime = NOW) -> list[int]:
    where = compile_rule(rule, zone=zone, now=now)
    return [row[0] for row in await db.fetch(where.ids_sql(), *where.args, 0, 10_000)]


async def check(db: Database, people: list[Person], rule: Rule) -> None:
    judge = Judge(ZONE, NOW)
    right = [one.columns["id"] for one in people if judge.matches(rule, one)]
    where = compile_rule(rule, zone=ZONE, now=NOW)
    assert [row[0] for row in await db.fetch(where.ids_sql(), *where.args, 0, 10_000)] == right
    for way in (*where.count_statements(), *filter(None, [where.tally_sql])):
        assert await db.fetchval(way, *where.args) == len(right), way
    if where.members_sql:
        assert sorted(row[0] for row in await db.fetch(where.members_sql, *where.args)) == right


@pytest.mark.parametrize("leaf", sorted(leaves))
async def test_every_leaf_means_in_sql_what_it_means_in_python(db: Database, people: list[Person], leaf: str) -> None:
    found: list[Rule] = []

    @_SETTINGS
    @given(leaves[leaf])
    def collect(rule: Rule) -> None:
        found.append(rule)

    collect()
    for rule in found:
        await check(db, people, rule)
        await check(db, people, Not(rule))


@settings(_SETTINGS, max_examples=120)
@given(rule=trees)
async def test_random_trees_mean_in_sql_what_they_mean_in_python(
    db: Database, people: list[Person], rule: Rule
) -> None:
    await check(db, people, rule)


async def test_an_index_of_a_custom_field_changes_no_answer(core: Core, people: list[Person]) -> None:
    for slug, kind in FIELDS.items():
        made = await ensure_custom_field_index(core, slug, kind)  # type: ignore[arg-type]
        assert made == (kind != "textarea")
        assert not await ensure_custom_field_index(core, slug, kind)  # type: ignore[arg-type]
    found: list[Rule] = []

    @_SETTINGS
    @given(leaves["custom field"])
    def collect(rule: Rule) -> None:
        found.append(rule)

    collect()
    judge = Judge(ZONE, NOW)
    async with core.db.transaction() as tx:
        await tx.execute("SET LOCAL enable_seqscan = off")
        for rule in found:
            where = compile_rule(rule, zone=ZONE, now=NOW)
            ids = [row[0] for row in await tx.fetch(where.ids_sql(), *where.args, 0, 10_000)]
            assert ids == [one.columns["id"] for one in people if judge.matches(rule, one)]


@settings(_SETTINGS)
@given(rule=trees)
def test_a_tree_survives_json(rule: Rule) -> None:
    assert from_json(to_json(rule)) == (rule if to_json(rule) else Nobody())


HOSTILE = ["' OR 1=1 --", "'; DROP TABLE contacts; --", "$1", "\\'", "%", "_", "}', true) --", "\u202e", "1) OR (1=1"]


@pytest.mark.parametrize("text", HOSTILE)
async def test_hostile_text_is_only_text(db: Database, people: list[Person], text: str) -> None:
    for data in (
        {"rule": "column", "field": "city", "operator": "equals", "value": text},
        {"rule": "column", "field": "city", "operator": "in", "value": [text]},
        {"rule": "custom_field", "slug": text, "kind": "text", "operator": "equals", "value": text},
        {"rule": "custom_field", "slug": text, "kind": "checkbox", "operator": "in_all", "value": [text]},
        {"rule": "custom_field", "slug": text, "kind": "number", "operator": "greater", "value": 1},
        {"rule": "search", "text": text, "custom": ["plan", text]},
    ):
        rule = from_json(data)
        assert text not in compile_rule(rule, zone=ZONE, now=NOW).sql or text == "$1" or text in "%_"
        await check(db, people, rule)


@pytest.mark.parametrize(
    ("data", "place"),
    [
        ({"rule": "column", "field": "id; DROP TABLE contacts", "operator": "equals", "value": 1}, "rules.field"),
        ({"rule": "column", "field": "city", "operator": "= '' OR", "value": "x"}, "rules.operator"),
        ({"rule": "all", "children": [{"rule": "tags", "operator": "in", "ids": ["1"]}]}, "rules.children.0.ids.0"),
        ({"rule": "all", "children": [{"rule": "sql", "text": "true"}]}, "rules.children.0.rule"),
        ({"rule": "column", "field": "city", "operator": "equals", "value": "a\0b"}, "rules"),
        ({"rule": "column", "field": "points", "operator": "greater", "value": "1 OR 1=1"}, "rules"),
        ({"rule": "column", "field": "points", "operator": "greater", "value": "NaN"}, "rules"),
        ({"rule": "column", "field": "created_at", "operator": "before", "value": "yesterday"}, "rules"),
        ({"rule": "column", "field": "created_at", "operator": "days_before", "value": 10**9}, "rules"),
        ({"rule": "column", "field": "city", "operator": "in", "value": "Berlin"}, "rules"),
        ({"rule": "campaign", "campaign_id": 2**70, "activity": "sent"}, "rules"),
        ({"rule": "search", "text": "x", "sql": "true"}, "rules"),
        ("everybody", "rules"),
    ],
)
def test_unknown_words_and_unfit_values_are_refused_with_their_place(data: object, place: str) -> None:
    with pytest.raises(Invalid) as caught:
        from_json(data)
    assert list(caught.value.fields) == [place]


def test_a_tree_without_bounds_is_refused() -> None:
    deep: dict = {"rule": "everybody"}
    for _ in range(5000):
        deep = {"rule": "not", "child": deep}
    with pytest.raises(Invalid):
        from_json(deep)
    with pytest.raises(Invalid):
        from_json({"rule": "any", "children": [{"rule": "everybody"}] * 2000})


def test_an_empty_rule_is_nobody() -> None:
    assert from_json({}) == from_json(None) == Nobody()


async def one_created_at(db: Database, at: datetime) -> None:
    await db.execute("INSERT INTO contacts (email, created_at) VALUES ('a@example.org', $1)", at)


@pytest.mark.parametrize(
    ("zone", "now", "created", "days", "is_within"),
    [
        # 25 October 2026 has 25 hours in Berlin: 23:30 UTC two days before is already the local 24th.
        ("Europe/Berlin", "2026-10-25T23:30", "2026-10-24T22:00", 1, True),
        ("Europe/Berlin", "2026-10-25T23:30", "2026-10-24T21:59", 1, False),
        # 29 March 2026 has 23 hours.
        ("Europe/Berlin", "2026-03-29T22:30", "2026-03-28T23:00", 1, True),
        ("Europe/Berlin", "2026-03-29T22:30", "2026-03-28T22:59", 1, False),
        # Beirut skips midnight itself: its 29 March 2026 begins at 01:00, which is 22:00 UTC.
        ("Asia/Beirut", "2026-03-29T12:00", "2026-03-28T22:00", 0, True),
        ("Asia/Beirut", "2026-03-29T12:00", "2026-03-28T21:59", 0, False),
        # Havana has midnight twice on 1 November 2026; the day begins at the first.
        ("America/Havana", "2026-11-01T18:00", "2026-11-01T04:00", 0, True),
        ("America/Havana", "2026-11-01T18:00", "2026-11-01T03:59", 0, False),
        ("Pacific/Kiritimati", "2026-01-01T10:00", "2026-01-01T10:00", 0, True),
        ("Pacific/Kiritimati", "2026-01-01T10:00", "2026-01-01T09:59", 0, False),
    ],
)
async def test_a_day_is_a_whole_local_day_even_when_the_clocks_change(
    db: Database, zone: str, now: str, created: str, days: int, is_within: bool
) -> None:
    await one_created_at(db, datetime.fromisoformat(created).replace(tzinfo=UTC))
    at = datetime.fromisoformat(now).replace(tzinfo=UTC)
    within = await matched(db, ColumnIs("created_at", "days_within", days), ZoneInfo(zone), at)
    before = await matched(db, ColumnIs("created_at", "days_before", days), ZoneInfo(zone), at)
    assert (len(within), len(before)) == ((1, 0) if is_within else (0, 1))


async def test_placeholders_start_where_the_caller_wants(db: Database, people: list[Person]) -> None:
    rule = All((ColumnIs("city", "equals", "berlin"), Any((Search("ada"), Everybody()))))
    where = compile_rule(rule, zone=ZONE, now=NOW, first=3)
    rows = await db.fetch(
        f"SELECT c.id FROM contacts c WHERE c.id > $1 AND c.id < $2 AND {where.sql} ORDER BY 1", 0, 1000, *where.args
    )
    assert [row[0] for row in rows] == await matched(db, rule)
    assert where.next == 3 + len(where.args)
