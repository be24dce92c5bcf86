"""The table of templates, what is done with several, and the routes of the area."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post
from litestar.datastructures import UploadFile
from litestar.params import FromPath

from tidings.campaigns import from_templates
from tidings.platform.errors import Invalid
from tidings.templates import actions, files, queries
from tidings.templates.types import STATES, State
from tidings.ui.campaigns.drafts import WRITE
from tidings.ui.mail_templates import editing
from tidings.ui.mail_templates.editing import HREF, MAY
from tidings.ui.shell.forms import Form
from tidings.ui.shell.texts import _
from tidings.ui.shell.visit import Visiting


@get(HREF, permission=MAY)
async def templates_page(visit: Visiting) -> Response[Any]:
    """Newest first, narrowed by words and state; htmx gets the table alone."""
    return await _list(visit, Form())


async def _list(visit: Visiting, form: Form, status: int = 200) -> Response[Any]:
    table = visit.table(sort="id")
    state = table.kept_value("state")
    rows = await queries.list_templates(
        visit.core, table.request, search=table.search, states=[state] if state in STATES else STATES
    )
    block = "table" if visit.request.headers.get("hx-target") == "shelf" else None
    return await visit.page(
        "mail_templates/index.html", block=block, table=table, rows=rows, state=state, form=form, status=status
    )


async def _move(visit: Visiting, state: State, said: str) -> Response[Any]:
    ids = (await visit.form()).ids()
    await actions.move_templates(visit.core, ids, state)
    await visit.note(f"templates_{state}", ids=ids)
    return visit.redirect(HREF, said)


@post(f"{HREF}/publish", permission=MAY)
async def publish_chosen(visit: Visiting) -> Response[Any]:
    """Offers the ticked ones for new mails."""
    return await _move(visit, "published", _("Published: new campaigns may begin with them."))


@post(f"{HREF}/withdraw", permission=MAY)
async def withdraw_chosen(visit: Visiting) -> Response[Any]:
    """Makes the ticked ones drafts again."""
    return await _move(visit, "draft", _("They are drafts now and not offered any more."))


@post(f"{HREF}/delete", permission=MAY)
async def delete_chosen(visit: Visiting) -> Response[Any]:
    """Deletes the ticked ones."""
    return await _delete(visit, (await visit.form()).ids())


@post(f"{HREF}/{{template_id:int}}/delete", permission=MAY)
async def delete_template(visit: Visiting, template_id: FromPath[int]) -> Response[Any]:
    """Deletes one; what was made of it stays."""
    return await _delete(visit, [template_id])


async def _delete(visit: Visiting, ids: list[int]) -> Response[Any]:
    gone = await actions.delete_templates(visit.core, ids)
    await visit.note("templates_deleted", ids=ids)
    said = _("The template is gone.") if gone == 1 else _("%(n)s templates are gone.") % {"n": gone}
    return visit.redirect(HREF, said)


@post(f"{HREF}/{{template_id:int}}/duplicate", permission=MAY)
async def duplicate_template(visit: Visiting, template_id: FromPath[int]) -> Response[Any]:
    """A draft with the same content, opened."""
    template = await queries.template_by_id(visit.core, template_id)
    title = (_("Copy of %(title)s") % {"title": template.title})[:192]
    made = await actions.duplicate_template(visit.core, template_id, title=title, created_by=visit.user.id)
    return visit.redirect(f"{HREF}/{made}", _("The copy is there."))


@post(f"{HREF}/{{template_id:int}}/campaign", permission=WRITE)
async def start_campaign(visit: Visiting, template_id: FromPath[int]) -> Response[Any]:
    """A campaign that begins with a copy of it, opened at its first step."""
    made = await from_templates.create_from_template(visit.core, template_id, created_by=visit.user.id)
    return visit.redirect(f"/campaigns/{made}/edit", _("The template is copied. Make it yours."))


def _download(data: bytes, name: str) -> Response[Any]:
    headers = {"content-disposition": f'attachment; filename="{name}.json"', "cache-control": "no-store"}
    return Response(data, media_type="application/json", headers=headers)


@post(f"{HREF}/export", permission=MAY)
async def export_chosen(visit: Visiting) -> Response[Any]:
    """The ticked ones as a file."""
    templates = await queries.templates_by_ids(visit.core, (await visit.form()).ids())
    return _download(files.to_file(templates), "templates")


@get(f"{HREF}/{{template_id:int}}/export", permission=MAY)
async def export_template(visit: Visiting, template_id: FromPath[int]) -> Response[Any]:
    """One as a file."""
    template = await queries.template_by_id(visit.core, template_id)
    return _download(files.to_file([template]), f"template-{template_id}")


@post(f"{HREF}/import", permission=MAY)
async def import_file(visit: Visiting) -> Response[Any]:
    """Makes drafts of the templates of a file; what is wrong with it stands above the table."""
    given = (await visit.request.form()).get("file")
    data = await given.read() if isinstance(given, UploadFile) else b""
    try:
        made = await files.import_templates(visit.core, data, created_by=visit.user.id)
    except Invalid as error:
        return await _list(visit, Form().refused(error), 422)
    await visit.note("templates_imported", ids=made)
    said = _("One template came in, as a draft.") if len(made) == 1 else _("%(n)s templates came in, as drafts.")
    return visit.redirect(HREF, said % {"n": len(made)})


ROUTES = [
    templates_page,
    publish_chosen,
    withdraw_chosen,
    delete_chosen,
    delete_template,
    duplicate_template,
    start_campaign,
    export_chosen,
    export_template,
    import_file,
    *editing.ROUTES,
]
