"""Kill the processes that draw the recipients of a campaign, two at a time, then count (must-pass 1)."""

from __future__ import annotations

import asyncio
import os
import random
import subprocess
import sys
from functools import partial

import pytest

from tests.chaos.killing import kill_some
from tidings.campaigns import actions as campaigns
from tidings.campaigns.queries import campaign_by_id, message_counts
from tidings.platform.clock import SystemClock
from tidings.platform.core import Core
from tidings.segments.types import Everybody, to_json

PEOPLE = 20_000
CHUNK = 50
KILLS = int(os.environ.get("TIDINGS_CHAOS_KILLS") or 6)


def start(dsn: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "tests.chaos.drawer_process", dsn, str(CHUNK)]
    return subprocess.Popen(command, stderr=subprocess.DEVNULL)


async def drawn(core: Core, campaign: int) -> int:
    """How many are drawn; all of them once the campaign has moved on."""
    found = await campaign_by_id(core, campaign)
    return found.recipients_count if found.state == "drawing" else PEOPLE


@pytest.mark.chaos
async def test_killed_drawers_leave_out_nobody_and_take_nobody_twice(core: Core, dsn: str):
    core = Core(core.db, SystemClock(), core.keys, core.installation, core.data_dir)
    await core.db.execute(
        """INSERT INTO contacts (email, status)
        SELECT 'p' || n || '@y.co', CASE WHEN n % 10 = 0 THEN 'unsubscribed' ELSE 'subscribed' END
        FROM generate_series(1, $1) n""",
        PEOPLE,
    )
    await core.db.execute("INSERT INTO suppressions SELECT lower(email), 'asked' FROM contacts WHERE id % 100 = 1")
    wanted = PEOPLE - PEOPLE // 10 - PEOPLE // 100
    made = await campaigns.create_campaign(core, title="C", subject="s", body="b", audience=to_json(Everybody()))
    await campaigns.update_campaign(core, made, subjects=[(1, "A"), (1, "B")])
    await campaigns.schedule_campaign(core, made)
    chance, kills, seen = random.Random(2), 0, 0
    processes = [start(dsn), start(dsn)]
    try:
        async with asyncio.timeout(90):
            while (await campaign_by_id(core, made)).state == "drawing":
                now = await drawn(core, made)
                if kills < KILLS and now > seen:
                    await kill_some(processes, chance, partial(start, dsn))
                    kills += 1
                    seen = await drawn(core, made)
                await asyncio.sleep(0.01)
    finally:
        for process in processes:
            process.kill()
            process.wait()
    assert kills >= KILLS // 2
    campaign = await campaign_by_id(core, made)
    assert (campaign.state, campaign.recipients_count) == ("sending", wanted)
    assert (await message_counts(core, [made]))[made] == {"queued": wanted}
    rows = await core.db.fetchrow(
        """SELECT count(*) AS n, count(DISTINCT m.contact_id) AS people, count(subject_id) AS with_subject,
        count(*) FILTER (WHERE c.status <> 'subscribed' OR s.email_key IS NOT NULL) AS wrong
        FROM messages m JOIN contacts c ON c.id = m.contact_id LEFT JOIN suppressions s ON s.email_key = lower(c.email)"""
    )
    assert rows is not None
    assert tuple(rows) == (wanted, wanted, wanted, 0)
    assert await core.db.fetchval("SELECT count(*) FROM facts WHERE kind = 'campaign_started'") == 1
