"""Contacts go through automations: a tag, a wait, a mail, an end; twice, at once, killed between, and in sets."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

import asyncpg
import pytest

from tests.automations.flows import mail, metrics, person, published, settle, states, step, tag
from tests.conftest import StatementCounter
from tidings.automations.running import advance_runs
from tidings.automations.triggers import read_facts
from tidings.contacts import actions as contacts
from tidings.platform.clock import FixedClock
from tidings.platform.core import Core
from tidings.workers.sender import Sender

DAY = timedelta(days=1)


async def test_a_tag_leads_to_a_wait_a_mail_and_an_end(core: Core, clock: FixedClock):
    vip = await tag(core, "vip")
    await published(core, "tags_added", [step("wait", how="for", amount=2, unit="days"), mail()], ids=(vip,))
    ann = await person(core)
    await contacts.add_tags(core, [ann], [vip])
    await settle(core)
    assert await states(core) == {ann: "active"}
    assert await core.db.fetchval("SELECT count(*) FROM messages") == 0
    clock.set(clock.now() + 2 * DAY)
    await settle(core)
    assert await states(core) == {ann: "completed"}
    assert await metrics(core) == [("wait", "completed", None), ("send_mail", "completed", None)]
    assert await Sender(core).pass_once() == 1
    mails = await core.db.fetch("SELECT recipient, subject FROM captured_mails")
    assert [tuple(row) for row in mails] == [("ann@x.co", "Hello Ann")]


async def test_two_runners_at_once_do_everything_once(core: Core):
    vip = await tag(core, "vip")
    await published(core, "tags_added", [mail(), step("add_note", title="n", text="t"), mail()], ids=(vip,))
    everybody = [await person(core, f"p{n}@x.co") for n in range(60)]
    await contacts.add_tags(core, everybody, [vip])
    await asyncio.gather(read_facts(core), read_facts(core))
    await asyncio.gather(*(advance_runs(core, batch=7) for _ in range(4)))
    await settle(core)
    assert set((await states(core)).values()) == {"completed"}
    assert await core.db.fetchval("SELECT count(*) FROM notes") == 60
    assert await core.db.fetchval("SELECT count(*) FROM messages") == 120
    assert len(await metrics(core)) == 180


@pytest.mark.parametrize("table", ["automation_runs", "automation_metrics"])
async def test_what_dies_before_its_end_leaves_no_trace_and_is_done_again(core: Core, table: str):
    vip, gold = await tag(core, "vip"), await tag(core, "gold")
    await published(core, "tags_added", [step("add_tags", ids=[gold]), mail()], ids=(vip,))
    ann = await person(core)
    await contacts.add_tags(core, [ann], [vip])
    await read_facts(core)
    await core.db.execute(
        f"""CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'dead'; END $$;
        CREATE TRIGGER die BEFORE INSERT OR UPDATE ON {table} EXECUTE FUNCTION die()"""
    )
    with pytest.raises(asyncpg.RaiseError):
        await advance_runs(core)
    assert not await core.db.fetchval("SELECT count(*) FROM contact_tags WHERE tag_id = $1", gold)
    await core.db.execute(f"DROP TRIGGER die ON {table}")
    await settle(core)
    assert await core.db.fetchval("SELECT count(*) FROM contact_tags WHERE tag_id = $1", gold) == 1
    assert await core.db.fetchval("SELECT count(*) FROM messages") == 1


async def count_of(work: Callable[[Core], Awaitable[int]], core: Core, statements: StatementCounter) -> int:
    """How many statements it takes when there is something to do; facts are readable a moment after their commit."""
    while True:
        with statements as counter:
            done = await work(core)
        if done:
            return counter.count


async def test_the_number_of_statements_does_not_grow_with_the_runs(core: Core, statements: StatementCounter):
    vip, gold = await tag(core, "vip"), await tag(core, "gold")
    rule = {"rule": "tags", "operator": "in", "ids": [gold]}
    steps = [
        step("add_tags", ids=[gold]),
        step("condition", rules=rule),
        step("add_note", title="{{contact.first_name}}", text="t"),
        step("change_contact", changes=[{"field": "city", "operation": "replace", "value": "Rome"}]),
        step("record_event", key="k", title="t", value="v"),
        step("call_webhook", url="http://example.com/x"),
        mail(),
    ]
    await published(core, "tags_added", steps, ids=(vip,))
    counted = []
    for names in (["first"], ["a"], [f"b{n}" for n in range(30)]):
        ids = [await person(core, f"{name}@x.co") for name in names]
        await settle(core)
        await contacts.add_tags(core, ids, [vip])
        counted.append([await count_of(read_facts, core, statements), await count_of(advance_runs, core, statements)])
        await settle(core)
    assert counted[1] == counted[2]
