"""What a filter finds is found once, and again as soon as it may have changed."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from tidings.contacts import actions, counting, queries
from tidings.contacts.codes import without_codes
from tidings.contacts.types import STATUSES, Draft, WritePolicy
from tidings.platform.core import Core
from tidings.platform.db import Connection
from tidings.platform.pagination import PageRequest
from tidings.segments.queries import count_contacts, where_of
from tidings.segments.totals import CAMPAIGN_MAILS
from tidings.segments.types import (
    All,
    Any,
    CampaignActivity,
    ColumnIs,
    HasEvents,
    HasTags,
    InLists,
    MailActivity,
    Not,
    Rule,
    Search,
    StatusIn,
)

ONE = PageRequest(per_page=1)


async def _people(core: Core, names: Sequence[str]) -> list[int]:
    drafts = [Draft({"email": f"{name}@example.org", "first_name": name}) for name in names]
    return [one.id for one in await actions.write_contacts(core, drafts, WritePolicy())]


async def _total(core: Core, rule: Rule) -> int:
    return (await queries.list_contacts(core, ONE, await where_of(core, rule))).total


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The statements that were really run, by what they begin with."""
    ran: list[str] = []
    found = counting._found  # pyright: ignore[reportPrivateUsage]

    async def watched(tx: Connection, statements: Sequence[str], args: Sequence[object]) -> object:
        ran.append(statements[0])
        return await found(tx, statements, args)

    monkeypatch.setattr(counting, "_found", watched)
    return ran


async def test_the_same_question_is_answered_from_memory_until_a_contact_changes(core: Core, asked: list[str]):
    await _people(core, ["anna", "annabel", "bert"])
    rule = ColumnIs("email", "contains", "anna")
    assert [await _total(core, rule) for _ in range(3)] == [2, 2, 2]
    assert len(asked) == 2, "one statement for the page, one for the total"
    await _people(core, ["joanna"])
    assert await _total(core, rule) == 3
    assert len(asked) == 4


async def test_who_waits_for_the_same_answer_asks_once(core: Core, asked: list[str]):
    await _people(core, ["anna", "annabel"])
    rule = ColumnIs("first_name", "contains", "anna")
    assert await asyncio.gather(*(count_contacts(core, rule) for _ in range(8))) == [2] * 8
    assert len(asked) == 1


async def test_a_change_that_was_under_way_while_counting_is_seen(core: Core):
    ids = await _people(core, ["anna", "bert"])
    rule = ColumnIs("first_name", "equals", "anna")
    async with core.db.transaction() as tx:
        await tx.execute("UPDATE contacts SET first_name = 'anna' WHERE id = $1", ids[1])
        # Other transactions begin and end meanwhile, so the order of transaction numbers is not that of commits.
        await _people(core, ["carl"])
        assert await count_contacts(core, rule) == 1
    assert await count_contacts(core, rule) == 2


@pytest.mark.parametrize(
    ("rule", "change"),
    [
        (ColumnIs("city", "equals", "rome"), "UPDATE contacts SET city = 'Rome'"),
        (MailActivity("opened", "ever"), "UPDATE contacts SET opened_at = now()"),
        (MailActivity("clicked", "ever"), "UPDATE contacts SET clicked_at = now()"),
        (ColumnIs("active_at", "filled"), "UPDATE contacts SET active_at = now()"),
        (ColumnIs("soft_bounces", "greater", 0), "UPDATE contacts SET soft_bounces = 1"),
        (HasTags("in", (1, 2)), "INSERT INTO contact_tags (contact_id, tag_id) SELECT id, 1 FROM contacts"),
        (InLists("in", (1, 2)), "INSERT INTO contact_lists (contact_id, list_id) SELECT id, 1 FROM contacts"),
        (
            HasEvents("in", ("a",)),
            "INSERT INTO contact_events (contact_id, event_key, title) SELECT id, 'a', '' FROM contacts",
        ),
        (
            CampaignActivity(1, "sent"),
            "INSERT INTO messages (campaign_id, contact_id, email, state) SELECT 1, id, 'x', 'sent' FROM contacts",
        ),
    ],
    ids=lambda value: type(value).__name__ if not isinstance(value, str) else "",
)
async def test_whatever_a_rule_reads_tells_of_its_changes(core: Core, rule: Rule, change: str):
    await _people(core, ["anna"])
    await core.db.execute("INSERT INTO tags (title, slug) VALUES ('A', 'a'), ('B', 'b')")
    await core.db.execute("INSERT INTO lists (title, slug) VALUES ('A', 'a'), ('B', 'b')")
    await core.db.execute("INSERT INTO campaigns (title) VALUES ('A')")
    assert await count_contacts(core, rule) == 0
    await core.db.execute(change)
    assert await count_contacts(core, rule) == 1
    await core.db.execute("DELETE FROM contacts")
    assert await count_contacts(core, All((rule, StatusIn(("subscribed",))))) == 0
    assert await count_contacts(core, rule) == 0


def test_an_answer_from_a_table_whose_changes_nobody_tells_is_not_kept():
    assert counting.told_of("SELECT count(*) FROM contacts c JOIN notes n ON true") == frozenset()
    assert counting.told_of("SELECT c.id FROM contacts c ORDER BY c.opened_at") == {"contacts", "activity"}
    assert counting.told_of("SELECT 1 FROM contacts c WHERE c.id IN (SELECT 1 FROM unnest($1))") == {"contacts"}


@pytest.mark.parametrize(
    "rule",
    [
        StatusIn(("subscribed", "pending")),
        HasTags("in", (1,)),
        HasTags("in", (1, 2)),
        HasTags("in", ()),
        HasTags("in", (1, 2, 77)),
        HasTags("not_in", (1,)),
        HasTags("not_in", (1, 2)),
        HasTags("in_all", (2,)),
        HasTags("in_all", (1, 2)),
        HasTags("not_in_all", (2, 1)),
        HasTags("not_in_all", (2,)),
        InLists("in", (2,)),
        InLists("in", (1, 77)),
        InLists("not_in_all", (1, 2)),
        All((InLists("in", (1,)), HasTags("in", (2,)))),
        All((HasTags("in", (1,)), StatusIn(("subscribed", "pending")))),
        All((StatusIn(("unsubscribed",)), HasTags("in", (1, 2)))),
        All((StatusIn(STATUSES), HasTags("not_in", (1,)))),
        All((StatusIn(("subscribed",)), StatusIn(("unsubscribed",)))),
        All((StatusIn(("subscribed",)), InLists("in", (1, 2)), HasTags("not_in", (2,)))),
        All((ColumnIs("first_name", "contains", "person"), HasTags("in", (1,)))),
        Search("PERSON1"),
        Search("1"),
        Search("rs"),
        Search("2@"),
        Search("person1 2@"),
        Not(Search("2@")),
        Any((Search("ZZ"), Search("person2"))),
        ColumnIs("phone", "contains", "49"),
        ColumnIs("phone", "not_contains", "4930"),
    ],
    ids=str,
)
async def test_every_way_to_count_gives_the_same_number(core: Core, rule: Rule):
    await _people(core, [f"person{n}" for n in range(30)])
    await core.db.execute("INSERT INTO tags (title, slug) VALUES ('A', 'a'), ('B', 'b')")
    await core.db.execute("INSERT INTO lists (title, slug) VALUES ('A', 'a'), ('B', 'b')")
    for table, column in (("contact_tags", "tag_id"), ("contact_lists", "list_id")):
        await core.db.execute(
            f"INSERT INTO {table} (contact_id, {column})"
            " SELECT id, n FROM contacts, generate_series(1, 2) n WHERE (id * 7 + n) % 3 = 0"
        )
    await core.db.execute("UPDATE contacts SET status = 'unsubscribed' WHERE id % 4 = 0")
    await core.db.execute("UPDATE contacts SET phone = '+4930' || id WHERE id % 5 = 0")
    where = await where_of(core, rule)
    ways = [*where.count_statements(), *([where.tally_sql] if where.tally_sql else [])]
    ways += [without_codes(one) for one in ways]
    plain = await core.db.fetchval(f"SELECT count(*) FROM contacts c WHERE {where.sql}", *where.args)
    assert [await core.db.fetchval(one, *where.args) for one in ways] == [plain] * len(ways)
    assert await _total(core, rule) == plain


async def test_who_has_no_tag_or_list_is_counted_anew_when_somebody_comes_or_a_membership_changes(core: Core):
    people = await _people(core, ["anna", "bert"])
    for table, rule in (("contact_tags", HasTags), ("contact_lists", InLists)):
        catalogue, column = table.removeprefix("contact_"), table.removeprefix("contact_").removesuffix("s") + "_id"
        await core.db.execute(f"INSERT INTO {catalogue} (title, slug) VALUES ('A', 'a')")
        before = await _total(core, rule("empty", ()))
        await core.db.execute(f"INSERT INTO {table} (contact_id, {column}) VALUES ($1, 1)", people[0])
        assert await _total(core, rule("empty", ())) == before - 1
        assert await _total(core, rule("filled", ())) == 1
        await _people(core, [f"new{table.replace('_', '')}"])
        assert await _total(core, rule("empty", ())) == before
        await core.db.execute(f"DELETE FROM {table}")
        assert await _total(core, rule("empty", ())) == before + 1
        assert await _total(core, rule("filled", ())) == 0


_MAILS = """
INSERT INTO messages (campaign_id, contact_id, email, step, state, sent_at, opened_at, clicked_at)
SELECT 1, c.id, 'x', s, (ARRAY['sent', 'bounced', 'failed', 'queued'])[1 + (c.id + s) % 4],
       CASE WHEN (c.id + s) % 4 < 2 THEN timestamptz '2026-01-10Z' + (c.id + s) * interval '1 day' END,
       CASE WHEN (c.id + s) % 3 = 0 THEN now() END, CASE WHEN (c.id * 3 + s) % 5 = 0 THEN now() END
FROM contacts c, generate_series(0, 2) s WHERE c.id % 7 > s
"""


@pytest.mark.parametrize("near", [1, 1000])
@pytest.mark.parametrize(
    "rule",
    [
        *(CampaignActivity(1, activity) for activity in CAMPAIGN_MAILS),  # pyright: ignore[reportArgumentType]
        CampaignActivity(99, "opened"),
        All((CampaignActivity(1, "opened"), StatusIn(("subscribed",)))),
        All((CampaignActivity(1, "not_clicked"), StatusIn(("unsubscribed",)))),
        MailActivity("sent", "never"),
        MailActivity("sent", "ever"),
        MailActivity("sent", "after", "2026-01-20"),
        MailActivity("sent", "before", "2026-01-20"),
        MailActivity("sent", "date_equal", "2026-01-20"),
        MailActivity("sent", "days_within", 3000),
        MailActivity("sent", "days_before", 3000),
        All((MailActivity("sent", "ever"), StatusIn(("subscribed",)))),
    ],
    ids=str,
)
async def test_mails_of_who_is_gone_or_erased_and_mails_sent_again_count_nobody_twice(
    core: Core, monkeypatch: pytest.MonkeyPatch, rule: Rule, near: int
):
    monkeypatch.setattr(counting, "_NEAR", near)
    await core.db.execute("INSERT INTO campaigns (title) VALUES ('A')")
    people = await _people(core, [f"person{n}" for n in range(40)])
    await core.db.execute("UPDATE contacts SET status = 'unsubscribed' WHERE id % 4 = 0")
    await core.db.execute(_MAILS)
    await core.db.execute("UPDATE messages SET opened_at = now() WHERE contact_id % 11 = 0 AND opened_at IS NULL")
    await actions.delete_contacts(core, people[5:15])
    await core.db.execute("UPDATE messages SET contact_id = -id WHERE contact_id = $1", people[20])
    where = await where_of(core, rule)
    right = [
        row[0] for row in await core.db.fetch(f"SELECT c.id FROM contacts c WHERE {where.sql} ORDER BY id", *where.args)
    ]
    assert [await core.db.fetchval(one, *where.args) for one in where.count_statements()] == [len(right)] * len(
        where.count_statements()
    )
    if where.members_sql:
        assert sorted(row[0] for row in await core.db.fetch(where.members_sql, *where.args)) == right
    for down in (True, False):
        page = await queries.list_contacts(core, PageRequest(2, 3, is_descending=down), where)
        assert [view.contact.id for view in page.rows] == sorted(right, reverse=down)[3:6]
        assert page.total == len(right)


@pytest.mark.parametrize("near", [1, 4, 1000])
@pytest.mark.parametrize("sort", ["id", "created_at", "first_name", "city", "points", "last_name", "no such sort"])
async def test_a_page_holds_the_same_people_however_it_is_found(
    core: Core, monkeypatch: pytest.MonkeyPatch, sort: str, near: int
):
    monkeypatch.setattr(counting, "_NEAR", near)
    await _people(core, [f"person{n}" for n in range(12)])
    await core.db.execute("UPDATE contacts SET points = id % 3, city = CASE WHEN id % 4 > 0 THEN 'C' || id % 4 END")
    everybody = {view.contact.id: view.contact for view in (await queries.list_contacts(core, PageRequest())).rows}
    for rule in (ColumnIs("points", "not_equals", 1), ColumnIs("points", "equals", 7), Search("person1")):
        where = await where_of(core, rule)
        ids = [row[0] for row in await core.db.fetch(where.ids_sql(), *where.args, 0, 100)]
        for down in (True, False):
            pages = [
                await queries.list_contacts(core, PageRequest(n, 3, sort, is_descending=down), where)
                for n in range(1, 6)
            ]
            shown = [view.contact.id for page in pages for view in page.rows]
            assert sorted(shown) == sorted(ids)
            assert [page.total for page in pages] == [len(ids)] * 5
            if sort in ("id", "points", "first_name"):
                keys = [(getattr(everybody[one], sort), one) for one in shown]
                assert keys == sorted(keys, reverse=down)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("müll", ["o'neil", "müller"]),
        ("MÜLLER@", ["müller"]),
        ("neil", ["o'neil"]),
        ("'nei", ["o'neil"]),
        ("50%", ["50%_off"]),
        ("%_of", ["50%_off"]),
        ("a\\b", ["a\\b\\c\\d"]),
        ("\\b\\c", ["a\\b\\c\\d"]),
        ("berlin mitte", ["o'neil"]),
        ("lin m", ["o'neil"]),
        ("ller\x01o'", []),
        ("mitt", ["o'neil"]),
        ("itte", ["o'neil"]),
        ("+4930", ["müller"]),
        ("xyzzy", []),
    ],
)
async def test_any_part_is_found_wherever_it_begins(core: Core, text: str, found: list[str]):
    rows = [
        {"email": "a@example.org", "first_name": "müller", "last_name": "x", "phone": "+493012345", "company_name": ""},
        {"email": "b@example.org", "first_name": "o'neil", "last_name": "Müllerson", "city": "Berlin Mitte"},
        {"email": "c@example.org", "first_name": "50%_off"},
        {"email": "d@example.org", "first_name": "a\\b\\c\\d"},
    ]
    await core.db.execute("UPDATE contacts SET city = NULL")
    for row in rows:
        await actions.write_contact(core, Draft({name: value for name, value in row.items() if value}))
    if text == "MÜLLER@":
        await core.db.execute("UPDATE contacts SET email = 'müller@example.org' WHERE first_name = 'müller'")
    await core.db.execute("ANALYZE contacts")
    where = await where_of(core, Search(text))
    page = await queries.list_contacts(core, PageRequest(), where)
    assert [view.contact.first_name for view in page.rows] == found
    async with core.db.reading() as tx:
        await tx.execute("SET LOCAL enable_seqscan = off")
        ids = await tx.fetch(f"SELECT c.id FROM contacts c WHERE {where.sql} ORDER BY c.id DESC", *where.args)
        assert [row["id"] for row in ids] == [view.contact.id for view in page.rows]


@pytest.mark.own_database
async def test_parts_are_looked_up_in_the_index_and_names_sort_on_theirs(core: Core):
    await core.db.execute(
        "INSERT INTO contacts (email, first_name, last_name, phone) SELECT 'p' || md5(n::text) || '@example.org',"
        " md5('f' || n), md5('l' || n), '+49' || n FROM generate_series(1000, 9000) n"
    )
    # What was just written waits in front of the index and is read whole.
    await core.db.execute("VACUUM ANALYZE contacts")
    for rule in (Search("7f3a9"), ColumnIs("email", "contains", "7f3a9"), ColumnIs("last_name", "ends_with", "7f3a9")):
        where = await where_of(core, rule)
        plan = await _plan(core, f"SELECT c.id FROM contacts c WHERE {where.sql}", where.args)
        assert "contacts_codes" in plan
        assert "Seq Scan" not in plan
    for sort, index in (("first_name", "contacts_first_name"), ("email", "contacts_email")):
        order = PageRequest(sort=sort).order_by(queries.SORTS)
        assert index in await _plan(core, f"SELECT c.id FROM contacts c {order} LIMIT 15", ())


async def _plan(core: Core, statement: str, args: Sequence[object]) -> str:
    async with core.db.reading() as tx:
        return "\n".join(row[0] for row in await tx.fetch(f"EXPLAIN {statement}", *args))
