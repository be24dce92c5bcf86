"""A visit: one request by one person (or nobody yet), with everything a handler needs to answer it.

A handler takes `visit: Visiting` and returns `await visit.page("area/template.html", …)` or `visit.redirect(…)`.
"""

from __future__ import annotations

import contextlib
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import quote
from zoneinfo import ZoneInfo

from litestar import MediaType, Request, Response
from litestar.datastructures import Cookie, FormMultiDict
from litestar.di import NamedDependency
from markupsafe import Markup

from tidings.access import actions as access
from tidings.access.types import Caller, User
from tidings.platform.core import Core
from tidings.platform.errors import Unauthenticated
from tidings.platform.modules import switches
from tidings.ui.shell import navigation
from tidings.ui.shell.forms import Form
from tidings.ui.shell.tables import Table, table_from
from tidings.ui.shell.texts import LOCALES, Reader

FLASH_COOKIE = "tidings_said"
_FLASH = "ui-flash"


@dataclass(slots=True)
class Visit:
    """`token` is what CSRF is bound to: the session's, or a passing one before login. `caller` is None before login."""

    core: Core
    request: Request[Any, Any, Any]
    caller: Caller | None
    token: str

    @property
    def me(self) -> Caller:
        """The caller; raises Unauthenticated where the route lets nobody in without login."""
        if self.caller is None:
            raise Unauthenticated
        return self.caller

    @property
    def user(self) -> User:
        """The user behind the caller."""
        return self.me.user

    @property
    def is_partial(self) -> bool:
        """Whether htmx asks for a piece rather than a page."""
        headers = self.request.headers
        return headers.get("hx-request") == "true" and headers.get("hx-boosted") != "true"

    @property
    def ip(self) -> str:
        """The other end's address."""
        return self.request.client.host if self.request.client else ""

    @property
    def is_secure(self) -> bool:
        """Whether the browser came over TLS, here or at the proxy before us; only ever makes cookies stricter."""
        return self.request.url.scheme == "https" or self.request.headers.get("x-forwarded-proto") == "https"

    @property
    def csrf(self) -> str:
        """The value unsafe requests must carry."""
        return access.csrf_token(self.core, self.token)

    @property
    def csrf_field(self) -> Markup:
        """The hidden field of every form that posts."""
        return Markup('<input type="hidden" name="_csrf" value="{}">').format(self.csrf)

    async def reader(self) -> Reader:
        """Locale and zone: the user's choice, else the installation's zone."""
        chosen = self.caller.user.preferences if self.caller else {}
        locale = str(chosen.get("locale") or "en_US")
        zone = await self.core.installation.zone()
        with contextlib.suppress(KeyError, ValueError, OSError):
            zone = ZoneInfo(str(chosen["time_zone"])) if chosen.get("time_zone") else zone
        return Reader(locale if locale in LOCALES else "en_US", zone)

    async def form(self) -> Form:
        """The submitted fields: one value as text, several as a list, files left to `request.form()`."""
        return Form(_plain(await self.request.form()))

    def query(self) -> Form:
        """The words of the address, as a form."""
        return Form(_plain(self.request.query_params))

    def table(self, *, sort: str, is_descending: bool = True) -> Table:
        """The state of the page's table, read from the address."""
        words = {key: self.request.query_params.getall(key) for key in dict.fromkeys(self.request.query_params)}
        return table_from(self.request.url.path, words, sort=sort, is_descending=is_descending)

    async def page(self, template: str, *, block: str | None = None, status: int = 200, **values: Any) -> Response[Any]:
        """The rendered template, or one block of it (for htmx). Status 422 for a form with errors."""
        installed = await self.core.installation.values()
        said = read_flash(self.core, self.request.cookies.get(FLASH_COOKIE))
        path = self.request.url.path
        shown = self.request.app.state.renderer.render(
            template,
            block,
            {
                "visit": self,
                "installed": installed,
                "navigation": navigation.groups_for(self.caller, await switches(self.core)) if self.caller else (),
                "current": navigation.current_of(path),
                "path": path,
                "said": [] if block else said,
                **values,
            },
        )
        answer = Response(shown, media_type=MediaType.HTML, status_code=status, headers={"cache-control": "no-store"})
        if said and not block:
            answer.delete_cookie(FLASH_COOKIE)
        return answer

    def redirect(self, to: str, say: str = "", *, kind: str = "success") -> Response[Any]:
        """Goes to another page, with a toast there. htmx is told to navigate."""
        if self.is_partial:
            answer: Response[Any] = Response("", status_code=200, headers={"hx-redirect": to})
        else:
            answer = Response("", status_code=303, headers={"location": to})
        if say:
            answer.set_cookie(self._flash(kind, say))
        return answer

    def toast(self, say: str, *, kind: str = "success", close: bool = False) -> Response[Any]:
        """An htmx answer that changes nothing but says something; `close` shuts the open dialog."""
        events: dict[str, Any] = {"toast": {"kind": kind, "text": say}}
        if close:
            events["tidings:close"] = {}
        # Header values are Latin-1, so everything else is escaped by JSON.
        return Response("", status_code=200, headers={"hx-trigger": json.dumps(events), "hx-reswap": "none"})

    def _flash(self, kind: str, say: str) -> Cookie:
        body = json.dumps([kind, say]).encode()
        signed = self.core.keys.mac(_FLASH, body) + body
        value = urlsafe_b64encode(signed).decode()
        return Cookie(
            FLASH_COOKIE, value=value, httponly=True, samesite="lax", secure=self.is_secure, max_age=60, path="/"
        )

    async def note(self, action: str, object: str = "", **data: Any) -> None:
        """A line in the audit book about what this user just did."""
        await access.audit(self.core, None, actor=self.user, action=action, object=object, data=data, ip=self.ip)


# What a handler's argument is annotated with, so that the framework hands it in.
Visiting = NamedDependency[Visit]


def read_flash(core: Core, cookie: str | None) -> list[tuple[str, str]]:
    """What the page before wanted said; anything not signed by us is nothing."""
    if not cookie:
        return []
    try:
        signed = urlsafe_b64decode(cookie)
    except ValueError:
        return []
    mac, body = signed[:16], signed[16:]
    if not core.keys.is_mac(_FLASH, body, mac):
        return []
    kind, text = json.loads(body)
    return [(kind, text)]


def login_address(visit: Visit) -> str:
    """The login page that comes back here afterwards."""
    url = visit.request.url
    if visit.request.method != "GET" or url.path in ("/", "/login"):
        return "/login"
    return f"/login?next={quote(url.path + (f'?{url.query}' if url.query else ''), safe='')}"


def safe_next(address: str) -> str:
    """An address of this installation only; everything else goes to the dashboard."""
    is_ours = address.startswith("/") and not address.startswith(("//", "/\\")) and not any(c < " " for c in address)
    return address if is_ours and "\\" not in address else "/"


def _plain(words: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name in dict.fromkeys(cast(FormMultiDict, words)):
        values = [value for value in words.getall(name) if isinstance(value, str)]
        if values:
            found[str(name)] = values if len(values) > 1 else values[0]
    return found
