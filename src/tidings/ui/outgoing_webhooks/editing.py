"""The drawers that make and change an endpoint."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from tidings.outgoing_webhooks import actions, queries
from tidings.outgoing_webhooks.forms import form_named, forms
from tidings.outgoing_webhooks.types import Endpoint, EndpointDraft
from tidings.platform.errors import Invalid, TidingsError
from tidings.ui.outgoing_webhooks.endpoints import HREF, MAY
from tidings.ui.shell.forms import Form
from tidings.ui.shell.texts import _
from tidings.ui.shell.visit import Visiting

SHOWN = ("url", "name", "events", "secret")


async def _sheet(
    visit: Visiting,
    form: Form,
    speaks: str,
    status: int = 200,
    *,
    one: Endpoint | None = None,
    made: int | None = None,
    secret: str = "",
) -> Response[Any]:
    chosen = form_named(speaks)
    return await visit.page(
        "outgoing_webhooks/sheet.html",
        block="sheet" if visit.is_partial else None,
        form=form,
        speaks=speaks,
        speakers=[(one.name, one.title) for one in forms().values()],
        events=[(name, f"{name} — {_(says)}") for name, says in chosen.events.items()],
        shown=SHOWN,
        one=one,
        made=made,
        secret=secret,
        status=status,
    )


def _draft(form: Form, *, is_active: bool = True) -> EndpointDraft:
    secret = form.text("secret") or None
    return EndpointDraft(form.text("url"), form.texts("events"), form.text("name"), secret, is_active)


@get(f"{HREF}/new", permission=MAY)
async def new_endpoint(visit: Visiting) -> Response[Any]:
    """What a new one needs; `speaks` says in whose words it is told."""
    speaks = visit.query().text("speaks")
    return await _sheet(visit, Form({}), speaks if speaks in forms() else next(iter(forms())))


@post(f"{HREF}/new", permission=MAY)
async def make_endpoint(visit: Visiting) -> Response[Any]:
    """Makes one and shows its secret this once."""
    form = await visit.form()
    speaks = form.text("speaks") if form.text("speaks") in forms() else next(iter(forms()))
    try:
        made, secret = await actions.create_endpoint(visit.core, speaks, _draft(form), user_id=visit.user.id)
    except TidingsError as error:
        return await _sheet(visit, form.refused(error), speaks, 422)
    await visit.note("outgoing_webhook_created", f"webhook {made}", form=speaks)
    return await _sheet(visit, form, speaks, secret=secret, made=made)


@get(f"{HREF}/{{endpoint_id:int}}/edit", permission=MAY)
async def edit_endpoint(visit: Visiting, endpoint_id: FromPath[int]) -> Response[Any]:
    """What may be changed."""
    one = await queries.endpoint_by_id(visit.core, endpoint_id)
    form = Form({"url": one.url, "name": one.name, "events": list(one.events)})
    return await _sheet(visit, form, one.form, one=one)


@post(f"{HREF}/{{endpoint_id:int}}/edit", permission=MAY)
async def save_endpoint(visit: Visiting, endpoint_id: FromPath[int]) -> Response[Any]:
    """Stores it; the secret and whether it is on stay."""
    form, one = await visit.form(), await queries.endpoint_by_id(visit.core, endpoint_id)
    form.values.pop("secret", None)
    try:
        await actions.update_endpoint(visit.core, endpoint_id, _draft(form, is_active=one.is_active))
    except Invalid as error:
        return await _sheet(visit, form.refused(error), one.form, 422, one=one)
    await visit.note("outgoing_webhook_changed", f"webhook {endpoint_id}")
    return visit.redirect(f"{HREF}/{endpoint_id}", _("Saved."))


ROUTES = [new_endpoint, make_endpoint, edit_endpoint, save_endpoint]
