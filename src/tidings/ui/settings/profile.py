"""What everybody may change about themselves: name, password, theme, zone, formats."""

from __future__ import annotations

from typing import Any
from zoneinfo import available_timezones

from litestar import Response, get, post

from tidings.access import actions as access
from tidings.platform.errors import Invalid, Problem, RateLimited, Unauthenticated
from tidings.ui.auth.pages import let_in
from tidings.ui.shell.forms import Form
from tidings.ui.shell.texts import LOCALES, _
from tidings.ui.shell.visit import Visiting

THEMES = ("light", "dark", "auto")


async def _shown(visit: Visiting, form: Form | None = None, status: int = 200) -> Response[Any]:
    user = visit.user
    own: dict[str, Any] = {"first_name": user.first_name, "last_name": user.last_name, "email": user.email}
    values = {**own, "locale": "en_US", "time_zone": "", **user.preferences}
    zones = sorted(
        (zone, zone.replace("_", " "))
        for zone in available_timezones()
        if "/" in zone and not zone.startswith(("Etc/", "System"))
    )
    form = form if form is not None else Form(values)
    form.values = {**values, **form.values}
    return await visit.page(
        "settings/profile.html", form=form, locales=list(LOCALES.items()), zones=zones, status=status
    )


@get("/settings/profile", access="user")
async def profile_page(visit: Visiting) -> Response[Any]:
    """The visitor's own settings."""
    return await _shown(visit)


@post("/settings/profile", access="user")
async def save_profile(visit: Visiting) -> Response[Any]:
    """Stores names, address, zone and formats."""
    form = await visit.form()
    zone, locale = form.text("time_zone"), form.text("locale")
    try:
        if zone and zone not in available_timezones():
            raise Invalid({"time_zone": Problem("time_zone", _("Choose a zone from the list."))})
        if "@" not in form.text("email"):
            raise Invalid({"email": Problem("email", _("Enter a mail address."))})
        names = {name: form.text(name) for name in ("first_name", "last_name", "email")}
        await access.update_user(visit.core, visit.user.id, **names)
    except Invalid as error:
        return await _shown(visit, form.refused(error), 422)
    chosen = {"time_zone": zone, "locale": locale if locale in LOCALES else "en_US"}
    await access.set_preferences(visit.core, visit.user.id, chosen)
    return visit.redirect("/settings/profile", _("Saved."))


@post("/settings/password", access="user")
async def change_password(visit: Visiting) -> Response[Any]:
    """A new password after the old one; every other session and every key of the user ends."""
    form = await visit.form()
    core, login = visit.core, visit.user.login
    try:
        probe, _user = await access.start_session(core, login, str(form.value("old_password")), ip=visit.ip)
        await access.end_session(core, probe)
        await access.set_password(core, visit.user.id, str(form.value("password")))
    except Unauthenticated:
        wrong = Invalid({"old_password": Problem("wrong", _("This is not your password."))})
        return await _shown(visit, form.refused(wrong), 422)
    except (Invalid, RateLimited) as error:
        return await _shown(visit, form.refused(error), 422)
    await visit.note("password_changed", f"user {visit.user.id}")
    token, _user = await access.start_session(core, login, str(form.value("password")), ip=visit.ip)
    return let_in(visit, token, "/settings/profile", _("The password is changed. Other sessions have ended."))


@post("/settings/theme", access="user")
async def set_theme(visit: Visiting) -> Response[Any]:
    """Remembers light, dark or automatic."""
    theme = (await visit.form()).text("theme")
    await access.set_preferences(visit.core, visit.user.id, {"theme": theme if theme in THEMES else "auto"})
    return Response("", status_code=204)


ROUTES = [profile_page, save_profile, change_password, set_theme]
