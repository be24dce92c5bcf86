"""Stages and moves on a real database: log, facts, counts and numbers agree, whoever writes at once."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from tests.conftest import StatementCounter
from tidings.contacts.actions import delete_contacts, write_contacts
from tidings.contacts.types import Draft
from tidings.pipeline import actions, queries
from tidings.pipeline.people import write_people
from tidings.pipeline.types import Actor, ConsentGiven, PersonDraft
from tidings.platform.clock import FixedClock
from tidings.platform.core import Core
from tidings.platform.errors import Conflict, Invalid, NotFound
from tidings.segments.queries import where_of
from tidings.segments.types import Search

LEAD, QUALIFIED, PROPOSAL, NEGOTIATION, WON, LOST = range(1, 7)
ADA = Actor("Ada", 7)


async def people(core: Core, n: int) -> list[int]:
    written = await write_contacts(core, [Draft({"email": f"p{i}@example.com"}) for i in range(n)])
    return [one.id for one in written]


async def counts(core: Core) -> dict[int, int]:
    """Contacts per stage as told, after holding them against the rows."""
    told = {stage.id: stage.contacts_count for stage in await queries.list_stages(core)}
    rows = await core.db.fetch("SELECT stage_id, count(*) AS n FROM pipeline_places GROUP BY 1")
    assert {one: n for one, n in told.items() if n} == {row["stage_id"]: row["n"] for row in rows}
    return {one: n for one, n in told.items() if n}


async def test_six_stages_stand_there_and_what_is_deleted_stays_away(core: Core):
    stages = await queries.list_stages(core)
    assert [s.title for s in stages] == ["Lead", "Qualified", "Proposal", "Negotiation", "Won", "Lost"]
    assert [s.outcome for s in stages] == ["open"] * 4 + ["won", "lost"]
    for stage in stages:
        await actions.delete_stage(core, stage.id)
    assert await queries.list_stages(core) == []
    made = await actions.create_stage(core, title="Anew")
    assert [(s.id, s.position) for s in await queries.list_stages(core)] == [(made, 0)]


async def test_stages_are_made_changed_and_ordered(core: Core):
    made = await actions.create_stage(core, title="Demo", color="#112233", position=1)
    assert [s.title for s in await queries.list_stages(core)][:3] == ["Lead", "Demo", "Qualified"]
    await actions.update_stage(core, made, title="Call", outcome="lost", position=99)
    stages = await queries.list_stages(core)
    assert [s.position for s in stages] == list(range(7))
    assert (stages[-1].title, stages[-1].color, stages[-1].outcome) == ("Call", "#112233", "lost")
    for title in ("LEAD", ""):
        with pytest.raises(Invalid, match="name"):
            await actions.create_stage(core, title=title)
        with pytest.raises(Invalid, match="name"):
            await actions.update_stage(core, made, title=title)
    with pytest.raises(NotFound):
        await actions.update_stage(core, 999, title="x")
    with pytest.raises(Invalid):
        await actions.update_stage(core, made, size=3)
    with pytest.raises(NotFound):
        await actions.delete_stage(core, 999)
    for n in range(7, 50):
        await actions.create_stage(core, title=f"S{n}")
    with pytest.raises(Invalid, match="at most"):
        await actions.create_stage(core, title="one more")


async def test_many_who_make_stages_at_once_leave_no_gap(core: Core):
    await asyncio.gather(*(actions.create_stage(core, title=f"S{n}", position=n % 3) for n in range(12)))
    assert [s.position for s in await queries.list_stages(core)] == list(range(18))


async def test_a_move_is_logged_and_told_and_done_once(core: Core, clock: FixedClock):
    a, b, c = await people(core, 3)
    assert await actions.move_contacts(core, [a, b, 999], LEAD, actor=ADA, note="Met") == [a, b]
    assert await actions.move_contacts(core, [a, b], LEAD) == []
    clock.set(clock.now() + timedelta(days=2))
    assert await actions.move_contacts(core, [a], WON, note="Signed") == [a]
    assert await actions.move_contacts(core, [b, c], None) == [b]
    assert await counts(core) == {WON: 1}
    standing = (await queries.standings_of(core, [a, b, c]))[a]
    assert (standing.title, standing.entered_at) == ("Won", clock.now())
    told = [(m.was_title, m.now_title, m.actor, m.note) for m in await queries.history_of(core, a)]
    assert told == [("Lead", "Won", "", "Signed"), (None, "Lead", "Ada", "Met")]
    rows = await core.db.fetch(
        "SELECT contact_id, subject_id, data FROM facts WHERE kind = 'contact_stage_changed' ORDER BY id"
    )
    assert [(r["contact_id"], r["subject_id"], r["data"]["was"], r["data"]["now"]) for r in rows] == [
        (a, LEAD, None, "Lead"),
        (b, LEAD, None, "Lead"),
        (a, WON, "Lead", "Won"),
        (b, None, "Lead", None),
    ]
    assert (rows[0]["data"]["actor"], rows[0]["data"]["note"]) == ("Ada", "Met")
    with pytest.raises(Invalid, match="does not exist"):
        await actions.move_contacts(core, [a], 999)
    with pytest.raises(Invalid, match="note"):
        await actions.move_contacts(core, [a], LEAD, note="x" * 2001)
    await delete_contacts(core, [a, b, c])
    assert await counts(core) == {}
    assert await core.db.fetchval("SELECT count(*) FROM pipeline_moves") == 0


async def test_a_stage_with_contacts_goes_only_when_they_move(core: Core):
    ids = await people(core, 5)
    await actions.move_contacts(core, ids, PROPOSAL)
    with pytest.raises(Conflict, match="5"):
        await actions.delete_stage(core, PROPOSAL)
    for bad in (PROPOSAL, 999):
        with pytest.raises(Invalid):
            await actions.delete_stage(core, PROPOSAL, move_to=bad)
    assert await counts(core) == {PROPOSAL: 5}
    assert await actions.delete_stage(core, PROPOSAL, move_to=LEAD, actor=ADA) == 5
    assert await counts(core) == {LEAD: 5}
    assert [s.position for s in await queries.list_stages(core)] == list(range(5))
    last = (await queries.history_of(core, ids[0]))[0]
    assert (last.was_title, last.now_title, last.actor, last.note) == (
        "Proposal",
        "Lead",
        "Ada",
        "“Proposal” was deleted.",
    )


async def test_movers_and_a_deletion_at_once_lose_nobody(core: Core):
    ids = await people(core, 40)
    await actions.move_contacts(core, ids, PROPOSAL)

    async def move(n: int) -> None:
        chosen = [one for one in ids if (one * 7 + n) % 3 == 0]
        try:
            await actions.move_contacts(core, chosen, [LEAD, QUALIFIED, PROPOSAL, WON][n % 4])
        except Invalid:
            assert n % 4 == 2, "only the stage that goes may be unknown"

    await asyncio.gather(*(move(n) for n in range(20)), actions.delete_stage(core, PROPOSAL, move_to=LOST))
    assert sum((await counts(core)).values()) == 40
    # Each line of the log begins where the one before ended: no move was lost under another.
    for one in ids:
        log = list(reversed(await queries.history_of(core, one)))
        assert log[0].was_id is None
        assert [m.now_id for m in log[:-1]] == [m.was_id for m in log[1:]]
        standing = (await queries.standings_of(core, [one]))[one]
        assert log[-1].now_id == standing.stage_id


async def test_columns_come_in_pieces_and_may_be_narrowed(core: Core, clock: FixedClock, statements: StatementCounter):
    ids = await people(core, 12)
    await actions.move_contacts(core, ids[:6], LEAD)
    clock.set(clock.now() + timedelta(minutes=1))
    await actions.move_contacts(core, ids[6:], LEAD)
    first = await queries.column_of(core, LEAD, limit=5)
    assert first.has_more
    last = first.cards[-1]
    second = await queries.column_of(core, LEAD, limit=10, after=(last.entered_at, last.contact.id))
    assert not second.has_more
    shown = [card.contact.id for card in (*first.cards, *second.cards)]
    assert shown == list(reversed(ids))
    where = await where_of(core, Search("p1"))
    assert [c.contact.email for c in (await queries.column_of(core, LEAD, matching=where)).cards] == [
        "p11@example.com",
        "p10@example.com",
        "p1@example.com",
    ]
    assert await queries.count_matching(core, where) == {LEAD: 3}
    with statements as small:
        await queries.column_of(core, LEAD, limit=1)
    with statements as large:
        await queries.column_of(core, LEAD, limit=12)
    assert small.count == large.count


async def test_conversion_and_stays_come_from_the_log(core: Core, clock: FixedClock):
    a, b, c, d = await people(core, 4)
    await actions.move_contacts(core, [a, b, c, d], LEAD)
    clock.set(clock.now() + timedelta(days=2))
    await actions.move_contacts(core, [a, b], QUALIFIED)
    await actions.move_contacts(core, [c], LOST)
    clock.set(clock.now() + timedelta(days=4))
    await actions.move_contacts(core, [a], WON)
    # Going back and coming again counts the person once.
    await actions.move_contacts(core, [b], LEAD)
    clock.set(clock.now() + timedelta(days=1))
    await actions.move_contacts(core, [b], QUALIFIED)
    found = await queries.stage_numbers(core)
    lead, qualified = found[LEAD], found[QUALIFIED]
    assert (lead.entered, lead.went_on, lead.won) == (4, 2, 1)
    assert (lead.went_on_rate, lead.won_rate) == (50.0, 25.0)
    assert (qualified.entered, qualified.went_on, qualified.won) == (2, 1, 1)
    # Stays in Lead that ended: 2, 2, 2 and 1 days.
    assert lead.mean_stay == timedelta(days=1.75)
    assert lead.median_stay == timedelta(days=2)
    assert (found[WON].mean_stay, found[WON].won) == (None, 1)
    assert PROPOSAL not in found
    recent = await queries.stage_numbers(core, since=clock.now() - timedelta(days=1))
    assert (recent[LEAD].entered, recent[WON].entered) == (1, 1)


async def test_people_are_written_with_consent_and_stage_or_not_at_all(core: Core, statements: StatementCounter):
    made = await write_people(
        core,
        [
            PersonDraft(Draft({"email": "a@example.com"}), ConsentGiven("event", "Fair"), True, LEAD),
            PersonDraft(Draft({"email": "b@example.com"})),
        ],
        actor=ADA,
    )
    assert [one.outcome for one in made] == ["created", "created"]
    assert await counts(core) == {LEAD: 1}
    rows = await core.db.fetch("SELECT contact_id, kind, source, reason FROM consents")
    assert [tuple(row.values()) for row in rows] == [(made[0].id, "opt_in", "event", "Fair")]
    bad = [
        PersonDraft(Draft({"email": "c@example.com"}), ConsentGiven("event"), True, WON),
        PersonDraft(Draft({"email": "d@example.com"}), None, True, 999),
    ]
    with pytest.raises(Invalid):
        await write_people(core, bad)
    assert await core.db.fetchval("SELECT count(*) FROM contacts") == 2
    assert await counts(core) == {LEAD: 1}
    # The same again is no new consent; after leaving it is.
    again = PersonDraft(Draft({"email": "a@example.com"}), ConsentGiven("event", "Fair"))
    await write_people(core, [again])
    assert await core.db.fetchval("SELECT count(*) FROM consents") == 1
    await write_people(core, [PersonDraft(Draft({"email": "a@example.com"}, status="unsubscribed"))])
    await write_people(core, [again])
    kinds = await core.db.fetch("SELECT kind FROM consents ORDER BY id")
    assert [row["kind"] for row in kinds] == ["opt_in", "opt_out", "opt_in"]

    def many(word: str, n: int) -> list[PersonDraft]:
        given_ = ConsentGiven("event")
        return [PersonDraft(Draft({"email": f"{word}{i}@example.com"}), given_, True, 1 + i % 2) for i in range(n)]

    with statements as small:
        await write_people(core, many("s", 2))
    with statements as large:
        await write_people(core, many("l", 60))
    assert small.count == large.count
