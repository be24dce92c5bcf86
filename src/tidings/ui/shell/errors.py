"""What a person sees when something is refused or broken: a plain page, or a toast for htmx; never the inside.

A crash gets a reference that stands in the log beside the traceback.
"""

from __future__ import annotations

import logging
import secrets
from typing import Any
from urllib.parse import quote

from litestar import MediaType, Request, Response
from litestar.exceptions import HTTPException

from tidings.platform.errors import (
    Forbidden,
    Invalid,
    NotFound,
    RateLimited,
    Refused,
    TidingsError,
    Unauthenticated,
)
from tidings.ui.shell.guard import POLICY, Detour, visit_of
from tidings.ui.shell.texts import _

log = logging.getLogger("tidings.ui")
_STATUS: list[tuple[type[TidingsError], int]] = [
    (Invalid, 422),
    (NotFound, 404),
    (Unauthenticated, 401),
    (Forbidden, 403),
    (RateLimited, 429),
    (Refused, 409),
]


def _page(request: Request[Any, Any, Any], status: int, title: str, text: str, reference: str = "") -> Response[Any]:
    headers = {"cache-control": "no-store", "content-security-policy": POLICY}
    if request.headers.get("hx-request") == "true":
        headers["x-problem"] = quote(text)
        return Response("", status_code=status, headers=headers)
    visit = visit_of(request)
    chosen = visit.caller.user.preferences.get("theme", "auto") if visit and visit.caller else "auto"
    shown = request.app.state.renderer.render(
        "error.html", None, {"status": status, "title": title, "text": text, "reference": reference, "theme": chosen}
    )
    return Response(shown, status_code=status, media_type=MediaType.HTML, headers=headers)


def detour(request: Request[Any, Any, Any], error: Detour) -> Response[Any]:
    """To login or the first run."""
    if request.headers.get("hx-request") == "true":
        return Response("", status_code=200, headers={"hx-redirect": error.to})
    return Response("", status_code=303, headers={"location": error.to, "cache-control": "no-store"})


def refused(request: Request[Any, Any, Any], error: TidingsError) -> Response[Any]:
    """An error of the core that no handler turned into a form."""
    status = next((code for kind, code in _STATUS if isinstance(error, kind)), 400)
    titles = {
        403: _("You may not do this"),
        404: _("There is nothing here"),
        409: _("That is not possible now"),
        422: _("Something is not right with this input"),
        429: _("Too many tries"),
    }
    text = error.message
    if isinstance(error, Forbidden) and error.permission != "csrf":
        text = _("Your role lacks a permission for this page. An administrator can grant it under Settings, Team.")
    return _page(request, status, titles.get(status, _("That did not work")), text)


def http(request: Request[Any, Any, Any], error: HTTPException) -> Response[Any]:
    """What the framework refuses: unknown address, wrong method, broken body."""
    if error.status_code == 404:
        return _page(
            request,
            404,
            _("There is nothing here"),
            _("The page was moved or removed, or the address has a typing error."),
        )
    if error.status_code >= 500:
        return crash(request, error)
    return _page(request, error.status_code, _("That did not work"), _("The request could not be understood."))


def crash(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    """Everything else."""
    reference = secrets.token_hex(4)
    log.error("%s %s crashed, reference %s", request.method, request.url.path, reference, exc_info=error)
    text = _(
        "Nothing was lost that was saved before. Try again; if it happens again, tell your administrator the reference."
    )
    return _page(request, 500, _("Something broke on our side"), text, reference)


HANDLERS: Any = {Detour: detour, TidingsError: refused, HTTPException: http, Exception: crash}
