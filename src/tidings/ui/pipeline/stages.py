"""The stages themselves: made, changed, ordered, deleted with their contacts moved on; and their numbers."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from tidings.pipeline import actions, queries
from tidings.pipeline.rules import DEFAULT_COLOR
from tidings.platform.errors import Conflict, Invalid
from tidings.ui.pipeline.board import HREF
from tidings.ui.pipeline.card import actor_of
from tidings.ui.shell.forms import Form
from tidings.ui.shell.texts import _
from tidings.ui.shell.visit import Visiting

AT = f"{HREF}/stages"
READ, WRITE, DELETE = "fcrm_read_contacts", "fcrm_manage_contact_cats", "fcrm_manage_contact_cats_delete"
# days back from now; 0: everything
SPANS = (0, 30, 90, 365)


async def _stages(visit: Visiting, form: Form, status: int = 200) -> Response[Any]:
    stages = await queries.list_stages(visit.core)
    return await visit.page("pipeline/stages.html", stages=stages, form=form, status=status)


@get(AT, permission=READ)
async def stages_page(visit: Visiting) -> Response[Any]:
    """All stages in their order, and the form for a new one."""
    return await _stages(visit, Form({"color": DEFAULT_COLOR}))


@post(AT, permission=WRITE)
async def make_stage(visit: Visiting) -> Response[Any]:
    """Makes a stage, the last one."""
    form = await visit.form()
    try:
        await actions.create_stage(
            visit.core, title=form.text("title"), color=form.text("color"), outcome=form.text("outcome")
        )
    except Invalid as error:
        return await _stages(visit, form.refused(error), 422)
    return visit.redirect(AT, _("The stage is there."))


async def _stage(visit: Visiting, stage_id: int, form: Form | None, status: int = 200) -> Response[Any]:
    stage = await queries.stage_by_id(visit.core, stage_id)
    shown = form or Form({"title": stage.title, "color": stage.color, "outcome": stage.outcome})
    others = [one for one in await queries.list_stages(visit.core) if one.id != stage_id]
    return await visit.page("pipeline/stage.html", stage=stage, others=others, form=shown, status=status)


@get(f"{AT}/{{stage_id:int}}", permission=WRITE)
async def stage_page(visit: Visiting, stage_id: FromPath[int]) -> Response[Any]:
    """One stage: its form, and its deletion."""
    return await _stage(visit, stage_id, None)


@post(f"{AT}/{{stage_id:int}}", permission=WRITE)
async def change_stage(visit: Visiting, stage_id: FromPath[int]) -> Response[Any]:
    """Changes name, colour and outcome."""
    form = await visit.form()
    changes: dict[str, Any] = {name: form.text(name) for name in ("title", "color", "outcome")}
    try:
        await actions.update_stage(visit.core, stage_id, **changes)
    except Invalid as error:
        return await _stage(visit, stage_id, form.refused(error), 422)
    return visit.redirect(AT, _("Saved."))


@post(f"{AT}/{{stage_id:int}}/place", permission=WRITE)
async def place_stage(visit: Visiting, stage_id: FromPath[int]) -> Response[Any]:
    """Moves a stage to another place."""
    form = await visit.form()
    await actions.update_stage(visit.core, stage_id, position=form.number("position") or 0)
    return visit.redirect(AT)


@post(f"{AT}/{{stage_id:int}}/delete", permission=DELETE)
async def delete_stage(visit: Visiting, stage_id: FromPath[int]) -> Response[Any]:
    """Deletes a stage; whoever stands in it moves to the one that is named."""
    form = await visit.form()
    move_to = next(iter(form.ids("move_to")), None)
    try:
        await actions.delete_stage(visit.core, stage_id, move_to=move_to, actor=actor_of(visit))
    except (Conflict, Invalid) as error:
        stage = await queries.stage_by_id(visit.core, stage_id)
        form.values |= {"title": stage.title, "color": stage.color, "outcome": stage.outcome}
        refused = Invalid({"move_to": error.fields["move_to"]}) if isinstance(error, Invalid) else error
        return await _stage(visit, stage_id, form.refused(refused), 422)
    await visit.note("stage_deleted", f"stage {stage_id}")
    return visit.redirect(AT, _("The stage is deleted."))


@get(f"{HREF}/numbers", permission=READ)
async def numbers_page(visit: Visiting) -> Response[Any]:
    """Conversion and time in each stage, from the log."""
    days = next(iter(visit.query().ids("days")), 0)
    days = days if days in SPANS else 0
    since = visit.core.clock.now() - timedelta(days=days) if days else None
    return await visit.page(
        "pipeline/numbers.html",
        stages=await queries.list_stages(visit.core),
        numbers=await queries.stage_numbers(visit.core, since=since),
        days=days,
        spans=SPANS,
    )


ROUTES = [stages_page, make_stage, stage_page, change_stage, place_stage, delete_stage, numbers_page]
