"""API keys: everybody makes and revokes their own; administrators see and revoke all. A secret is shown once, here."""

from __future__ import annotations

from typing import Any, cast

from litestar import Response, get, post
from litestar.params import FromPath

from tidings.access import actions as access
from tidings.access import queries as people
from tidings.access.types import FURIOSA_SCOPES, USUAL_PER_MINUTE, KeyKind
from tidings.platform.errors import Invalid, NotFound
from tidings.platform.pagination import PageRequest
from tidings.ui.shell.forms import Form
from tidings.ui.shell.texts import _
from tidings.ui.shell.visit import Visiting

KINDS = (
    ("application-password", "FluentCRM", "Application password, HTTP Basic"),
    ("furiosa", "Furiosa", "Bearer key fcrm_pk_…"),
    ("fluenzr", "FluenzR", "Bearer key flz_sk_…"),
)


async def _shown(visit: Visiting, form: Form, status: int = 200, secret: str = "") -> Response[Any]:
    owner = None if visit.user.is_administrator else visit.user.id
    listed = await people.list_keys(visit.core, user_id=owner)
    users = {visit.user.id: visit.user}
    if owner is None:
        found = await people.list_users(visit.core, PageRequest(per_page=1000))
        users |= {user.id: user for user in found.rows}
    return await visit.page(
        "settings/keys.html",
        form=form,
        keys=listed,
        users=users,
        kinds=KINDS,
        scopes=[(scope, scope) for scope in FURIOSA_SCOPES],
        usual=USUAL_PER_MINUTE,
        secret=secret,
        status=status,
    )


@get("/settings/keys", access="user")
async def keys_page(visit: Visiting) -> Response[Any]:
    """The keys, without their secrets."""
    return await _shown(visit, Form({"kind": "application-password"}))


@post("/settings/keys", access="user")
async def create_key(visit: Visiting) -> Response[Any]:
    """Makes a key for the visitor and shows its secret this once."""
    form = await visit.form()
    kind = cast(KeyKind, form.text("kind"))
    try:
        key, secret = await access.create_key(
            visit.core,
            kind=kind,
            name=form.text("name"),
            user_id=visit.user.id,
            scopes=form.texts("scopes") if kind == "furiosa" else (),
            is_read_only=form.flag("is_read_only"),
            per_minute=form.number("per_minute") if kind in USUAL_PER_MINUTE else None,
        )
    except Invalid as error:
        return await _shown(visit, form.refused(error), 422)
    await visit.note("key_created", f"key {key.id}", kind=kind, name=key.name)
    return await _shown(visit, Form({"kind": kind}), secret=secret)


@post("/settings/keys/{key_id:int}/revoke", access="user")
async def revoke_key(visit: Visiting, key_id: FromPath[int]) -> Response[Any]:
    """The key is dead at once."""
    owner = None if visit.user.is_administrator else visit.user.id
    if key_id not in [key.id for key in await people.list_keys(visit.core, user_id=owner)]:
        raise NotFound("key", key_id)
    await access.revoke_key(visit.core, key_id)
    await visit.note("key_revoked", f"key {key_id}")
    return visit.redirect("/settings/keys", _("The key is revoked."))


ROUTES = [keys_page, create_key, revoke_key]
