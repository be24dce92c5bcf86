"""The report of a campaign: numbers, opens and clicks over time, links, subjects. `people` has who got it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from litestar import Response, get
from litestar.params import FromPath

from tidings.campaigns import queries
from tidings.campaigns.types import WORKFLOW, CampaignView
from tidings.platform.core import Core
from tidings.reports import campaigns as reports
from tidings.reports import delivery
from tidings.ui.campaigns.drafts import READ
from tidings.ui.campaigns.running import progress_of
from tidings.ui.shell.guard import Detour
from tidings.ui.shell.texts import _, day, reader, when
from tidings.ui.shell.visit import Visiting


async def reported(core: Core, campaign_id: int) -> CampaignView:
    """The campaign if it has a report; a draft has none, one of several steps shows it on its own page."""
    view = await queries.campaign_view(core, campaign_id)
    if view.campaign.state == "draft" or view.campaign.kind == WORKFLOW:
        raise Detour(f"/campaigns/{campaign_id}")
    return view


@get("/campaigns/{campaign_id:int}/report", permission=READ)
async def report_page(visit: Visiting, campaign_id: FromPath[int]) -> Response[Any]:
    """The numbers as they are now; while it runs its progress stands above them."""
    core = visit.core
    view = await reported(core, campaign_id)
    activity = await reports.activity(core, campaign_id)
    points = await _points(core, activity) if activity else []
    return await visit.page(
        "campaigns/report.html",
        campaign=view.campaign,
        progress=progress_of(view, core.clock.now()),
        numbers=(await reports.campaign_numbers(core, [campaign_id]))[campaign_id],
        series=_series(activity.step, points) if activity else None,
        moments=_moments(activity.step, points) if activity else [],
        links=await reports.link_numbers(core, campaign_id),
        subjects=await reports.subject_numbers(core, campaign_id),
    )


@get("/campaigns/{campaign_id:int}/report/others", permission=READ)
async def other_hits(visit: Visiting, campaign_id: FromPath[int]) -> Response[Any]:
    """Machine hits and hits without a name, asked for by the page when it stands: counting them takes longer."""
    view = await reported(visit.core, campaign_id)
    hits = await delivery.other_hits(visit.core, campaign_id)
    return await visit.page("campaigns/others.html", campaign=view.campaign, hits=hits)


async def _points(core: Core, activity: reports.Activity) -> list[tuple[datetime, int, int]]:
    """Points of time as the reader's clock shows them, without a zone; days stay those of the installation."""
    if activity.step == "day":
        return activity.points
    zone, own = await core.installation.zone(), reader().zone
    return [
        (at.replace(tzinfo=zone).astimezone(own).replace(tzinfo=None), opened, clicked)
        for at, opened, clicked in activity.points
    ]


def _series(step: str, points: list[tuple[datetime, int, int]]) -> dict[str, Any]:
    """Points in the shape of the chart island, which shows every instant as UTC."""
    return {
        "x": [int(at.replace(tzinfo=UTC).timestamp()) for at, _opened, _clicked in points],
        "step": step,
        "lines": [
            {"label": _("Opened"), "values": [opened for _at, opened, _clicked in points], "colour": "accent-text"},
            {"label": _("Clicked"), "values": [clicked for _at, _opened, clicked in points], "colour": "amber"},
        ],
    }


def _moments(step: str, points: list[tuple[datetime, int, int]]) -> list[tuple[str, int, int]]:
    """The same as lines of a table; moments without anything are left out."""
    zone = reader().zone
    return [
        (when(at.replace(tzinfo=zone)) if step == "hour" else day(at.date()), opened, clicked)
        for at, opened, clicked in points
        if opened or clicked
    ]


ROUTES = [report_page, other_hits]
