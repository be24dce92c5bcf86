"""Series of pages, campaigns and audiences by day, week or month.

The guide names the three; words and shape are this installation's: `from`, `to` (both included), `interval`, and one id
that narrows. Every interval of the range is there, named by its first day.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import date
from typing import Any

from tidings.campaigns.queries import find_campaign
from tidings.contacts.catalog import find_list
from tidings.dialects._engine.calls import Call
from tidings.dialects._engine.routes import Route
from tidings.dialects.furiosa.wire import id_param
from tidings.pages.queries import page_by_id
from tidings.pages.types import conversion_rate
from tidings.platform.errors import Invalid, NotFound, Problem
from tidings.reports import analytics as reports

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


def _day(call: Call, name: str, usual: date, problems: dict[str, Problem]) -> date:
    text = call.text(name)
    if not text:
        return usual
    try:
        found = date.fromisoformat(text) if _DAY.fullmatch(text) else None
    except ValueError:
        found = None
    if found is None or not 1990 <= found.year <= 2200:
        problems[name] = Problem("date", f"The {name} must be a date like 2027-01-31.")
        return usual
    return found


async def _asked(call: Call) -> tuple[date, date, reports.Step]:
    """The range and the interval; raises Invalid naming each bad one."""
    problems: dict[str, Problem] = {}
    first, last = await reports.usual_range(call.core)
    last = _day(call, "to", last, problems)
    first = _day(call, "from", min(first, last), problems)
    wanted = call.text("interval") or "day"
    step: reports.Step | None = next((one for one in reports.STEPS if one == wanted), None)
    if step is None:
        problems["interval"] = Problem("in", "The interval must be day, week or month.")
    if problems or step is None:
        raise Invalid(problems)
    return first, last, step


async def _body(
    call: Call,
    asked: tuple[date, date, reports.Step],
    points: Sequence[Any],
    rates: Callable[[dict[str, Any]], dict[str, Any]] | None = None,
) -> dict[str, Any]:
    """The series and the sums of what can be added up."""
    rates = rates or (lambda _line: {})
    lines = [asdict(one) for one in points]
    named = [{"date": str(line.pop("begins")), **line, **rates(line)} for line in lines]
    sums = {name: sum(line[name] for line in lines) for name in lines[0] if name != "total"}
    first, last, step = asked
    zone = str(await call.core.installation.zone())
    head = {"from": str(first), "to": str(last), "interval": step, "time_zone": zone}
    return {**head, "totals": sums | rates(sums), "data": named}


def _unknown(name: str, what: str) -> Invalid:
    return Invalid({name: Problem("exists", f"The {what} does not exist.")})


async def pages(call: Call) -> Any:
    asked, page_id = await _asked(call), id_param(call, "page_id")
    if page_id is not None:
        try:
            await page_by_id(call.core, page_id)
        except NotFound as error:
            raise _unknown("page_id", "page") from error
    first, last, step = asked
    points = await reports.page_series(call.core, first, last, step=step, page_id=page_id)
    return await _body(
        call, asked, points, lambda line: {"conversion_rate": conversion_rate(line["views"], line["submissions"])}
    )


async def campaigns(call: Call) -> Any:
    asked, campaign_id = await _asked(call), id_param(call, "campaign_id")
    if campaign_id is not None and await find_campaign(call.core, campaign_id, kind="campaign") is None:
        raise _unknown("campaign_id", "campaign")
    first, last, step = asked
    return await _body(
        call, asked, await reports.campaign_series(call.core, first, last, step=step, campaign_id=campaign_id)
    )


async def audiences(call: Call) -> Any:
    asked, audience_id = await _asked(call), id_param(call, "audience_id")
    if audience_id is not None:
        found = await find_list(call.core, audience_id)
        if found is None or found.parent_id is not None:
            raise _unknown("audience_id", "audience")
    first, last, step = asked
    return await _body(call, asked, await reports.list_series(call.core, first, last, step=step, list_id=audience_id))


ROUTES = [
    Route("GET", "/analytics/pages", "pageAnalytics", "analytics:read", "view", pages),
    Route("GET", "/analytics/campaigns", "campaignAnalytics", "analytics:read", "view", campaigns),
    Route("GET", "/analytics/audiences", "audienceAnalytics", "analytics:read", "view", audiences),
]
