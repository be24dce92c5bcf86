"""The table of patterns by category, and one beside its preview."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from tidings.messages import mailing
from tidings.platform.errors import Invalid
from tidings.templates.patterns import actions, queries
from tidings.templates.patterns.types import Pattern
from tidings.ui.campaigns import composing
from tidings.ui.mail_templates.editing import MAY
from tidings.ui.shell.forms import Form
from tidings.ui.shell.texts import _
from tidings.ui.shell.visit import Visiting

HREF = "/patterns"
# The page's main part has the id of the column `content`.
_SHOWN = ("title", "category", "description", "body", "is_synced")


@get(HREF, permission=MAY)
async def patterns_page(visit: Visiting) -> Response[Any]:
    """Newest first, narrowed by words and category; htmx gets the table alone."""
    table = visit.table(sort="id")
    category = table.kept_value("category")
    return await visit.page(
        "patterns/index.html",
        block="table" if visit.request.headers.get("hx-target") == "shelf" else None,
        table=table,
        rows=await queries.list_patterns(visit.core, table.request, search=table.search, category=category),
        category=category,
        categories=await queries.used_categories(visit.core),
    )


async def _sheet(visit: Visiting, form: Form, one: Pattern | None = None, status: int = 200) -> Response[Any]:
    return await visit.page(
        "patterns/pattern.html",
        form=form,
        one=one,
        shown=_SHOWN,
        codes=await composing.codes_for(visit.core),
        categories=await queries.used_categories(visit.core),
        status=status,
    )


def _values(form: Form) -> dict[str, Any]:
    """What the page decides."""
    lines = {name: form.text(name).replace("\0", "") for name in ("title", "category", "description")}
    content = str(form.value("body")).replace("\0", "").replace("\r\n", "\n")
    return {**lines, "content": content, "is_synced": form.flag("is_synced")}


@get(f"{HREF}/new", permission=MAY)
async def new_pattern(visit: Visiting) -> Response[Any]:
    """An empty one."""
    return await _sheet(visit, Form())


@post(f"{HREF}/new", permission=MAY)
async def make_pattern(visit: Visiting) -> Response[Any]:
    """Makes one."""
    form = await visit.form()
    try:
        await actions.create_pattern(visit.core, created_by=visit.user.id, **_values(form))
    except Invalid as error:
        return await _sheet(visit, form.refused(error), None, 422)
    return visit.redirect(HREF, _("The pattern is there. Editors of mails offer it."))


@get(f"{HREF}/{{pattern_id:int}}", permission=MAY)
async def pattern_page(visit: Visiting, pattern_id: FromPath[int]) -> Response[Any]:
    """One with its content."""
    one = await queries.pattern_by_id(visit.core, pattern_id)
    values = {name: getattr(one, name) for name in ("title", "category", "description", "is_synced")}
    return await _sheet(visit, Form({**values, "body": one.content}), one)


@post(f"{HREF}/{{pattern_id:int}}", permission=MAY)
async def save_pattern(visit: Visiting, pattern_id: FromPath[int]) -> Response[Any]:
    """Changes it; mails that refer to it follow."""
    form, one = await visit.form(), await queries.pattern_by_id(visit.core, pattern_id)
    try:
        await actions.update_pattern(visit.core, pattern_id, **_values(form))
    except Invalid as error:
        return await _sheet(visit, form.refused(error), one, 422)
    return visit.redirect(HREF, _("Saved."))


@post(f"{HREF}/preview", permission=MAY)
async def preview_pattern(visit: Visiting) -> Response[Any]:
    """What is written, in the frame of a mail."""
    content = str((await visit.form()).value("body"))
    row = {"subject": "", "preheader": "", "body": content, "design": "simple", "footer": "none", "look": {}}
    written = mailing.source_from({**row, "language": "smartcodes", "is_transactional": True})
    return await composing.previewed(visit, written)


@post(f"{HREF}/{{pattern_id:int}}/duplicate", permission=MAY)
async def duplicate_pattern(visit: Visiting, pattern_id: FromPath[int]) -> Response[Any]:
    """A copy, opened."""
    one = await queries.pattern_by_id(visit.core, pattern_id)
    title = (_("Copy of %(title)s") % {"title": one.title})[:192]
    made = await actions.duplicate_pattern(visit.core, pattern_id, title=title, created_by=visit.user.id)
    return visit.redirect(f"{HREF}/{made}", _("The copy is there."))


@post(f"{HREF}/{{pattern_id:int}}/delete", permission=MAY)
async def delete_pattern(visit: Visiting, pattern_id: FromPath[int]) -> Response[Any]:
    """Deletes it; where mails refer to it, nothing stands from then on."""
    await actions.delete_patterns(visit.core, [pattern_id])
    await visit.note("pattern_deleted", f"pattern {pattern_id}")
    return visit.redirect(HREF, _("The pattern is gone."))


ROUTES = [
    patterns_page,
    new_pattern,
    make_pattern,
    pattern_page,
    save_pattern,
    preview_pattern,
    duplicate_pattern,
    delete_pattern,
]
