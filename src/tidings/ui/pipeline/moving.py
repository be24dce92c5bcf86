"""Moving a contact: by a drag, which the island reports, or by the dialog, which also takes a note."""

from __future__ import annotations

from typing import Any

from litestar import MediaType, Response, get, post
from litestar.params import FromPath

from tidings.contacts.queries import contact_by_id
from tidings.pipeline import actions, queries
from tidings.platform.errors import Invalid
from tidings.ui.pipeline.board import HREF
from tidings.ui.pipeline.card import actor_of
from tidings.ui.shell.forms import Form
from tidings.ui.shell.texts import _
from tidings.ui.shell.visit import Visiting


@post(f"{HREF}/drag", permission="fcrm_manage_contacts")
async def drag(visit: Visiting) -> Response[Any]:
    """Moves the contact of a card that was dragged; answers the counts of all stages as JSON."""
    form = await visit.form()
    stage = next(iter(form.ids("stage")), 0)
    await actions.move_contacts(visit.core, form.ids("contact"), stage, actor=actor_of(visit))
    counts = {str(one.id): one.contacts_count for one in await queries.list_stages(visit.core)}
    return Response({"counts": counts}, media_type=MediaType.JSON)


async def _dialog(visit: Visiting, contact_id: int, form: Form, status: int = 200) -> Response[Any]:
    view = await contact_by_id(visit.core, contact_id)
    standing = (await queries.standings_of(visit.core, [contact_id])).get(contact_id)
    return await visit.page(
        "pipeline/move.html",
        block="sheet" if visit.is_partial else None,
        contact=view.contact,
        standing=standing,
        stages=await queries.list_stages(visit.core),
        form=form,
        status=status,
    )


@get(f"{HREF}/move/{{contact_id:int}}", permission="fcrm_manage_contacts")
async def choose_stage(visit: Visiting, contact_id: FromPath[int]) -> Response[Any]:
    """The dialog: a page of its own without htmx."""
    return await _dialog(visit, contact_id, Form())


@post(f"{HREF}/move/{{contact_id:int}}", permission="fcrm_manage_contacts")
async def move(visit: Visiting, contact_id: FromPath[int]) -> Response[Any]:
    """Moves the contact, with a note; `out` takes it out of the pipeline."""
    form = await visit.form()
    stage = None if form.text("stage") == "out" else next(iter(form.ids("stage")), 0)
    try:
        await actions.move_contacts(visit.core, [contact_id], stage, actor=actor_of(visit), note=form.text("note"))
    except Invalid as error:
        return await _dialog(visit, contact_id, form.refused(error), 422)
    return visit.redirect(HREF, _("Moved."))


ROUTES = [drag, choose_stage, move]
