"""The table of forms, and the routes of the area."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from tidings.forms import actions, queries
from tidings.platform import modules
from tidings.ui.forms import editing, submissions
from tidings.ui.forms.editing import HREF, MAY
from tidings.ui.forms.shelves import offered
from tidings.ui.shell.texts import _
from tidings.ui.shell.visit import Visiting


@get(HREF, permission=MAY)
async def forms_page(visit: Visiting) -> Response[Any]:
    """A page of forms; htmx gets the table alone."""
    core, table = visit.core, visit.table(sort="id")
    rows = await queries.list_forms(core, table.request, search=table.search)
    home = str(await core.installation.get("public_url"))
    return await visit.page(
        "forms/index.html",
        block="table" if visit.request.headers.get("hx-target") == "shelf" else None,
        table=table,
        rows=rows,
        counts=await queries.count_submissions(core, [one.id for one in rows.rows]),
        urls={one.id: queries.form_url(home, one) for one in rows.rows},
        is_on=await modules.is_on(core, "forms"),
        titles=(await offered(core)).list_titles if rows.rows else {},
    )


@post(f"{HREF}/{{form_id:int}}/delete", permission=MAY)
async def delete_form(visit: Visiting, form_id: FromPath[int]) -> Response[Any]:
    """Deletes it with what was sent; the contacts stay."""
    await actions.delete_form(visit.core, form_id)
    await visit.note("form_deleted", f"form {form_id}")
    return visit.redirect(HREF, _("The form is gone."))


ROUTES = [forms_page, delete_form, *editing.ROUTES, *submissions.ROUTES]
