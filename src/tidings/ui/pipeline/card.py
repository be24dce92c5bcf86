"""The card in a contact's profile: where the person stands, the way there, and moving on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from litestar import Response, post
from litestar.params import FromPath

from tidings.contacts.queries import contact_by_id
from tidings.pipeline import actions, queries
from tidings.pipeline.types import Actor
from tidings.platform.core import Core
from tidings.platform.errors import Invalid
from tidings.ui.shell.visit import Visiting

MOVES = 6


def actor_of(visit: Visiting) -> Actor:
    """The visitor, for the log."""
    return Actor(visit.user.display_name, visit.user.id)


async def pipeline_card(core: Core, contact_id: int) -> Mapping[str, Any]:
    """What the card shows; three statements."""
    return {
        "standing": (await queries.standings_of(core, [contact_id])).get(contact_id),
        "stages": await queries.list_stages(core),
        "moves": await queries.history_of(core, contact_id, limit=MOVES),
    }


@post("/contacts/{contact_id:int}/stage", permission="fcrm_manage_contacts")
async def change_stage(visit: Visiting, contact_id: FromPath[int]) -> Response[Any]:
    """Moves the contact; answers the card alone for htmx, else the profile again."""
    form, message = await visit.form(), ""
    view = await contact_by_id(visit.core, contact_id)
    stage = None if form.text("stage") == "out" else next(iter(form.ids("stage")), 0)
    try:
        await actions.move_contacts(visit.core, [contact_id], stage, actor=actor_of(visit), note=form.text("note"))
    except Invalid as error:
        message = error.message
    if not visit.is_partial:
        return visit.redirect(f"/contacts/{contact_id}", message, kind="error" if message else "success")
    values = await pipeline_card(visit.core, contact_id)
    return await visit.page(
        "pipeline/card.html", block="stage_card", contact=view.contact, stage_message=message, **values
    )


ROUTES = [change_stage]
