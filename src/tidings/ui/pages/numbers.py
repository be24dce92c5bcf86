"""What came of a page: its numbers over time, and what people sent."""

from __future__ import annotations

from datetime import UTC, datetime, time
from typing import Any

from litestar import Response, get
from litestar.params import FromPath

from tidings.contacts.queries import contacts_by_ids
from tidings.forms import queries as forms
from tidings.pages import queries
from tidings.reports import analytics as reports
from tidings.ui.pages.building import HREF, MAY
from tidings.ui.reports import ranges
from tidings.ui.shell.texts import _, day
from tidings.ui.shell.visit import Visiting


@get(f"{HREF}/{{page_id:int}}/statistics", permission=MAY)
async def statistics_page(visit: Visiting, page_id: FromPath[int]) -> Response[Any]:
    """Views and submissions of the chosen days."""
    core = visit.core
    counted = await queries.page_by_id(core, page_id)
    _first, today = await reports.usual_range(core)
    chosen = ranges.read(visit.query(), today)
    step: reports.Step = "day" if chosen.days <= 91 else "week"
    points = await reports.page_series(core, chosen.first, chosen.last, step=step, page_id=page_id)
    views, sent = sum(one.views for one in points), sum(one.submissions for one in points)
    return await visit.page(
        "pages/statistics.html",
        one=counted.page,
        counted=counted,
        chosen=chosen,
        presets=ranges.PRESETS,
        views=views,
        sent=sent,
        series={
            "x": [int(datetime.combine(one.begins, time(), UTC).timestamp()) for one in points],
            "lines": [
                {"label": _("Views"), "values": [one.views for one in points], "colour": "blue"},
                {"label": _("Submissions"), "values": [one.submissions for one in points], "colour": "accent-text"},
            ],
        },
        rows=[(day(one.begins), one) for one in reversed(points) if one.views or one.submissions],
    )


@get(f"{HREF}/{{page_id:int}}/submissions", permission=MAY)
async def submissions_page(visit: Visiting, page_id: FromPath[int]) -> Response[Any]:
    """What people sent by the page, the newest first, whichever form stood on it; htmx gets the table alone."""
    core, table = visit.core, visit.table(sort="id")
    page = (await queries.page_by_id(core, page_id)).page
    rows, numbers = await forms.submissions_on_page(core, page_id, table.request, search=table.search)
    people = await contacts_by_ids(core, [one.contact_id for one in rows.rows]) if rows.rows else {}
    return await visit.page(
        "pages/submissions.html",
        block="table" if visit.request.headers.get("hx-target") == "submissions" else None,
        one=page,
        table=table,
        rows=rows,
        lines=[
            (number, sent, people.get(sent.contact_id), [str(answer) for answer in sent.answers.values()])
            for number, sent in zip(numbers, rows.rows, strict=True)
        ],
    )


ROUTES = [statistics_page, submissions_page]
