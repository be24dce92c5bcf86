"""The overview of a range of days: sums, growth, mail over time, the campaigns that did best."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import Any

from litestar import Response, get

from tidings.contacts import queries as contacts
from tidings.reports import dashboard as reports
from tidings.reports.overview import ORDERS, best_campaigns
from tidings.ui.reports import ranges
from tidings.ui.shell.texts import _, day
from tidings.ui.shell.visit import Visiting

Series = dict[str, list[tuple[date, int]]]
ORDER_WORDS = {
    "opened": "Open rate",
    "clicked": "Click rate",
    "unsubscribed": "Unsubscribe rate",
    "recipients": "Recipients",
}


@get("/reports", permission="fcrm_view_dashboard")
async def overview(visit: Visiting) -> Response[Any]:
    """What happened in the chosen days, beside as many days before them."""
    core, words = visit.core, visit.query()
    today = core.clock.now().astimezone(await core.installation.zone()).date()
    chosen = ranges.read(words, today)
    by = words.text("by") if words.text("by") in ORDERS else ORDERS[0]
    found = {what: await reports.series(core, what, chosen.first, chosen.last) for what in reports.COUNTED}
    now = {what: sum(n for _day, n in points) for what, points in found.items()}
    earlier = await reports.sums(core, chosen.before.first, chosen.before.last)
    return await visit.page(
        "reports/index.html",
        chosen=chosen,
        today=today,
        presets=ranges.PRESETS,
        now=now,
        changes={what: _change(n, earlier[what]) for what, n in now.items()},
        growth=_chart(found, {"contacts": (_("New"), "accent-text"), "unsubscribed": (_("Left"), "red")}),
        mail=_chart(
            found,
            {"sent": (_("Sent"), "blue"), "opened": (_("Opened"), "accent-text"), "clicked": (_("Clicked"), "amber")},
        ),
        rows=_rows(found),
        statuses=await contacts.count_by_status(core),
        campaigns=await best_campaigns(core, chosen.first, chosen.last, by=by)
        if visit.me.may("fcrm_read_emails")
        else None,
        by=by,
        orders=[(key, _(ORDER_WORDS[key])) for key in ORDERS],
    )


def _change(now: int, before: int) -> float | None:
    """In percent; None when there is nothing to compare with."""
    return round((now - before) * 100 / before, 1) if before else None


def _chart(found: Series, lines: dict[str, tuple[str, str]]) -> dict[str, Any]:
    """Series in the shape of the chart island; x in Unix seconds at midnight UTC of each day."""
    days = [on for on, _n in next(iter(found.values()))]
    return {
        "x": [int(datetime.combine(on, time(), UTC).timestamp()) for on in days],
        "lines": [
            {"label": label, "values": [n for _on, n in found[what]], "colour": colour}
            for what, (label, colour) in lines.items()
        ],
    }


def _rows(found: Series) -> list[tuple[str, dict[str, int]]]:
    """The same as lines of a table, the latest first; those without anything are left out."""
    days = [on for on, _n in next(iter(found.values()))]
    lines = [(day(on), {what: points[at][1] for what, points in found.items()}) for at, on in enumerate(days)]
    return [line for line in reversed(lines) if any(line[1].values())]


ROUTES = [overview]
