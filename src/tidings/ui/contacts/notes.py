"""Notes about contacts: the tab of the profile, writing and changing. The form serves the notes about companies too."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from tidings.contacts import actions
from tidings.contacts import queries as contacts
from tidings.contacts.companies.types import CompanyNote
from tidings.contacts.types import Note
from tidings.platform.errors import Invalid, NotFound, Problem
from tidings.ui.contacts.profile import show_profile
from tidings.ui.shell.forms import Form
from tidings.ui.shell.texts import _, reader
from tidings.ui.shell.visit import Visiting

FIELDS = ("kind", "title", "at", "description")
_MINUTES = "%Y-%m-%dT%H:%M"


def empty() -> Form:
    """The form of a new note."""
    return Form({"kind": "note"})


def shown(note: Note | CompanyNote) -> Form:
    """A note as the form shows it, its time in the reader's zone."""
    at = note.created_at.astimezone(reader().zone).strftime(_MINUTES)
    return Form({"kind": note.kind, "title": note.title, "at": at, "description": note.description})


def said(form: Form, known: Note | CompanyNote | None = None) -> Mapping[str, Any]:
    """What a form says, as the actions take it; a time that was left as it is shown stays exact. Raises Invalid."""
    if not form.text("title") and not form.text("description"):
        raise Invalid({"description": Problem("required", _("Write something first."))})
    at: datetime | None = None
    if form.text("at") and (known is None or form.text("at") != shown(known).text("at")):
        at = form.moment("at")
    return {
        "kind": form.text("kind")[:40] or "note",
        "title": form.text("title")[:200],
        "description": form.text("description"),
        "created_at": at,
    }


async def _tab(visit: Visiting, contact_id: int, form: Form, note: Note | None = None, status: int = 200) -> Any:
    view = await contacts.contact_by_id(visit.core, contact_id)
    table = visit.table(sort="id")
    rows = await contacts.list_notes(visit.core, contact_id, table.request)
    at = f"/contacts/{contact_id}/notes"
    return await show_profile(
        visit, view, "contacts/notes.html", table=table, rows=rows, form=form, note=note, tab_at=at, status=status
    )


async def _note(visit: Visiting, contact_id: int, note_id: int) -> Note:
    note = await contacts.find_note(visit.core, note_id)
    if note is None or note.contact_id != contact_id:
        raise NotFound("note", note_id)
    return note


@get("/contacts/{contact_id:int}/notes", permission="fcrm_read_contacts")
async def notes_page(visit: Visiting, contact_id: FromPath[int]) -> Response[Any]:
    """What people wrote about a contact."""
    return await _tab(visit, contact_id, empty())


@post("/contacts/{contact_id:int}/notes", permission="fcrm_manage_contacts")
async def add_note(visit: Visiting, contact_id: FromPath[int]) -> Response[Any]:
    """Writes a note."""
    form = await visit.form()
    try:
        given = said(form)
    except Invalid as error:
        return await _tab(visit, contact_id, form.refused(error), status=422)
    await actions.add_note(visit.core, contact_id, author_id=visit.user.id, **given)
    return visit.redirect(f"/contacts/{contact_id}/notes", _("The note is saved."))


@get("/contacts/{contact_id:int}/notes/{note_id:int}", permission="fcrm_manage_contacts")
async def edit_note(visit: Visiting, contact_id: FromPath[int], note_id: FromPath[int]) -> Response[Any]:
    """A note in the form."""
    note = await _note(visit, contact_id, note_id)
    return await _tab(visit, contact_id, shown(note), note)


@post("/contacts/{contact_id:int}/notes/{note_id:int}", permission="fcrm_manage_contacts")
async def change_note(visit: Visiting, contact_id: FromPath[int], note_id: FromPath[int]) -> Response[Any]:
    """Stores it."""
    note, form = await _note(visit, contact_id, note_id), await visit.form()
    try:
        given = said(form, note)
    except Invalid as error:
        return await _tab(visit, contact_id, form.refused(error), note, 422)
    await actions.update_note(visit.core, note_id, **given)
    return visit.redirect(f"/contacts/{contact_id}/notes", _("The note is saved."))


@post("/contacts/{contact_id:int}/notes/{note_id:int}/delete", permission="fcrm_manage_contacts")
async def delete_note(visit: Visiting, contact_id: FromPath[int], note_id: FromPath[int]) -> Response[Any]:
    """Deletes a note."""
    if not await actions.delete_notes(visit.core, [note_id], contact_id=contact_id):
        raise NotFound("note", note_id)
    return visit.redirect(f"/contacts/{contact_id}/notes", _("The note is deleted."))


ROUTES = [notes_page, add_note, edit_note, change_note, delete_note]
