"""What happened with the mails of a campaign, against the same told one message at a time."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from tidings.platform.core import Core
from tidings.platform.pagination import PageRequest
from tidings.reports.campaign_events import HAPPENINGS, Happened, Happening, list_happenings, timeline

_BEGIN = datetime(2026, 3, 1, 8, 7, tzinfo=UTC)
_MESSAGES = """
INSERT INTO messages (campaign_id, contact_id, email, state, sent_at, started_at, updated_at, opened_at, clicked_at,
                      unsubscribed_at)
SELECT CASE WHEN n % 6 = 0 THEN 2 ELSE 1 END, n, 'p' || n, CASE WHEN n % 5 = 0 THEN 'bounced' WHEN n % 11 = 0 THEN 'queued'
       ELSE 'sent' END, CASE WHEN n % 11 > 0 AND n % 10 > 0 THEN $1::timestamptz + n * interval '7 minutes' END,
       $1::timestamptz + n * interval '6 minutes', $1::timestamptz + n * interval '90 minutes',
       CASE WHEN n % 3 = 0 THEN $1::timestamptz + n * interval '31 minutes' END, CASE WHEN n % 4 = 0 THEN $1::timestamptz + n * interval '53 minutes' END,
       CASE WHEN n % 13 = 0 THEN $1::timestamptz + n * interval '71 minutes' END
FROM generate_series(1, 60) n
"""


async def _told(core: Core) -> list[Happened]:
    """Everything that happened in the first campaign, the latest first."""
    found: list[Happened] = []
    for row in await core.db.fetch("SELECT * FROM messages WHERE campaign_id = 1"):
        tried = row["sent_at"] or row["started_at"]
        moments: dict[str, datetime | None] = {
            "sent": tried if row["state"] in ("sent", "bounced") else None,
            "bounced": tried if row["state"] == "bounced" else None,
            "opened": row["opened_at"],
            "clicked": row["clicked_at"],
            "unsubscribed": row["unsubscribed_at"],
        }
        found += [Happened(kind, at, row["id"], row["contact_id"], row["email"]) for kind, at in moments.items() if at]
    by_kind = sorted(found, key=lambda one: one.kind)
    return sorted(by_kind, key=lambda one: (one.at, one.message_id), reverse=True)


@pytest.fixture
async def told(core: Core) -> list[Happened]:
    await core.db.execute("INSERT INTO campaigns (title) VALUES ('A'), ('B')")
    await core.db.execute(_MESSAGES, _BEGIN)
    return await _told(core)


_SPANS = [
    (None, None),
    (_BEGIN + timedelta(minutes=53), None),
    (None, _BEGIN + timedelta(hours=20, minutes=8)),
    (_BEGIN + timedelta(hours=9), _BEGIN + timedelta(hours=31, minutes=3)),
]


@pytest.mark.parametrize("kinds", [HAPPENINGS, ("opened",), ("clicked", "unsubscribed"), ("bounced",)], ids=str)
@pytest.mark.parametrize(("since", "until"), _SPANS)
async def test_pages_hold_what_happened_the_latest_first(
    core: Core, told: list[Happened], kinds: tuple[Happening, ...], since: datetime | None, until: datetime | None
):
    wanted = [
        one for one in told if one.kind in kinds and (not since or one.at >= since) and (not until or one.at < until)
    ]
    for number in range(1, len(wanted) // 7 + 3):
        page = await list_happenings(core, 1, PageRequest(number, 7), kinds=kinds, since=since, until=until)
        assert [(one.at, one.message_id) for one in page.rows] == [
            (one.at, one.message_id) for one in wanted[7 * (number - 1) : 7 * number]
        ]
        assert page.total == len(wanted)
    mine = await list_happenings(core, 1, PageRequest(1, 2), kinds=kinds, contact_id=4, since=since, until=until)
    assert mine.total == sum(one.contact_id == 4 for one in wanted)


@pytest.mark.parametrize(("since", "until"), _SPANS)
async def test_the_steps_add_up_however_they_are_counted(
    core: Core, told: list[Happened], since: datetime | None, until: datetime | None
):
    wanted = [one for one in told if (not since or one.at >= since) and (not until or one.at < until)]
    right = Counter((one.at.replace(minute=0), one.kind) for one in wanted)
    points = await timeline(core, 1, step="hour", since=since, until=until)
    found = {(one.at, kind): getattr(one, kind) for one in points for kind in HAPPENINGS if getattr(one, kind)}
    assert found == dict(right)
    assert [one.at for one in points] == sorted({at for at, _ in right})
