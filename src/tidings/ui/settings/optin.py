"""Double opt-in: the mail that asks for confirmation and what follows it, for the installation and for single lists."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from tidings.contacts import catalog
from tidings.content import picker
from tidings.messages import mailing
from tidings.messages import optin_settings as optin
from tidings.messages.optin_settings import OptIn, TagRedirect
from tidings.platform.core import Core
from tidings.platform.errors import Invalid, NotFound
from tidings.ui.shell.forms import Form
from tidings.ui.shell.texts import _
from tidings.ui.shell.visit import Visiting

MAY = "fcrm_manage_settings"
HREF = "/settings/opt-in"
SHOWN = ("design", "subject", "preheader", "body", "after", "message", "redirect_url", "tag_redirects")
DESIGNS = (("simple", "Boxed"), ("plain", "Plain"), ("classic", "Left-aligned"), ("raw_html", "Own HTML"))
MAX_REDIRECTS = 50


def _values(said: OptIn) -> dict[str, Any]:
    """The settings as the form shows them; the redirects in lines numbered from 0."""
    values = {name: getattr(said, name) for name in (*SHOWN[:-1], "uses_tag_redirects")}
    for n, one in enumerate(said.tag_redirects):
        values |= {f"tags.{n}": [str(tag) for tag in one.tag_ids], f"url.{n}": one.url}
    return values | {"lines": str(len(said.tag_redirects))}


def _lines(form: Form) -> int:
    text = form.text("lines")
    return min(int(text), MAX_REDIRECTS) if text.isdigit() and len(text) < 4 else 0


def _said(form: Form) -> OptIn:
    """The settings that the form asks for; lines that say nothing are left out."""
    lines = [TagRedirect(form.ids(f"tags.{n}"), form.text(f"url.{n}")) for n in range(_lines(form))]
    return OptIn(
        design=form.text("design") or "simple",
        subject=form.text("subject"),
        preheader=form.text("preheader"),
        body=str(form.value("body")),
        after="redirect" if form.text("after") == "redirect" else "message",
        message=str(form.value("message")),
        redirect_url=form.text("redirect_url"),
        uses_tag_redirects=form.flag("uses_tag_redirects"),
        tag_redirects=[one for one in lines if one.tag_ids or one.url],
    )


async def _codes(core: Core) -> list[tuple[str, str]]:
    """What the picker of the editor offers, the codes that confirm first."""
    found = [
        ("", _("Confirmation")),
        ("{{crm.activate_button|Confirm your subscription}}", _("Button that confirms")),
        ("#activate_link#", _("Address that confirms")),
    ]
    for group in picker(await mailing.site(core), language="smartcodes"):
        found += [("", _(group.title)), *group.shortcodes.items()]
    return found


async def _shown(visit: Visiting, form: Form, status: int = 200, one: Any = None) -> Response[Any]:
    """The page of the installation, or of the list `one`."""
    core = visit.core
    lists = [] if one else (await catalog.list_lists(core)).rows
    design = form.text("design") or "simple"
    designs = [(key, _(word)) for key, word in DESIGNS]
    return await visit.page(
        "settings/optin.html",
        form=form,
        one=one,
        lists=lists,
        own=await optin.lists_with_own_opt_in(core) if lists else (),
        tags=(await catalog.list_tags(core)).rows,
        codes=await _codes(core),
        designs=designs if design in dict(designs) else [*designs, (design, design)],
        lines=range(_lines(form)),
        can_add=_lines(form) < MAX_REDIRECTS,
        shown=SHOWN,
        status=status,
    )


def _is_one_more(form: Form) -> bool:
    """Whether the visitor only asked for one more line of redirects; then it is there."""
    if form.text("do") != "add":
        return False
    form.values["lines"] = str(min(_lines(form) + 1, MAX_REDIRECTS))
    return True


@get(HREF, permission=MAY)
async def opt_in_page(visit: Visiting) -> Response[Any]:
    """The installation's, and which lists have their own."""
    return await _shown(visit, Form(_values(await optin.opt_in_settings(visit.core))))


@post(HREF, permission=MAY)
async def save_opt_in(visit: Visiting) -> Response[Any]:
    """Stores the installation's."""
    form = await visit.form()
    if _is_one_more(form):
        return await _shown(visit, form)
    try:
        await optin.save_opt_in_settings(visit.core, _said(form))
    except Invalid as error:
        return await _shown(visit, form.refused(error), 422)
    await visit.note("settings_changed", names=["double_opt_in"])
    return visit.redirect(HREF, _("Saved."))


async def _list(core: Core, list_id: int) -> Any:
    found = await catalog.find_list(core, list_id)
    if found is None:
        raise NotFound("list", list_id)
    return found


@get(f"{HREF}/lists/{{list_id:int}}", permission=MAY)
async def list_opt_in_page(visit: Visiting, list_id: FromPath[int]) -> Response[Any]:
    """A list's own; what the installation says stands there until the list has something of its own."""
    core = visit.core
    one, own = await _list(core, list_id), await optin.list_opt_in_settings(core, list_id)
    values = _values(own.settings or await optin.opt_in_settings(core))
    return await _shown(visit, Form(values | {"follows": "no" if not own.follows_global else "yes"}), one=one)


@post(f"{HREF}/lists/{{list_id:int}}", permission=MAY)
async def save_list_opt_in(visit: Visiting, list_id: FromPath[int]) -> Response[Any]:
    """Stores a list's."""
    form, one = await visit.form(), await _list(visit.core, list_id)
    if _is_one_more(form):
        return await _shown(visit, form, one=one)
    follows = form.text("follows") != "no"
    try:
        await optin.save_list_opt_in_settings(visit.core, list_id, _said(form), follows_global=follows)
    except Invalid as error:
        return await _shown(visit, form.refused(error), 422, one)
    await visit.note("settings_changed", f"list {list_id}", names=["double_opt_in"])
    return visit.redirect(HREF, _("Saved."))


ROUTES = [opt_in_page, save_opt_in, list_opt_in_page, save_list_opt_in]
