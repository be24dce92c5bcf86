"""An import that has begun: live progress, stopping and going on, the report with the refused rows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Stream

from tidings.contacts.queries import custom_fields
from tidings.imports import actions, queries
from tidings.imports.types import Import
from tidings.platform.errors import Conflict, TidingsError
from tidings.ui.imports import drafts, targets
from tidings.ui.imports.drafts import WRITE
from tidings.ui.shell.forms import Form
from tidings.ui.shell.guard import Detour
from tidings.ui.shell.texts import _
from tidings.ui.shell.visit import Visiting

LIVE = ("queued", "running", "stopping")
SHOWN_REJECTS = 100
PATIENCE = timedelta(seconds=10)
# How much of the speed the latest look decides: rows come in chunks, so a single look says little.
_WEIGHT = 0.3


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an import is at `at`. Rows and bytes per second are None while nothing is known.

    `since` is when the page saw this state first.
    """

    imported: Import
    at: datetime
    rows_per_second: float | None = None
    bytes_per_second: float | None = None
    since: datetime | None = None

    @property
    def time_left(self) -> timedelta | None:
        """At the present speed."""
        if not self.bytes_per_second or self.imported.state != "running":
            return None
        left = self.imported.bytes_total - self.imported.bytes_done
        return timedelta(seconds=round(left / self.bytes_per_second))

    @property
    def waits_long(self) -> bool:
        """Whether nobody has begun with it for a while."""
        return self.imported.state == "queued" and self.since is not None and self.at - self.since > PATIENCE

    @property
    def next_address(self) -> str:
        """Where the page asks next; it carries what was known, so that speed can be told and a change noticed."""
        one = self.imported
        known = f"was={one.state}&rows={one.rows_done}&bytes={one.bytes_done}&at={int(self.at.timestamp() * 1000)}"
        speed = f"&rps={round((self.rows_per_second or 0) * 1000)}&bps={round(self.bytes_per_second or 0)}"
        since = int((self.since or self.at).timestamp() * 1000)
        return f"/import/{one.id}/progress?{known}{speed}&since={since}"


def progress_of(imported: Import, now: datetime, asked: Form | None = None) -> Progress:
    """The progress now. `asked` holds what the page knew; without it the speed is that of the whole run so far."""
    names = ("at", "rows", "bytes", "rps", "bps", "since")
    known = {name: asked.ids(name)[0] for name in names if asked and asked.ids(name)}
    since = _moment(known["since"]) if "since" in known else now
    if not {"at", "rows", "bytes"} <= known.keys():
        if imported.started_at is None or imported.state != "running":
            return Progress(imported, now, since=since)
        known = {"at": int(imported.started_at.timestamp() * 1000), "rows": 0, "bytes": 0}
    seconds = now.timestamp() - known["at"] / 1000
    rows, size = imported.rows_done - known["rows"], imported.bytes_done - known["bytes"]
    if not 0.2 <= seconds <= 86_400 or rows < 0 or size < 0:
        return Progress(imported, now, since=since)
    rps, bps = known.get("rps", 0) / 1000, known.get("bps", 0)
    weight = _WEIGHT if rps and bps else 1.0
    per_second = [old + weight * (moved / seconds - old) for old, moved in ((rps, rows), (bps, size))]
    return Progress(imported, now, per_second[0] or None, per_second[1] or None, since)


def _moment(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(min(milliseconds, 4_102_444_800_000) / 1000, UTC)


@get("/import/{import_id:int}", permission=WRITE)
async def import_page(visit: Visiting, import_id: FromPath[int]) -> Response[Any]:
    """Progress or report; one that has not begun opens where it was left."""
    core = visit.core
    found = await queries.import_by_id(core, import_id)
    if found.state == "uploaded":
        raise Detour(f"/import/{import_id}/{'options' if found.mapping else 'columns'}")
    options = found.options
    offer = await drafts.offer(core, list(options.list_ids), list(options.tag_ids))
    lists, tags = offer.named(list(options.list_ids), list(options.tag_ids))
    return await visit.page(
        "imports/import.html",
        imported=found,
        progress=progress_of(found, core.clock.now()),
        is_live=found.state in LIVE,
        rejects=await queries.list_rejects(core, import_id, limit=SHOWN_REJECTS) if found.rejected else [],
        taken=targets.words_of(found, await custom_fields(core)),
        lists=lists,
        tags=tags,
    )


@get("/import/{import_id:int}/progress", permission=WRITE)
async def show_progress(visit: Visiting, import_id: FromPath[int]) -> Response[Any]:
    """The progress alone, asked again and again; a change of state reloads the page with its new buttons."""
    found, asked = await queries.import_by_id(visit.core, import_id), visit.query()
    if found.state != asked.text("was"):
        return Response("", status_code=200, headers={"hx-refresh": "true"})
    progress = progress_of(found, visit.core.clock.now(), asked)
    return await visit.page("imports/progress.html", imported=found, progress=progress)


@post("/import/{import_id:int}/stop", permission=WRITE)
async def stop_import(visit: Visiting, import_id: FromPath[int]) -> Response[Any]:
    """Stops at the end of the chunk."""
    try:
        await actions.stop_import(visit.core, import_id)
    except Conflict as error:
        return visit.redirect(f"/import/{import_id}", error.message, kind="info")
    await visit.note("import_stopped", f"import {import_id}")
    return visit.redirect(f"/import/{import_id}", _("It stops. What is in stays in."))


@post("/import/{import_id:int}/resume", permission=WRITE)
async def resume_import(visit: Visiting, import_id: FromPath[int]) -> Response[Any]:
    """Goes on where it was."""
    try:
        await actions.start_import(visit.core, import_id)
    except TidingsError as error:
        return visit.redirect(f"/import/{import_id}", error.message, kind="error")
    await visit.note("import_started", f"import {import_id}")
    return visit.redirect(f"/import/{import_id}", _("It goes on where it was."))


@post("/import/{import_id:int}/delete", permission=WRITE)
async def delete_import(visit: Visiting, import_id: FromPath[int]) -> Response[Any]:
    """Forgets the import and its file; contacts stay."""
    try:
        await actions.delete_import(visit.core, import_id)
    except Conflict as error:
        return visit.redirect(f"/import/{import_id}", error.message, kind="error")
    await visit.note("import_deleted", f"import {import_id}")
    return visit.redirect("/import", _("The import is forgotten. Its contacts stay."))


@get("/import/{import_id:int}/rejected.csv", permission=WRITE)
async def rejected_rows(visit: Visiting, import_id: FromPath[int]) -> Stream:
    """The refused rows as a file, with line and reason."""
    found = await queries.import_by_id(visit.core, import_id)
    stem = found.file_name.removesuffix(".csv") or "contacts"
    name = f"attachment; filename=\"rejected.csv\"; filename*=UTF-8''{quote(stem, safe='')}-rejected.csv"
    headers = {"content-disposition": name, "cache-control": "no-store"}
    return Stream(queries.rejects_csv(visit.core, import_id), media_type="text/csv; charset=utf-8", headers=headers)


ROUTES = [import_page, show_progress, stop_import, resume_import, delete_import, rejected_rows]
