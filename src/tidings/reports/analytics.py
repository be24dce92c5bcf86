"""Series of landing pages, campaigns and lists by day, week or month; one statement each, every period filled.

Where the numbers come from is told in docs/decisions (series of pages, campaigns and audiences).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

from tidings.campaigns.queries import parts_of
from tidings.pages.types import conversion_rate
from tidings.platform.core import Core
from tidings.platform.errors import Invalid, Problem
from tidings.reports.dashboard import MAX_DAYS, instants

Step = Literal["day", "week", "month"]
STEPS: tuple[Step, ...] = ("day", "week", "month")

# The periods of a range by the day that `date_trunc` makes of their days; the first begins with the range.
_PERIODS = """WITH periods AS (
    SELECT g::date AS key, greatest(g::date, $1::date) AS begins
    FROM generate_series(date_trunc($3, $1::date::timestamp), $2::date::timestamp, ('1 ' || $3)::interval) AS g)"""
_PAGES = f"""{_PERIODS}
SELECT p.begins, coalesce(t.views, 0)::bigint AS views, coalesce(t.submissions, 0)::bigint AS submissions
FROM periods p LEFT JOIN (
    SELECT date_trunc($3, day::timestamp)::date AS key, sum(views) AS views, sum(submissions) AS submissions
    FROM page_tallies WHERE day BETWEEN $1 AND $2 AND ($4::bigint IS NULL OR page_id = $4) GROUP BY 1) t USING (key)
ORDER BY p.begins
"""
_CAMPAIGNS = f"""{_PERIODS},
told AS (
    SELECT date_trunc($3, at AT TIME ZONE $6)::date AS key, sum(n) FILTER (WHERE word = 'sent') AS sent,
           coalesce(sum(n) FILTER (WHERE word = 'bounced'), 0) AS bounces, sum(n) FILTER (WHERE word = 'opened') AS opens,
           sum(n) FILTER (WHERE word = 'clicked') AS clicks, sum(n) FILTER (WHERE word = 'left') AS unsubscribes
    FROM message_moments WHERE {{narrowed}} at >= $4 AND at < $5 GROUP BY 1)
SELECT p.begins, coalesce(t.sent, 0)::bigint AS sent, coalesce(t.sent - t.bounces, 0)::bigint AS delivered,
       coalesce(t.opens, 0)::bigint AS opens, coalesce(t.clicks, 0)::bigint AS clicks,
       coalesce(t.bounces, 0)::bigint AS bounces, coalesce(t.unsubscribes, 0)::bigint AS unsubscribes
FROM periods p LEFT JOIN told t USING (key) ORDER BY p.begins
"""
# Who is there now less what changed since: the log of changes need not reach back to the first member.
_LISTS = f"""{_PERIODS},
asked AS (SELECT id FROM lists WHERE parent_id IS NULL AND ($6::bigint IS NULL OR id = $6)),
present AS (
    SELECT coalesce(sum(t.contacts), 0) AS n FROM asked a JOIN tallies t ON t.scope = 'list' AND t.key = a.id),
changes AS (
    SELECT (c.at AT TIME ZONE $5)::date AS day, sum(c.added) AS added, sum(c.removed) AS removed
    FROM asked a JOIN list_changes c ON c.list_id = a.id AND c.at >= $4 GROUP BY 1),
after AS (SELECT coalesce(sum(added - removed), 0) AS n FROM changes WHERE day > $2),
told AS (
    SELECT date_trunc($3, day::timestamp)::date AS key, sum(added) AS added, sum(removed) AS removed
    FROM changes WHERE day <= $2 GROUP BY 1)
SELECT p.begins, coalesce(t.added, 0)::bigint AS added, coalesce(t.removed, 0)::bigint AS removed,
       (present.n - after.n - coalesce(sum(t.added - t.removed) OVER (
            ORDER BY p.begins DESC ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0))::bigint AS total
FROM periods p CROSS JOIN present CROSS JOIN after LEFT JOIN told t USING (key) ORDER BY p.begins
"""


@dataclass(frozen=True, slots=True)
class PagePoint:
    """A period that begins at a day: views of people and submissions."""

    begins: date
    views: int
    submissions: int

    @property
    def conversion_rate(self) -> float:
        """Submissions per hundred views, one decimal."""
        return conversion_rate(self.views, self.submissions)


@dataclass(frozen=True, slots=True)
class CampaignPoint:
    """Messages by the day of what happened to them: `sent` and what of it was `delivered` or `bounces` by the day of
    sending; first opens, first clicks and departures by their own day."""

    begins: date
    sent: int
    delivered: int
    opens: int
    clicks: int
    bounces: int
    unsubscribes: int


@dataclass(frozen=True, slots=True)
class ListPoint:
    """Memberships that came and went in a period, and how many there were at its end."""

    begins: date
    added: int
    removed: int
    total: int


def check_range(first: date, last: date) -> None:
    """Raises Invalid (`from`, `to`) for a range that runs backwards or is longer than ten years."""
    if last < first:
        raise Invalid({"to": Problem("after", "The to date must not be before the from date.")})
    if last - first > timedelta(days=MAX_DAYS):
        raise Invalid({"from": Problem("max", f"The range may have at most {MAX_DAYS} days.")})


async def usual_range(core: Core, *, days: int = 30) -> tuple[date, date]:
    """The last days up to today, in the installation's zone."""
    today = core.clock.now().astimezone(await core.installation.zone()).date()
    return today - timedelta(days=days - 1), today


async def page_series(
    core: Core, first: date, last: date, *, step: Step = "day", page_id: int | None = None
) -> list[PagePoint]:
    """Of one page or all; both ends included. Days are those of the installation's zone when they were counted."""
    check_range(first, last)
    rows = await core.db.fetch(_PAGES, first, last, step, page_id)
    return [PagePoint(*row) for row in rows]


async def campaign_series(
    core: Core, first: date, last: date, *, step: Step = "day", campaign_id: int | None = None
) -> list[CampaignPoint]:
    """Of one campaign or of everything sent; both ends included, in the installation's zone."""
    begin, end, zone = await _bounds(core, first, last)
    # A condition that is not there leaves the planner its index.
    narrowed, ids = "", ()
    if campaign_id is not None:
        narrowed, ids = "campaign_id = ANY($7::bigint[]) AND", (await parts_of(core, campaign_id),)
    statement = _CAMPAIGNS.format(narrowed=narrowed)
    rows = await core.db.fetch(statement, first, last, step, begin, end, zone, *ids)
    return [CampaignPoint(*row) for row in rows]


async def list_series(
    core: Core, first: date, last: date, *, step: Step = "day", list_id: int | None = None
) -> list[ListPoint]:
    """Of one top-level list or of all there are now; both ends included, in the installation's zone."""
    begin, _end, zone = await _bounds(core, first, last)
    rows = await core.db.fetch(_LISTS, first, last, step, begin, zone, list_id)
    return [ListPoint(*row) for row in rows]


async def _bounds(core: Core, first: date, last: date) -> tuple[datetime, datetime, str]:
    check_range(first, last)
    begin, end = await instants(core, first, last)
    return begin, end, str(await core.installation.zone())
