"""Finds the public route and answers it; plain ASGI, because links and pixels are hot."""

from __future__ import annotations

import logging

from tidings.platform.core import Core
from tidings.platform.db import AWAY
from tidings.public.bounces import is_for_services, take_reports
from tidings.public.forms import form_page, form_script
from tidings.public.hits import Hits
from tidings.public.http import Receive, Reply, Scope, Send, Visit, read_visit, write_reply
from tidings.public.incoming import answer, take_contact
from tidings.public.landing import Landing
from tidings.public.pages import AJAX, LANDING, Pages
from tidings.public.portal import Portal, is_portal
from tidings.public.smart_links import smart_url

log = logging.getLogger("tidings.public")
_LATER = (
    b'<!DOCTYPE html><html lang="en"><meta charset="utf-8"><title>In a moment</title>'
    b"<p>This page cannot be shown right now. Please try again in a moment.</p></html>"
)


class PublicApp:
    """The ASGI app of everything that recipients reach."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._hits = Hits(core)
        self._pages = Pages(core)
        self._landing = Landing(core, self._pages)
        self._portal = Portal(core, self._pages)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        visit = await read_visit(scope, receive)
        try:
            reply = await self._answer(visit)
        except AWAY as error:
            log.error("the database is away: %r", error)
            reply = Reply(503, _LATER, headers=[(b"retry-after", b"10")])
        await write_reply(send, reply, has_body=visit.method != "HEAD")

    async def _answer(self, visit: Visit) -> Reply:
        if visit.path == AJAX:
            return await self._pages.ajax(visit) if visit.method == "POST" else Reply(405)
        if visit.path.startswith(LANDING):
            return await self._landing.answer(visit)
        if "ns_url" in visit.query:
            return await self._hits.click(visit)
        if "route" not in visit.query and await is_portal(self._core, visit.path):
            return await self._portal.answer(visit)
        match visit.query.get("route", ""):
            case "open":
                return await self._hits.open(visit)
            case "unsubscribe":
                return await self._pages.unsubscribe(visit)
            case "manage_subscription":
                return await self._pages.preferences(visit)
            case "personal_data":
                return await self._pages.personal_data(visit)
            case "confirmation":
                return await self._pages.confirm(visit)
            case "email_preview":
                return await self._pages.web_view(visit)
            case "smart_url":
                return await smart_url(self._core, self._pages, visit)
            case "form":
                return await form_page(self._core, self._pages, visit)
            case "form_script":
                return await form_script(self._core, visit)
            case "contact":
                return await take_contact(self._core, visit)
            case "bounce_handler":
                return await take_reports(self._core, visit)
            case "" | "webhook" if is_for_services(visit):
                return await take_reports(self._core, visit)
            case "webhook":
                # Handlers of other programs would stand here; there are none.
                return answer({"message": "No Action found", "action": f"fluentcrm_webhook_to_{visit.get('handler')}"})
            case _:
                return await self._pages.say("Nothing here", "This address leads nowhere.", status=404)


def build(core: Core) -> PublicApp:
    """Made once per process."""
    return PublicApp(core)
