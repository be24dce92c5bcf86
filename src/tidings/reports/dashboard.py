"""Numbers of the whole installation: totals and series of days, weeks or months."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from tidings.platform.core import Core

_SERIES = {
    "contacts": "SELECT created_at AS at FROM contacts WHERE created_at >= $1 AND created_at < $2",
    "sent": "SELECT sent_at AS at FROM messages WHERE sent_at >= $1 AND sent_at < $2",
    "opened": "SELECT opened_at AS at FROM messages WHERE opened_at >= $1 AND opened_at < $2",
    "clicked": "SELECT clicked_at AS at FROM messages WHERE clicked_at >= $1 AND clicked_at < $2",
    "unsubscribed": "SELECT at FROM consents WHERE kind = 'opt_out' AND at >= $1 AND at < $2",
}
# What can be asked for by name.
COUNTED = tuple(_SERIES)
MAX_DAYS = 3660


@dataclass(frozen=True, slots=True)
class Totals:
    """How much there is of everything."""

    contacts: int
    subscribed: int
    campaigns: int
    sent: int


async def totals(core: Core) -> Totals:
    """Counts for the cards of the dashboard, from the tallies."""
    row = await core.db.fetchrow(
        """SELECT (SELECT coalesce(sum(contacts), 0) FROM tallies WHERE scope = 'status')::bigint AS contacts,
        (SELECT coalesce(sum(contacts), 0) FROM tallies WHERE scope = 'status' AND key = 0 AND word = 'subscribed')::bigint AS subscribed,
        (SELECT count(*) FROM campaigns WHERE kind = 'campaign') AS campaigns,
        (SELECT coalesce(sum(n), 0) FROM message_tallies WHERE word IN ('sent', 'bounced', 'complained'))::bigint AS sent"""
    )
    assert row is not None
    return Totals(row["contacts"], row["subscribed"], row["campaigns"], row["sent"])


async def series(core: Core, what: str, first: date, last: date, *, step: str | None = None) -> list[tuple[date, int]]:
    """A count for each day of a range (both ends included) in the installation's zone, zeros filled in.

    Ranges over 91 days go by week, over two years by month, unless `step` (day, week, month) says otherwise; the date
    is then the first of the period.
    """
    if last < first:
        first, last = last, first
    first = max(first, last - timedelta(days=MAX_DAYS))
    zone = await core.installation.zone()
    step = step or ("day" if (last - first).days <= 91 else "week" if (last - first).days <= 731 else "month")
    begin, end = await instants(core, first, last)
    rows = await core.db.fetch(
        f"SELECT date_trunc($3, at AT TIME ZONE $4)::date AS day, count(*) AS n FROM ({_SERIES[what]}) s GROUP BY 1",
        begin,
        end,
        step,
        str(zone),
    )
    found = {row["day"]: row["n"] for row in rows}
    days: list[date] = []
    day = first
    while day <= last:
        start = day if step == "day" else day - timedelta(days=day.weekday()) if step == "week" else day.replace(day=1)
        if not days or days[-1] != start:
            days.append(start)
        day += timedelta(days=1)
    return [(one, found.get(one, 0)) for one in days]


async def sums(core: Core, first: date, last: date) -> dict[str, int]:
    """The same counts over a whole range, both ends included, by the names of the series; one statement."""
    counts = ", ".join(f"(SELECT count(*) FROM ({source}) s) AS {what}" for what, source in _SERIES.items())
    row = await core.db.fetchrow(f"SELECT {counts}", *await instants(core, first, last))
    assert row is not None
    return dict(row.items())


async def instants(core: Core, first: date, last: date) -> tuple[datetime, datetime]:
    """Where a range of days, both ends included, begins and where it is over, in the installation's zone."""
    zone = await core.installation.zone()
    return (
        datetime.combine(first, time(), zone).astimezone(UTC),
        datetime.combine(last + timedelta(days=1), time(), zone).astimezone(UTC),
    )
