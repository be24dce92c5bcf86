"""The table of segments, the builder, and the live count beside it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from tidings.contacts import queries as contacts
from tidings.platform.errors import Invalid, Refused
from tidings.segments import actions, queries
from tidings.segments.queries import Segment
from tidings.ui.segments.builder import Builder
from tidings.ui.segments.properties import Property, properties_of
from tidings.ui.shell.forms import Form
from tidings.ui.shell.texts import _
from tidings.ui.shell.visit import Visiting

READ, WRITE, DELETE = "fcrm_read_contacts", "fcrm_manage_contact_cats", "fcrm_manage_contact_cats_delete"
COUNT_WITHIN = timedelta(seconds=5)
SAMPLE = 5


@get("/segments", permission=READ)
async def segments_page(visit: Visiting) -> Response[Any]:
    """All segments with their counts, as fresh as a second allows."""
    saved = sorted(await queries.list_segments(visit.core), key=lambda one: one.title.lower())
    counts = await actions.count_segments(visit.core, saved)
    return await visit.page("segments/index.html", segments=saved, counts=counts)


async def _builder(
    visit: Visiting,
    form: Form,
    builder: Builder | None,
    properties: dict[str, Property],
    *,
    one: Segment | None = None,
    status: int = 200,
) -> Response[Any]:
    return await visit.page(
        "segments/builder.html",
        block="lines" if visit.request.headers.get("hx-target") == "builder" else None,
        form=form,
        builder=builder,
        properties=properties,
        groups=list(dict.fromkeys(known.group for known in properties.values())),
        shown=["title", "description", *(builder.places if builder else ())],
        one=one,
        status=status,
    )


async def _sent(visit: Visiting) -> tuple[Form, dict[str, Property], Builder]:
    form, properties = await visit.form(), await properties_of(visit.core)
    return form, properties, Builder.from_form(form, properties)


@get("/segments/new", permission=WRITE)
async def new_segment(visit: Visiting) -> Response[Any]:
    """An empty builder."""
    properties = await properties_of(visit.core)
    return await _builder(visit, Form(), Builder.empty(properties), properties)


@post("/segments/new", permission=WRITE)
async def make_segment(visit: Visiting) -> Response[Any]:
    """Saves a new segment."""
    form, properties, builder = await _sent(visit)
    try:
        rule = builder.rule(properties)
        await actions.save_segment(
            visit.core,
            title=form.text("title"),
            description=form.text("description"),
            rule=rule,
            created_by=visit.user.id,
        )
    except Invalid as error:
        return await _builder(visit, form.refused(error), builder, properties, status=422)
    return visit.redirect("/segments", _("The segment is there."))


@post("/segments/build", permission=WRITE)
async def rebuild(visit: Visiting) -> Response[Any]:
    """The lines again after a button or another property: nothing is saved."""
    form, properties, builder = await _sent(visit)
    builder.change(form.text("do"), properties)
    number = form.ids("segment")
    one = await queries.find_segment(visit.core, number[0]) if number else None
    return await _builder(visit, form, builder, properties, one=one)


@post("/segments/count", permission=READ)
async def count_lines(visit: Visiting) -> Response[Any]:
    """How many match the lines as they stand, with a few of them."""
    _form, properties, builder = await _sent(visit)
    count, problem, sample = None, "", []
    try:
        rule = builder.rule(properties)
        count = await queries.count_contacts(visit.core, rule, limit=COUNT_WITHIN)
        ids = await queries.list_contact_ids(visit.core, rule, size=SAMPLE, limit=COUNT_WITHIN)
        sample = [view.contact for view in (await contacts.contacts_by_ids(visit.core, ids)).values()]
    except Invalid:
        problem = _("Finish the conditions to see who matches.")
    except Refused as error:
        problem = error.message
    return await visit.page("segments/count.html", count=count, problem=problem, sample=sample)


@get("/segments/{segment_id:int}/edit", permission=WRITE)
async def edit_segment(visit: Visiting, segment_id: FromPath[int]) -> Response[Any]:
    """The builder with what is saved; a rule of another shape can be renamed only."""
    one, properties = await queries.segment_by_id(visit.core, segment_id), await properties_of(visit.core)
    form = Form({"title": one.title, "description": one.description})
    return await _builder(visit, form, Builder.from_rule(one.rule, properties), properties, one=one)


@post("/segments/{segment_id:int}/edit", permission=WRITE)
async def save_segment(visit: Visiting, segment_id: FromPath[int]) -> Response[Any]:
    """Changes name and conditions."""
    one = await queries.segment_by_id(visit.core, segment_id)
    form, properties, builder = await _sent(visit)
    is_shown = Builder.from_rule(one.rule, properties) is not None
    try:
        await actions.update_segment(
            visit.core,
            segment_id,
            title=form.text("title"),
            description=form.text("description"),
            rule=builder.rule(properties) if is_shown else None,
        )
    except Invalid as error:
        return await _builder(
            visit, form.refused(error), builder if is_shown else None, properties, one=one, status=422
        )
    return visit.redirect("/segments", _("Saved."))


@post("/segments/{segment_id:int}/duplicate", permission=WRITE)
async def duplicate_segment(visit: Visiting, segment_id: FromPath[int]) -> Response[Any]:
    """A copy, to be changed."""
    made = await actions.duplicate_segment(visit.core, segment_id, prefix=_("Copy of "), created_by=visit.user.id)
    return visit.redirect(f"/segments/{made.id}/edit", _("This is the copy."))


@post("/segments/{segment_id:int}/delete", permission=DELETE)
async def delete_segment(visit: Visiting, segment_id: FromPath[int]) -> Response[Any]:
    """Deletes the segment; the contacts stay."""
    one = await queries.segment_by_id(visit.core, segment_id)
    await actions.delete_segments(visit.core, [one.id])
    await visit.note("segments_deleted", f"segment {one.id}", title=one.title)
    return visit.redirect("/segments", _("The segment is deleted."))


ROUTES = [
    segments_page,
    new_segment,
    make_segment,
    rebuild,
    count_lines,
    edit_segment,
    save_segment,
    duplicate_segment,
    delete_segment,
]
