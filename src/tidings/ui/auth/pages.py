"""Login and logout. Who is let in is decided in `access`; here are the page and the cookies."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post

from tidings.access import actions as access
from tidings.access import queries as people
from tidings.platform.errors import RateLimited, Unauthenticated
from tidings.ui.shell.guard import PASSING_COOKIE, SESSION_COOKIE, session_cookie
from tidings.ui.shell.texts import _
from tidings.ui.shell.visit import Visiting, safe_next


def let_in(visit: Visiting, token: str, to: str, say: str = "") -> Response[Any]:
    """The answer that carries a fresh session."""
    answer = visit.redirect(to, say)
    answer.set_cookie(session_cookie(visit, token))
    answer.delete_cookie(PASSING_COOKIE)
    return answer


def with_passing_token(visit: Visiting, answer: Response[Any]) -> Response[Any]:
    """Gives a browser without a session something to bind its forms to."""
    if visit.caller is None:
        answer.set_cookie(
            PASSING_COOKIE, visit.token, httponly=True, samesite="lax", secure=visit.is_secure, max_age=86_400, path="/"
        )
    return answer


@get("/login", access="anyone")
async def login_page(visit: Visiting) -> Response[Any]:
    """The form; those who are in go on, a fresh installation goes to its first run."""
    to = safe_next(visit.query().text("next"))
    if visit.caller is not None:
        return visit.redirect(to)
    if not await people.has_users(visit.core):
        return visit.redirect("/welcome")
    return with_passing_token(visit, await visit.page("auth/login.html", form=visit.query()))


@post("/login", access="anyone")
async def login(visit: Visiting) -> Response[Any]:
    """Opens a session, or shows the form again with one text for every reason."""
    form = await visit.form()
    try:
        token, _user = await access.start_session(
            visit.core,
            form.text("login"),
            str(form.value("password")),
            ip=visit.ip,
            agent=visit.request.headers.get("user-agent", ""),
        )
    except (Unauthenticated, RateLimited) as error:
        status = 429 if isinstance(error, RateLimited) else 422
        page = await visit.page("auth/login.html", form=form.refused(error), status=status)
        return with_passing_token(visit, page)
    return let_in(visit, token, safe_next(form.text("next")))


@post("/logout", access="user")
async def logout(visit: Visiting) -> Response[Any]:
    """Ends the session here and now."""
    await access.end_session(visit.core, visit.token)
    answer = visit.redirect("/login", _("You are logged out."))
    answer.delete_cookie(SESSION_COOKIE)
    return answer


ROUTES = [login_page, login, logout]
