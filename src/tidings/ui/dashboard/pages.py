"""The dashboard. Numbers come from `reports.dashboard`; what is running from `campaigns.queries`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from litestar import Response, get

from tidings.campaigns import queries as campaigns
from tidings.campaigns.types import CampaignView
from tidings.contacts import queries as contacts
from tidings.messages import accounts
from tidings.outgoing_webhooks.queries import disabled_endpoints
from tidings.platform.core import Core
from tidings.platform.pagination import PageRequest
from tidings.reports import dashboard as reports
from tidings.ui.shell.guard import Detour
from tidings.ui.shell.texts import _, reader
from tidings.ui.shell.visit import Visiting

RANGES = (7, 30, 90, 365)
RUNNING = ("drawing", "sending", "paused")


@dataclass(frozen=True, slots=True)
class Task:
    """One line of "getting started": done by itself when the thing is there."""

    title: str
    text: str
    href: str
    is_done: bool


@dataclass(frozen=True, slots=True)
class Running:
    """A campaign on its way: `done` of `total` messages are over."""

    campaign: CampaignView
    done: int
    total: int


@get("/", access="user")
async def dashboard(visit: Visiting) -> Response[Any]:
    """The first page; who may not see numbers is greeted without them."""
    may_set_up = visit.me.may("fcrm_manage_settings")
    if may_set_up and not await visit.core.installation.get("is_set_up"):
        raise Detour("/welcome/business")
    if not visit.me.may("fcrm_view_dashboard"):
        return await visit.page("dashboard/greeting.html")
    totals = await reports.totals(visit.core)
    days = _days(visit)
    last = datetime.now(reader().zone).date()
    first = last - timedelta(days=days - 1)
    return await visit.page(
        "dashboard/index.html",
        totals=totals,
        statuses=await contacts.count_by_status(visit.core),
        days=days,
        ranges=RANGES,
        growth=await _chart(visit.core, first, last, {"contacts": (_("New contacts"), "accent-text")}),
        mail=await _chart(
            visit.core,
            first,
            last,
            {"sent": (_("Sent"), "blue"), "opened": (_("Opened"), "accent-text"), "clicked": (_("Clicked"), "amber")},
        ),
        running=await _running(visit.core),
        tasks=await _tasks(visit.core, totals),
        stopped=[account for account in await accounts.list_accounts(visit.core) if account.error],
        silent=await disabled_endpoints(visit.core) if may_set_up else [],
    )


@get("/dashboard/running", permission="fcrm_view_dashboard")
async def running(visit: Visiting) -> Response[Any]:
    """The card of running campaigns alone; htmx asks every two seconds while something runs."""
    return await visit.page("dashboard/running.html", running=await _running(visit.core))


def _days(visit: Visiting) -> int:
    text = visit.query().text("days")
    return int(text) if text in [str(n) for n in RANGES] else 30


async def _chart(core: Core, first: date, last: date, lines: dict[str, tuple[str, str]]) -> dict[str, Any]:
    """Series in the shape of the chart island; x in Unix seconds at midnight UTC of each day."""
    found = {what: await reports.series(core, what, first, last) for what in lines}
    days = [day for day, _n in next(iter(found.values()))]
    return {
        "x": [int(datetime.combine(day, time(), UTC).timestamp()) for day in days],
        "lines": [
            {"label": label, "values": [n for _day, n in found[what]], "colour": colour}
            for what, (label, colour) in lines.items()
        ],
    }


async def _running(core: Core) -> list[Running]:
    page = await campaigns.list_campaigns(core, PageRequest(per_page=5), states=RUNNING)
    waiting = ("queued", "deferred", "paused", "sending")
    found: list[Running] = []
    for view in page.rows:
        total = view.campaign.recipients_count
        left = sum(view.counts.get(state, 0) for state in waiting)
        found.append(Running(view, max(0, total - left), total))
    return found


async def _tasks(core: Core, totals: reports.Totals) -> list[Task]:
    values = await core.installation.values()
    has_server = any(a.kind == "smtp" and a.is_enabled for a in await accounts.list_accounts(core))
    return [
        Task(
            _("Say who is writing"),
            _("Name and postal address for the footer."),
            "/settings/business",
            bool(values["business_name"] and values["business_address"]),
        ),
        Task(_("Set your sender"), _("The address people see."), "/settings/sending", bool(values["from_email"])),
        Task(_("Bring in your contacts"), _("From a CSV file, or one by one."), "/import", totals.contacts > 0),
        Task(_("Write a newsletter"), _("It goes to the capture mailbox first."), "/campaigns", totals.campaigns > 0),
        Task(_("Connect a mail server"), _("Then mail really leaves."), "/settings/sending", has_server),
    ]


ROUTES = [dashboard, running]
