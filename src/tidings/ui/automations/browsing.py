"""The table of automations, making one, switching it on and off, copying and deleting it."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from tidings.automations import actions, queries
from tidings.automations.types import Start
from tidings.platform.errors import Conflict, Invalid, Problem
from tidings.ui.automations import kinds
from tidings.ui.forms.shelves import offered
from tidings.ui.shell.forms import Form
from tidings.ui.shell.texts import _
from tidings.ui.shell.visit import Visiting

READ, WRITE, DELETE = "fcrm_read_funnels", "fcrm_write_funnels", "fcrm_delete_funnels"
HREF = "/automations"


@get(HREF, permission=READ)
async def automations_page(visit: Visiting) -> Response[Any]:
    """A page of them; htmx gets the table alone."""
    table = visit.table(sort="id")
    rows = await queries.list_automations(visit.core, table.request, search=table.search)
    return await visit.page(
        "automations/index.html",
        block="table" if visit.request.headers.get("hx-target") == "shelf" else None,
        table=table,
        rows=rows,
        triggers=kinds.TRIGGERS,
    )


async def trigger_sheet(visit: Visiting, form: Form, automation: Any = None, status: int = 200) -> Response[Any]:
    """The drawer with title and trigger."""
    return await visit.page(
        "automations/trigger.html",
        block="sheet" if visit.is_partial else None,
        form=form,
        one=automation,
        triggers=kinds.TRIGGERS,
        shelves=await offered(visit.core),
        shown=("title", "trigger", "tags", "lists", "event_key", "match", "is_repeatable"),
        status=status,
    )


@get(f"{HREF}/new", permission=WRITE)
async def new_automation(visit: Visiting) -> Response[Any]:
    """An empty form."""
    return await trigger_sheet(visit, Form({"trigger": "tags_added", "match": "any"}))


def trigger_of(form: Form) -> str:
    """The trigger that was chosen; raises Invalid for one that cannot be."""
    if form.text("trigger") not in kinds.TRIGGERS:
        raise Invalid({"trigger": Problem("in", _("Choose what begins it."))})
    return form.text("trigger")


@post(f"{HREF}/new", permission=WRITE)
async def make_automation(visit: Visiting) -> Response[Any]:
    """Makes a draft and goes to its page."""
    form = await visit.form()
    try:
        trigger = trigger_of(form)
        start = kinds.start_from(trigger, form, await offered(visit.core), Start())
        made = await actions.create_automation(
            visit.core, title=form.text("title"), trigger=trigger, start=start, created_by=visit.user.id
        )
    except Invalid as error:
        return await trigger_sheet(visit, form.refused(error), status=422)
    return visit.redirect(f"{HREF}/{made}", _("The automation is there. Add its steps, then publish it."))


@post(f"{HREF}/{{automation_id:int}}/state", permission=WRITE)
async def switch_automation(visit: Visiting, automation_id: FromPath[int]) -> Response[Any]:
    """Publishes it or stops it."""
    form = await visit.form()
    to = "published" if form.text("state") == "published" else "draft"
    back = HREF if form.text("from") == "table" else f"{HREF}/{automation_id}"
    try:
        await actions.set_state(visit.core, automation_id, to)
    except Conflict as error:
        return visit.redirect(back, error.message, kind="error")
    await visit.note(f"automation_{to}", f"automation {automation_id}")
    said = _("It runs now.") if to == "published" else _("It is stopped. Who is inside stays where they are.")
    return visit.redirect(back, said)


@post(f"{HREF}/{{automation_id:int}}/copy", permission=WRITE)
async def copy_automation(visit: Visiting, automation_id: FromPath[int]) -> Response[Any]:
    """A draft with the same steps."""
    known = await queries.automation_by_id(visit.core, automation_id)
    title = _("%(title)s (copy)") % {"title": known.title}
    made = await actions.duplicate_automation(visit.core, automation_id, title=title, created_by=visit.user.id)
    return visit.redirect(f"{HREF}/{made}", _("Copied."))


@post(f"{HREF}/{{automation_id:int}}/delete", permission=DELETE)
async def delete_automation(visit: Visiting, automation_id: FromPath[int]) -> Response[Any]:
    """Deletes it with its runs and numbers."""
    await queries.automation_by_id(visit.core, automation_id)
    await actions.delete_automations(visit.core, [automation_id])
    await visit.note("automation_deleted", f"automation {automation_id}")
    return visit.redirect(HREF, _("The automation is gone."))


ROUTES = [automations_page, new_automation, make_automation, switch_automation, copy_automation, delete_automation]
