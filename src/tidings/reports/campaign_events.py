"""What happened with the mails of one campaign: over time, and one by one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from tidings.campaigns.queries import parts_of
from tidings.platform.core import Core
from tidings.platform.pagination import Page, PageRequest

Step = Literal["hour", "day", "week"]
Happening = Literal["sent", "opened", "clicked", "bounced", "unsubscribed"]
HAPPENINGS: tuple[Happening, ...] = ("sent", "opened", "clicked", "bounced", "unsubscribed")
# A bounce has no moment of its own: the message was last touched by it.
_MOMENTS: dict[Happening, str] = {
    "sent": "m.sent_at",
    "opened": "m.opened_at",
    "clicked": "m.clicked_at",
    "bounced": "CASE WHEN m.state = 'bounced' THEN m.updated_at END",
    "unsubscribed": "m.unsubscribed_at",
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


def _happened(kinds: Sequence[Happening], narrowed: str = "") -> str:
    """What happened with the mails of a campaign, each mail read once; `narrowed` is a further condition of `m`."""
    moments = ", ".join(f"('{kind}', {_MOMENTS[kind]})" for kind in kinds)
    return f"""SELECT e.kind, e.at, m.id, m.contact_id, m.email
        FROM messages m CROSS JOIN LATERAL (VALUES {moments}) AS e (kind, at)
        WHERE m.campaign_id = ANY($1::bigint[]) {narrowed} AND e.at IS NOT NULL
        AND ($2::timestamptz IS NULL OR e.at >= $2) AND ($3::timestamptz IS NULL OR e.at < $3)"""


async def timeline(
    core: Core, campaign_id: int, *, step: Step, since: datetime | None = None, until: datetime | None = None
) -> list[Point]:
    """Steps in which something happened, in order, by the installation's zone; two statements."""
    counts = ", ".join(f"count(*) FILTER (WHERE e.kind = '{kind}') AS {kind}" for kind in HAPPENINGS)
    rows = await core.db.fetch(
        f"""SELECT date_trunc($4, e.at, $5) AS at, {counts} FROM ({_happened(HAPPENINGS)}) e
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
    """A page of what happened, the latest first; three statements."""
    if not kinds:
        return Page([], 0, request)
    # A condition that is not there leaves the planner its index.
    narrowed, ids = ("", ()) if contact_id is None else ("AND m.contact_id = $4", (contact_id,))
    found, args = _happened(kinds, narrowed), (await parts_of(core, campaign_id), since, until, *ids)
    limit = f"LIMIT ${len(args) + 1} OFFSET ${len(args) + 2}"
    rows = await core.db.fetch(
        f"{found} ORDER BY e.at DESC, m.id DESC, e.kind {limit}", *args, request.per_page, request.offset
    )
    total = await core.db.fetchval(f"SELECT count(*) FROM ({found}) n", *args)
    return Page([Happened(*row) for row in rows], total, request)
