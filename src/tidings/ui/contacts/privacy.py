"""The privacy tab of a contact: the consent ledger, everything that is known as a file, erasure; and what people sent
us by forms and events."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import File

from tidings.contacts import queries as contacts
from tidings.contacts.events import list_events
from tidings.forms.queries import submissions_of
from tidings.platform.errors import Invalid, Problem
from tidings.privacy import actions
from tidings.ui.contacts.profile import show_profile
from tidings.ui.shell.forms import Form
from tidings.ui.shell.texts import _
from tidings.ui.shell.visit import Visiting

EXPORT, ERASE = "fcrm_manage_contacts_export", "fcrm_manage_contacts_delete"


async def _privacy(visit: Visiting, contact_id: int, form: Form, status: int = 200) -> Response[Any]:
    core, view = visit.core, await contacts.contact_by_id(visit.core, contact_id)
    exports = await actions.list_exports(core, contact_id) if visit.me.may(EXPORT) else []
    return await show_profile(
        visit,
        view,
        "contacts/privacy.html",
        form=form,
        exports=exports,
        is_erasing=await actions.is_being_erased(core, contact_id),
        proof=view.contact.email or view.contact.phone,
        status=status,
    )


@get("/contacts/{contact_id:int}/privacy", permission="fcrm_read_contacts")
async def privacy_page(visit: Visiting, contact_id: FromPath[int]) -> Response[Any]:
    """Consent, files, erasure."""
    return await _privacy(visit, contact_id, Form({}))


@post("/contacts/{contact_id:int}/privacy/export", permission=EXPORT)
async def start_export(visit: Visiting, contact_id: FromPath[int]) -> Response[Any]:
    """Has the file made."""
    made = await actions.request_export(visit.core, contact_id, user_id=visit.user.id)
    await visit.note("contact_export_started", f"contact {contact_id}", export=made)
    return visit.redirect(f"/contacts/{contact_id}/privacy", _("The file is being made."))


@get("/contacts/{contact_id:int}/privacy/exports", permission=EXPORT)
async def export_lines(visit: Visiting, contact_id: FromPath[int]) -> Response[Any]:
    """The files alone, asked again and again while one is being made."""
    view = await contacts.contact_by_id(visit.core, contact_id)
    exports = await actions.list_exports(visit.core, contact_id)
    return await visit.page("contacts/privacy_exports.html", contact=view.contact, exports=exports)


@get("/contacts/{contact_id:int}/privacy/exports/{export_id:int}/file", permission=EXPORT)
async def download(visit: Visiting, contact_id: FromPath[int], export_id: FromPath[int]) -> File:
    """The file."""
    path = await actions.export_file(visit.core, contact_id, export_id)
    await visit.note("contact_export_downloaded", f"contact {contact_id}", export=export_id)
    return File(path, filename=f"contact-{contact_id}.zip", headers={"cache-control": "no-store"})


@post("/contacts/{contact_id:int}/privacy/erase", permission=ERASE)
async def erase(visit: Visiting, contact_id: FromPath[int]) -> Response[Any]:
    """Has the contact erased, when the address was typed to confirm it."""
    form, view = await visit.form(), await contacts.contact_by_id(visit.core, contact_id)
    if form.text("confirmed").lower() != (view.contact.email or view.contact.phone or "").lower():
        wrong = Invalid({"confirmed": Problem("confirmed", _("Type it exactly as it stands above."))})
        return await _privacy(visit, contact_id, form.refused(wrong), 422)
    await actions.request_erasure(visit.core, contact_id, user_id=visit.user.id)
    await visit.note("contact_erasure_asked", f"contact {contact_id}")
    return visit.redirect("/contacts", _("The contact is being erased."))


@get("/contacts/{contact_id:int}/forms", permission="fcrm_read_contacts")
async def forms_page(visit: Visiting, contact_id: FromPath[int]) -> Response[Any]:
    """What they sent by forms."""
    view, table = await contacts.contact_by_id(visit.core, contact_id), visit.table(sort="id")
    rows, titles = await submissions_of(visit.core, contact_id, table.request)
    lines = list(zip(rows.rows, titles, strict=True))
    return await show_profile(visit, view, "contacts/forms.html", table=table, rows=rows, lines=lines)


@get("/contacts/{contact_id:int}/events", permission="fcrm_read_contacts")
async def events_page(visit: Visiting, contact_id: FromPath[int]) -> Response[Any]:
    """What other systems told of them."""
    view, table = await contacts.contact_by_id(visit.core, contact_id), visit.table(sort="id")
    rows = await list_events(visit.core, contact_id, table.request)
    return await show_profile(visit, view, "contacts/events.html", table=table, rows=rows)


ROUTES = [privacy_page, start_export, export_lines, download, erase, forms_page, events_page]
