"""The table of landing pages, publishing and deleting them, and the routes of the area."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from tidings.pages import actions, queries
from tidings.platform.errors import Refused
from tidings.ui.forms.shelves import offered
from tidings.ui.pages import building, numbers
from tidings.ui.pages.building import HREF, MAY
from tidings.ui.shell.texts import _
from tidings.ui.shell.visit import Visiting


@get(HREF, permission=MAY)
async def pages_page(visit: Visiting) -> Response[Any]:
    """A page of landing pages; htmx gets the table alone."""
    core, table = visit.core, visit.table(sort="id")
    rows = await queries.list_pages(core, table.request, search=table.search)
    home = str(await core.installation.get("public_url"))
    return await visit.page(
        "pages/index.html",
        block="table" if visit.request.headers.get("hx-target") == "shelf" else None,
        table=table,
        rows=rows,
        urls={one.page.id: queries.page_url(home, one.page) for one in rows.rows},
        titles=(await offered(core)).list_titles if rows.rows else {},
    )


@post(f"{HREF}/{{page_id:int}}/publish", permission=MAY)
async def publish(visit: Visiting, page_id: FromPath[int]) -> Response[Any]:
    """Opens it to visitors."""
    try:
        await actions.publish_page(visit.core, page_id)
    except Refused as error:
        return visit.redirect(f"{HREF}/{page_id}", _(error.message), kind="error")
    await visit.note("page_published", f"page {page_id}")
    return visit.redirect(f"{HREF}/{page_id}", _("The page is published."))


@post(f"{HREF}/{{page_id:int}}/unpublish", permission=MAY)
async def unpublish(visit: Visiting, page_id: FromPath[int]) -> Response[Any]:
    """Closes it; visitors find nothing."""
    await actions.unpublish_page(visit.core, page_id)
    await visit.note("page_unpublished", f"page {page_id}")
    return visit.redirect(f"{HREF}/{page_id}", _("The page is taken down."))


@post(f"{HREF}/{{page_id:int}}/delete", permission=MAY)
async def delete_page(visit: Visiting, page_id: FromPath[int]) -> Response[Any]:
    """Deletes it with its counts; what people sent stays with its form."""
    await actions.delete_page(visit.core, page_id)
    await visit.note("page_deleted", f"page {page_id}")
    return visit.redirect(HREF, _("The page is gone."))


ROUTES = [pages_page, publish, unpublish, delete_page, *building.ROUTES, *numbers.ROUTES]
