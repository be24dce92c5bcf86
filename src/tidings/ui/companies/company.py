"""The page of one company: its contacts, its details, its notes."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from tidings.contacts import queries as contacts
from tidings.contacts.actions import update_note
from tidings.contacts.companies import actions, notes, queries
from tidings.contacts.companies.types import CompanyNote, CompanyView
from tidings.platform.errors import Invalid, NotFound
from tidings.segments.queries import where_of
from tidings.segments.types import All, InCompanies, Search
from tidings.ui.companies import forms
from tidings.ui.companies.browsing import HREF, MAX_SEARCH
from tidings.ui.companies.switch import GUARDS, READ, WRITE
from tidings.ui.contacts import notes as note_forms
from tidings.ui.contacts.forms import custom_inputs
from tidings.ui.shell.forms import Form
from tidings.ui.shell.texts import _
from tidings.ui.shell.visit import Visiting

TABLE = "people"


async def _frame(visit: Visiting, view: CompanyView, template: str, *, status: int = 200, **values: Any) -> Any:
    """A tab of the company inside its frame; two statements for the frame."""
    owner_id = view.company.owner_id
    owner = await contacts.find_contact(visit.core, owner_id) if owner_id is not None else None
    return await visit.page(
        template,
        view=view,
        company=view.company,
        owner=owner.contact if owner else None,
        fields=await contacts.custom_fields(visit.core, "company"),
        home=f"{HREF}/{view.company.id}",
        status=status,
        **values,
    )


@get(f"{HREF}/{{company_id:int}}", permission=READ, guards=GUARDS)
async def company_page(visit: Visiting, company_id: FromPath[int]) -> Response[Any]:
    """Who belongs to a company; htmx gets the table alone."""
    view = await queries.company_by_id(visit.core, company_id)
    table = visit.table(sort="last_name", is_descending=False)
    members = InCompanies("in", (company_id,))
    text = table.search.replace("\0", "")[:MAX_SEARCH].strip()
    where = await where_of(visit.core, All((members, Search(text))) if text else members)
    rows = await contacts.list_contacts(visit.core, table.request, where)
    if visit.request.headers.get("hx-target") == TABLE:
        return await visit.page(
            "companies/people.html", block="table", view=view, company=view.company, table=table, rows=rows
        )
    return await _frame(visit, view, "companies/people.html", table=table, rows=rows)


async def _details(visit: Visiting, company_id: int, form: Form | None = None, status: int = 200) -> Response[Any]:
    """The form of a company: as stored, or as typed with what is wrong."""
    view = await queries.company_by_id(visit.core, company_id)
    form = form or forms.shown(view.company)
    inputs = custom_inputs(await contacts.custom_fields(visit.core, "company"), form)
    types, industries = await queries.words_in_use(visit.core)
    return await _frame(
        visit,
        view,
        "companies/details.html",
        form=form,
        inputs=inputs,
        names=(*forms.NAMES, *forms.MORE, *(one.name for one in inputs)),
        types=types,
        industries=industries,
        status=status,
    )


@get(f"{HREF}/{{company_id:int}}/details", permission=READ, guards=GUARDS)
async def details_page(visit: Visiting, company_id: FromPath[int]) -> Response[Any]:
    """The form of a company."""
    return await _details(visit, company_id)


@post(f"{HREF}/{{company_id:int}}/details", permission=WRITE, guards=GUARDS)
async def save_details(visit: Visiting, company_id: FromPath[int]) -> Response[Any]:
    """Changes what the form shows."""
    form = await visit.form()
    definitions = await contacts.custom_fields(visit.core, "company")
    try:
        draft = forms.draft_of(form, (*forms.NAMES, *forms.MORE), definitions)
        await actions.update_company(visit.core, company_id, draft)
    except Invalid as error:
        return await _details(visit, company_id, form.refused(error), 422)
    return visit.redirect(f"{HREF}/{company_id}/details", _("Saved."))


async def _notes(
    visit: Visiting, company_id: int, form: Form, note: CompanyNote | None = None, status: int = 200
) -> Response[Any]:
    view = await queries.company_by_id(visit.core, company_id)
    table = visit.table(sort="id")
    rows = await notes.list_company_notes(visit.core, company_id, table.request)
    template = "companies/notes.html"
    return await _frame(visit, view, template, table=table, rows=rows, form=form, note=note, status=status)


async def _note(visit: Visiting, company_id: int, note_id: int) -> CompanyNote:
    note = await notes.find_company_note(visit.core, company_id, note_id)
    if note is None:
        raise NotFound("note", note_id)
    return note


@get(f"{HREF}/{{company_id:int}}/notes", permission=READ, guards=GUARDS)
async def notes_page(visit: Visiting, company_id: FromPath[int]) -> Response[Any]:
    """What people wrote about a company."""
    return await _notes(visit, company_id, note_forms.empty())


@post(f"{HREF}/{{company_id:int}}/notes", permission=WRITE, guards=GUARDS)
async def add_note(visit: Visiting, company_id: FromPath[int]) -> Response[Any]:
    """Writes a note."""
    form = await visit.form()
    try:
        given = note_forms.said(form)
    except Invalid as error:
        return await _notes(visit, company_id, form.refused(error), status=422)
    await notes.add_company_note(visit.core, company_id, author_id=visit.user.id, **given)
    return visit.redirect(f"{HREF}/{company_id}/notes", _("The note is saved."))


@get(f"{HREF}/{{company_id:int}}/notes/{{note_id:int}}", permission=WRITE, guards=GUARDS)
async def edit_note(visit: Visiting, company_id: FromPath[int], note_id: FromPath[int]) -> Response[Any]:
    """A note in the form."""
    note = await _note(visit, company_id, note_id)
    return await _notes(visit, company_id, note_forms.shown(note), note)


@post(f"{HREF}/{{company_id:int}}/notes/{{note_id:int}}", permission=WRITE, guards=GUARDS)
async def change_note(visit: Visiting, company_id: FromPath[int], note_id: FromPath[int]) -> Response[Any]:
    """Stores it."""
    note, form = await _note(visit, company_id, note_id), await visit.form()
    try:
        given = note_forms.said(form, note)
    except Invalid as error:
        return await _notes(visit, company_id, form.refused(error), note, 422)
    await update_note(visit.core, note_id, **given)
    return visit.redirect(f"{HREF}/{company_id}/notes", _("The note is saved."))


@post(f"{HREF}/{{company_id:int}}/notes/{{note_id:int}}/delete", permission=WRITE, guards=GUARDS)
async def delete_note(visit: Visiting, company_id: FromPath[int], note_id: FromPath[int]) -> Response[Any]:
    """Deletes a note."""
    if not await notes.delete_company_notes(visit.core, company_id, [note_id]):
        raise NotFound("note", note_id)
    return visit.redirect(f"{HREF}/{company_id}/notes", _("The note is deleted."))


ROUTES = [company_page, details_page, save_details, notes_page, add_note, edit_note, change_note, delete_note]
