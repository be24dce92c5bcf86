"""Work on many contacts: at once on those that were picked, by a worker on everybody who matches the table's filters."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qsl

from litestar import Response, post

from tidings.bulk.actions import change_contacts, start_change
from tidings.bulk.types import (
    AddLists,
    AddTags,
    AskToConfirm,
    Change,
    DeleteContacts,
    JoinCompanies,
    LeaveCompanies,
    MoveToStage,
    RemoveLists,
    RemoveTags,
    SetField,
    SetStatus,
    SetType,
)
from tidings.contacts import actions
from tidings.contacts import queries as contacts
from tidings.contacts.companies import queries as companies
from tidings.contacts.types import EDITABLE_STATUSES
from tidings.pipeline.queries import list_stages
from tidings.platform.core import Core
from tidings.platform.errors import Invalid, Problem
from tidings.platform.modules import is_on
from tidings.platform.pagination import PageRequest
from tidings.segments.queries import list_segments, where_of
from tidings.segments.types import Everybody, Rule
from tidings.ui.contacts import forms
from tidings.ui.contacts.changes import LIVE_PAGE
from tidings.ui.contacts.filters import rule_of, shelves_of
from tidings.ui.pipeline.card import actor_of
from tidings.ui.shell.forms import Form
from tidings.ui.shell.texts import _, ngettext
from tidings.ui.shell.visit import Visiting

# So many are changed while one waits; more are a worker's.
AT_ONCE = 1000
KINDS = ("lists", "tags", "status", "stage", "type", "field", "companies", "confirm")
OFFERED = PageRequest(per_page=100, sort="name", is_descending=False)


@post("/contacts/bulk/choose", permission="fcrm_manage_contacts")
async def choose(visit: Visiting) -> Response[Any]:
    """The dialog that asks which lists, which tags, which status and so on."""
    form = await visit.form()
    form.values.setdefault("way", "add")
    return await _dialog(visit, form)


async def _dialog(visit: Visiting, form: Form, status: int = 200) -> Response[Any]:
    core, kind = visit.core, form.text("what") if form.text("what") in KINDS else "tags"
    fields = await contacts.custom_fields(core)
    firms = (await companies.list_companies(core, OFFERED)).rows if kind == "companies" else []
    return await visit.page(
        "contacts/bulk.html",
        form=form,
        kind=kind,
        shelves=await shelves_of(core),
        statuses=EDITABLE_STATUSES,
        inputs=forms.custom_inputs(fields, form),
        firms=[one.company for one in firms],
        stages=await list_stages(core),
        status=status,
    )


@post("/contacts/bulk", permission="fcrm_manage_contacts")
async def change_many(visit: Visiting) -> Response[Any]:
    """Makes the change that the dialog asked for."""
    form = await visit.form()
    try:
        return await _carry_out(visit, form, await _change(visit, form))
    except Invalid as error:
        return await _dialog(visit, form.refused(error), 422)


@post("/contacts/bulk/delete", permission="fcrm_manage_contacts_delete")
async def delete_many(visit: Visiting) -> Response[Any]:
    """Deletes them with everything that is theirs."""
    return await _carry_out(visit, await visit.form(), DeleteContacts())


async def _carry_out(visit: Visiting, form: Form, change: Change) -> Response[Any]:
    """At once where it is quickly done, else as a job with a page of its own."""
    core, rule = visit.core, await _meant(visit.core, form)
    ids = list(dict.fromkeys(form.ids()))
    if rule is not None:
        where = await where_of(core, rule)
        ids = await contacts.list_ids(core, where, limit=AT_ONCE + 1)
    if rule is not None and len(ids) > AT_ONCE:
        job_id = await start_change(core, rule, change, user_id=visit.user.id)
        await visit.note("contacts_change_started", f"change {job_id}", change=type(change).__name__)
        return visit.redirect(f"{LIVE_PAGE}/{job_id}", _("It has begun. You may close the page."))
    done = await change_contacts(core, ids, change)
    if isinstance(change, DeleteContacts):
        await visit.note("contacts_deleted", "contacts", count=done)
        said = ngettext("%(n)s contact deleted.", "%(n)s contacts deleted.", done)
    else:
        said = ngettext("%(n)s contact changed.", "%(n)s contacts changed.", done)
    return visit.redirect(_back(form), said % {"n": done})


async def _meant(core: Core, form: Form) -> Rule | None:
    """The rule of the table's filters when everybody is meant, None when those that were picked are."""
    if form.text("all") != "1":
        return None
    words = Form(dict(parse_qsl(form.text("filter"))))
    return rule_of(words, await list_segments(core)) or Everybody()


def _back(form: Form) -> str:
    """The table as it was filtered."""
    filter = form.text("filter")
    return f"/contacts?{filter}" if filter and "\n" not in filter and "\r" not in filter else "/contacts"


async def _change(visit: Visiting, form: Form) -> Change:
    make = _CHANGES.get(form.text("what"), _tags)
    return await make(visit, form)


def _is_added(form: Form) -> bool:
    return form.text("way") != "remove"


async def _tags(visit: Visiting, form: Form) -> Change:
    chosen = form.ids("tags")
    if _is_added(form) and form.text("new"):
        visit.me.require("fcrm_manage_contact_cats")
        chosen += await actions.ensure_tags(visit.core, [form.text("new")])
    if not chosen:
        raise Invalid({"tags": Problem("required", _("Choose at least one tag."))})
    return AddTags(tuple(chosen)) if _is_added(form) else RemoveTags(tuple(chosen))


async def _lists(_visit: Visiting, form: Form) -> Change:
    chosen = form.ids("lists")
    if not chosen:
        raise Invalid({"lists": Problem("required", _("Choose at least one list."))})
    return AddLists(tuple(chosen)) if _is_added(form) else RemoveLists(tuple(chosen))


async def _status(_visit: Visiting, form: Form) -> Change:
    """A person at a keyboard may raise a status: the dialog asks for the consent first."""
    status = form.text("status")
    if status not in EDITABLE_STATUSES:
        raise Invalid({"status": Problem("required", _("Choose a status."))})
    return SetStatus(status, "changed by hand")


async def _stage(visit: Visiting, form: Form) -> Change:
    stage = next(iter(form.ids("stage")), None)
    if stage is None:
        raise Invalid({"stage": Problem("required", _("Choose a stage."))})
    actor = actor_of(visit)
    return MoveToStage(stage, form.text("note"), actor.id, actor.name)


async def _type(_visit: Visiting, form: Form) -> Change:
    if not form.text("contact_type"):
        raise Invalid({"contact_type": Problem("required", _("Choose a type."))})
    return SetType(form.text("contact_type"))


async def _field(visit: Visiting, form: Form) -> Change:
    slug = form.text("field")
    known = await contacts.custom_fields(visit.core)
    if slug not in known:
        raise Invalid({"field": Problem("required", _("Choose a field."))})
    return SetField(slug, forms.typed_values(known, form)[slug])


async def _companies(visit: Visiting, form: Form) -> Change:
    name = form.text("company")
    if not await is_on(visit.core, "companies") or not name:
        raise Invalid({"company": Problem("required", _("Choose a company."))})
    found = (await companies.list_companies(visit.core, OFFERED, search=name)).rows
    ids = tuple(one.company.id for one in found if one.company.name.lower() == name.lower())[:1]
    if not ids:
        raise Invalid({"company": Problem("exists", _("There is no company of that name."))})
    return JoinCompanies(ids) if _is_added(form) else LeaveCompanies(ids)


async def _confirm(_visit: Visiting, _form: Form) -> Change:
    return AskToConfirm()


_CHANGES: dict[str, Callable[[Visiting, Form], Awaitable[Change]]] = {
    "tags": _tags,
    "lists": _lists,
    "status": _status,
    "stage": _stage,
    "type": _type,
    "field": _field,
    "companies": _companies,
    "confirm": _confirm,
}
ROUTES = [choose, change_many, delete_many]
