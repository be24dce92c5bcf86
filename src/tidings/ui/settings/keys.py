"""API keys: everybody makes and revokes their own; administrators see and revoke all. A secret is shown once, here."""

from __future__ import annotations

from typing import Any, cast

from litestar import Response, get, post
from litestar.params import FromPath

from tidings.access import actions as access
from tidings.access import queries as people
from tidings.access.types import FURIOSA_SCOPES, USUAL_PER_MINUTE, ApiKey, KeyKind
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


async def _key(visit: Visiting, key_id: int) -> ApiKey:
    """A key that the visitor may change; raises NotFound."""
    owner = None if visit.user.is_administrator else visit.user.id
    found = next((key for key in await people.list_keys(visit.core, user_id=owner) if key.id == key_id), None)
    if found is None or found.revoked_at:
        raise NotFound("key", key_id)
    return found


async def _limit_shown(visit: Visiting, key: ApiKey, form: Form, status: int = 200) -> Response[Any]:
    usual = USUAL_PER_MINUTE.get(key.kind)
    if usual is None:
        raise NotFound("key", key.id)
    block = "sheet" if visit.is_partial else None
    return await visit.page("settings/key_limit.html", block=block, key=key, form=form, usual=usual, status=status)


@get("/settings/keys/{key_id:int}/limit", access="user")
async def edit_limit(visit: Visiting, key_id: FromPath[int]) -> Response[Any]:
    """How often a key may ask."""
    key = await _key(visit, key_id)
    return await _limit_shown(visit, key, Form({"limit": str(key.per_minute or "")}))


@post("/settings/keys/{key_id:int}/limit", access="user")
async def save_limit(visit: Visiting, key_id: FromPath[int]) -> Response[Any]:
    """Another limit counts from the next request on; an empty field stands for the usual one."""
    key, form = await _key(visit, key_id), await visit.form()
    try:
        limit = form.number("limit")
        await access.limit_key(visit.core, key.id, limit)
    except Invalid as error:
        # The form of new keys on the same page has a field of the other name.
        (problems,) = error.fields.values()
        return await _limit_shown(visit, key, form.refused(Invalid({"limit": problems})), 422)
    await visit.note("key_limited", f"key {key.id}", per_minute=limit)
    return visit.redirect("/settings/keys", _("The limit is changed."))


@post("/settings/keys/{key_id:int}/revoke", access="user")
async def revoke_key(visit: Visiting, key_id: FromPath[int]) -> Response[Any]:
    """The key is dead at once."""
    await access.revoke_key(visit.core, (await _key(visit, key_id)).id)
    await visit.note("key_revoked", f"key {key_id}")
    return visit.redirect("/settings/keys", _("The key is revoked."))


ROUTES = [keys_page, create_key, edit_limit, save_limit, revoke_key]
