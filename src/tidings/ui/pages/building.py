"""Making a page, its content beside a preview, and its settings."""

from __future__ import annotations

import secrets
from dataclasses import replace
from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath
from markupsafe import Markup

from tidings.contacts import catalog
from tidings.forms import actions as forms
from tidings.forms import queries as form_queries
from tidings.forms.rules import TEMPLATES
from tidings.forms.types import Form as SignUp
from tidings.forms.types import FormDraft
from tidings.pages import actions, queries, rules
from tidings.pages.rendering import Brand, page_document
from tidings.pages.types import Block, Counted, Mode, Page, PageDraft, PageSettings
from tidings.platform.core import Core
from tidings.platform.errors import Invalid, NotFound
from tidings.platform.pagination import PageRequest
from tidings.ui.forms.shelves import picked
from tidings.ui.pages import blocks as lines
from tidings.ui.shell.forms import Form
from tidings.ui.shell.framing import framed
from tidings.ui.shell.texts import _
from tidings.ui.shell.visit import Visiting

MAY = "fcrm_manage_forms"
HREF = "/pages"
_WORDS = tuple(one.name for one in msgspec.structs.fields(PageSettings))
SHOWN = ("title", "slug", "form_id", "list_id", "group_ids", *_WORDS)
_NEW_FORM = "new"


async def _choices(core: Core) -> dict[str, Any]:
    """Forms and lists to choose from: two statements and the count."""
    found = await form_queries.list_forms(core, PageRequest(per_page=1000, sort="title", is_descending=False))
    lists = (await catalog.list_lists(core)).rows
    titles = {one.id: one.title for one in lists}
    groups = [one for one in lists if one.parent_id is not None]
    groups.sort(key=lambda one: (titles.get(one.parent_id or 0, ""), one.title))
    return {
        "forms": [(one.id, one.title) for one in found.rows],
        "lists": sorted(
            ((one.id, one.title) for one in lists if one.parent_id is None), key=lambda one: one[1].lower()
        ),
        "groups": [(one.id, f"{titles.get(one.parent_id or 0, '')} › {one.title}") for one in groups],
    }


async def _sheet(visit: Visiting, form: Form, status: int = 200) -> Response[Any]:
    return await visit.page(
        "pages/new.html",
        block="sheet" if visit.is_partial else None,
        form=form,
        status=status,
        **await _choices(visit.core),
    )


@get(f"{HREF}/new", permission=MAY)
async def new_page(visit: Visiting) -> Response[Any]:
    """What a new page begins with."""
    return await _sheet(visit, Form({"form_id": _NEW_FORM}))


@post(f"{HREF}/new", permission=MAY)
async def make_page(visit: Visiting) -> Response[Any]:
    """Makes a page, and a form for it when that is wanted, and opens it."""
    core, form = visit.core, await visit.form()
    title = form.text("title")
    draft = PageDraft(
        title,
        form.text("slug") or rules.slug_from(title),
        blocks=(Block("heading", title, level=1), Block("form")),
        form_id=_id(form, "form_id"),
        list_id=_id(form, "list_id"),
    )
    try:
        made = await actions.create_page(core, draft, user_id=visit.user.id)
        if form.text("form_id") == _NEW_FORM:
            await actions.update_page(core, made, replace(draft, form_id=await _sign_up(core, draft)))
    except Invalid as error:
        return await _sheet(visit, form.refused(error), 422)
    return visit.redirect(f"{HREF}/{made}", _("The page is there. Build it and publish it."))


async def _sign_up(core: Core, draft: PageDraft) -> int:
    """A form for a new page, which asks for the address; its title is made free."""
    title, fields = f"{draft.title[:120]} ({draft.slug[:40]})", TEMPLATES["simple_optin"][1]
    try:
        return await forms.create_form(core, FormDraft(title, fields))
    except Invalid:
        return await forms.create_form(core, FormDraft(f"{title} {secrets.token_hex(4)}", fields))


def _id(form: Form, name: str) -> int | None:
    return next(iter(form.ids(name)), None)


def draft_of(page: Page) -> PageDraft:
    """The page as a draft, to be changed in part."""
    return PageDraft(
        page.title,
        page.slug,
        page.mode,
        page.blocks,
        page.html,
        page.settings,
        page.form_id,
        page.list_id,
        page.group_ids,
    )


async def _builder(visit: Visiting, counted: Counted, form: Form, status: int = 200) -> Response[Any]:
    """The builder; htmx gets the blocks alone."""
    blocks = lines.blocks_of(form)
    shown = ["html", "blocks", *(f"blocks.{n}" for n in range(len(blocks)))]
    return await visit.page(
        "pages/builder.html",
        block="lines" if visit.request.headers.get("hx-target") == "blocks" else None,
        form=form,
        one=counted.page,
        count=len(blocks),
        offered=[(kind, _(word)) for kind, word in lines.OFFERED],
        titles={kind: _(word) for kind, word in lines.TITLES.items()},
        aligned=lines.ALIGNED,
        # Those that can stand on a page once only.
        placed={one.kind for one in blocks} & {"form", "preferences"},
        shown=shown,
        status=status,
    )


@get(f"{HREF}/{{page_id:int}}", permission=MAY)
async def builder_page(visit: Visiting, page_id: FromPath[int]) -> Response[Any]:
    """The content beside its preview."""
    counted = await queries.page_by_id(visit.core, page_id)
    page = counted.page
    return await _builder(visit, counted, Form({"mode": page.mode, "html": page.html} | lines.values_of(page.blocks)))


@post(f"{HREF}/{{page_id:int}}", permission=MAY)
async def save_content(visit: Visiting, page_id: FromPath[int]) -> Response[Any]:
    """Stores the content; a press of a button among the blocks only shows them changed."""
    core, form = visit.core, await visit.form()
    counted = await queries.page_by_id(core, page_id)
    if form.text("do"):
        form.values |= lines.values_of(lines.changed(lines.blocks_of(form), form.text("do")))
        return await _builder(visit, counted, form)
    try:
        await actions.update_page(core, page_id, _written(counted.page, form))
    except Invalid as error:
        return await _builder(visit, counted, form.refused(error), 422)
    return visit.redirect(f"{HREF}/{page_id}", _("Saved."))


def _written(page: Page, form: Form) -> PageDraft:
    """The page with the content that the form says."""
    mode: Mode = "html" if form.text("mode") == "html" else "blocks"
    return replace(draft_of(page), mode=mode, blocks=lines.blocks_of(form), html=form.text("html"))


@get(f"{HREF}/{{page_id:int}}/preview", permission=MAY)
async def preview_saved(visit: Visiting, page_id: FromPath[int]) -> Response[Any]:
    """The page as it is stored, in a frame that runs nothing."""
    return await _framed(visit, (await queries.page_by_id(visit.core, page_id)).page)


@post(f"{HREF}/{{page_id:int}}/preview", permission=MAY, status_code=200)
async def preview_written(visit: Visiting, page_id: FromPath[int]) -> Response[Any]:
    """The page as it is being written; nothing is stored."""
    page, form = (await queries.page_by_id(visit.core, page_id)).page, await visit.form()
    draft = _written(page, form)
    known = [one for one in draft.blocks if one.kind in lines.TITLES][: rules.MAX_BLOCKS]
    html = draft.html[: rules.MAX_HTML]
    return await _framed(visit, msgspec.structs.replace(page, mode=draft.mode, blocks=known, html=html))


async def _framed(visit: Visiting, page: Page) -> Response[Any]:
    brand = Brand(*await visit.core.installation.brand())
    stands = Markup("<p><strong>{}</strong></p>").format(_("Here everybody finds the form with their own details."))
    return framed(page_document(page, await _form_of(visit.core, page), brand, preferences=stands))


async def _form_of(core: Core, page: Page) -> SignUp | None:
    try:
        return await form_queries.form_by_id(core, page.form_id) if page.form_id is not None else None
    except NotFound:
        return None


async def _settings_page(visit: Visiting, counted: Counted, form: Form, status: int = 200) -> Response[Any]:
    page = counted.page
    home = str(await visit.core.installation.get("public_url"))
    frame, script = queries.embed_codes(home, page)
    return await visit.page(
        "pages/settings.html",
        form=form,
        one=page,
        url=queries.page_url(home, page),
        home=f"{home.rstrip('/')}/p/",
        frame=frame,
        script_code=script,
        shown=SHOWN,
        status=status,
        **await _choices(visit.core),
    )


@get(f"{HREF}/{{page_id:int}}/settings", permission=MAY)
async def settings_page(visit: Visiting, page_id: FromPath[int]) -> Response[Any]:
    """Name, address, look, the form and whom it feeds, what follows, and the code for other sites."""
    counted = await queries.page_by_id(visit.core, page_id)
    page = counted.page
    values: dict[str, Any] = msgspec.to_builtins(page.settings) | {"title": page.title, "slug": page.slug}
    values |= {"form_id": page.form_id or "", "list_id": page.list_id or "", "group_ids": picked(page.group_ids)}
    return await _settings_page(visit, counted, Form(values))


@post(f"{HREF}/{{page_id:int}}/settings", permission=MAY)
async def save_settings(visit: Visiting, page_id: FromPath[int]) -> Response[Any]:
    """Stores them; a published page changes at once."""
    core, form = visit.core, await visit.form()
    counted = await queries.page_by_id(core, page_id)
    said: Any = {name: form.text(name) for name in _WORDS}
    draft = replace(
        draft_of(counted.page),
        title=form.text("title"),
        slug=form.text("slug"),
        settings=PageSettings(**said),
        form_id=_id(form, "form_id"),
        list_id=_id(form, "list_id"),
        group_ids=form.ids("group_ids"),
    )
    try:
        await actions.update_page(core, page_id, draft)
    except Invalid as error:
        return await _settings_page(visit, counted, form.refused(error), 422)
    return visit.redirect(f"{HREF}/{page_id}/settings", _("Saved."))


ROUTES = [
    new_page,
    make_page,
    builder_page,
    save_content,
    preview_saved,
    preview_written,
    settings_page,
    save_settings,
]
