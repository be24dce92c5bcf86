"""Work on many contacts: those that were picked, or all that match the table's filters, in sets of a thousand."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import parse_qsl

from litestar import Response, post

from tidings.contacts import actions
from tidings.contacts import queries as contacts
from tidings.contacts.types import EDITABLE_STATUSES, Status
from tidings.pipeline.actions import move_contacts
from tidings.pipeline.queries import list_stages
from tidings.platform.core import Core
from tidings.platform.errors import Invalid, Problem
from tidings.segments.queries import list_segments, where_of
from tidings.ui.contacts.filters import rule_of, shelves_of
from tidings.ui.pipeline.card import actor_of
from tidings.ui.shell.forms import Form
from tidings.ui.shell.texts import _, ngettext
from tidings.ui.shell.visit import Visiting

PIECE = 1000
KINDS = ("lists", "tags", "status", "stage")


@post("/contacts/bulk/choose", permission="fcrm_manage_contacts")
async def choose(visit: Visiting) -> Response[Any]:
    """The dialog that asks which lists, which tags or which status."""
    form = await visit.form()
    form.values.setdefault("way", "add")
    return await _dialog(visit, form)


async def _dialog(visit: Visiting, form: Form, status: int = 200) -> Response[Any]:
    kind = form.text("what") if form.text("what") in KINDS else "tags"
    return await visit.page(
        "contacts/bulk.html",
        form=form,
        kind=kind,
        shelves=await shelves_of(visit.core),
        statuses=EDITABLE_STATUSES,
        stages=await list_stages(visit.core),
        status=status,
    )


@post("/contacts/bulk", permission="fcrm_manage_contacts")
async def change_many(visit: Visiting) -> Response[Any]:
    """Adds or removes lists or tags, or sets the status."""
    form = await visit.form()
    try:
        done = await _change(visit, form)
    except Invalid as error:
        return await _dialog(visit, form.refused(error), 422)
    return visit.redirect(_back(form), _changed(done))


@post("/contacts/bulk/delete", permission="fcrm_manage_contacts_delete")
async def delete_many(visit: Visiting) -> Response[Any]:
    """Deletes them with everything that is theirs."""
    form, done = await visit.form(), 0
    async for ids in _picked(visit.core, form):
        done += await actions.delete_contacts(visit.core, ids)
    await visit.note("contacts_deleted", "contacts", count=done)
    text = ngettext("%(n)s contact deleted.", "%(n)s contacts deleted.", done)
    return visit.redirect(_back(form), text % {"n": done})


def _back(form: Form) -> str:
    """The table as it was filtered."""
    filter = form.text("filter")
    return f"/contacts?{filter}" if filter and "\n" not in filter and "\r" not in filter else "/contacts"


def _changed(done: int) -> str:
    return ngettext("%(n)s contact changed.", "%(n)s contacts changed.", done) % {"n": done}


async def _change(visit: Visiting, form: Form) -> int:
    core, kind, is_added = visit.core, form.text("what"), form.text("way") != "remove"
    if kind == "status":
        status = form.text("status")
        if status not in EDITABLE_STATUSES:
            raise Invalid({"status": Problem("required", _("Choose a status."))})
        return await _set_status(core, form, status)
    if kind == "stage":
        return await _set_stage(visit, form)
    chosen = form.ids(kind) if kind in ("lists", "tags") else []
    if kind == "tags" and is_added and form.text("new"):
        visit.me.require("fcrm_manage_contact_cats")
        chosen += await actions.ensure_tags(core, [form.text("new")])
    if not chosen:
        text = _("Choose at least one list.") if kind == "lists" else _("Choose at least one tag.")
        raise Invalid({kind or "tags": Problem("required", text)})
    acts = {
        ("lists", True): actions.add_lists,
        ("lists", False): actions.remove_lists,
        ("tags", True): actions.add_tags,
        ("tags", False): actions.remove_tags,
    }
    done = 0
    async for ids in _picked(core, form):
        await acts[kind, is_added](core, ids, chosen)
        done += len(ids)
    return done


async def _set_status(core: Core, form: Form, status: Status) -> int:
    """A person at a keyboard may raise a status: the dialog asks for the consent first."""
    done = 0
    async for ids in _picked(core, form):
        done += len(await actions.set_status(core, ids, status, reason="changed by hand", may_rise=True))
    return done


async def _set_stage(visit: Visiting, form: Form) -> int:
    stage, done = next(iter(form.ids("stage")), None), 0
    if stage is None:
        raise Invalid({"stage": Problem("required", _("Choose a stage."))})
    async for ids in _picked(visit.core, form):
        actor, note = actor_of(visit), form.text("note")
        done += len(await move_contacts(visit.core, ids, stage, actor=actor, note=note))
    return done


async def _picked(core: Core, form: Form) -> AsyncIterator[list[int]]:
    """Ids in pieces: the picked ones, or by keyset everybody whom the filters match."""
    if form.text("all") != "1":
        ids = list(dict.fromkeys(form.ids()))
        for at in range(0, len(ids), PIECE):
            yield ids[at : at + PIECE]
        return
    words = Form(dict(parse_qsl(form.text("filter"))))
    rule = rule_of(words, await list_segments(core))
    where = await where_of(core, rule) if rule is not None else None
    after = 0
    while ids := await contacts.list_ids(core, where, after=after, limit=PIECE):
        after = ids[-1]
        yield ids


ROUTES = [choose, change_many, delete_many]
