"""The page of a form, the script that puts it into another site's page, and what people send (fluentcrm.md §7.6)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

import msgspec

from tidings.forms.actions import submit
from tidings.forms.queries import find_form, form_url
from tidings.forms.types import Form, Sent
from tidings.platform.core import Core
from tidings.platform.errors import Conflict, Invalid, RateLimited
from tidings.platform.modules import is_on
from tidings.public.hits import anonymised
from tidings.public.http import EMBEDDABLE, Reply, Visit
from tidings.public.pages import Pages

_TRAP = "fc_trap"
_SCRIPT = """(function () {
  var here = document.currentScript, frame = document.createElement("iframe");
  frame.src = %s; frame.title = %s; frame.loading = "lazy";
  frame.style.cssText = "width:100%%;border:0;min-height:26rem";
  here.parentNode.insertBefore(frame, here);
})();
"""


async def form_page(core: Core, pages: Pages, visit: Visit) -> Reply:
    """GET shows the form, POST sends it. The page may stand in a frame of any site."""
    form = await _open_form(core, visit)
    if form is None:
        reply = await pages.say("Form", "This form is closed.", status=404)
    elif visit.method == "POST":
        reply = await _send(core, pages, form, visit)
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
    if form is None:
        return Reply(404, b"", b"text/javascript; charset=utf-8")
    home = str(await core.installation.get("public_url"))
    words = (msgspec.json.encode(form_url(home, form)).decode(), msgspec.json.encode(form.title).decode())
    headers = [(b"cross-origin-resource-policy", b"cross-origin")]
    return Reply(200, (_SCRIPT % words).encode(), b"text/javascript; charset=utf-8", headers)


async def _show(
    pages: Pages,
    form: Form,
    *,
    status: int = 200,
    values: Mapping[str, Sequence[str]] | None = None,
    problems: Sequence[str] = (),
) -> Reply:
    return await pages.render(
        "form.html",
        status=status,
        title=form.title,
        intro=form.settings.intro,
        button=form.settings.button,
        action=f"/?fluentcrm=1&route=form&form={form.slug}",
        fields=form.fields,
        values=values or {},
        problems=problems,
    )


async def _send(core: Core, pages: Pages, form: Form, visit: Visit) -> Reply:
    ip = (anonymised(visit.ip) if await core.installation.get("anonymize_ip") else visit.ip) or None
    sent = Sent(
        visit.lists,
        ip=visit.ip,
        shown_ip=ip,
        agent=visit.headers.get("user-agent", ""),
        page_url=_page(visit.headers.get("referer", "")),
        trap=visit.form.get(_TRAP, ""),
    )
    wants_json = "application/json" in visit.headers.get("accept", "")
    try:
        await submit(core, form, sent)
    except Invalid as error:
        texts = {name: problems[0].text for name, problems in error.fields.items()}
        if wants_json:
            return _json({"success": False, "errors": texts}, 422)
        return await _show(pages, form, status=422, values=visit.lists, problems=list(texts.values()))
    except RateLimited as error:
        if wants_json:
            return _json({"success": False, "message": error.message}, 429)
        return await pages.say(form.title, error.message, status=429)
    except Conflict as error:
        return await pages.say(form.title, error.message, status=404)
    if wants_json:
        return _json({"success": True, "message": form.settings.message, "redirect_url": form.settings.redirect_url})
    if form.settings.redirect_url:
        return await pages.onward(form.title, form.settings.redirect_url)
    return await pages.say(form.title, form.settings.message)


def _page(referer: str) -> str:
    """The page the form was sent from, without its query: that may name a person."""
    parts = urlsplit(referer)
    return f"{parts.scheme}://{parts.netloc}{parts.path}" if parts.scheme in ("http", "https") else ""


def _json(body: Any, status: int = 200) -> Reply:
    return Reply(status, msgspec.json.encode(body), b"application/json; charset=UTF-8")
