"""The first run in three steps. The first works only while nobody exists; the others belong to who may set things."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post

from tidings.access import actions as access
from tidings.access import queries as people
from tidings.messages import accounts
from tidings.platform.errors import Invalid
from tidings.ui.auth.pages import let_in, with_passing_token
from tidings.ui.settings import mail_forms
from tidings.ui.setup import forms
from tidings.ui.shell.forms import Form
from tidings.ui.shell.texts import _
from tidings.ui.shell.visit import Visiting

MAY_SET_UP = "fcrm_manage_settings"
ADMINISTRATOR = ("name", "email", "login", "password", "password_again")


@get("/welcome", access="anyone")
async def welcome(visit: Visiting) -> Response[Any]:
    """Step one: the administrator."""
    if await people.has_users(visit.core):
        return visit.redirect("/")
    return with_passing_token(visit, await visit.page("setup/administrator.html", form=Form({"login": "admin"})))


@post("/welcome", access="anyone")
async def create_administrator(visit: Visiting) -> Response[Any]:
    """Makes the first user and lets them in. Once somebody exists this does nothing."""
    if await people.has_users(visit.core):
        return visit.redirect("/")
    form = await visit.form()
    try:
        user = await access.create_user(visit.core, **forms.administrator(form))
    except Invalid as error:
        page = await visit.page("setup/administrator.html", form=form.refused(error), status=422)
        return with_passing_token(visit, page)
    await visit.core.installation.put({"admin_email": user.email})
    token, _user = await access.start_session(visit.core, user.login, str(form.value("password")), ip=visit.ip)
    return let_in(visit, token, "/welcome/business")


@get("/welcome/business", permission=MAY_SET_UP)
async def business_page(visit: Visiting) -> Response[Any]:
    """Step two: who is writing, from where."""
    values = dict(await visit.core.installation.values())
    if values["time_zone"] == "UTC":
        values["time_zone"] = ""
    return await visit.page("setup/business.html", form=Form(values))


@post("/welcome/business", permission=MAY_SET_UP)
async def save_business(visit: Visiting) -> Response[Any]:
    """Stores step two."""
    form = await visit.form()
    try:
        await visit.core.installation.put(forms.business(form))
    except Invalid as error:
        return await visit.page("setup/business.html", form=form.refused(error), status=422)
    return visit.redirect("/welcome/sender")


@get("/welcome/sender", permission=MAY_SET_UP)
async def sender_page(visit: Visiting) -> Response[Any]:
    """Step three: the address in "From", and how mail leaves."""
    values = dict(await visit.core.installation.values())
    values["from_name"] = values["from_name"] or values["business_name"]
    values["from_email"] = values["from_email"] or visit.user.email
    return await visit.page("setup/sender.html", form=Form({**values, **mail_forms.EMPTY_ACCOUNT, "way": "capture"}))


@post("/welcome/sender", permission=MAY_SET_UP)
async def save_sender(visit: Visiting) -> Response[Any]:
    """Stores step three and ends the first run."""
    form = await visit.form()
    core = visit.core
    try:
        changes = mail_forms.sender(form)
        if form.text("way") == "smtp":
            account = mail_forms.account(form)
            await accounts.create_account(core, **account, kind="smtp", name=account["host"])
        await core.installation.put({**changes, "is_set_up": True})
    except Invalid as error:
        return await visit.page("setup/sender.html", form=form.refused(error), status=422)
    return visit.redirect("/", _("All set. Now bring in your contacts."))


@post("/welcome/skip", permission=MAY_SET_UP)
async def skip(visit: Visiting) -> Response[Any]:
    """Leaves the rest for later; the dashboard reminds."""
    await visit.core.installation.put({"is_set_up": True})
    return visit.redirect("/")


ROUTES = [welcome, create_administrator, business_page, save_business, sender_page, save_sender, skip]
