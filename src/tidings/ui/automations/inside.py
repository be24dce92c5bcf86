"""Who is inside an automation: where, since when, and what can be done with them."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from tidings.automations import people, queries
from tidings.automations.rules import graph_of
from tidings.automations.types import RUN_STATES
from tidings.contacts import queries as contacts
from tidings.platform.errors import Conflict, Refused
from tidings.ui.automations.browsing import HREF, READ, WRITE
from tidings.ui.shell.texts import _
from tidings.ui.shell.visit import Visiting

ONE = f"{HREF}/{{automation_id:int}}"


@get(f"{ONE}/people", permission=READ)
async def people_page(visit: Visiting, automation_id: FromPath[int]) -> Response[Any]:
    """A page of runs; seven statements whatever their number."""
    visit.me.require("fcrm_read_contacts")
    view = await queries.automation_view(visit.core, automation_id)
    table = visit.table(sort="id")
    state = table.kept_value("state")
    rows = await queries.list_runs(
        visit.core,
        table.request,
        automation_id=automation_id,
        search=table.search,
        state=state if state in RUN_STATES else "",
    )
    steps = graph_of(await queries.steps_of(visit.core, automation_id)).steps
    return await visit.page(
        "automations/people.html",
        view=view,
        one=view.automation,
        table=table,
        rows=rows,
        states=RUN_STATES,
        steps=steps,
        known=await contacts.contacts_by_ids(visit.core, [row.run.contact_id for row in rows.rows]),
    )


@post(f"{ONE}/people/{{contact_id:int}}", permission=WRITE)
async def change_run(visit: Visiting, automation_id: FromPath[int], contact_id: FromPath[int]) -> Response[Any]:
    """Moves a contact on to its next step now, ends its run, lets it go on, or takes it out."""
    wanted, said = (await visit.form()).text("to"), ""
    try:
        if wanted == "next":
            found = await queries.find_run(visit.core, automation_id, contact_id)
            await people.move_run(visit.core, automation_id, contact_id, found.run.step_id or 0 if found else 0)
            said = _("Moved on.")
        elif wanted == "out":
            await people.remove_contacts(visit.core, automation_id, [contact_id])
            said = _("Taken out.")
        else:
            to = "active" if wanted == "active" else "cancelled"
            await people.set_run_state(visit.core, automation_id, contact_id, to)
            said = _("Saved.")
    except (Conflict, Refused) as error:
        return visit.redirect(f"{HREF}/{automation_id}/people", error.message, kind="error")
    return visit.redirect(f"{HREF}/{automation_id}/people", said)


ROUTES = [people_page, change_run]
