"""Who belongs to which company: the drawer that finds contacts for a company, and the card in a contact's profile."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from tidings.contacts import queries as contacts
from tidings.contacts.companies import actions, members, queries
from tidings.contacts.companies.types import CompanyDraft
from tidings.contacts.types import Contact
from tidings.platform.core import Core
from tidings.platform.errors import Invalid
from tidings.platform.modules import is_on
from tidings.segments.queries import where_of
from tidings.segments.types import Search
from tidings.ui.companies.browsing import HREF, MAX_SEARCH
from tidings.ui.companies.switch import GUARDS, MODULE, READ, WRITE
from tidings.ui.shell.forms import Form
from tidings.ui.shell.texts import _, ngettext
from tidings.ui.shell.visit import Visiting


async def _outside(core: Core, company_id: int, words: Form) -> tuple[list[Contact], set[int]]:
    """Contacts to choose from: those that are picked already, then the newest that match the search."""
    text = words.text("q").replace("\0", "")[:MAX_SEARCH]
    matching = await where_of(core, Search(text)) if text else None
    found = await queries.contacts_outside(core, company_id, matching)
    picked = words.ids()
    kept = [view.contact for view in (await contacts.contacts_by_ids(core, picked)).values()] if picked else []
    known = {one.id for one in kept}
    return [*kept, *(one for one in found if one.id not in known)], known


@get(f"{HREF}/{{company_id:int}}/add", permission=WRITE, guards=GUARDS)
async def choose_contacts(visit: Visiting, company_id: FromPath[int]) -> Response[Any]:
    """Contacts that may join, found by name, e-mail or phone."""
    words = visit.query()
    view = await queries.company_by_id(visit.core, company_id)
    found, picked = await _outside(visit.core, company_id, words)
    is_found = visit.request.headers.get("hx-target") == "found"
    return await visit.page(
        "companies/add.html",
        block="found" if is_found else "sheet" if visit.is_partial else None,
        company=view.company,
        words=words,
        found=found,
        picked=picked,
    )


@post(f"{HREF}/{{company_id:int}}/contacts", permission=WRITE, guards=GUARDS)
async def change_contacts(visit: Visiting, company_id: FromPath[int]) -> Response[Any]:
    """Contacts join a company; the ids stand in `ids`."""
    await queries.company_by_id(visit.core, company_id)
    ids = (await visit.form()).ids()
    done = len((await members.attach_companies(visit.core, ids, [company_id])).joined)
    text = ngettext("%(n)s contact added.", "%(n)s contacts added.", done) % {"n": done}
    return visit.redirect(f"{HREF}/{company_id}", text)


@post(f"{HREF}/{{company_id:int}}/contacts/remove", permission=WRITE, guards=GUARDS)
async def remove_contacts(visit: Visiting, company_id: FromPath[int]) -> Response[Any]:
    """Contacts leave a company: the one of the row, else those that were picked."""
    await queries.company_by_id(visit.core, company_id)
    form = await visit.form()
    done = len((await members.detach_companies(visit.core, form.ids("one") or form.ids(), [company_id])).left)
    text = ngettext("%(n)s contact taken out.", "%(n)s contacts taken out.", done) % {"n": done}
    return visit.redirect(f"{HREF}/{company_id}", text)


@post(f"{HREF}/{{company_id:int}}/owner", permission=WRITE, guards=GUARDS)
async def change_owner(visit: Visiting, company_id: FromPath[int]) -> Response[Any]:
    """Makes a contact the owner of a company; nobody, when none is named."""
    owner = next(iter((await visit.form()).ids("one")), None)
    await actions.update_company(visit.core, company_id, CompanyDraft({"owner_id": owner}))
    return visit.redirect(f"{HREF}/{company_id}", _("Saved."))


async def companies_card(core: Core, contact: Contact) -> Mapping[str, Any]:
    """What the card in a profile shows; `joined` is None while companies are off."""
    if not await is_on(core, MODULE):
        return {"joined": None}
    joined = (await queries.companies_of(core, [contact.id])).get(contact.id, [])
    others, _more = await queries.search_companies(core, without_contact=contact.id)
    return {"joined": joined, "other_companies": others}


async def _card(visit: Visiting, contact_id: int, message: str = "") -> Response[Any]:
    """The card alone for htmx, else the profile again."""
    if not visit.is_partial:
        return visit.redirect(f"/contacts/{contact_id}", message, kind="error" if message else "success")
    contact = (await contacts.contact_by_id(visit.core, contact_id)).contact
    values = await companies_card(visit.core, contact)
    return await visit.page(
        "companies/card.html", block="companies_card", contact=contact, company_message=message, **values
    )


@get("/contacts/{contact_id:int}/companies/find", permission=READ, guards=GUARDS)
async def offer_companies(visit: Visiting, contact_id: FromPath[int]) -> Response[Any]:
    """Names that begin to be typed, for the card's input."""
    found, _more = await queries.search_companies(
        visit.core, visit.query().text("company")[:MAX_SEARCH], without_contact=contact_id
    )
    return await visit.page("companies/card.html", block="company_names", other_companies=found)


@post("/contacts/{contact_id:int}/companies", permission="fcrm_manage_contacts", guards=GUARDS)
async def change_companies(visit: Visiting, contact_id: FromPath[int]) -> Response[Any]:
    """A contact joins a company by its name, leaves one, or has another as its primary one; a new name makes a company
    for whoever may make one."""
    core, form = visit.core, await visit.form()
    await contacts.contact_by_id(core, contact_id)
    await members.detach_companies(core, [contact_id], form.ids("remove"))
    for primary in form.ids("primary"):
        await members.make_primary(core, [contact_id], primary)
    name = form.text("company")
    if not name:
        return await _card(visit, contact_id)
    known = await queries.find_company(core, name, by="name")
    if known is not None:
        await members.attach_companies(core, [contact_id], [known.company.id])
        return await _card(visit, contact_id)
    if not visit.me.may(WRITE):
        return await _card(visit, contact_id, _("There is no such company, and you may not make one."))
    try:
        await actions.create_company(core, CompanyDraft({"name": name}), contact_id=contact_id)
    except Invalid as error:
        return await _card(visit, contact_id, error.message)
    return await _card(visit, contact_id)


ROUTES = [choose_contacts, change_contacts, remove_contacts, change_owner, offer_companies, change_companies]
