"""The campaigns of a range of days in order of their success. Sums and series of the same range are in `dashboard`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from tidings.campaigns.queries import message_counts
from tidings.platform.core import Core
from tidings.reports.campaigns import CampaignNumbers, numbers_from
from tidings.reports.dashboard import instants

# Campaigns of one range that are looked at; more than anybody sends by hand.
_LOOKED_AT = 2000
ORDERS = ("opened", "clicked", "unsubscribed", "recipients")


@dataclass(frozen=True, slots=True)
class Ranked:
    """A campaign in a ranking."""

    id: int
    title: str
    subject: str
    started_at: datetime
    numbers: CampaignNumbers


async def best_campaigns(core: Core, first: date, last: date, *, by: str = "opened", limit: int = 10) -> list[Ranked]:
    """The campaigns that began in a range and reached somebody, by the rate of `by` (ORDERS; recipients: by number)."""
    rows = await core.db.fetch(
        """SELECT id, title, subject, started_at FROM campaigns
        WHERE kind = 'campaign' AND started_at >= $1 AND started_at < $2 ORDER BY id DESC LIMIT $3""",
        *await instants(core, first, last),
        _LOOKED_AT,
    )
    counts = await message_counts(core, [row["id"] for row in rows])
    found = [
        Ranked(row["id"], row["title"], row["subject"], row["started_at"], numbers_from(counts.get(row["id"], {})))
        for row in rows
    ]
    reached = [one for one in found if one.numbers.delivered]
    return sorted(reached, key=lambda one: (_worth(one, by), one.numbers.delivered), reverse=True)[:limit]


def _worth(one: Ranked, by: str) -> float:
    match by:
        case "clicked":
            return one.numbers.click_rate
        case "unsubscribed":
            return one.numbers.unsubscribe_rate
        case "recipients":
            return one.numbers.recipients
        case _:
            return one.numbers.open_rate
