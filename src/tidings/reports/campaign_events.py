"""What happened with the mails of one campaign: over time, and one by one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from tidings.campaigns.queries import parts_of
from tidings.contacts.counting import count
from tidings.platform.core import Core
from tidings.platform.pagination import FARTHEST, Page, PageRequest

Step = Literal["hour", "day", "week"]
Happening = Literal["sent", "opened", "clicked", "bounced", "unsubscribed"]
HAPPENINGS: tuple[Happening, ...] = ("sent", "opened", "clicked", "bounced", "unsubscribed")
# As `moments_of_message` tells them (migration 0027): what the server refused at once has no instant of sending, only one
# of the try; a bounce belongs to the sending that it answers.
_TRIED = "coalesce(m.sent_at, m.started_at, m.updated_at)"
_MOMENTS: dict[Happening, str] = {
    "sent": f"CASE WHEN m.state IN ('sent', 'bounced', 'complained') THEN {_TRIED} END",
    "opened": "m.opened_at",
    "clicked": "m.clicked_at",
    "bounced": f"CASE WHEN m.state = 'bounced' THEN {_TRIED} END",
    "unsubscribed": "m.unsubscribed_at",
}
_WORDS: dict[Happening, str] = {
    "sent": "sent",
    "opened": "opened",
    "clicked": "clicked",
    "bounced": "bounced",
    "unsubscribed": "left",
}
_QUARTER = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Point:
    """What happened in one step of time; `at` is its begin. People are counted once, when they did it first."""

    at: datetime
    sent: int
    opened: int
    clicked: int
    bounced: int
    unsubscribed: int


@dataclass(frozen=True, slots=True)
class Happened:
    """One thing that happened with one mail."""

    kind: str
    at: datetime
    message_id: int
    contact_id: int
    email: str


def _events(kinds: Sequence[Happening]) -> str:
    """What happened with the messages `m` of campaigns $1 from $2 up to $3, as `e`."""
    moments = ", ".join(f"('{kind}', {_MOMENTS[kind]})" for kind in kinds)
    return (
        f"messages m CROSS JOIN LATERAL (VALUES {moments}) AS e (kind, at) WHERE m.campaign_id = ANY($1::bigint[])"
        " AND e.at IS NOT NULL AND ($2::timestamptz IS NULL OR e.at >= $2) AND ($3::timestamptz IS NULL OR e.at < $3)"
    )


_COUNTED = """message_moments WHERE campaign_id = ANY($1::bigint[]) AND ($2::timestamptz IS NULL OR at >= $2)
    AND ($3::timestamptz IS NULL OR at < $3)"""


def _are_whole(*borders: datetime | None) -> bool:
    """Whether borders fall on quarters of an hour, by which everything is counted."""
    return all(one is None or one.timestamp() % _QUARTER.total_seconds() == 0 for one in borders)


async def timeline(
    core: Core, campaign_id: int, *, step: Step, since: datetime | None = None, until: datetime | None = None
) -> list[Point]:
    """Steps in which something happened, in order, by the installation's zone."""
    if _are_whole(since, until):
        sums = ", ".join(
            f"coalesce(sum(n) FILTER (WHERE word = '{_WORDS[kind]}'), 0)::bigint AS {kind}" for kind in HAPPENINGS
        )
        some = " OR ".join(f"{kind} <> 0" for kind in HAPPENINGS)
        steps = f"SELECT date_trunc($4, at, $5) AS at, {sums} FROM {_COUNTED} GROUP BY 1"
        statement = f"SELECT * FROM ({steps}) s WHERE {some} ORDER BY at LIMIT 10000"
    else:
        counts = ", ".join(f"count(*) FILTER (WHERE e.kind = '{kind}') AS {kind}" for kind in HAPPENINGS)
        steps = f"SELECT date_trunc($4, e.at, $5) AS at, {counts} FROM {_events(HAPPENINGS)}"
        statement = f"{steps} GROUP BY 1 ORDER BY 1 LIMIT 10000"
    parts, zone = await parts_of(core, campaign_id), str(await core.installation.zone())
    return [Point(*row) for row in await core.db.fetch(statement, parts, since, until, step, zone)]


async def list_happenings(
    core: Core,
    campaign_id: int,
    request: PageRequest,
    *,
    kinds: Sequence[Happening] = HAPPENINGS,
    contact_id: int | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
) -> Page[Happened]:
    """A page of what happened, the latest first; the number of statements does not grow with it."""
    if not kinds:
        return Page([], 0, request)
    parts, words = await parts_of(core, campaign_id), [_WORDS[kind] for kind in kinds]
    # A condition that is not there leaves the planner its index.
    if contact_id is None:
        latest = f"greatest({', '.join(_MOMENTS[kind] for kind in kinds)})"
        more, value = f"{latest} >= $4 AND e.at >= $4", await _far_enough(core, parts, words, request, until)
    else:
        more, value = "m.contact_id = $4", contact_id
    found = f"SELECT e.kind, e.at, m.id, m.contact_id, m.email FROM {_events(kinds)} AND {more}"
    rows = await core.db.fetch(
        f"{found} ORDER BY e.at DESC, m.id DESC, e.kind LIMIT $5 OFFSET $6",
        *(parts, since, until, value, request.per_page, request.offset),
    )
    total = request.total_seen(len(rows))
    if total is None and contact_id is None and _are_whole(since, until):
        counted = f"SELECT coalesce(sum(n), 0)::bigint FROM {_COUNTED} AND word = ANY($4::text[])"
        total = await core.db.fetchval(counted, parts, since, until, words)
    elif total is None:
        whom = "" if contact_id is None else " AND m.contact_id = $4"
        given = [parts, since, until, *([] if contact_id is None else [contact_id])]
        total = await count(core, [f"SELECT count(*) FROM {_events(kinds)}{whom}"], given)
    return Page([Happened(*row) for row in rows], total, request)


async def _far_enough(
    core: Core, parts: Sequence[int], words: Sequence[str], request: PageRequest, until: datetime | None
) -> datetime:
    """The begin of the quarter of an hour since which, but for the one in which `until` lies, the page has happened."""
    found = await core.db.fetchval(
        """SELECT at FROM (
            SELECT at, sum(sum(n)) OVER (ORDER BY at DESC) AS so_far FROM message_moments
            WHERE campaign_id = ANY($1::bigint[]) AND word = ANY($2::text[])
              AND ($3::timestamptz IS NULL OR at + $4::interval <= $3) GROUP BY at) q
        WHERE so_far >= $5::bigint ORDER BY at DESC LIMIT 1""",
        *(parts, words, until, _QUARTER, min(request.offset + request.per_page, FARTHEST)),
    )
    return found or datetime.min.replace(tzinfo=UTC)
