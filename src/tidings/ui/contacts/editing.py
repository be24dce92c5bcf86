"""Making, changing and deleting one contact."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from tidings.contacts import actions
from tidings.contacts import queries as contacts
from tidings.contacts.types import EDITABLE_STATUSES, WritePolicy
from tidings.platform.errors import Invalid, Problem
from tidings.ui.contacts import forms
from tidings.ui.contacts.filters import shelves_of
from tidings.ui.contacts.profile import details
from tidings.ui.shell.forms import Form
from tidings.ui.shell.texts import _
from tidings.ui.shell.visit import Visiting


async def _new(visit: Visiting, form: Form, status: int = 200) -> Response[Any]:
    definitions = await contacts.custom_fields(visit.core)
    return await visit.page(
        "contacts/new.html",
        block="sheet" if visit.is_partial else None,
        form=form,
        inputs=forms.custom_inputs(definitions, form),
        shelves=await shelves_of(visit.core),
        statuses=EDITABLE_STATUSES,
        status=status,
    )


@get("/contacts/new", permission="fcrm_manage_contacts")
async def new_contact(visit: Visiting) -> Response[Any]:
    """An empty form: in the drawer for htmx, else a page."""
    return await _new(visit, Form({"status": "subscribed"}))


@post("/contacts/new", permission="fcrm_manage_contacts")
async def create_contact(visit: Visiting) -> Response[Any]:
    """Makes a contact and opens it; an address that is known already is refused."""
    form = await visit.form()
    status = form.text("status")
    definitions = await contacts.custom_fields(visit.core)
    try:
        if status not in EDITABLE_STATUSES:
            raise Invalid({"status": Problem("in", _("Choose a status."))})
        draft = forms.draft_of(form, definitions, forms.NAMES, status=status)
        written = await actions.write_contact(visit.core, draft, WritePolicy(on_existing="refuse"))
    except Invalid as error:
        return await _new(visit, form.refused(error), 422)
    return visit.redirect(f"/contacts/{written.id}", _("The contact is there."))


@post("/contacts/{contact_id:int}/details", permission="fcrm_manage_contacts")
async def save_contact(visit: Visiting, contact_id: FromPath[int]) -> Response[Any]:
    """Changes what the form shows."""
    form = await visit.form()
    definitions = await contacts.custom_fields(visit.core)
    draft = forms.draft_of(form, definitions, (*forms.NAMES, *forms.MORE), id=contact_id)
    try:
        await actions.write_contact(visit.core, draft)
    except Invalid as error:
        return await details(visit, contact_id, form.refused(error), 422)
    return visit.redirect(f"/contacts/{contact_id}", _("Saved."))


@post("/contacts/{contact_id:int}/status", permission="fcrm_manage_contacts")
async def change_status(visit: Visiting, contact_id: FromPath[int]) -> Response[Any]:
    """Sets the status by hand: the one way it may rise without the person's doing, so the page asks first."""
    status = (await visit.form()).text("status")
    if status not in EDITABLE_STATUSES:
        raise Invalid({"status": Problem("in", _("Choose a status."))})
    await contacts.contact_by_id(visit.core, contact_id)
    await actions.set_status(visit.core, [contact_id], status, reason="changed by hand", may_rise=True)
    await visit.note("contact_status_changed", f"contact {contact_id}", now=status)
    return visit.redirect(f"/contacts/{contact_id}", _("The status is changed."))


@post("/contacts/{contact_id:int}/delete", permission="fcrm_manage_contacts_delete")
async def delete_contact(visit: Visiting, contact_id: FromPath[int]) -> Response[Any]:
    """Deletes a contact with everything that is theirs."""
    await contacts.contact_by_id(visit.core, contact_id)
    await actions.delete_contacts(visit.core, [contact_id])
    await visit.note("contacts_deleted", f"contact {contact_id}", count=1)
    return visit.redirect("/contacts", _("The contact is deleted."))


ROUTES = [new_contact, create_contact, save_contact, change_status, delete_contact]
