"""Kill the processes that move contacts through automations, one or two at a time, then count every step of everybody."""

from __future__ import annotations

import asyncio
import os
import random
import subprocess
import sys
from functools import partial

import pytest

from tests.automations.flows import mail, published, step, tag
from tests.chaos.killing import kill_some
from tidings.automations.queries import StepCounts, step_counts, steps_of
from tidings.automations.types import StepDraft
from tidings.contacts import actions as contacts
from tidings.platform.clock import SystemClock
from tidings.platform.core import Core

PEOPLE = int(os.environ.get("TIDINGS_CHAOS_RUNS") or 3000)
HALF = PEOPLE // 2
GROUP = 60
KILLS = int(os.environ.get("TIDINGS_CHAOS_KILLS") or 6)
# Grows with everything that an automator writes: whoever begins, each step of each contact.
WRITTEN = "SELECT (SELECT count(*) FROM automation_runs) + (SELECT count(*) FROM automation_metrics)"
THROUGH = "SELECT count(*) FROM automation_runs WHERE state = 'completed'"


def start(dsn: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "tests.chaos.automator_process", dsn, str(GROUP)]
    return subprocess.Popen(command, stderr=subprocess.DEVNULL)


def flow(gold: int, news: int) -> list[StepDraft]:
    """Every kind of effect: a tag, a wait that is over at once, two ways, lists, a mail, a request, notes, events."""
    ways = StepDraft(
        "condition",
        {"rules": {"rule": "column", "field": "first_name", "operator": "equals", "value": "n1"}},
        yes=(step("add_lists", ids=[news]), mail()),
        no=(step("call_webhook", url="http://127.0.0.1:9/x"), step("add_note", title="n", text="t")),
    )
    wait = step("wait", how="for", amount=0, unit="minutes")
    return [step("add_tags", ids=[gold]), wait, ways, step("record_event", key="k", title="t", value="v"), mail()]


async def let_run_and_kill(core: Core, dsn: str) -> int:
    """Two automators until everybody is through; they are killed in the middle of their work. Answers how often."""
    chance, kills, seen = random.Random(3), 0, 0
    processes = [start(dsn), start(dsn)]
    try:
        while await core.db.fetchval(THROUGH) < PEOPLE:
            if kills < KILLS and await core.db.fetchval(WRITTEN) > seen:
                await kill_some(processes, chance, partial(start, dsn))
                kills += 1
                # the next one dies only when something was written after this
                seen = await core.db.fetchval(WRITTEN)
            await asyncio.sleep(0.02)
    finally:
        for process in processes:
            process.kill()
            process.wait()
    return kills


async def once(core: Core, statement: str, *args: object) -> tuple[int, int]:
    """(rows, contacts among them) of a statement that gives contacts: the same number when nobody has two."""
    row = await core.db.fetchrow(f"SELECT count(*), count(DISTINCT contact_id) FROM ({statement}) found", *args)
    assert row is not None
    return row[0], row[1]


@pytest.mark.chaos
@pytest.mark.timeout(240)
async def test_everybody_does_each_step_once_however_often_automators_die(core: Core, dsn: str):
    core = Core(core.db, SystemClock(), core.keys, core.installation, core.data_dir)
    vip, gold = await tag(core, "vip"), await tag(core, "gold")
    news = await contacts.create_list(core, title="News", slug="news")
    made = await published(core, "tags_added", flow(gold, news), ids=(vip,))
    await core.db.execute(
        """INSERT INTO contacts (email, first_name) SELECT 'p' || n || '@y.co', 'N' || n % 2
        FROM generate_series(1, $1::int) n""",
        PEOPLE,
    )
    ids = [row["id"] for row in await core.db.fetch("SELECT id FROM contacts")]
    await contacts.add_tags(core, ids, [vip])
    assert await let_run_and_kill(core, dsn) >= KILLS // 2
    everybody, half = (PEOPLE, PEOPLE), (HALF, HALF)
    facts = "SELECT contact_id FROM facts WHERE kind = $1"
    for kind in ("automation_entered", "automation_completed"):
        assert await once(core, facts, kind) == everybody, kind
    assert await once(core, f"{facts} AND data->'tag_ids' @> to_jsonb($2::bigint)", "tags_added", gold) == everybody
    assert await once(core, f"{facts} AND data->'list_ids' @> to_jsonb($2::bigint)", "lists_added", news) == half
    assert await once(core, "SELECT contact_id FROM contact_lists WHERE list_id = $1", news) == half
    assert await once(core, "SELECT contact_id FROM notes") == half
    assert await once(core, "SELECT contact_id FROM contact_events WHERE counter = 1") == everybody
    assert await once(core, "SELECT (args->>'run_id')::bigint AS contact_id FROM jobs") == half
    steps = await steps_of(core, made)
    mails = [one.mailing_id for one in steps if one.kind == "send_mail"]
    for mailing, wanted in zip(mails, (half, everybody), strict=True):
        assert await once(core, "SELECT contact_id FROM messages WHERE campaign_id = $1", mailing) == wanted
        counted = """SELECT (SELECT recipients_count FROM campaigns WHERE id = $1),
            (SELECT sum(n)::int FROM message_tallies WHERE campaign_id = $1 AND word = 'queued')"""
        row = await core.db.fetchrow(counted, mailing)
        assert row is not None
        assert tuple(row) == wanted
    branched = {one.id for one in steps if one.parent_id is not None}
    wanted_counts = {one.id: StepCounts(HALF if one.id in branched else PEOPLE) for one in steps}
    assert await step_counts(core, made) == wanted_counts
    for noun, key, n in (("tag", gold, PEOPLE), ("list", news, HALF)):
        told = "SELECT sum(contacts) FROM tallies WHERE scope = $1 AND key = $2"
        assert await core.db.fetchval(told, noun, key) == n, noun
