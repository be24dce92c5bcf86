"""Numbers of the whole installation: totals and series of days, weeks or months."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from tidings.contacts.counting import numbers
from tidings.platform.core import Core

_SERIES = {
    "contacts": "SELECT created_at AS at FROM contacts x WHERE created_at >= $1 AND created_at < $2",
    "sent": "SELECT sent_at AS at FROM messages x WHERE sent_at >= $1 AND sent_at < $2",
    "opened": "SELECT opened_at AS at FROM messages x WHERE opened_at >= $1 AND opened_at < $2",
    "clicked": "SELECT clicked_at AS at FROM messages x WHERE clicked_at >= $1 AND clicked_at < $2",
    # people who left; whom somebody took off by hand did not
    "unsubscribed": "SELECT at FROM consents x WHERE kind = 'opt_out' AND source <> 'by_hand' AND at >= $1 AND at < $2",
}
# A departure says of which campaign it came only in the message.
_LEFT = "SELECT unsubscribed_at AS at FROM messages x WHERE unsubscribed_at >= $1 AND unsubscribed_at < $2"
_NARROWED = {
    "status": "x.status = {}",
    "tag_id": "EXISTS (SELECT 1 FROM contact_tags t WHERE t.contact_id = x.id AND t.tag_id = {})",
    "list_id": "EXISTS (SELECT 1 FROM contact_lists l WHERE l.contact_id = x.id AND l.list_id = {})",
    "campaign_id": "x.campaign_id = {}",
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
    waiting: int = 0


@dataclass(frozen=True, slots=True)
class Narrowed:
    """What of a series is counted: contacts of a status, with a tag, in a list; messages and departures of a campaign."""

    status: str | None = None
    tag_id: int | None = None
    list_id: int | None = None
    campaign_id: int | None = None

    def parts(self, what: str) -> list[tuple[str, str | int]]:
        """Those that mean something for the series, by name."""
        names = ("status", "tag_id", "list_id") if what == "contacts" else ("campaign_id",)
        return [(name, value) for name in names if (value := getattr(self, name)) is not None]


EVERYTHING = Narrowed()


@dataclass(frozen=True, slots=True)
class Performance:
    """Messages that went out in a time, and what became of them until now; delivered = sent − bounced."""

    sent: int
    bounced: int
    opened: int
    clicked: int

    @property
    def delivered(self) -> int:
        return self.sent - self.bounced


async def totals(core: Core) -> Totals:
    """Counts for the cards of the dashboard, from the tallies."""
    row = await core.db.fetchrow(
        """SELECT (SELECT coalesce(sum(contacts), 0) FROM tallies WHERE scope = 'status')::bigint AS contacts,
        (SELECT coalesce(sum(contacts), 0) FROM tallies WHERE scope = 'status' AND key = 0 AND word = 'subscribed')::bigint AS subscribed,
        (SELECT count(*) FROM campaigns WHERE kind = 'campaign') AS campaigns,
        (SELECT coalesce(sum(n) FILTER (WHERE word IN ('sent', 'bounced', 'complained')), 0) FROM message_tallies)::bigint AS sent,
        (SELECT coalesce(sum(n) FILTER (WHERE word IN ('queued', 'deferred', 'sending')), 0) FROM message_tallies)::bigint AS waiting"""
    )
    assert row is not None
    return Totals(*row)


async def performance(core: Core, since: datetime | None = None) -> Performance:
    """Of everything sent since an instant; of all there ever was from the tallies."""
    if since is None:
        rows = await core.db.fetch("SELECT word, sum(n)::bigint AS n FROM message_tallies GROUP BY word")
        got = {row["word"]: row["n"] for row in rows}
        sent = sum(got.get(state, 0) for state in ("sent", "bounced", "complained"))
        return Performance(sent, got.get("bounced", 0), got.get("opened", 0), got.get("clicked", 0))
    found = await numbers(
        core,
        """SELECT ARRAY[count(*), count(*) FILTER (WHERE state = 'bounced'), count(opened_at), count(clicked_at)]
        FROM messages WHERE sent_at >= $1::timestamptz AND state IN ('sent', 'bounced', 'complained')""",
        [since],
    )
    return Performance(*found)


async def messages_by_kind(core: Core) -> dict[tuple[str, str], int]:
    """How many messages there are by kind of campaign and state, from the tallies."""
    rows = await core.db.fetch(
        """SELECT c.kind, t.word, sum(t.n)::bigint AS n FROM message_tallies t JOIN campaigns c ON c.id = t.campaign_id
        WHERE t.word NOT IN ('opened', 'clicked', 'unsubscribed') GROUP BY 1, 2 HAVING sum(t.n) <> 0 ORDER BY 1, 2"""
    )
    return {(row["kind"], row["word"]): row["n"] for row in rows}


async def series(
    core: Core, what: str, first: date, last: date, *, step: str | None = None, narrowed: Narrowed = EVERYTHING
) -> list[tuple[date, int]]:
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
    parts = narrowed.parts(what)
    source = _LEFT if what == "unsubscribed" and parts else _SERIES[what]
    source += "".join(f" AND {_NARROWED[name].format(f'${n}')}" for n, (name, _) in enumerate(parts, 5))
    rows = await core.db.fetch(
        f"SELECT date_trunc($3, at AT TIME ZONE $4)::date AS day, count(*) AS n FROM ({source}) s GROUP BY 1",
        begin,
        end,
        step,
        str(zone),
        *(value for _, value in parts),
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
    [row] = await core.db.fetch(f"SELECT {counts}", *await instants(core, first, last))
    return dict(row.items())


async def instants(core: Core, first: date, last: date) -> tuple[datetime, datetime]:
    """Where a range of days, both ends included, begins and where it is over, in the installation's zone."""
    zone = await core.installation.zone()
    return (
        datetime.combine(first, time(), zone).astimezone(UTC),
        datetime.combine(last + timedelta(days=1), time(), zone).astimezone(UTC),
    )
