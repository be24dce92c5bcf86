"""The list of campaigns, and the routes of the whole area."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post

from tidings.campaigns import queries
from tidings.campaigns.types import STATES, WORKFLOW
from tidings.reports.campaigns import numbers_from
from tidings.ui.campaigns import people, report, reusing, running, sending, writing
from tidings.ui.campaigns.drafts import DELETE, READ
from tidings.ui.shell.visit import Visiting


@get("/campaigns", permission=READ)
async def list_campaigns(visit: Visiting) -> Response[Any]:
    """Newest first, narrowed by words and state."""
    table = visit.table(sort="id")
    state = table.kept_value("state")
    rows = await queries.list_campaigns(
        visit.core,
        table.request,
        kinds=("campaign", WORKFLOW),
        search=table.search,
        states=[state] if state in STATES else [],
    )
    numbers = {view.campaign.id: numbers_from(view.counts) for view in rows.rows}
    return await visit.page("campaigns/index.html", table=table, rows=rows, numbers=numbers, states=STATES, state=state)


@post("/campaigns/delete", permission=DELETE)
async def delete_chosen(visit: Visiting) -> Response[Any]:
    """The ticked ones."""
    return await running.delete(visit, (await visit.form()).ids())


ROUTES = [
    list_campaigns,
    delete_chosen,
    *writing.ROUTES,
    *reusing.ROUTES,
    *sending.ROUTES,
    *running.ROUTES,
    *report.ROUTES,
    *people.ROUTES,
]
