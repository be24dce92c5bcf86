"""The portal of contacts: a link of single use opens a session, in which a person sees and changes what is theirs.

A link is only looked at by GET; the button behind it uses it up. Nothing here says whether an address is known.
"""

from __future__ import annotations

from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import urlencode

from tidings.access.actions import count_try
from tidings.contacts.types import ContactView
from tidings.messages.mailing import addresses
from tidings.messages.subjects import subjects_of
from tidings.platform.core import Core
from tidings.platform.errors import RateLimited
from tidings.platform.modules import is_on
from tidings.portal import actions
from tidings.portal.queries import holder, leads_to_portal, mails_of, visitor
from tidings.portal.rules import form_proof
from tidings.public import preference_form
from tidings.public.http import Reply, Visit, header_url
from tidings.public.pages import AJAX, Pages
from tidings.public.preference_form import Said
from tidings.tracking.portal_tickets import PATH, read_ticket
from tidings.tracking.tokens import is_same, number_from, person_proof

COOKIE = "tidings_portal"
OVER = "This link is over or was used already. Please ask for another one."
# Pages of mails that may be asked for; more rows than this nobody turns over.
_MOST_PAGES = 10_000


async def is_portal(core: Core, path: str) -> bool:
    """Whether the portal answers a path: its own address or the one that the operator chose."""
    return path == PATH or path.startswith(f"{PATH}/") or await leads_to_portal(core, path)


class Portal:
    """Answers every address of the portal."""

    def __init__(self, core: Core, pages: Pages) -> None:
        self._core = core
        self._pages = pages

    async def answer(self, visit: Visit) -> Reply:
        """Finds the page; the operator's other address leads to the own one."""
        if not await is_on(self._core, "portal"):
            return await self._nothing()
        first, _, rest = visit.path.removeprefix("/").partition("/")
        if f"/{first}" != PATH:
            return _onward(f"{PATH}/{rest}".rstrip("/"), visit, status=307)
        match visit.method, rest.rstrip("/"):
            case "GET" | "HEAD", "":
                return await self._home(visit)
            case "GET" | "HEAD", "enter":
                return await self._at_the_door(visit)
            case "POST", "enter":
                return await self._enter(visit)
            case "POST", "ask":
                return await self._pages.submit_request(visit, "portal")
            case "GET" | "HEAD", "mails":
                return await self._mails(visit)
            case "POST", "preferences":
                return await self._change(visit)
            case "POST", "leave":
                return await self._leave(visit)
            case _:
                return await self._nothing()

    async def _nothing(self) -> Reply:
        return await self._pages.say("Nothing here", "This address leads nowhere.", status=404)

    # -- coming in

    async def _ask(self, text: str = "", status: int = 200) -> Reply:
        """Who is not logged in types an address and is mailed a link."""
        return await self._pages.render("portal_ask.html", status=status, title="Log in", text=text, path=PATH)

    async def _at_the_door(self, visit: Visit) -> Reply:
        """Where a link leads: a button, because programs look at links before people do."""
        ticket = read_ticket(visit.query.get("ticket", ""))
        if ticket is None:
            return await self._ask(OVER)
        inside = await self._visitor(visit)
        if inside is not None and inside.contact.id == ticket.contact_id:
            return _onward(PATH)
        if await holder(self._core, ticket) is None:
            return await self._ask(OVER)
        return await self._pages.render(
            "portal_enter.html", title="Log in", ticket=visit.query["ticket"], path=PATH, action=f"{PATH}/enter"
        )

    async def _enter(self, visit: Visit) -> Reply:
        try:
            await count_try(self._core, f"portal-ip:{visit.ip}", 30)
        except RateLimited as error:
            return await self._pages.say("Log in", error.message, status=429)
        ticket = read_ticket(visit.form.get("ticket", ""))
        # Another site must not make somebody be logged in as somebody else.
        is_own_form = visit.headers.get("sec-fetch-site", "none") in ("same-origin", "none")
        token = await actions.enter(self._core, ticket) if ticket is not None and is_own_form else None
        if token is None:
            return await self._ask(OVER, status=422)
        reply = _onward(PATH)
        reply.headers.append(await self._cookie(token, int(actions.SESSION_LASTS.total_seconds())))
        return reply

    async def _cookie(self, token: str, seconds: int) -> tuple[bytes, bytes]:
        is_secure = str(await self._core.installation.get("public_url")).lower().startswith("https://")
        text = f"{COOKIE}={token}; Path={PATH}; Max-Age={seconds}; HttpOnly; SameSite=Lax"
        return b"set-cookie", f"{text}{'; Secure' if is_secure else ''}".encode()

    async def _visitor(self, visit: Visit) -> ContactView | None:
        token = _token(visit)
        return await visitor(self._core, token) if token else None

    # -- inside

    async def _home(self, visit: Visit) -> Reply:
        view = await self._visitor(visit)
        return await self._ask() if view is None else await self._show(visit, view)

    async def _show(self, visit: Visit, view: ContactView, said: Said | None = None) -> Reply:
        core, contact = self._core, view.contact
        values = await preference_form.values(core, view, shown_email=contact.email or "")
        proof = person_proof(core.keys, contact.id, core.clock.now())
        return await self._pages.render(
            "portal.html",
            status=200 if said is None or said.is_ok else 422,
            title="Your details",
            said=said,
            ajax=AJAX,
            secure_hash=f"{proof}__{contact.id}",
            **self._around(visit),
            **values,
        )

    def _around(self, visit: Visit) -> dict[str, Any]:
        """What every page inside carries."""
        return {"path": PATH, "proof": form_proof(self._core.keys, _token(visit))}

    async def _mails(self, visit: Visit) -> Reply:
        view = await self._visitor(visit)
        if view is None:
            return await self._ask()
        number = number_from(visit.query.get("page", "1")) or 1
        page = await mails_of(self._core, view.contact.id, min(max(number, 1), _MOST_PAGES))
        subjects, made = await subjects_of(self._core, page.rows), await addresses(self._core)
        mails = [
            {
                "subject": subjects.get(row.message.id) or "(no subject)",
                "sent_at": row.message.sent_at,
                "url": made.web_view_url(row.message.id),
            }
            for row in page.rows
        ]
        zone = await self._core.installation.zone()
        return await self._pages.render(
            "portal_mails.html", title="Your mails", mails=mails, page=page, zone=zone, **self._around(visit)
        )

    async def _change(self, visit: Visit) -> Reply:
        view = await self._sender(visit)
        if view is None:
            return await self._ask("Please log in again.", status=422)
        comes_back = visit.form.get("again") == "1"
        said = await preference_form.change(self._core, visit, view, comes_back=comes_back)
        return await self._show(visit, await self._visitor(visit) or view, said)

    async def _leave(self, visit: Visit) -> Reply:
        if await self._sender(visit) is not None:
            await actions.leave(self._core, _token(visit))
        reply = _onward(PATH)
        reply.headers.append(await self._cookie("", 0))
        return reply

    async def _sender(self, visit: Visit) -> ContactView | None:
        """Who sent a form of the portal; None without the session's own proof in it."""
        token = _token(visit)
        is_own_form = is_same(visit.form.get("proof", ""), form_proof(self._core.keys, token))
        return await self._visitor(visit) if is_own_form else None


def _token(visit: Visit) -> str:
    """What the portal's cookie holds, "" without one."""
    try:
        found = SimpleCookie(visit.headers.get("cookie", "")).get(COOKIE)
    except CookieError:
        return ""
    return found.value if found is not None else ""


def _onward(path: str, visit: Visit | None = None, *, status: int = 303) -> Reply:
    query = urlencode(visit.query) if visit is not None and visit.query else ""
    return Reply(status, headers=[(b"location", header_url(f"{path}?{query}" if query else path))])
