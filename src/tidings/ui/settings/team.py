"""The team: who may come in and what they may do. For administrators only, so that nobody grants more than they hold."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from tidings.access import actions as access
from tidings.access import queries as people
from tidings.access.types import PERMISSIONS, ROLES, User
from tidings.platform.errors import Forbidden, Invalid
from tidings.ui.shell.forms import Form
from tidings.ui.shell.texts import _
from tidings.ui.shell.visit import Visiting

MAY = "fcrm_manage_settings"


def _require_administrator(visit: Visiting) -> None:
    if not visit.user.is_administrator:
        raise Forbidden("administrator")


def _split(name: str) -> tuple[str, str]:
    first, _space, last = name.strip().partition(" ")
    return first, last


async def _person(visit: Visiting, form: Form, user: User | None, status: int = 200) -> Response[Any]:
    groups: dict[str, list[tuple[str, str]]] = {}
    for permission in PERMISSIONS.values():
        groups.setdefault(permission.group, []).append((permission.key, permission.title))
    return await visit.page("settings/person.html", form=form, person=user, groups=groups, roles=ROLES, status=status)


@get("/settings/team", permission=MAY)
async def team_page(visit: Visiting) -> Response[Any]:
    """Everybody with an account."""
    _require_administrator(visit)
    table = visit.table(sort="id", is_descending=False)
    rows = await people.list_users(visit.core, table.request, search=table.search)
    return await visit.page("settings/team.html", table=table, rows=rows)


@get("/settings/team/new", permission=MAY)
async def new_person(visit: Visiting) -> Response[Any]:
    """An empty form."""
    _require_administrator(visit)
    return await _person(visit, Form({"role": "editor"}), None)


@post("/settings/team/new", permission=MAY)
async def create_person(visit: Visiting) -> Response[Any]:
    """Makes an account."""
    _require_administrator(visit)
    form = await visit.form()
    first, last = _split(form.text("name"))
    try:
        user = await access.create_user(
            visit.core,
            login=form.text("login"),
            email=form.text("email"),
            first_name=first,
            last_name=last,
            role=form.text("role"),
            permissions=form.texts("permissions"),
            password=str(form.value("password")),
        )
    except Invalid as error:
        return await _person(visit, form.refused(error), None, 422)
    await visit.note("user_created", f"user {user.id}", role=user.role)
    return visit.redirect("/settings/team", _("The account is there."))


@get("/settings/team/{user_id:int}", permission=MAY)
async def person_page(visit: Visiting, user_id: FromPath[int]) -> Response[Any]:
    """One account."""
    _require_administrator(visit)
    user = await people.user_by_id(visit.core, user_id)
    name = f"{user.first_name} {user.last_name}".strip()
    values = {"name": name, "login": user.login, "email": user.email, "role": user.role}
    return await _person(visit, Form({**values, "permissions": list(user.permissions)}), user)


@post("/settings/team/{user_id:int}", permission=MAY)
async def save_person(visit: Visiting, user_id: FromPath[int]) -> Response[Any]:
    """Changes name, address, role; a new role or new permissions end the person's sessions."""
    _require_administrator(visit)
    core, form = visit.core, await visit.form()
    user = await people.user_by_id(core, user_id)
    first, last = _split(form.text("name"))
    role, permissions = form.text("role"), form.texts("permissions")
    try:
        await access.update_user(core, user_id, first_name=first, last_name=last, email=form.text("email"))
        if (role, set(permissions)) != (user.role, set(user.permissions)):
            await access.set_role(core, user_id, role, permissions)
            await visit.note("role_changed", f"user {user_id}", was=user.role, now=role)
        if form.value("password"):
            await access.set_password(core, user_id, str(form.value("password")))
            await visit.note("password_changed", f"user {user_id}")
    except Invalid as error:
        form.values["login"] = user.login
        return await _person(visit, form.refused(error), user, 422)
    return visit.redirect("/settings/team", _("Saved."))


@post("/settings/team/{user_id:int}/disable", permission=MAY)
async def disable_person(visit: Visiting, user_id: FromPath[int]) -> Response[Any]:
    """Locks the account; sessions and keys die."""
    _require_administrator(visit)
    try:
        await access.disable_user(visit.core, user_id)
    except Invalid as error:
        return visit.redirect("/settings/team", error.message, kind="error")
    await visit.note("user_disabled", f"user {user_id}")
    return visit.redirect("/settings/team", _("The account is locked."))


ROUTES = [team_page, new_person, create_person, person_page, save_person, disable_person]
