"""Addresses that are never mailed, whatever becomes of their contacts."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post

from tidings.consent.actions import release_address, suppress_addresses
from tidings.consent.queries import list_suppressions
from tidings.platform.errors import Invalid
from tidings.ui.shell.forms import Form
from tidings.ui.shell.texts import _, ngettext
from tidings.ui.shell.visit import Visiting

MAY, HREF = "fcrm_manage_settings", "/settings/suppressed"


async def _page(visit: Visiting, form: Form, status: int = 200) -> Response[Any]:
    table = visit.table(sort="at")
    return await visit.page(
        "settings/suppressed.html",
        block="table" if visit.request.headers.get("hx-target") == "addresses-table" else None,
        form=form,
        table=table,
        rows=await list_suppressions(visit.core, table.request, search=table.search),
        status=status,
    )


@get(HREF, permission=MAY)
async def suppressed_page(visit: Visiting) -> Response[Any]:
    """The addresses, the latest first; htmx gets the table alone."""
    return await _page(visit, Form({}))


@post(HREF, permission=MAY)
async def suppress(visit: Visiting) -> Response[Any]:
    """Adds addresses, one a line."""
    form = await visit.form()
    try:
        added = await suppress_addresses(
            visit.core, form.text("addresses").split(), reason=form.text("reason") or "by hand", source="interface"
        )
    except Invalid as error:
        return await _page(visit, form.refused(error), 422)
    await visit.note("addresses_suppressed", count=added)
    said = ngettext("%(n)s address is never mailed again.", "%(n)s addresses are never mailed again.", added)
    return visit.redirect(HREF, said % {"n": added})


@post(f"{HREF}/release", permission=MAY)
async def release(visit: Visiting) -> Response[Any]:
    """Takes one off again."""
    was_there = await release_address(visit.core, (await visit.form()).text("address"))
    await visit.note("address_released")
    if not was_there:
        return visit.redirect(HREF, _("The address is not there any more."), kind="error")
    return visit.redirect(HREF, _("The address may be mailed again."))


ROUTES = [suppressed_page, suppress, release]
