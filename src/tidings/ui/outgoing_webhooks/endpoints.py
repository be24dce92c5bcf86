"""The table of endpoints; one of them with its log; switching, replacing the secret, deleting."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from tidings.outgoing_webhooks import actions, queries
from tidings.outgoing_webhooks.forms import TEST, forms
from tidings.outgoing_webhooks.types import STATES
from tidings.ui.shell.texts import _
from tidings.ui.shell.visit import Visiting

MAY = "fcrm_manage_settings"
HREF = "/settings/webhooks"


@get(HREF, permission=MAY)
async def endpoints_page(visit: Visiting) -> Response[Any]:
    """All of them; htmx gets the table alone."""
    table = visit.table(sort="id")
    return await visit.page(
        "outgoing_webhooks/index.html",
        block="table" if visit.request.headers.get("hx-target") == "shelf" else None,
        table=table,
        rows=await queries.list_endpoints(visit.core, table.request, search=table.search),
        forms=forms(),
    )


async def show_endpoint(visit: Visiting, endpoint_id: int, *, secret: str = "") -> Response[Any]:
    """One of them with what it was told; a new secret is shown this once."""
    table, words = visit.table(sort="id"), visit.query()
    one = await queries.endpoint_by_id(visit.core, endpoint_id)
    state = words.text("state")
    rows = await queries.list_deliveries(
        visit.core,
        endpoint_id,
        table.request,
        states=[state] if state in STATES else [],
        kind=words.text("event"),
    )
    now = visit.core.clock.now()
    return await visit.page(
        "outgoing_webhooks/endpoint.html",
        block="table" if visit.request.headers.get("hx-target") == "told" else None,
        one=one,
        form=forms()[one.form],
        table=table,
        words=words,
        rows=rows,
        states=STATES,
        kinds=[*forms()[one.form].events, TEST],
        is_replacing=one.previous_until is not None and one.previous_until > now,
        secret=secret,
    )


@get(f"{HREF}/{{endpoint_id:int}}", permission=MAY)
async def endpoint_page(visit: Visiting, endpoint_id: FromPath[int]) -> Response[Any]:
    """One of them; htmx gets the log alone."""
    return await show_endpoint(visit, endpoint_id)


@post(f"{HREF}/{{endpoint_id:int}}/switch", permission=MAY)
async def switch_endpoint(visit: Visiting, endpoint_id: FromPath[int]) -> Response[Any]:
    """On or off."""
    is_on = (await visit.form()).flag("on")
    await actions.set_active(visit.core, endpoint_id, is_active=is_on)
    await visit.note("outgoing_webhook_switched", f"webhook {endpoint_id}", on=is_on)
    return visit.redirect(f"{HREF}/{endpoint_id}", _("It is on.") if is_on else _("It is off."))


@post(f"{HREF}/{{endpoint_id:int}}/secret", permission=MAY)
async def replace_secret(visit: Visiting, endpoint_id: FromPath[int]) -> Response[Any]:
    """A new secret, shown once; the old one goes on signing for a while unless it must end at once."""
    at_once = (await visit.form()).flag("at_once")
    secret = await actions.rotate_secret(visit.core, endpoint_id, at_once=at_once)
    await visit.note("outgoing_webhook_secret_replaced", f"webhook {endpoint_id}", at_once=at_once)
    return await show_endpoint(visit, endpoint_id, secret=secret)


@post(f"{HREF}/{{endpoint_id:int}}/secret/end", permission=MAY)
async def end_overlap(visit: Visiting, endpoint_id: FromPath[int]) -> Response[Any]:
    """From now on only the new secret signs."""
    await actions.end_overlap(visit.core, endpoint_id)
    await visit.note("outgoing_webhook_secret_ended", f"webhook {endpoint_id}")
    return visit.redirect(f"{HREF}/{endpoint_id}", _("Only the new secret signs now."))


@post(f"{HREF}/{{endpoint_id:int}}/delete", permission=MAY)
async def delete_endpoint(visit: Visiting, endpoint_id: FromPath[int]) -> Response[Any]:
    """Deletes it with its log."""
    await actions.delete_endpoint(visit.core, endpoint_id)
    await visit.note("outgoing_webhook_deleted", f"webhook {endpoint_id}")
    return visit.redirect(HREF, _("The webhook is gone."))


ROUTES = [endpoints_page, endpoint_page, switch_endpoint, replace_secret, end_overlap, delete_endpoint]
