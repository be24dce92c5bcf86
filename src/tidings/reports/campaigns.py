"""The numbers of one campaign: counts, rates, links, unsubscribers, over time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any

from tidings.campaigns.queries import message_counts
from tidings.platform.core import Core
from tidings.platform.pagination import Page, PageRequest


@dataclass(frozen=True, slots=True)
class CampaignNumbers:
    """Messages by what became of them. `delivered` = sent − bounced; rates are percentages of delivered, one decimal;
    the bounce rate is of sent. Opens and clicks count people; `total_…` count how often."""

    recipients: int
    sent: int
    delivered: int
    opened: int
    clicked: int
    total_opens: int
    total_clicks: int
    unsubscribed: int
    bounced: int
    complained: int
    failed: int
    unknown: int
    cancelled: int
    waiting: int

    @property
    def open_rate(self) -> float:
        return _rate(self.opened, self.delivered)

    @property
    def click_rate(self) -> float:
        return _rate(self.clicked, self.delivered)

    @property
    def bounce_rate(self) -> float:
        return _rate(self.bounced, self.sent)

    @property
    def unsubscribe_rate(self) -> float:
        return _rate(self.unsubscribed, self.delivered)

    @property
    def click_to_open_rate(self) -> float:
        return _rate(self.clicked, self.opened)


def _rate(part: int, whole: int) -> float:
    return round(part * 100 / whole, 1) if whole else 0.0


@dataclass(frozen=True, slots=True)
class LinkNumbers:
    """A link, how often it was clicked and by how many."""

    id: int
    url: str
    clicks: int
    people: int


@dataclass(frozen=True, slots=True)
class Unsubscriber:
    """Who left because of a campaign, when and why."""

    message_id: int
    contact_id: int
    at: datetime
    reason: str
    ip: str | None


@dataclass(frozen=True, slots=True)
class Activity:
    """`points`: (begin of the hour or day as local time, people who opened first, people who clicked first)."""

    step: str
    points: list[tuple[datetime, int, int]]


async def campaign_numbers(core: Core, campaign_ids: Sequence[int]) -> dict[int, CampaignNumbers]:
    """The numbers of several campaigns; two statements whatever their number."""
    counts = await message_counts(core, campaign_ids)
    totals = {
        row["campaign_id"]: row
        for row in await core.db.fetch(
            """SELECT w.id AS campaign_id, sum(m.opens)::bigint AS opens, sum(m.clicks)::bigint AS clicks
            FROM (SELECT id, id AS part FROM unnest($1::bigint[]) AS id
                  UNION ALL SELECT part_of, id FROM campaigns WHERE part_of = ANY($1::bigint[])) w
            JOIN messages m ON m.campaign_id = w.part WHERE m.opened_at IS NOT NULL GROUP BY w.id""",
            list(campaign_ids),
        )
    }
    return {one: _numbers(counts.get(one, {}), totals.get(one)) for one in campaign_ids}


@dataclass(frozen=True, slots=True)
class MailNumbers:
    """One mail of a campaign of several steps. `key`: the place in the graph, which versions under test share."""

    key: str
    subject: str
    numbers: CampaignNumbers


async def mails_of(core: Core, campaign_id: int) -> list[MailNumbers]:
    """The mails of a campaign of several steps in the order of its steps; `total_…` are 0. Two statements."""
    rows = await core.db.fetch(
        """SELECT s.params->>'key' AS key, m.subject, m.id FROM automation_steps s
        JOIN automations a ON a.id = s.automation_id JOIN campaigns m ON m.id = s.mailing_id
        WHERE a.campaign_id = $1 AND s.params ? 'key' ORDER BY s.position""",
        campaign_id,
    )
    counts = await message_counts(core, [row["id"] for row in rows])
    return [MailNumbers(row["key"], row["subject"], numbers_from(counts.get(row["id"], {}))) for row in rows]


def together(mails: Sequence[MailNumbers]) -> dict[str, CampaignNumbers]:
    """The numbers by key: what several mails of one place have is added."""
    found: dict[str, CampaignNumbers] = {}
    for mail in mails:
        before = found.get(mail.key)
        found[mail.key] = mail.numbers if before is None else _added(before, mail.numbers)
    return found


def _added(one: CampaignNumbers, two: CampaignNumbers) -> CampaignNumbers:
    return CampaignNumbers(*(getattr(one, f.name) + getattr(two, f.name) for f in fields(CampaignNumbers)))


def numbers_from(counts: Mapping[str, int]) -> CampaignNumbers:
    """The numbers that a campaign's counts alone give, without a statement; `total_…` are 0."""
    return _numbers(counts, None)


def _numbers(words: Mapping[str, int], totals: object) -> CampaignNumbers:
    got = words.get
    states = (
        "queued",
        "paused",
        "sending",
        "deferred",
        "sent",
        "failed",
        "bounced",
        "complained",
        "cancelled",
        "unknown",
    )
    sent = got("sent", 0) + got("bounced", 0) + got("complained", 0)
    row = totals if totals is not None else {"opens": 0, "clicks": 0}
    return CampaignNumbers(
        recipients=sum(got(state, 0) for state in states),
        sent=sent,
        delivered=sent - got("bounced", 0),
        opened=got("opened", 0),
        clicked=got("clicked", 0),
        total_opens=row["opens"] or 0,  # pyright: ignore[reportIndexIssue]
        total_clicks=row["clicks"] or 0,  # pyright: ignore[reportIndexIssue]
        unsubscribed=got("unsubscribed", 0),
        bounced=got("bounced", 0),
        complained=got("complained", 0),
        failed=got("failed", 0),
        unknown=got("unknown", 0),
        cancelled=got("cancelled", 0),
        waiting=got("queued", 0) + got("deferred", 0) + got("sending", 0) + got("paused", 0),
    )


async def link_numbers(core: Core, campaign_id: int) -> list[LinkNumbers]:
    """The links of a campaign with their clicks, the most clicked first; anonymous clicks are counted too."""
    rows = await core.db.fetch(
        """SELECT l.id, l.url, coalesce(sum(m.clicks), 0)::bigint + coalesce(max(a.n), 0) AS clicks, count(m.message_id) AS people
        FROM links l LEFT JOIN message_links m ON m.link_id = l.id
        LEFT JOIN anonymous_hits a ON a.campaign_id = l.campaign_id AND a.link_id = l.id AND a.kind = 2
        WHERE l.campaign_id = $1 GROUP BY l.id, l.url ORDER BY clicks DESC, l.position""",
        campaign_id,
    )
    return [LinkNumbers(row["id"], row["url"], row["clicks"], row["people"]) for row in rows]


async def unsubscribers(core: Core, campaign_id: int, request: PageRequest) -> Page[Unsubscriber]:
    """Who left from this campaign's mails, the latest first."""
    rows = await core.db.fetch(
        """SELECT m.id, m.contact_id, m.unsubscribed_at, coalesce(c.reason, '') AS reason, c.ip
        FROM messages m LEFT JOIN LATERAL (
            SELECT reason, ip FROM consents WHERE contact_id = m.contact_id AND kind = 'opt_out' ORDER BY id DESC LIMIT 1) c ON true
        WHERE m.campaign_id = $1 AND m.unsubscribed_at IS NOT NULL ORDER BY m.unsubscribed_at DESC, m.id DESC LIMIT $2 OFFSET $3""",
        campaign_id,
        request.per_page,
        request.offset,
    )
    total = await core.db.fetchval(
        "SELECT count(*) FROM messages WHERE campaign_id = $1 AND unsubscribed_at IS NOT NULL", campaign_id
    )
    return Page([Unsubscriber(*row) for row in rows], total, request)


async def activity(core: Core, campaign_id: int) -> Activity | None:
    """First opens and first clicks over time, from the start of sending on; None before anything went out.

    By the hour while the last one lies within three days of the start, else by the day of the installation's zone.
    """
    zone = str(await core.installation.zone())
    row = await core.db.fetchrow(
        """SELECT min(sent_at) AS first, greatest(max(opened_at), max(clicked_at), min(sent_at)) AS last
        FROM messages WHERE campaign_id = $1 AND sent_at IS NOT NULL""",
        campaign_id,
    )
    if row is None or row["first"] is None:
        return None
    step = "hour" if row["last"] - row["first"] <= timedelta(days=3) else "day"
    rows = await core.db.fetch(
        """SELECT g.at, count(o.opened) AS opened, count(o.clicked) AS clicked
        FROM generate_series(date_trunc($2, $3::timestamptz AT TIME ZONE $5), date_trunc($2, $4::timestamptz AT TIME ZONE $5),
                             ('1 ' || $2)::interval) AS g (at)
        LEFT JOIN (
            SELECT date_trunc($2, opened_at AT TIME ZONE $5) AS at, 1 AS opened, NULL::int AS clicked FROM messages
            WHERE campaign_id = $1 AND opened_at IS NOT NULL
            UNION ALL SELECT date_trunc($2, clicked_at AT TIME ZONE $5), NULL, 1 FROM messages
            WHERE campaign_id = $1 AND clicked_at IS NOT NULL) o ON o.at = g.at
        GROUP BY g.at ORDER BY g.at LIMIT 1100""",
        campaign_id,
        step,
        row["first"],
        row["last"],
        zone,
    )
    return Activity(step, [(r["at"], r["opened"], r["clicked"]) for r in rows])


async def subject_numbers(core: Core, campaign_id: int) -> list[dict[str, Any]]:
    """Per subject under test: sent, opened, clicked."""
    rows = await core.db.fetch(
        """SELECT s.id, s.subject, s.weight, count(m.id) AS total, count(m.sent_at) AS sent,
        count(m.opened_at) AS opened, count(m.clicked_at) AS clicked
        FROM campaign_subjects s LEFT JOIN messages m ON m.subject_id = s.id AND m.campaign_id = s.campaign_id
        WHERE s.campaign_id = $1 GROUP BY s.id ORDER BY s.id""",
        campaign_id,
    )
    return [dict(row.items()) for row in rows]
