"""The table of incoming webhooks, a drawer to make one, a page to change one."""

from __future__ import annotations

from typing import Any, cast

from litestar import Response, get, post
from litestar.params import FromPath

from tidings.contacts.queries import custom_fields
from tidings.contacts.types import Status
from tidings.incoming_webhooks import actions, queries
from tidings.incoming_webhooks.types import CONTACT, Webhook, WebhookDraft
from tidings.platform.core import Core
from tidings.platform.errors import Invalid, NotFound
from tidings.ui.forms.shelves import offered, picked
from tidings.ui.shell.forms import Form
from tidings.ui.shell.texts import _
from tidings.ui.shell.visit import Visiting
from tidings.ui.webhooks import mapping

MAY = "fcrm_manage_settings"
HREF = "/webhooks"
STATUSES = (
    ("subscribed", "Subscribed"),
    ("pending", "Pending: asked by mail"),
    ("transactional", "Transactional"),
    ("unsubscribed", "Unsubscribed"),
)
SHOWN = ("name", "status", "lists", "tags", "map")


async def _url(core: Core, one: Webhook) -> str:
    home = str(await core.installation.get("public_url")).rstrip("/")
    return f"{home}/?fluentcrm=1&route=contact&hash={one.key}"


async def _found(core: Core, webhook_id: int) -> Webhook:
    """The webhook, if it is one for contacts; those of text messages belong to their provider."""
    one = await queries.webhook_by_id(core, webhook_id)
    if one.kind != CONTACT:
        raise NotFound("webhook", webhook_id)
    return one


@get(HREF, permission=MAY)
async def webhooks_page(visit: Visiting) -> Response[Any]:
    """All of them; htmx gets the table alone."""
    core, table = visit.core, visit.table(sort="id")
    rows = await queries.list_webhooks(core, search=table.search)
    shelves = await offered(core)
    return await visit.page(
        "webhooks/index.html",
        block="table" if visit.request.headers.get("hx-target") == "shelf" else None,
        table=table,
        rows=rows,
        urls={one.id: await _url(core, one) for one in rows},
        lists=shelves.list_titles,
        tags=shelves.tag_titles,
    )


async def _sheet(visit: Visiting, form: Form, status: int = 200) -> Response[Any]:
    return await visit.page(
        "webhooks/new.html",
        block="sheet" if visit.is_partial else None,
        form=form,
        shelves=await offered(visit.core),
        statuses=[(key, _(word)) for key, word in STATUSES],
        shown=SHOWN,
        status=status,
    )


async def _draft(core: Core, form: Form, one: Webhook | None = None) -> WebhookDraft:
    """What the form asks for; raises Invalid. Companies are kept as they are."""
    shelves = await offered(core)
    return WebhookDraft(
        form.text("name"),
        cast(Status, form.text("status")),
        shelves.list_ids(form),
        shelves.tag_ids(form),
        one.company_ids if one else (),
        mapping.mapping_of(form),
    )


@get(f"{HREF}/new", permission=MAY)
async def new_webhook(visit: Visiting) -> Response[Any]:
    """What a new one needs."""
    return await _sheet(visit, Form({"status": "pending"}))


@post(f"{HREF}/new", permission=MAY)
async def make_webhook(visit: Visiting) -> Response[Any]:
    """Makes one and shows its address."""
    form = await visit.form()
    try:
        made = await actions.create_webhook(visit.core, await _draft(visit.core, form))
    except Invalid as error:
        return await _sheet(visit, form.refused(error), 422)
    await visit.note("webhook_created", f"webhook {made}")
    return visit.redirect(f"{HREF}/{made}", _("The webhook is there. Give its address to the other program."))


async def _editor(visit: Visiting, one: Webhook, form: Form, status: int = 200) -> Response[Any]:
    """The page; htmx gets the lines of the mapping alone."""
    core, count = visit.core, mapping.count_of(form)
    statuses = [(key, _(word)) for key, word in STATUSES]
    return await visit.page(
        "webhooks/webhook.html",
        block="lines" if visit.request.headers.get("hx-target") == "mapping" else None,
        form=form,
        one=one,
        url=await _url(core, one),
        count=count,
        names=mapping.names(await custom_fields(core), [form.text(f"name.{n}") for n in range(count)]),
        shelves=await offered(core),
        statuses=statuses if one.status in dict(statuses) else [*statuses, (one.status, one.status)],
        shown=[*SHOWN, *(f"{what}.{n}" for n in range(count) for what in ("path", "name"))],
        status=status,
    )


@get(f"{HREF}/{{webhook_id:int}}", permission=MAY)
async def webhook_page(visit: Visiting, webhook_id: FromPath[int]) -> Response[Any]:
    """One of them: its address, what it gives, how names are read."""
    one = await _found(visit.core, webhook_id)
    values = {"name": one.name, "status": one.status, "lists": picked(one.list_ids), "tags": picked(one.tag_ids)}
    return await _editor(visit, one, Form(values | mapping.values_of(one.mapping)))


@post(f"{HREF}/{{webhook_id:int}}", permission=MAY)
async def save_webhook(visit: Visiting, webhook_id: FromPath[int]) -> Response[Any]:
    """Stores it; a press of a button among the lines only shows them changed."""
    form, one = await visit.form(), await _found(visit.core, webhook_id)
    if form.text("do"):
        mapping.changed(form, form.text("do"))
        return await _editor(visit, one, form)
    try:
        await actions.update_webhook(visit.core, webhook_id, await _draft(visit.core, form, one))
    except Invalid as error:
        return await _editor(visit, one, form.refused(error), 422)
    await visit.note("webhook_changed", f"webhook {webhook_id}")
    return visit.redirect(f"{HREF}/{webhook_id}", _("Saved."))


@post(f"{HREF}/{{webhook_id:int}}/delete", permission=MAY)
async def delete_webhook(visit: Visiting, webhook_id: FromPath[int]) -> Response[Any]:
    """Deletes it; its address takes nothing from then on."""
    await _found(visit.core, webhook_id)
    await actions.delete_webhook(visit.core, webhook_id)
    await visit.note("webhook_deleted", f"webhook {webhook_id}")
    return visit.redirect(HREF, _("The webhook is gone."))


ROUTES = [webhooks_page, new_webhook, make_webhook, webhook_page, save_webhook, delete_webhook]
