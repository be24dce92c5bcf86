"""The list of captured mails and one of them, as HTML, text, headers and source."""

from __future__ import annotations

import asyncio
from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from tidings.messages import queries
from tidings.ui.mailbox.reading import ReadMail, read_mail
from tidings.ui.shell.framing import framed
from tidings.ui.shell.texts import _
from tidings.ui.shell.visit import Visiting

READ, DELETE = "fcrm_read_emails", "fcrm_manage_email_delete"
VIEWS = ("html", "text", "headers", "source")


@get("/mailbox", permission=READ)
async def mailbox(visit: Visiting) -> Response[Any]:
    """The newest mails, narrowed by words in recipient or subject."""
    return await _shown(visit, None)


@get("/mailbox/{mail_id:int}", permission=READ)
async def one_mail(visit: Visiting, mail_id: FromPath[int]) -> Response[Any]:
    """One mail beside the list."""
    return await _shown(visit, mail_id)


async def _shown(visit: Visiting, mail_id: int | None) -> Response[Any]:
    table = visit.table(sort="id")
    rows = await queries.list_captured(visit.core, table.request, table.search)
    opened = await queries.captured_by_id(visit.core, mail_id) if mail_id is not None else None
    mail = await _read(visit, opened.id) if opened else None
    view = table.kept_value("view")
    return await visit.page(
        "mailbox/index.html",
        table=table,
        rows=rows,
        view=view if view in VIEWS else "",
        views=VIEWS,
        opened=opened,
        mail=mail,
    )


async def _read(visit: Visiting, mail_id: int) -> ReadMail:
    """Taken apart beside the event loop: a mail may be large."""
    return await asyncio.to_thread(read_mail, await queries.captured_bytes(visit.core, mail_id))


@get("/mailbox/{mail_id:int}/html", permission=READ)
async def mail_frame(visit: Visiting, mail_id: FromPath[int]) -> Response[Any]:
    """The HTML part alone, for the frame."""
    return framed((await _read(visit, mail_id)).html)


@get("/mailbox/{mail_id:int}/download", permission=READ)
async def download(visit: Visiting, mail_id: FromPath[int]) -> Response[Any]:
    """The bytes as they would have gone over the wire."""
    raw = await queries.captured_bytes(visit.core, mail_id)
    disposition = f'attachment; filename="mail-{mail_id}.eml"'
    return Response(raw, media_type="message/rfc822", headers={"content-disposition": disposition})


@post("/mailbox/clear", permission=DELETE)
async def clear(visit: Visiting) -> Response[Any]:
    """Throws every captured mail away."""
    gone = await queries.clear_captured(visit.core)
    await visit.note("mailbox_cleared", mails=gone)
    return visit.redirect("/mailbox", _("The mailbox is empty."))


ROUTES = [mailbox, one_mail, mail_frame, download, clear]
