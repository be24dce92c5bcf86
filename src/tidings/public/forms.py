"""The page of a form, the script that puts it into another site's page, and what people send (fluentcrm.md §7.6)."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

import msgspec

from tidings.forms.actions import submit
from tidings.forms.markup import TRAP, form_markup
from tidings.forms.queries import find_form, form_url
from tidings.forms.types import Form, Sent
from tidings.platform.core import Core
from tidings.platform.errors import Conflict, Invalid, RateLimited
from tidings.platform.modules import is_on
from tidings.public.hits import anonymised
from tidings.public.http import EMBEDDABLE, Reply, Visit
from tidings.public.pages import Pages

_SCRIPT = """(function () {
  var here = document.currentScript, frame = document.createElement("iframe");
  frame.src = %s; frame.title = %s; frame.loading = "lazy";
  frame.style.cssText = "width:100%%;border:0;min-height:%s";
  here.parentNode.insertBefore(frame, here);
})();
"""


async def form_page(core: Core, pages: Pages, visit: Visit) -> Reply:
    """GET shows the form, POST sends it. The page may stand in a frame of any site."""
    form = await _open_form(core, visit)
    if form is None:
        reply = await pages.say("Form", "This form is closed.", status=404)
    elif visit.method == "POST":
        reply = await take_form(core, form, visit, _OwnPage(core, pages, form))
    else:
        reply = await _show(pages, form)
    reply.headers.append((b"content-security-policy", EMBEDDABLE))
    return reply


async def _open_form(core: Core, visit: Visit) -> Form | None:
    form = await find_form(core, visit.query.get("form", ""))
    return form if form is not None and form.state == "published" and await is_on(core, "forms") else None


async def form_script(core: Core, visit: Visit) -> Reply:
    """A script that puts the form where it stands."""
    form = await _open_form(core, visit)
    home = str(await core.installation.get("public_url"))
    return embed_script(form_url(home, form), form.title) if form else embed_script("", "")


def embed_script(url: str, title: str, height: str = "26rem") -> Reply:
    """The script that puts a page of ours where it stands; 404 and nothing without an address."""
    if not url:
        return Reply(404, b"", b"text/javascript; charset=utf-8")
    words = (msgspec.json.encode(url).decode(), msgspec.json.encode(title).decode(), height)
    headers = [(b"cross-origin-resource-policy", b"cross-origin")]
    return Reply(200, (_SCRIPT % words).encode(), b"text/javascript; charset=utf-8", headers)


class Answered(ABC):
    """What a visitor reads after sending a form: a page of the form, or the landing page that it stands on."""

    def __init__(self, message: str, redirect_url: str) -> None:
        self.message = message
        self.redirect_url = redirect_url

    @abstractmethod
    async def submit(self, sent: Sent) -> None:
        """Takes it in; raises what `forms.actions.submit` raises."""

    @abstractmethod
    async def again(self, values: Mapping[str, Sequence[str]], problems: Sequence[str]) -> Reply:
        """The form with what was sent and what was wrong with it."""

    @abstractmethod
    async def say(self, text: str, status: int = 200) -> Reply:
        """One message."""

    @abstractmethod
    async def onward(self) -> Reply:
        """Leads on to `redirect_url`."""


class _OwnPage(Answered):
    """The form's own page."""

    def __init__(self, core: Core, pages: Pages, form: Form) -> None:
        super().__init__(form.settings.message, form.settings.redirect_url)
        self._core, self._pages, self._form = core, pages, form

    async def submit(self, sent: Sent) -> None:
        await submit(self._core, self._form, sent)

    async def again(self, values: Mapping[str, Sequence[str]], problems: Sequence[str]) -> Reply:
        return await _show(self._pages, self._form, status=422, values=values, problems=problems)

    async def say(self, text: str, status: int = 200) -> Reply:
        return await self._pages.say(self._form.title, text, status=status)

    async def onward(self) -> Reply:
        return await self._pages.onward(self._form.title, self.redirect_url)


async def _show(
    pages: Pages,
    form: Form,
    *,
    status: int = 200,
    values: Mapping[str, Sequence[str]] | None = None,
    problems: Sequence[str] = (),
) -> Reply:
    action = f"/?fluentcrm=1&route=form&form={form.slug}"
    questions = form_markup(form, action, values=values, problems=problems)
    intro = form.settings.intro
    return await pages.render("form.html", status=status, title=form.title, intro=intro, questions=questions)


async def take_form(core: Core, form: Form, visit: Visit, answered: Answered) -> Reply:
    """Takes a submission in and answers it: a page for people, JSON for programs that ask for it."""
    ip = (anonymised(visit.ip) if await core.installation.get("anonymize_ip") else visit.ip) or None
    sent = Sent(
        visit.lists,
        ip=visit.ip,
        shown_ip=ip,
        agent=visit.headers.get("user-agent", ""),
        page_url=_page(visit.headers.get("referer", "")),
        trap=visit.form.get(TRAP, ""),
    )
    wants_json = "application/json" in visit.headers.get("accept", "")
    try:
        await answered.submit(sent)
    except Invalid as error:
        texts = {name: problems[0].text for name, problems in error.fields.items()}
        if wants_json:
            return _json({"success": False, "errors": texts}, 422)
        return await answered.again(visit.lists, list(texts.values()))
    except RateLimited as error:
        if wants_json:
            return _json({"success": False, "message": error.message}, 429)
        return await answered.say(error.message, 429)
    except Conflict as error:
        return await answered.say(error.message, 404)
    if wants_json:
        return _json({"success": True, "message": answered.message, "redirect_url": answered.redirect_url})
    if answered.redirect_url:
        return await answered.onward()
    return await answered.say(answered.message)


def _page(referer: str) -> str:
    """The page the form was sent from, without its query: that may name a person."""
    parts = urlsplit(referer)
    return f"{parts.scheme}://{parts.netloc}{parts.path}" if parts.scheme in ("http", "https") else ""


def _json(body: Any, status: int = 200) -> Reply:
    return Reply(status, msgspec.json.encode(body), b"application/json; charset=UTF-8")
