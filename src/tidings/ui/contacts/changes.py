"""Changes of many contacts that a worker makes: under way with their progress, and the last ones. Begun in `bulk`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from tidings.automations.queries import automations_by_ids
from tidings.bulk import actions, queries
from tidings.bulk.types import (
    AddLists,
    AddTags,
    AskToConfirm,
    BulkJob,
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
    StartAutomation,
)
from tidings.contacts import catalog
from tidings.contacts import queries as contacts
from tidings.contacts.companies.queries import companies_by_ids
from tidings.pipeline.queries import list_stages
from tidings.platform.core import Core
from tidings.platform.errors import Conflict
from tidings.ui.shell.badges import badge_of
from tidings.ui.shell.texts import _
from tidings.ui.shell.visit import Visiting

WRITE = "fcrm_manage_contacts"
LIVE_PAGE = "/contacts/changes"
# The last ones; older lines are forgotten with their jobs.
SHOWN = 50


@dataclass(frozen=True, slots=True)
class Shown:
    """A change with the sentence that says what it does."""

    job: BulkJob
    words: str


async def live_changes(core: Core) -> list[Shown]:
    """Those that wait or run; pages that wait at the same moment share the reading, each has its own language."""
    return await _shown(core, await core.gatherings.shared("live changes", partial(queries.live_bulk_jobs, core)))


async def _shown(core: Core, jobs: Sequence[BulkJob]) -> list[Shown]:
    """With their sentences; at most six statements for any number of them."""
    if not jobs:
        return []
    names = await _names(core, [one.change for one in jobs])
    return [Shown(one, _words(one.change, names)) for one in jobs]


Names = dict[tuple[str, int | str], str]


async def _names(core: Core, changes: Sequence[Change]) -> Names:
    tags = [i for one in changes if isinstance(one, AddTags | RemoveTags) for i in one.tag_ids]
    lists = [i for one in changes if isinstance(one, AddLists | RemoveLists) for i in one.list_ids]
    firms = [i for one in changes if isinstance(one, JoinCompanies | LeaveCompanies) for i in one.company_ids]
    found: Names = {}
    if tags:
        found |= {("tag", one.id): one.title for one in (await catalog.list_tags(core, ids=tags)).rows}
    if lists:
        found |= {("list", one.id): one.title for one in (await catalog.list_lists(core, ids=lists)).rows}
    if firms:
        found |= {("company", one.id): one.name for one in (await companies_by_ids(core, firms)).values()}
    if any(isinstance(one, MoveToStage) for one in changes):
        found |= {("stage", one.id): one.title for one in await list_stages(core)}
    if begun := [one.automation_id for one in changes if isinstance(one, StartAutomation)]:
        found |= {("automation", one.id): one.title for one in (await automations_by_ids(core, begun)).values()}
    if any(isinstance(one, SetField) for one in changes):
        found |= {("field", slug): one.label for slug, one in (await contacts.custom_fields(core)).items()}
    return found


def _words(change: Change, names: Names) -> str:
    def of(kind: str, ids: Sequence[int]) -> dict[str, str]:
        return {"what": ", ".join(names.get((kind, one), _("(deleted)")) for one in ids)}

    match change:
        case AddTags():
            return _("Tag with %(what)s") % of("tag", change.tag_ids)
        case RemoveTags():
            return _("Take the tag %(what)s") % of("tag", change.tag_ids)
        case AddLists():
            return _("Add to %(what)s") % of("list", change.list_ids)
        case RemoveLists():
            return _("Remove from %(what)s") % of("list", change.list_ids)
        case JoinCompanies():
            return _("Add to the company %(what)s") % of("company", change.company_ids)
        case LeaveCompanies():
            return _("Remove from the company %(what)s") % of("company", change.company_ids)
        case SetStatus():
            return _("Set the status to %(what)s") % {"what": badge_of(change.status)[0]}
        case SetType():
            return _("Set the type to %(what)s") % {"what": change.contact_type}
        case SetField():
            return _("Set the field %(what)s") % {"what": names.get(("field", change.slug), change.slug)}
        case MoveToStage():
            return _("Move to the stage %(what)s") % of("stage", [change.stage_id])
        case StartAutomation():
            return _("Begin the automation %(what)s") % of("automation", [change.automation_id])
        case AskToConfirm():
            return _("Ask to confirm")
        case DeleteContacts():
            return _("Delete contacts")


@get("/contacts/changes", permission=WRITE)
async def changes_page(visit: Visiting) -> Response[Any]:
    """The last changes, with what became of them."""
    rows = await _shown(visit.core, await queries.list_bulk_jobs(visit.core, limit=SHOWN))
    return await visit.page("contacts/changes.html", rows=rows)


@get("/contacts/changes/live", permission=WRITE)
async def live_strip(visit: Visiting) -> Response[Any]:
    """The strip above the table, asked again and again; once nothing runs it goes with a word."""
    changes = await live_changes(visit.core)
    if not changes:
        answer = visit.toast(_("The change is made."))
        answer.headers["hx-reswap"] = "delete"
        return answer
    return await visit.page("contacts/changes_live.html", changes=changes)


@get("/contacts/changes/{job_id:int}", permission=WRITE)
async def change_page(visit: Visiting, job_id: FromPath[int]) -> Response[Any]:
    """One change: its progress, or what came of it."""
    [one] = await _shown(visit.core, [await queries.bulk_job_by_id(visit.core, job_id)])
    return await visit.page("contacts/change.html", one=one)


@get("/contacts/changes/{job_id:int}/progress", permission=WRITE)
async def change_progress(visit: Visiting, job_id: FromPath[int]) -> Response[Any]:
    """The progress alone; another state reloads the page with what belongs to it."""
    job = await queries.bulk_job_by_id(visit.core, job_id)
    if job.state != visit.query().text("was"):
        return Response("", status_code=200, headers={"hx-refresh": "true"})
    return await visit.page("contacts/change_progress.html", job=job)


@post("/contacts/changes/{job_id:int}/stop", permission=WRITE)
async def stop(visit: Visiting, job_id: FromPath[int]) -> Response[Any]:
    """Stops after the set in hand."""
    try:
        await actions.stop_change(visit.core, job_id)
    except Conflict as error:
        return visit.redirect(f"{LIVE_PAGE}/{job_id}", error.message, kind="info")
    await visit.note("contacts_change_stopped", f"change {job_id}")
    return visit.redirect(f"{LIVE_PAGE}/{job_id}", _("It stops. What is changed stays changed."))


ROUTES = [changes_page, live_strip, change_page, change_progress, stop]
