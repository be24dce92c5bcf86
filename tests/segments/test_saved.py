"""Saved segments and counting on a real database."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.segments.population import make_people, store_people
from tidings.platform.clock import FixedClock
from tidings.platform.core import Core
from tidings.platform.errors import Invalid, NotFound, Refused
from tidings.segments.actions import (
    STALE,
    count_segments,
    delete_segments,
    duplicate_segment,
    save_segment,
    update_segment,
)
from tidings.segments.queries import (
    count_contacts,
    find_segment,
    list_contact_ids,
    list_segments,
    segment_by_id,
)
from tidings.segments.store import sql
from tidings.segments.types import All, Any, ColumnIs, Everybody, HasTags, Not, Search, StatusIn

RULE = All((HasTags("in", (1, 2)), Not(StatusIn(("bounced",))), Any((Search("ada", ("plan",)), Everybody()))))


async def test_a_saved_segment_comes_back_as_it_was(core: Core) -> None:
    saved = await save_segment(core, title=" Friends ", rule=RULE, description="d", created_by=7)
    assert (saved.title, saved.rule, saved.created_at) == ("Friends", RULE, core.clock.now())
    assert await segment_by_id(core, saved.id) == saved


async def test_an_update_changes_what_is_given_only(core: Core) -> None:
    saved = await save_segment(core, title="A", rule=RULE, description="d")
    changed = await update_segment(core, saved.id, rule=Everybody())
    assert (changed.title, changed.description, changed.rule) == ("A", "d", Everybody())
    with pytest.raises(NotFound):
        await update_segment(core, saved.id + 1, title="B")


async def test_a_title_is_required(core: Core) -> None:
    with pytest.raises(Invalid) as caught:
        await save_segment(core, title="  ", rule=RULE)
    assert list(caught.value.fields) == ["title"]


async def test_a_copy_stands_beside_its_original_until_one_is_deleted(core: Core) -> None:
    saved = await save_segment(core, title="100% sure", rule=RULE, settings={"form": "old"})
    await count_segments(core, [saved])
    copy = await duplicate_segment(core, saved.id, created_by=3)
    assert (copy.title, copy.rule, copy.created_by) == ("[Duplicate] 100% sure", RULE, 3)
    assert (copy.settings, copy.contacts_count) == (saved.settings, 0)
    assert [one.id for one in await list_segments(core, search="0% S")] == [copy.id, saved.id]
    assert await list_segments(core, search="1%0") == []
    assert await delete_segments(core, [saved.id, 999]) == 1
    assert await find_segment(core, saved.id) is None
    with pytest.raises(NotFound):
        await duplicate_segment(core, saved.id)


async def test_counting_listing_and_asking_for_one_agree(core: Core) -> None:
    people = make_people(seed=3, n=60)
    await store_people(core.db, people)
    rule = Not(ColumnIs("city", "filled"))
    ids: list[int] = []
    while page := await list_contact_ids(core, rule, after=ids[-1] if ids else 0, size=7):
        ids.extend(page)
    assert ids == [one.columns["id"] for one in people if not one.columns["city"]]
    assert await count_contacts(core, rule) == len(ids)


async def test_a_count_that_takes_too_long_is_refused_and_leaves_the_connection_usable(core: Core) -> None:
    await core.db.execute(
        "INSERT INTO contacts (email, custom) SELECT 'p' || n || '@example.org', jsonb_build_object('a', repeat('x', 500))"
        " FROM generate_series(1, 20000) n"
    )
    rule = Any(tuple(Search(f"x{n}", ("a",)) for n in range(200)))
    with pytest.raises(Refused) as caught:
        await count_contacts(core, rule, limit=timedelta(milliseconds=20))
    assert caught.value.code == "too_slow"
    assert await count_contacts(core, Everybody()) == 20000


async def test_every_statement_is_understood_by_the_database(core: Core) -> None:
    async with core.db.connection() as connection:
        for name in sql.names():
            await connection.execute(f"PREPARE {name} AS {getattr(sql, name)}")


async def test_counts_are_kept_and_what_is_not_counted_in_time_has_its_last_one(core: Core, clock: FixedClock) -> None:
    await store_people(core.db, make_people(seed=5, n=20))
    everybody = await save_segment(core, title="All", rule=Everybody(), settings={"form": "new"})
    pending = await save_segment(core, title="Pending", rule=StatusIn(("pending",)))
    assert (everybody.settings, everybody.contacts_count, everybody.counted_at) == ({"form": "new"}, None, None)
    assert await count_segments(core, [everybody, pending], within=timedelta(0)) == {
        everybody.id: None,
        pending.id: None,
    }
    n = await count_contacts(core, pending.rule)
    assert await count_segments(core, [everybody, pending]) == {everybody.id: 20, pending.id: n}
    counted = await segment_by_id(core, everybody.id)
    assert (counted.contacts_count, counted.counted_at) == (20, clock.now())
    await core.db.execute("DELETE FROM contacts")
    assert await count_segments(core, [counted], within=timedelta(0)) == {everybody.id: 20}
    assert await count_segments(core, [counted]) == {everybody.id: 0}
    clock.set(clock.now() + STALE / 2)
    again = await segment_by_id(core, everybody.id)
    assert await count_segments(core, [again]) == {everybody.id: 0}
    assert (await segment_by_id(core, everybody.id)) == again
    renamed = await update_segment(core, everybody.id, title="Everybody", settings={})
    assert (renamed.contacts_count, renamed.settings, renamed.rule) == (0, {}, Everybody())
    changed = await update_segment(core, everybody.id, rule=RULE)
    assert (changed.contacts_count, changed.counted_at) == (None, None)


async def test_a_count_of_the_rule_of_yesterday_is_not_kept(core: Core, clock: FixedClock) -> None:
    read = await save_segment(core, title="A", rule=Everybody())
    clock.set(clock.now() + timedelta(seconds=1))
    await update_segment(core, read.id, rule=RULE)
    assert await count_segments(core, [read]) == {read.id: 0}
    assert (await segment_by_id(core, read.id)).contacts_count is None
