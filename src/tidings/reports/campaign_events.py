"""What happened with the mails of one campaign: over time, and one by one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from tidings.campaigns.queries import parts_of
from tidings.contacts.counting import count
from tidings.platform.core import Core
from tidings.platform.pagination import Page, PageRequest

Step = Literal["hour", "day", "week"]
Happening = Literal["sent", "opened", "clicked", "bounced", "unsubscribed"]
HAPPENINGS: tuple[Happening, ...] = ("sent", "opened", "clicked", "bounced", "unsubscribed")
# A bounce has no moment of its own: the message was last touched by it.
_MOMENTS: dict[Happening, tuple[str, str]] = {
    "sent": ("sent_at", "sent_at IS NOT NULL"),
    "opened": ("opened_at", "opened_at IS NOT NULL"),
    "clicked": ("clicked_at", "clicked_at IS NOT NULL"),
    "bounced": ("updated_at", "state = 'bounced'"),
    "unsubscribed": ("unsubscribed_at", "unsubscribed_at IS NOT NULL"),
}


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


def _of(kind: Happening) -> str:
    """What one kind of happening is told by: the condition on alias `m`, $1 campaigns, $2 and $3 the time."""
    column, condition = _MOMENTS[kind]
    return (
        f"m.campaign_id = ANY($1::bigint[]) AND m.{condition}"
        f" AND ($2::timestamptz IS NULL OR m.{column} >= $2) AND ($3::timestamptz IS NULL OR m.{column} < $3)"
    )


def _union(kinds: Sequence[Happening], more: str = "") -> str:
    return " UNION ALL ".join(
        f"(SELECT '{kind}' AS kind, m.{_MOMENTS[kind][0]} AS at, m.id, m.contact_id, m.email FROM messages m"
        f" WHERE {_of(kind)} {more})"
        for kind in kinds
    )


async def timeline(
    core: Core, campaign_id: int, *, step: Step, since: datetime | None = None, until: datetime | None = None
) -> list[Point]:
    """Steps in which something happened, in order, by the installation's zone; each mail is read once."""
    counts = ", ".join(f"count(*) FILTER (WHERE e.kind = '{kind}') AS {kind}" for kind in HAPPENINGS)
    moments = ", ".join(
        f"('{kind}', CASE WHEN m.{condition} THEN m.{column} END)" for kind, (column, condition) in _MOMENTS.items()
    )
    rows = await core.db.fetch(
        f"""SELECT date_trunc($4, e.at, $5) AS at, {counts}
        FROM messages m CROSS JOIN LATERAL (VALUES {moments}) AS e (kind, at)
        WHERE m.campaign_id = ANY($1::bigint[]) AND e.at IS NOT NULL
        AND ($2::timestamptz IS NULL OR e.at >= $2) AND ($3::timestamptz IS NULL OR e.at < $3)
        GROUP BY 1 ORDER BY 1 LIMIT 10000""",
        await parts_of(core, campaign_id),
        since,
        until,
        step,
        str(await core.installation.zone()),
    )
    return [Point(*row) for row in rows]


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
    # A condition that is not there leaves the planner its index.
    whom, ids = ("", ()) if contact_id is None else ("AND m.contact_id = $4", (contact_id,))
    args = (await parts_of(core, campaign_id), since, until, *ids)
    size, place = f"${len(args) + 1}::bigint", f"${len(args) + 2}::bigint"
    # No kind has more on the page than it would have alone, so each is cut before they are put together.
    latest = _union(kinds, f"{whom} ORDER BY at DESC, m.id DESC LIMIT {size} + {place}")
    async with core.db.reading() as tx:
        rows = await tx.fetch(
            f"SELECT * FROM ({latest}) e ORDER BY e.at DESC, e.id DESC, e.kind LIMIT {size} OFFSET {place}",
            *args,
            request.per_page,
            request.offset,
        )
    total = request.total_seen(len(rows))
    if total is None:
        each = " + ".join(f"count(*) FILTER (WHERE {_of(kind)})" for kind in kinds)
        total = await count(
            core, [f"SELECT {each} FROM messages m WHERE m.campaign_id = ANY($1::bigint[]) {whom}"], args
        )
    return Page([Happened(*row) for row in rows], total, request)
