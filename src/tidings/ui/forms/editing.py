"""Making a form and changing it. What people sent is `submissions`."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from tidings.contacts.queries import custom_fields
from tidings.forms import actions, queries
from tidings.forms import types as forms
from tidings.forms.rules import TEMPLATES
from tidings.forms.types import CHOICES, FormDraft, FormSettings
from tidings.platform.errors import Invalid
from tidings.ui.forms import fields as lines
from tidings.ui.forms.shelves import offered, picked
from tidings.ui.shell.forms import Form
from tidings.ui.shell.texts import _
from tidings.ui.shell.visit import Visiting

MAY = "fcrm_manage_forms"
HREF = "/forms"
_TEXTS = ("button", "intro", "message", "redirect_url")
SHOWN = ("title", "fields", "lists", "tags", *_TEXTS)
_ABOUT = {
    "inline_subscribe": "The address, nothing else; fits into a line of a page.",
    "simple_optin": "The address, with room for a text above.",
    "with_name_subscribe": "First and last name, then the address.",
}


async def _sheet(visit: Visiting, form: Form, status: int = 200) -> Response[Any]:
    return await visit.page(
        "forms/new.html",
        block="sheet" if visit.is_partial else None,
        form=form,
        templates=[(name, _(title), _(_ABOUT.get(name, ""))) for name, (title, _fields) in TEMPLATES.items()],
        lists=[(one.id, one.title) for one in (await offered(visit.core)).lists],
        status=status,
    )


@get(f"{HREF}/new", permission=MAY)
async def new_form(visit: Visiting) -> Response[Any]:
    """What a new form begins with."""
    return await _sheet(visit, Form({"template": "simple_optin", "has_double_opt_in": True}))


@post(f"{HREF}/new", permission=MAY)
async def make_form(visit: Visiting) -> Response[Any]:
    """Makes a form from a template and opens it."""
    form = await visit.form()
    template = form.text("template") if form.text("template") in TEMPLATES else "simple_optin"
    settings = FormSettings(has_double_opt_in=form.flag("has_double_opt_in"))
    list_ids = (await offered(visit.core)).list_ids(form, "list")
    draft = FormDraft(form.text("title"), TEMPLATES[template][1], list_ids, (), settings, template)
    try:
        made = await actions.create_form(visit.core, draft)
    except Invalid as error:
        return await _sheet(visit, form.refused(error), 422)
    return visit.redirect(f"{HREF}/{made}", _("The form is there. Put its code into your page."))


async def _editor(visit: Visiting, one: forms.Form, form: Form, status: int = 200) -> Response[Any]:
    """The editor; htmx gets the questions alone."""
    core, fields = visit.core, lines.fields_of(form)
    home = str(await core.installation.get("public_url"))
    frame, script = queries.embed_codes(home, one)
    return await visit.page(
        "forms/editor.html",
        block="lines" if visit.request.headers.get("hx-target") == "fields" else None,
        form=form,
        one=one,
        count=len(fields),
        kinds=[(key, _(word)) for key, word in lines.KINDS],
        choices="|".join(CHOICES),
        targets=lines.targets(await custom_fields(core), fields),
        shelves=await offered(core),
        shown=[*SHOWN, *(f"fields.{n}" for n in range(len(fields)))],
        url=queries.form_url(home, one),
        frame=frame,
        script_code=script,
        status=status,
    )


@get(f"{HREF}/{{form_id:int}}", permission=MAY)
async def form_page(visit: Visiting, form_id: FromPath[int]) -> Response[Any]:
    """A form with its questions, what follows, and the code for a page."""
    one = await queries.form_by_id(visit.core, form_id)
    said = one.settings
    values = {name: getattr(said, name) for name in (*_TEXTS, "has_double_opt_in", "on_existing")}
    values |= {"title": one.title, "is_open": one.state == "published"}
    values |= {"lists": picked(one.list_ids), "tags": picked(one.tag_ids)}
    return await _editor(visit, one, Form(values | lines.values_of(one.fields)))


@post(f"{HREF}/{{form_id:int}}", permission=MAY)
async def save_form(visit: Visiting, form_id: FromPath[int]) -> Response[Any]:
    """Stores all of it; a press of a button among the questions only shows them changed."""
    form, one = await visit.form(), await queries.form_by_id(visit.core, form_id)
    fields = lines.fields_of(form)
    if form.text("do"):
        form.values |= lines.values_of(lines.changed(fields, form.text("do")))
        return await _editor(visit, one, form)
    fields = lines.named(fields)
    shelves = await offered(visit.core)
    draft = FormDraft(
        form.text("title"),
        fields,
        shelves.list_ids(form),
        shelves.tag_ids(form),
        _settings(form),
        one.template,
        "published" if form.flag("is_open") else "closed",
    )
    try:
        await actions.update_form(visit.core, form_id, draft)
    except Invalid as error:
        return await _editor(visit, one, form.refused(error), 422)
    return visit.redirect(f"{HREF}/{form_id}", _("Saved."))


def _settings(form: Form) -> FormSettings:
    said = form.text("on_existing")
    return FormSettings(
        has_double_opt_in=form.flag("has_double_opt_in"),
        on_existing=said if said in ("update", "fill", "skip") else "fill",
        button=form.text("button") or "Subscribe",
        intro=form.text("intro"),
        message=form.text("message"),
        redirect_url=form.text("redirect_url"),
    )


ROUTES = [new_form, make_form, form_page, save_form]
