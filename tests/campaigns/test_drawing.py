"""Recipients: who is drawn, once, whatever interrupts."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from tidings.campaigns import actions, drawing
from tidings.campaigns.queries import campaign_by_id
from tidings.contacts import actions as contacts
from tidings.contacts.types import STATUSES, Draft
from tidings.platform.clock import FixedClock
from tidings.platform.core import Core
from tidings.segments.types import Everybody, InLists, Rule, to_json


async def drawn_to(core: Core, rule: Rule | None = None, **values: object) -> int:
    made = await actions.create_campaign(
        core, title="A", subject="Hello", body="<p>Hello</p>", audience=to_json(rule or Everybody())
    )
    await actions.schedule_campaign(core, made, **values)  # type: ignore[arg-type]
    return made


async def recipients(core: Core, campaign_id: int) -> list[str]:
    rows = await core.db.fetch("SELECT email FROM messages WHERE campaign_id = $1 ORDER BY email", campaign_id)
    return [row["email"] for row in rows]


async def test_a_person_in_five_lists_and_two_letter_cases_gets_one_message(core: Core):
    lists = [await contacts.create_list(core, title=f"List {n}") for n in range(5)]
    await contacts.write_contacts(
        core, [Draft({"email": spelling}, lists=[one]) for one in lists for spelling in ("Ada@Y.co", "ada@y.CO")]
    )
    rule = InLists("in", tuple(lists))
    assert await drawing.count_recipients(core, rule) == 1
    made = await drawn_to(core, rule)
    await drawing.draw(core, made)
    assert [one.lower() for one in await recipients(core, made)] == ["ada@y.co"]


async def test_only_subscribed_people_with_an_address_that_is_not_suppressed(core: Core):
    await contacts.write_contacts(
        core,
        [Draft({"email": f"{status}@y.co"}, status=status) for status in STATUSES]
        + [Draft({"phone": "+49301234567"}), Draft({"email": "Blocked@y.co"})],
    )
    await core.db.execute("INSERT INTO suppressions (email_key, reason) VALUES ('blocked@y.co', 'asked')")
    made = await drawn_to(core)
    await drawing.draw(core, made)
    assert await recipients(core, made) == ["subscribed@y.co"]
    assert await drawing.count_recipients(core, Everybody()) == 1


async def test_drawing_that_dies_goes_on_and_several_drawers_make_no_second_message(
    core: Core, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(drawing, "CHUNK", 7)
    await contacts.write_contacts(core, [Draft({"email": f"p{n}@y.co"}) for n in range(100)])
    made = await drawn_to(core)
    assert await drawing.draw(core, made, chunks=3) is False
    half = await campaign_by_id(core, made)
    assert (half.state, half.recipients_count) == ("drawing", 21)
    await asyncio.gather(*(drawing.draw(core, made) for _ in range(4)))
    whole = await campaign_by_id(core, made)
    assert (whole.state, whole.recipients_count) == ("sending", 100)
    assert len(set(await recipients(core, made))) == 100


async def test_a_segment_without_anybody_ends_by_itself(core: Core):
    made = await drawn_to(core, InLists("in", (404,)))
    assert await drawing.draw(core, made)
    assert (await campaign_by_id(core, made)).recipients_count == 0


async def test_a_range_spreads_the_mails_evenly(core: Core, clock: FixedClock):
    await contacts.write_contacts(core, [Draft({"email": f"p{n}@y.co"}) for n in range(400)])
    begin = clock.now() + timedelta(minutes=5)
    await drawn_to(core, at=begin, spread_until=begin + timedelta(hours=4))
    await drawing.advance_campaigns(core)
    rows = await core.db.fetch(
        "SELECT width_bucket(extract(epoch FROM due_at - $1), 0, 14400, 4) AS hour, count(*) AS n FROM messages GROUP BY 1",
        begin,
    )
    spread = {row["hour"]: row["n"] for row in rows}
    assert set(spread) == {1, 2, 3, 4}
    assert all(60 <= n <= 140 for n in spread.values()), spread


async def test_drawing_costs_statements_by_chunk_and_not_by_person(core: Core):
    await contacts.write_contacts(core, [Draft({"email": f"p{n}@y.co"}) for n in range(300)])
    made = await drawn_to(core)
    await drawing.draw(core, made)
    times = await core.db.fetchval("SELECT count(DISTINCT xmin::text) FROM messages")
    assert times == 1
