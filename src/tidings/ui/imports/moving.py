"""Moving in from another system: choose it, let us in, say what goes where, watch it run.

Credentials are written, never shown again: between two steps the form carries them sealed, bound to the system, and a
job forgets them when it ends.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

import msgspec
from cryptography.exceptions import InvalidTag
from litestar import Response, get, post
from litestar.params import FromPath

from tidings.contacts import catalog
from tidings.migrators import actions
from tidings.migrators.jobs import JOB, start_move
from tidings.migrators.types import Choice, Overview, Plan, RemoteTerm
from tidings.migrators.vendors import VENDORS
from tidings.platform import jobs
from tidings.platform.core import Core
from tidings.platform.errors import Invalid, NotFound, Problem, Refused
from tidings.platform.jobs import JobView
from tidings.platform.pagination import PageRequest
from tidings.ui.imports.drafts import WRITE
from tidings.ui.shell.forms import Form
from tidings.ui.shell.texts import _
from tidings.ui.shell.visit import Visiting

HREF = "/import/move"
OFFERED = PageRequest(per_page=500, sort="title", is_descending=False)
# Of a list or tag over there: made here under its name.
MAKE = "make"


@dataclass(frozen=True, slots=True)
class Row:
    """A list or tag over there with the name of its input and where it goes by itself."""

    name: str
    term: RemoteTerm
    chosen: str


def _vendor(system: str) -> Any:
    if system not in VENDORS:
        raise NotFound("system", system)
    return VENDORS[system]


def _seal(core: Core, system: str, given: dict[str, str]) -> str:
    return core.keys.seal(f"move-in:{system}", msgspec.json.encode(given).decode()).hex()


def _unseal(core: Core, system: str, sealed: str) -> dict[str, str]:
    """Raises Invalid for anything that this installation did not seal for this system."""
    try:
        return msgspec.json.decode(core.keys.unseal(f"move-in:{system}", bytes.fromhex(sealed)), type=dict[str, str])
    except (ValueError, InvalidTag) as error:
        raise Invalid({"sealed": Problem("invalid", _("Enter the credentials again."))}) from error


@get(HREF, permission=WRITE)
async def systems_page(visit: Visiting) -> Response[Any]:
    """The systems one may come from, and the moves so far."""
    moves = await jobs.list_jobs(visit.core, kind=JOB, limit=20)
    return await visit.page("imports/moving.html", vendors=VENDORS, moves=moves, titles=_titles())


def _titles() -> dict[str, str]:
    return {name: vendor.title for name, vendor in VENDORS.items()}


@get(f"{HREF}/{{system:str}}", permission=WRITE)
async def credentials_page(visit: Visiting, system: FromPath[str]) -> Response[Any]:
    """What lets us in."""
    return await _credentials(visit, system, Form({}))


async def _credentials(visit: Visiting, system: str, form: Form, status: int = 200) -> Response[Any]:
    vendor = _vendor(system)
    for one in vendor.credentials:
        if one.kind == "password":
            form.values.pop(one.name, None)
    return await visit.page("imports/moving_in.html", system=system, vendor=vendor, form=form, status=status)


@post(f"{HREF}/{{system:str}}", permission=WRITE)
async def check(visit: Visiting, system: FromPath[str]) -> Response[Any]:
    """Asks the other system what is there, and shows where it may go."""
    vendor, form = _vendor(system), await visit.form()
    given = {one.name: form.text(one.name) for one in vendor.credentials}
    try:
        missing = {name: Problem("required", _("This is needed.")) for name, value in given.items() if not value}
        if missing:
            raise Invalid(missing)
        found = await actions.overview(visit.core, system, given)
    except Invalid as error:
        return await _credentials(visit, system, form.refused(error), 422)
    except Refused as error:
        name = vendor.credentials[-1].name
        refused = form.refused(Invalid({name: Problem("refused", error.message)}))
        return await _credentials(visit, system, refused, 422)
    return await _mapping(
        visit, system, Form({"sealed": _seal(visit.core, system, given), "existing": "update"}), found
    )


async def _mapping(visit: Visiting, system: str, form: Form, found: Overview, status: int = 200) -> Response[Any]:
    core = visit.core
    lists, tags = (await catalog.list_lists(core, OFFERED)).rows, (await catalog.list_tags(core, OFFERED)).rows
    return await visit.page(
        "imports/moving_map.html",
        system=system,
        vendor=_vendor(system),
        form=form,
        lists=[(str(one.id), one.title) for one in lists],
        tags=[(str(one.id), one.title) for one in tags],
        list_rows=_rows("list", found.lists, {one.title.lower(): one.id for one in lists}, form),
        tag_rows=_rows("tag", found.tags, {one.title.lower(): one.id for one in tags}, form),
        fields=found.fields,
        status=status,
    )


def _rows(kind: str, terms: Any, known: dict[str, int], form: Form) -> list[Row]:
    """One of the same name here is meant; any other is made."""
    rows: list[Row] = []
    for term in cast("list[RemoteTerm]", terms):
        name = f"{kind}.{term.id}"
        same = known.get(term.name.lower())
        rows.append(Row(name, term, form.text(name) if name in form.values else str(same) if same else MAKE))
    return rows


@post(f"{HREF}/{{system:str}}/start", permission=WRITE)
async def start(visit: Visiting, system: FromPath[str]) -> Response[Any]:
    """Begins the move with what was decided."""
    core, form = visit.core, await visit.form()
    vendor = _vendor(system)
    try:
        given = _unseal(core, system, form.text("sealed"))
        found = await actions.overview(core, system, given)
        job_id = await start_move(core, system, given, _plan(form, found), user_id=visit.user.id)
    except Invalid as error:
        return await _credentials(visit, system, form.refused(error), 422)
    except Refused as error:
        name = vendor.credentials[-1].name
        return await _credentials(visit, system, form.refused(Invalid({name: Problem("refused", error.message)})), 422)
    await visit.note("move_started", f"move {job_id}", system=system)
    return visit.redirect(f"{HREF}/runs/{job_id}")


def _plan(form: Form, found: Overview) -> Plan:
    existing = form.text("existing")
    return Plan(
        Choice(is_active_only=form.flag("is_active_only")),
        tags=_targets("tag", found.tags, form),
        lists=_targets("list", found.lists, form),
        fields={one.key: one.target for one in found.fields if one.target},
        on_existing=existing if existing in ("update", "fill", "skip") else "fill",
    )


def _targets(kind: str, terms: Any, form: Form) -> dict[str, int | str]:
    targets: dict[str, int | str] = {}
    for term in cast("list[RemoteTerm]", terms):
        chosen = form.text(f"{kind}.{term.id}")
        if chosen == MAKE:
            targets[term.id] = term.name[:192]
        elif chosen.isdigit() and len(chosen) < 19:
            targets[term.id] = int(chosen)
    return targets


async def _move(core: Core, job_id: int) -> JobView:
    found = await jobs.find_job(core, job_id)
    if found is None or found.kind != JOB:
        raise NotFound("move", job_id)
    return found


@get(f"{HREF}/runs/{{job_id:int}}", permission=WRITE)
async def move_page(visit: Visiting, job_id: FromPath[int]) -> Response[Any]:
    """A move: how far it is, or what came of it."""
    return await visit.page("imports/move.html", move=await _move(visit.core, job_id), titles=_titles())


@get(f"{HREF}/runs/{{job_id:int}}/progress", permission=WRITE)
async def move_progress(visit: Visiting, job_id: FromPath[int]) -> Response[Any]:
    """The progress alone; another state reloads the page."""
    move = await _move(visit.core, job_id)
    if move.state != visit.query().text("was"):
        return Response("", status_code=200, headers={"hx-refresh": "true"})
    return await visit.page("imports/move_progress.html", move=move)


@post(f"{HREF}/runs/{{job_id:int}}/stop", permission=WRITE)
async def stop_move(visit: Visiting, job_id: FromPath[int]) -> Response[Any]:
    """Stops after the page in hand."""
    await _move(visit.core, job_id)
    is_asked = await jobs.request_stop(visit.core, job_id)
    await visit.note("move_stopped", f"move {job_id}")
    said = _("It stops. Who is in stays in.") if is_asked else _("It was over already.")
    return visit.redirect(f"{HREF}/runs/{job_id}", said, kind="info")


ROUTES = [systems_page, credentials_page, check, start, move_page, move_progress, stop_move]
