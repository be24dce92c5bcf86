"""The table of smart links with their counts, and a drawer to make and change one."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from tidings.platform import modules
from tidings.platform.core import Core
from tidings.platform.errors import Invalid
from tidings.smart_links import actions, queries
from tidings.smart_links.types import LinkDraft, SmartLink
from tidings.ui.forms.shelves import offered, picked
from tidings.ui.shell.forms import Form
from tidings.ui.shell.texts import _
from tidings.ui.shell.visit import Visiting

MAY = "fcrm_manage_settings"
HREF = "/smart-links"
SHOWN = ("title", "target_url", "tags", "lists", "remove_tags", "remove_lists", "notes")


async def _home(core: Core) -> str:
    return str(await core.installation.get("public_url"))


@get(HREF, permission=MAY)
async def links_page(visit: Visiting) -> Response[Any]:
    """A page of them; htmx gets the table alone."""
    core, table = visit.core, visit.table(sort="id")
    rows = await queries.list_links(core, table.request, search=table.search)
    home = await _home(core)
    shelves = await offered(core)
    return await visit.page(
        "smart_links/index.html",
        block="table" if visit.request.headers.get("hx-target") == "shelf" else None,
        table=table,
        rows=rows,
        urls={one.id: queries.link_url(home, one) for one in rows.rows},
        lists=shelves.list_titles,
        tags=shelves.tag_titles,
        is_on=await modules.is_on(core, "smart_links"),
    )


async def _sheet(visit: Visiting, form: Form, one: SmartLink | None = None, status: int = 200) -> Response[Any]:
    return await visit.page(
        "smart_links/link.html",
        block="sheet" if visit.is_partial else None,
        form=form,
        one=one,
        url=queries.link_url(await _home(visit.core), one) if one else "",
        shelves=await offered(visit.core),
        shown=SHOWN,
        status=status,
    )


async def _draft(core: Core, form: Form, one: SmartLink | None = None) -> LinkDraft:
    """What the form asks for. What it does not show stays."""
    shelves = await offered(core)
    return LinkDraft(
        form.text("title"),
        form.text("target_url"),
        shelves.tag_ids(form),
        shelves.list_ids(form),
        shelves.tag_ids(form, "remove_tags"),
        shelves.list_ids(form, "remove_lists"),
        one.signs_in if one else False,
        form.text("notes"),
    )


@get(f"{HREF}/new", permission=MAY)
async def new_link(visit: Visiting) -> Response[Any]:
    """An empty form."""
    return await _sheet(visit, Form())


@post(f"{HREF}/new", permission=MAY)
async def make_link(visit: Visiting) -> Response[Any]:
    """Makes one."""
    form = await visit.form()
    try:
        await actions.create_link(visit.core, await _draft(visit.core, form), user_id=visit.user.id)
    except Invalid as error:
        return await _sheet(visit, form.refused(error), None, 422)
    return visit.redirect(HREF, _("The link is there. Copy its address into a mail or a page."))


@get(f"{HREF}/{{link_id:int}}", permission=MAY)
async def link_page(visit: Visiting, link_id: FromPath[int]) -> Response[Any]:
    """One with its address."""
    one = await queries.link_by_id(visit.core, link_id)
    values: dict[str, Any] = {name: getattr(one, name) for name in ("title", "target_url", "notes")}
    values |= {"tags": picked(one.tag_ids), "lists": picked(one.list_ids)}
    values |= {"remove_tags": picked(one.remove_tag_ids), "remove_lists": picked(one.remove_list_ids)}
    return await _sheet(visit, Form(values), one)


@post(f"{HREF}/{{link_id:int}}", permission=MAY)
async def save_link(visit: Visiting, link_id: FromPath[int]) -> Response[Any]:
    """Changes it; its address stays."""
    form, one = await visit.form(), await queries.link_by_id(visit.core, link_id)
    try:
        await actions.update_link(visit.core, link_id, await _draft(visit.core, form, one))
    except Invalid as error:
        return await _sheet(visit, form.refused(error), one, 422)
    return visit.redirect(HREF, _("Saved."))


@post(f"{HREF}/{{link_id:int}}/delete", permission=MAY)
async def delete_link(visit: Visiting, link_id: FromPath[int]) -> Response[Any]:
    """Deletes it with its counts; its address leads nowhere from then on."""
    await actions.delete_link(visit.core, link_id)
    await visit.note("smart_link_deleted", f"smart link {link_id}")
    return visit.redirect(HREF, _("The link is gone."))


ROUTES = [links_page, new_link, make_link, link_page, save_link, delete_link]
