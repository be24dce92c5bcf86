"""Who got a campaign and what became of each mail; who left because of it; what did not arrive, and trying again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Stream

from tidings.campaigns import queries
from tidings.campaigns.types import Link
from tidings.contacts import queries as contacts
from tidings.messages import claims
from tidings.messages.preview import message_view
from tidings.messages.queries import list_messages, message_by_id
from tidings.platform.core import Core
from tidings.platform.errors import NotFound
from tidings.platform.pagination import PageRequest
from tidings.reports import campaigns as reports
from tidings.reports import delivery
from tidings.reports.campaigns import numbers_from
from tidings.ui.campaigns.drafts import READ, WRITE
from tidings.ui.campaigns.report import reported
from tidings.ui.shell.framing import framed
from tidings.ui.shell.texts import _, ngettext, number
from tidings.ui.shell.visit import Visit, Visiting

EXPORT = "fcrm_manage_contacts_export"
# What the table may be narrowed to, with the words of the choice.
SHOWN = {
    "": "Everybody",
    "sent": "Sent",
    "open": "Opened",
    "click": "Clicked",
    "unopened": "Not opened",
    "unsubscribed": "Unsubscribed",
    "bounced": "Bounced",
    "failed": "Failed or bounced",
    "complained": "Complained",
    "unknown": "Unknown outcome",
    "waiting": "Waiting",
    "cancelled": "Cancelled",
}
UNDELIVERED = ("", "bounced", "failed", "complained", "unknown")
AGAIN = {"failed": ("failed",), "unknown": ("unknown",)}


async def _names(visit: Visit, ids: Sequence[int]) -> dict[int, str]:
    """Names by id of the contacts that are still there; nothing for a caller who may not read contacts."""
    if not visit.me.may("fcrm_read_contacts"):
        return {}
    found = await contacts.contacts_by_ids(visit.core, list(set(ids)))
    return {key: view.contact.full_name or view.contact.email or "" for key, view in found.items()}


@get("/campaigns/{campaign_id:int}/report/people", permission=READ)
async def people_page(visit: Visiting, campaign_id: FromPath[int]) -> Response[Any]:
    """Every mail of the campaign, narrowed by what became of it and by the address."""
    core, table = visit.core, visit.table(sort="id", is_descending=False)
    view = await reported(core, campaign_id)
    shown = table.kept_value("show") if table.kept_value("show") in SHOWN else ""
    link = await _link(core, campaign_id, table.kept_value("link"))
    rows = await list_messages(
        core,
        table.request,
        campaign_id=campaign_id,
        filter=shown,
        search=table.search,
        link_id=link.id if link else None,
    )
    return await visit.page(
        "campaigns/recipients_table.html",
        campaign=view.campaign,
        table=table,
        rows=rows,
        names=await _names(visit, [row.message.contact_id for row in rows.rows]),
        choices=[(key, _(word)) for key, word in SHOWN.items()],
        shown=shown,
        link=link,
    )


async def _link(core: Core, campaign_id: int, wanted: str) -> Link | None:
    """The link of the campaign that the address names, if any."""
    if not wanted:
        return None
    return next((one for one in await queries.links_of(core, campaign_id) if str(one.id) == wanted), None)


@get("/campaigns/{campaign_id:int}/report/people.csv", permission=EXPORT)
async def people_file(visit: Visiting, campaign_id: FromPath[int]) -> Stream:
    """The same as a file, in pieces."""
    await reported(visit.core, campaign_id)
    shown = visit.query().text("show")
    await visit.note("campaign_people_exported", f"campaign {campaign_id}")
    headers = {
        "content-disposition": f'attachment; filename="campaign-{campaign_id}-people.csv"',
        "cache-control": "no-store",
    }
    pieces = delivery.people_csv(visit.core, campaign_id, filter=shown if shown in SHOWN else "")
    return Stream(pieces, media_type="text/csv; charset=utf-8", headers=headers)


@get("/campaigns/{campaign_id:int}/report/people/{message_id:int}", permission=READ)
async def received(visit: Visiting, campaign_id: FromPath[int], message_id: FromPath[int]) -> Response[Any]:
    """The mail as this person got it, without counting."""
    visit.me.require("fcrm_read_contacts")
    if (await message_by_id(visit.core, message_id)).message.campaign_id != campaign_id:
        raise NotFound("message", message_id)
    _subject, html = await message_view(visit.core, message_id)
    return framed(html)


@get("/campaigns/{campaign_id:int}/report/unsubscribes", permission=READ)
async def leavers_page(visit: Visiting, campaign_id: FromPath[int]) -> Response[Any]:
    """Who left from this campaign's mails, when and why."""
    core, table = visit.core, visit.table(sort="id")
    view = await reported(core, campaign_id)
    rows = await reports.unsubscribers(core, campaign_id, table.request)
    mails = await list_messages(
        core, PageRequest(per_page=table.request.per_page), ids=[row.message_id for row in rows.rows]
    )
    return await visit.page(
        "campaigns/leavers.html",
        campaign=view.campaign,
        table=table,
        rows=rows,
        numbers=numbers_from(view.counts),
        emails={mail.message.id: mail.message.email for mail in mails.rows},
        names=await _names(visit, [row.contact_id for row in rows.rows]),
    )


@get("/campaigns/{campaign_id:int}/report/undelivered", permission=READ)
async def undelivered_page(visit: Visiting, campaign_id: FromPath[int]) -> Response[Any]:
    """What bounced, failed or has an unknown outcome, with the answers of the servers."""
    core, table = visit.core, visit.table(sort="id", is_descending=False)
    view = await reported(core, campaign_id)
    shown = table.kept_value("show") if table.kept_value("show") in UNDELIVERED else ""
    rows = await list_messages(
        core, table.request, campaign_id=campaign_id, filter=shown or "undelivered", search=table.search
    )
    words = {**SHOWN, "": "Everything that did not arrive"}
    return await visit.page(
        "campaigns/undelivered.html",
        campaign=view.campaign,
        table=table,
        rows=rows,
        numbers=numbers_from(view.counts),
        answers=await delivery.answers(core, campaign_id),
        names=await _names(visit, [row.message.contact_id for row in rows.rows]),
        choices=[(key, _(words[key])) for key in UNDELIVERED],
        shown=shown,
    )


@post("/campaigns/{campaign_id:int}/report/retry", permission=WRITE)
async def send_again(visit: Visiting, campaign_id: FromPath[int]) -> Response[Any]:
    """Queues what failed or became unknown once more."""
    view, which = await reported(visit.core, campaign_id), (await visit.form()).text("which")
    back = f"/campaigns/{campaign_id}/report/undelivered"
    if which not in AGAIN or view.campaign.state not in ("finished", "sending"):
        return visit.redirect(back, _("Nothing can be sent again now."), kind="info")
    n = await claims.retry_messages(visit.core, campaign_id, AGAIN[which])
    await visit.note("messages_retried", f"campaign {campaign_id}", which=which, mails=n)
    said = ngettext("%(n)s mail goes out again.", "%(n)s mails go out again.", n) % {"n": number(n)}
    return visit.redirect(back, said)


ROUTES = [people_page, people_file, received, leavers_page, undelivered_page, send_again]
