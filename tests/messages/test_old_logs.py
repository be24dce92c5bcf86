"""Cleaning up: only what is old, over and counted goes, in pieces."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tidings.access import actions as access
from tidings.campaigns import actions as campaigns
from tidings.messages import old_logs
from tidings.platform.clock import FixedClock
from tidings.platform.core import Core
from tidings.platform.errors import Invalid
from tidings.platform.system_log import log_event
from tidings.tracking.projector import fold_hits

ALL = list(old_logs.LOGS)
MONTH = timedelta(days=30)


async def counts(core: Core, names: list[str] = ALL, age: timedelta = MONTH) -> dict[str, int]:
    return {log.name: count for log, count in await old_logs.count_old(core, names, age)}


async def fill(core: Core) -> None:
    """Two campaigns, one over and one under way, with old and young messages, hits and lines."""
    for state in ("finished", "sending"):
        number = await campaigns.create_campaign(core, subject=state)
        await core.db.execute("UPDATE campaigns SET state = $2 WHERE id = $1", number, state)
        for contact, (message_state, age) in enumerate(
            (("sent", 40), ("bounced", 40), ("queued", 40), ("unknown", 40), ("sent", 3)), start=1
        ):
            await core.db.execute(
                """INSERT INTO messages (campaign_id, contact_id, email, state, created_at)
                VALUES ($1, $2, 'a@b.c', $3, $4::timestamptz - $5 * interval '1 day')""",
                number,
                contact,
                message_state,
                core.clock.now(),
                age,
            )
    for kind, age in ((1, 40), (1, 40), (1, 3), (2, 40), (2, 3)):
        await core.db.execute(
            "INSERT INTO hits (kind, message_id, at) VALUES ($1, 999, $2::timestamptz - $3 * interval '1 day')",
            kind,
            core.clock.now(),
            age,
        )


async def test_only_what_is_old_over_and_counted_is_deleted(core: Core, clock: FixedClock):
    await log_event(core, "old")
    await access.audit(core, None, actor=None, action="old")
    clock.set(clock.now() + timedelta(days=40))
    await log_event(core, "young")
    await access.audit(core, None, actor=None, action="young")
    await fill(core)
    expected = {"emails": 2, "email_clicks": 1, "email_open": 2, "system_logs": 1, "activity_logs": 1}
    assert await counts(core) == expected
    assert not await old_logs.delete_old(core, ["emails", "email_open", "email_clicks", "unheard of"], MONTH)
    # Hits wait until they are counted.
    assert await counts(core) == expected | {"emails": 0}
    await fold_hits(core)
    assert not await old_logs.delete_old(core, ALL, MONTH)
    assert await counts(core) == dict.fromkeys(ALL, 0)
    left = await core.db.fetch("SELECT state FROM messages WHERE campaign_id = 1 ORDER BY id")
    assert [row["state"] for row in left] == ["queued", "unknown", "sent"]
    assert await core.db.fetchval("SELECT count(*) FROM messages WHERE campaign_id = 2") == 5
    assert await core.db.fetchval("SELECT count(*) FROM hits") == 2
    assert await core.db.fetchval("SELECT string_agg(title, ',') FROM system_logs") == "young"
    assert await core.db.fetchval("SELECT string_agg(action, ',') FROM audit_entries") == "young"


async def test_a_large_log_goes_in_pieces_and_tells_that_more_is_left(core: Core, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(old_logs, "PIECE", 4)
    await core.db.execute(
        "INSERT INTO system_logs (at, title) SELECT $1::timestamptz - interval '31 days', n FROM generate_series(1, 9) n",
        core.clock.now(),
    )
    told = [await old_logs.delete_old(core, ["system_logs"], MONTH) for _ in range(3)]
    assert told == [True, True, False]
    with pytest.raises(ValueError, match="6"):
        await old_logs.delete_old(core, ["system_logs"], timedelta(days=6))


async def test_housekeeping_deletes_what_is_older_than_it_is_kept_and_nothing_until_somebody_says_so(
    core: Core, clock: FixedClock
):
    await log_event(core, "old")
    await access.audit(core, None, actor=None, action="old")
    clock.set(clock.now() + timedelta(days=40))
    await fill(core)
    await fold_hits(core)
    assert await old_logs.forget_old(core) == {}
    await core.installation.put({"keep_hits_days": 30, "keep_system_log_days": 41})
    assert await old_logs.forget_old(core) == {"email_clicks": 1, "email_open": 2, "system_logs": 0}
    await core.installation.put({"keep_mails_days": 39, "keep_audit_days": 7, "keep_system_log_days": 40})
    await core.db.execute("UPDATE campaigns SET is_standing = true WHERE state = 'sending'")
    clock.set(clock.now() + timedelta(seconds=1))
    expected = {"emails": 4, "email_clicks": 0, "email_open": 0, "system_logs": 1, "activity_logs": 1}
    assert await old_logs.forget_old(core) == expected
    left = await core.db.fetch("SELECT state FROM messages ORDER BY id")
    assert [row["state"] for row in left] == ["queued", "unknown", "sent"] * 2


async def test_one_run_takes_so_many_pieces_and_the_next_goes_on(core: Core, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(old_logs, "PIECE", 2)
    monkeypatch.setattr(old_logs, "PIECES_AT_ONCE", 2)
    await core.installation.put({"keep_system_log_days": 30})
    await core.db.execute(
        "INSERT INTO system_logs (at, title) SELECT $1::timestamptz - interval '31 days', n FROM generate_series(1, 5) n",
        core.clock.now(),
    )
    assert [(await old_logs.forget_old(core))["system_logs"] for _ in range(3)] == [4, 1, 0]


@pytest.mark.parametrize("days", [-1, 1, 6, 36_501, True, "30"])
async def test_an_age_is_for_ever_or_at_least_a_week(core: Core, days: object):
    with pytest.raises(Invalid) as caught:
        await core.installation.put({"keep_hits_days": days, "site_name": "Not stored"})
    assert list(caught.value.fields) == ["keep_hits_days"]
    assert await core.installation.get("site_name") == "Tidings"
