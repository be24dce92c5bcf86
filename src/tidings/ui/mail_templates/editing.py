"""Making a template, from nothing or of a ready-made one, and the editor of campaigns for it."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from tidings.messages import mailing
from tidings.platform.errors import Invalid, NotFound
from tidings.templates import actions, queries
from tidings.templates.gallery import READY, find_ready
from tidings.templates.types import Template
from tidings.ui.campaigns import composing, forms
from tidings.ui.shell.forms import Form
from tidings.ui.shell.texts import _
from tidings.ui.shell.visit import Visiting

MAY = "fcrm_manage_email_templates"
HREF = "/templates"
_LINES = ("title", "subject", "preheader")


@get(f"{HREF}/new", permission=MAY)
async def new_template(visit: Visiting) -> Response[Any]:
    """What a template may begin with."""
    return await visit.page("mail_templates/new.html", ready=READY)


@post(f"{HREF}/new", permission=MAY)
async def make_template(visit: Visiting) -> Response[Any]:
    """Makes a draft of the choice and opens it."""
    form = await visit.form()
    ready = find_ready(form.text("from"))
    title, content = _("New template"), {"design": "raw_classic" if form.text("from") == "html" else "simple"}
    if ready is not None:
        title, content = _(ready.title), ready.content
    made = await actions.create_template(visit.core, title=title, created_by=visit.user.id, **content)
    return visit.redirect(f"{HREF}/{made}")


@get(f"{HREF}/gallery/{{name:str}}", access="user")
async def ready_frame(visit: Visiting, name: FromPath[str]) -> Response[Any]:
    """A ready-made template alone."""
    ready = find_ready(name)
    if ready is None:
        raise NotFound("template", name)
    return await composing.pictured(visit, mailing.source_from({**ready.content, "is_transactional": False}))


@get(f"{HREF}/{{template_id:int}}", permission=MAY)
async def template_page(visit: Visiting, template_id: FromPath[int]) -> Response[Any]:
    """Name and subject above the editor and its preview."""
    return await _edit(visit, await queries.template_by_id(visit.core, template_id))


async def _edit(visit: Visiting, template: Template, said: Form | None = None) -> Response[Any]:
    parts = await composing.parts_of(visit, composing.mail_of(template))
    about = {name: getattr(template, name) for name in _LINES} | {"is_offered": template.state == "published"}
    return await visit.page(
        "mail_templates/template.html",
        **parts,
        one=template,
        about=said or Form(about),
        shown=(*_LINES, "is_offered", "body"),
        status=422 if said else 200,
    )


def _written(form: Form, template: Template) -> dict[str, Any]:
    """Subject, preview text, body and design as the page has them."""
    lines = {name: forms.line(form.text(name)) for name in ("subject", "preheader")}
    return lines | forms.content(form, template.design)


@post(f"{HREF}/{{template_id:int}}", permission=MAY)
async def save_template(visit: Visiting, template_id: FromPath[int]) -> Response[Any]:
    """Stores everything."""
    template, form = await queries.template_by_id(visit.core, template_id), await visit.form()
    about = {"title": forms.line(form.text("title")), "state": "published" if form.flag("is_offered") else "draft"}
    try:
        await actions.update_template(visit.core, template_id, **about, **_written(form, template))
    except Invalid as error:
        return await _edit(visit, template, form.refused(error))
    return visit.redirect(HREF, _("Saved."))


@post(f"{HREF}/{{template_id:int}}/content/draft", permission=MAY)
async def keep_content(visit: Visiting, template_id: FromPath[int]) -> Response[Any]:
    """Stores the content while it is written and answers preview and checks."""
    template, form = await queries.template_by_id(visit.core, template_id), await visit.form()
    values = _written(form, template)
    if any(getattr(template, name) != value for name, value in values.items()):
        await actions.update_template(visit.core, template_id, **values)
    kept = await queries.template_by_id(visit.core, template_id)
    return await composing.seen(visit, composing.mail_of(kept), form)


@post(f"{HREF}/{{template_id:int}}/content/editor", permission=MAY)
async def change_editor(visit: Visiting, template_id: FromPath[int]) -> Response[Any]:
    """Stores the content and opens it in the other editor."""
    template, form = await queries.template_by_id(visit.core, template_id), await visit.form()
    await actions.update_template(
        visit.core, template_id, **_written(form, template) | {"design": forms.other_editor(form)}
    )
    return visit.redirect(f"{HREF}/{template_id}")


@get(f"{HREF}/{{template_id:int}}/people", permission=MAY)
async def find_people(visit: Visiting, template_id: FromPath[int]) -> Response[Any]:
    """The options of the choice whom to preview as, narrowed by a search."""
    return await composing.found_people(visit)


@get(f"{HREF}/{{template_id:int}}/preview", permission=MAY)
async def preview_frame(visit: Visiting, template_id: FromPath[int]) -> Response[Any]:
    """The mail alone, as a contact would get it."""
    template = await queries.template_by_id(visit.core, template_id)
    return await composing.previewed(visit, composing.mail_of(template).written)


@post(f"{HREF}/{{template_id:int}}/test", permission=MAY)
async def send_test_mail(visit: Visiting, template_id: FromPath[int]) -> Response[Any]:
    """One mail to one address, now."""
    return await composing.tested(visit, composing.mail_of(await queries.template_by_id(visit.core, template_id)))


@get(f"{HREF}/{{template_id:int}}/patterns/{{pattern_id:int}}", permission=MAY)
async def pattern_piece(visit: Visiting, template_id: FromPath[int], pattern_id: FromPath[int]) -> Response[Any]:
    """What a pattern puts into this template."""
    template = await queries.template_by_id(visit.core, template_id)
    return await composing.piece(visit, composing.mail_of(template), pattern_id)


ROUTES = [
    new_template,
    make_template,
    ready_frame,
    template_page,
    save_template,
    keep_content,
    change_editor,
    find_people,
    preview_frame,
    send_test_mail,
    pattern_piece,
]
