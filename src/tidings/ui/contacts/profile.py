"""The page of one contact: who it is, what happened, mails, notes, lists and tags, consent."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from tidings.automations.queries import automations_by_ids, list_runs, steps_of_all
from tidings.consent.queries import ledger_of
from tidings.contacts import actions, catalog
from tidings.contacts import queries as contacts
from tidings.contacts.types import EDITABLE_STATUSES, ContactView
from tidings.messages.queries import list_messages
from tidings.platform.errors import Invalid
from tidings.platform.pagination import PageRequest
from tidings.reports.contacts import mail_stats
from tidings.ui.companies.joining import companies_card
from tidings.ui.contacts import forms
from tidings.ui.contacts.filters import in_tree_order
from tidings.ui.contacts.pictures import pictures
from tidings.ui.contacts.timeline import lines_of
from tidings.ui.pipeline.card import pipeline_card
from tidings.ui.shell.forms import Form
from tidings.ui.shell.texts import _
from tidings.ui.shell.visit import Visiting

LINES = 30


async def show_profile(visit: Visiting, view: ContactView, template: str, *, status: int = 200, **values: Any) -> Any:
    """A tab of the profile inside its frame; thirteen statements for the frame, whatever the contact has."""
    core, contact = visit.core, view.contact
    return await visit.page(
        template,
        name=contact.full_name or contact.email or contact.phone or _("Contact %(id)s") % {"id": contact.id},
        picture=(await pictures(core))(contact),
        stats=await mail_stats(core, contact.id),
        ledger=await ledger_of(core, contact.id),
        fields=await contacts.custom_fields(core),
        statuses=EDITABLE_STATUSES,
        **await _editors(visit, view),
        **await companies_card(core, contact),
        **await pipeline_card(core, contact.id),
        status=status,
        **values,
    )


async def _editors(visit: Visiting, view: ContactView) -> dict[str, Any]:
    """What the cards of lists and tags offer: those the contact does not have."""
    has = {one.id for one in view.lists}
    tagged = {one.id for one in view.tags}
    lists = in_tree_order((await catalog.list_lists(visit.core)).rows)
    tags = sorted((await catalog.list_tags(visit.core)).rows, key=lambda tag: tag.title.lower())
    titles = {one.id: one.title for one in lists}
    return {
        "view": view,
        "contact": view.contact,
        "parents": {one.id: titles.get(one.parent_id or 0, "") for one in lists},
        "other_lists": [one for one in lists if one.id not in has],
        "other_tags": [one for one in tags if one.id not in tagged],
    }


@get("/contacts/{contact_id:int}", permission="fcrm_read_contacts")
async def profile_page(visit: Visiting, contact_id: FromPath[int]) -> Response[Any]:
    """What happened to a contact, newest first."""
    view = await contacts.contact_by_id(visit.core, contact_id)
    lines = await lines_of(visit.core, contact_id, limit=LINES)
    return await show_profile(visit, view, "contacts/activity.html", lines=lines, more=len(lines) == LINES)


@get("/contacts/{contact_id:int}/timeline", permission="fcrm_read_contacts")
async def more_timeline(visit: Visiting, contact_id: FromPath[int]) -> Response[Any]:
    """The next older lines, for htmx."""
    before = next(iter(visit.query().ids("before")), None)
    view = await contacts.contact_by_id(visit.core, contact_id)
    lines = await lines_of(visit.core, contact_id, before=before, limit=LINES)
    return await visit.page(
        "contacts/activity.html", block="lines", contact=view.contact, lines=lines, more=len(lines) == LINES
    )


@get("/contacts/{contact_id:int}/mails", permission="fcrm_read_contacts")
async def mails_page(visit: Visiting, contact_id: FromPath[int]) -> Response[Any]:
    """Every mail to a contact with its opens and clicks."""
    visit.me.require("fcrm_read_emails")
    view = await contacts.contact_by_id(visit.core, contact_id)
    table = visit.table(sort="id")
    rows = await list_messages(visit.core, table.request, contact_id=contact_id)
    return await show_profile(visit, view, "contacts/mails.html", table=table, rows=rows)


@get("/contacts/{contact_id:int}/automations", permission="fcrm_read_contacts")
async def automations_page(visit: Visiting, contact_id: FromPath[int]) -> Response[Any]:
    """The automations that a contact is or was in."""
    visit.me.require("fcrm_read_funnels")
    view = await contacts.contact_by_id(visit.core, contact_id)
    table = visit.table(sort="id")
    rows = await list_runs(visit.core, table.request, contact_id=contact_id)
    ids = [row.run.automation_id for row in rows.rows]
    steps = {one.id: one for many in (await steps_of_all(visit.core, ids)).values() for one in many}
    known = await automations_by_ids(visit.core, ids)
    return await show_profile(
        visit, view, "contacts/automations.html", table=table, rows=rows, known=known, steps=steps
    )


async def details(visit: Visiting, contact_id: int, form: Form | None = None, status: int = 200) -> Response[Any]:
    """The form of a contact: as stored, or as typed with what is wrong."""
    view = await contacts.contact_by_id(visit.core, contact_id)
    form = form or forms.shown(view.contact)
    inputs = forms.custom_inputs(await contacts.custom_fields(visit.core), form)
    return await show_profile(visit, view, "contacts/details.html", form=form, inputs=inputs, status=status)


@get("/contacts/{contact_id:int}/details", permission="fcrm_read_contacts")
async def details_page(visit: Visiting, contact_id: FromPath[int]) -> Response[Any]:
    """The form of a contact."""
    return await details(visit, contact_id)


async def _card(visit: Visiting, contact_id: int, block: str, message: str = "") -> Response[Any]:
    """The card alone for htmx, else the profile again."""
    if not visit.is_partial:
        return visit.redirect(f"/contacts/{contact_id}", message, kind="error" if message else "success")
    view = await contacts.contact_by_id(visit.core, contact_id)
    return await visit.page("contacts/memberships.html", block=block, message=message, **await _editors(visit, view))


@post("/contacts/{contact_id:int}/lists", permission="fcrm_manage_contacts")
async def change_lists(visit: Visiting, contact_id: FromPath[int]) -> Response[Any]:
    """Adds one list or takes one away."""
    form = await visit.form()
    await actions.remove_lists(visit.core, [contact_id], form.ids("remove"))
    await actions.add_lists(visit.core, [contact_id], form.ids("add"))
    return await _card(visit, contact_id, "lists_card")


@post("/contacts/{contact_id:int}/tags", permission="fcrm_manage_contacts")
async def change_tags(visit: Visiting, contact_id: FromPath[int]) -> Response[Any]:
    """Adds a tag by its title, or takes one away; a new title makes a tag for whoever may make one."""
    form = await visit.form()
    await actions.remove_tags(visit.core, [contact_id], form.ids("remove"))
    title = form.text("tag")
    if not title:
        return await _card(visit, contact_id, "tags_card")
    found = (await catalog.list_tags(visit.core, PageRequest(per_page=1000, sort="title"), search=title)).rows
    known = next((one.id for one in found if one.title.lower() == title.lower()), None)
    if known is None and not visit.me.may("fcrm_manage_contact_cats"):
        return await _card(visit, contact_id, "tags_card", _("There is no such tag, and you may not make one."))
    try:
        made = known or await actions.create_tag(visit.core, title=title)
    except Invalid as error:
        return await _card(visit, contact_id, "tags_card", error.message)
    await actions.add_tags(visit.core, [contact_id], [made])
    return await _card(visit, contact_id, "tags_card")


ROUTES = [
    profile_page,
    more_timeline,
    mails_page,
    automations_page,
    details_page,
    change_lists,
    change_tags,
]
