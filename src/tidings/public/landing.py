"""Landing pages as visitors meet them: `/p/<slug>` shows the page and takes its form, `/p/<slug>.js` embeds it.

A page is rendered once for every version of it in every process; a visit costs a shared look at what stands there and
a shared row for the count. Nothing but the page's own pictures comes from other hosts.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tidings.forms.queries import form_by_id
from tidings.forms.types import Form, Sent
from tidings.pages import rules
from tidings.pages.actions import count_view, submit_on_page
from tidings.pages.queries import find_published, page_url, stamp_of
from tidings.pages.rendering import NO_MARKUP, Brand, message_document, page_document
from tidings.pages.types import Page, Stamp
from tidings.platform.core import Core
from tidings.platform.modules import is_on
from tidings.public.forms import Answered, embed_script, take_form
from tidings.public.http import EMBEDDABLE, Reply, Visit, header_url
from tidings.public.pages import LANDING, Pages
from tidings.tracking.machines import is_machine

log = logging.getLogger("tidings.public")
# Rendered pages that a process keeps.
MOST_KEPT = 500


@dataclass(frozen=True, slots=True)
class _Kept:
    """A rendered page; valid while stamp and brand are those of now."""

    stamp: Stamp
    brand: Brand
    has_forms: bool
    has_preferences: bool
    body: bytes
    etag: bytes


class Landing:
    """Answers the addresses of landing pages; holds what was rendered."""

    def __init__(self, core: Core, pages: Pages) -> None:
        self._core = core
        self._pages = pages
        self._kept: dict[str, _Kept] = {}

    async def answer(self, visit: Visit) -> Reply:
        """The page, what follows its form, or the script that embeds it."""
        slug = visit.path.removeprefix(LANDING)
        if slug.endswith(".js"):
            return await self._script(slug[:-3])
        stamp = await stamp_of(self._core, slug)
        if stamp is None:
            return await self._pages.say("Nothing here", "This address leads nowhere.", status=404)
        if visit.method == "POST":
            return await self._send(slug, visit)
        return await self._show(slug, stamp, visit)

    async def _script(self, slug: str) -> Reply:
        page = await find_published(self._core, slug) if await stamp_of(self._core, slug) else None
        home = str(await self._core.installation.get("public_url"))
        return embed_script(page_url(home, page), page.title, "40rem") if page else embed_script("", "")

    async def _show(self, slug: str, stamp: Stamp, visit: Visit) -> Reply:
        kept = await self._rendered(slug, stamp)
        if kept is None:
            return await self._pages.say("Nothing here", "This address leads nowhere.", status=404)
        if not is_machine(visit.method, visit.headers, is_click=True):
            try:
                await count_view(self._core, stamp.page_id)
            except Exception as error:
                # The visitor gets the page all the same.
                log.error("a view of page %s is lost: %r", stamp.page_id, error)
        if kept.has_preferences and "secure_hash" in visit.query:
            reply = await self._personal(slug, visit.query["secure_hash"])
            if reply is not None:
                return reply
        headers = [(b"etag", kept.etag), (b"cache-control", b"no-cache"), *_HEADERS]
        if kept.etag.decode() in visit.headers.get("if-none-match", ""):
            return Reply(304, headers=headers)
        return Reply(200, kept.body, headers=headers)

    async def _rendered(self, slug: str, stamp: Stamp) -> _Kept | None:
        brand = Brand(*await self._core.installation.brand())
        has_forms = await is_on(self._core, "forms")
        kept = self._kept.get(slug)
        if kept is not None and (kept.stamp, kept.brand, kept.has_forms) == (stamp, brand, has_forms):
            return kept
        page = await find_published(self._core, slug)
        if page is None:
            return None
        has_preferences = rules.has_preferences(page)
        preferences = self._pages.request_markup() if has_preferences else NO_MARKUP
        body = page_document(page, await self._form(page), brand, preferences=preferences).encode()
        etag = b'"%s"' % hashlib.sha256(body).hexdigest()[:24].encode()
        if len(self._kept) >= MOST_KEPT:
            self._kept.clear()
        made = self._kept[slug] = _Kept(stamp, brand, has_forms, has_preferences, body, etag)
        return made

    async def _personal(self, slug: str, secure_hash: str) -> Reply | None:
        """The page with the preference form of the person whom a link in a mail proves: kept nowhere, in no frame."""
        form = await self._pages.preference_markup(secure_hash)
        page = await find_published(self._core, slug) if form is not None else None
        if form is None or page is None:
            return None
        brand = Brand(*await self._core.installation.brand())
        return Reply(200, page_document(page, await self._form(page), brand, preferences=form).encode())

    async def _form(self, page: Page) -> Form | None:
        """The form on the page, when it takes something."""
        if page.form_id is None or not await is_on(self._core, "forms"):
            return None
        form = await form_by_id(self._core, page.form_id)
        return form if form.state == "published" else None

    async def _send(self, slug: str, visit: Visit) -> Reply:
        page = await find_published(self._core, slug)
        form = await self._form(page) if page is not None else None
        if page is None or form is None:
            return await self._pages.say("Nothing here", "This page takes nothing.", status=404)
        reply = await take_form(self._core, form, visit, _Answers(self._core, page, form))
        reply.headers += _HEADERS
        return reply


# Search engines may know a page that is published, unlike everything else here.
_HEADERS = [(b"content-security-policy", EMBEDDABLE), (b"x-robots-tag", b"all")]


class _Answers(Answered):
    """What a visitor of a landing page reads after sending its form."""

    def __init__(self, core: Core, page: Page, form: Form) -> None:
        said = page.settings
        # A message of the page's own stands against a redirect of the form's.
        own = said.message or said.redirect_url
        message = said.message or form.settings.message
        super().__init__(message, said.redirect_url if own else form.settings.redirect_url)
        self._core, self._page, self._form = core, page, form

    async def submit(self, sent: Sent) -> None:
        await submit_on_page(self._core, self._page, self._form, sent)

    async def again(self, values: Mapping[str, Sequence[str]], problems: Sequence[str]) -> Reply:
        brand = Brand(*await self._core.installation.brand())
        return Reply(422, page_document(self._page, self._form, brand, values=values, problems=problems).encode())

    async def say(self, text: str, status: int = 200) -> Reply:
        brand = Brand(*await self._core.installation.brand())
        return Reply(status, message_document(self._page, brand, text).encode())

    async def onward(self) -> Reply:
        brand = Brand(*await self._core.installation.brand())
        text = "Thank you. You are taken on."
        reply = Reply(200, message_document(self._page, brand, text, onward=self.redirect_url).encode())
        reply.headers.append((b"refresh", b"0; url=" + header_url(self.redirect_url)))
        return reply
