"""The system log: looked at, taken along as a file, emptied. Who did what is the audit book in `observing`."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

from litestar import Response, get, post
from litestar.response import Stream

from tidings.imports.rules import spreadsheet_safe
from tidings.platform import modules, system_log
from tidings.platform.core import Core
from tidings.ui.shell.texts import _
from tidings.ui.shell.visit import Visiting

MAY = "fcrm_manage_settings"
HREF = "/settings/system-log"
# Days that a file may cover; the choices of the page.
RANGES = (1, 7, 30, 90, 365)
_PIECE = 65_536


@get(HREF, permission=MAY)
async def system_log_page(visit: Visiting) -> Response[Any]:
    """What went wrong or ran in the background, newest first; htmx gets the table alone."""
    table = visit.table(sort="id")
    return await visit.page(
        "settings/system_log.html",
        block="table" if visit.request.headers.get("hx-target") == "lines" else None,
        table=table,
        rows=await system_log.list_system_log(visit.core, table.request, search=table.search),
        is_on=await modules.is_on(visit.core, "system_logs"),
        ranges=RANGES,
    )


@get(f"{HREF}/lines.csv", permission=MAY)
async def system_log_file(visit: Visiting) -> Stream:
    """The lines of the last days as a file, in pieces; seven days unless said otherwise."""
    days = visit.query().text("days")
    chosen = int(days) if days in map(str, RANGES) else 7
    headers = {"content-disposition": 'attachment; filename="system-log.csv"', "cache-control": "no-store"}
    return Stream(_csv(visit.core, chosen), media_type="text/csv; charset=utf-8", headers=headers)


async def _csv(core: Core, days: int) -> AsyncIterator[bytes]:
    """UTF-8 with a mark; instants local to the installation; no cell is run as a formula by a spreadsheet."""
    zone = await core.installation.zone()
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["id", "at", "title", "description"])
    yield b"\xef\xbb\xbf"
    async for line in system_log.system_log_since(core, core.clock.now() - timedelta(days=days)):
        at = line.at.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S")
        writer.writerow([line.id, at, spreadsheet_safe(line.title), spreadsheet_safe(line.description)])
        if out.tell() > _PIECE:
            yield out.getvalue().encode()
            out.seek(0)
            out.truncate()
    yield out.getvalue().encode()


@post(f"{HREF}/reset", permission=MAY)
async def reset_system_log(visit: Visiting) -> Response[Any]:
    """Empties it."""
    await system_log.reset_system_log(visit.core)
    await visit.note("system_log_emptied")
    return visit.redirect(HREF, _("The system log is empty."))


ROUTES = [system_log_page, system_log_file, reset_system_log]
