"""Managers and their keys, the licence that is always open, and the provider of text messages (spec §1.6, §7.3, §7.12, §7.13)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from tidings.access import actions as access
from tidings.access import queries
from tidings.access.granting import grant_permissions
from tidings.access.types import PERMISSIONS, ApiKey, User
from tidings.dialects._engine.calls import Call, Upload, as_structure
from tidings.dialects._engine.routes import Route
from tidings.dialects.fluentcrm.dialect import FieldErrors
from tidings.dialects.fluentcrm.envelope import page_object, page_request
from tidings.dialects.fluentcrm.funnels import bring_in
from tidings.dialects.fluentcrm.kept import note, plain
from tidings.platform.errors import Invalid, NotFound, Problem, Refused
from tidings.platform.pagination import PageRequest

_ORIGIN = "fluentcrm"
_EVERYBODY = PageRequest(per_page=1000)
_NO_USER = "Associate user could not be found with this email"
_OPEN_KEY = "open****************open"


def _manager_body(user: User) -> dict[str, Any]:
    return {
        "id": user.id,
        "first_name": user.first_name,
        "last_name": user.last_name,
        "email": user.email,
        "permissions": user.permissions,
    }


async def list_managers(call: Call) -> Any:
    page = await queries.list_managers(call.core, page_request(call, per_page=10, sorts={}))
    permissions = {
        key: {"title": one.title, "label": one.title, "depends": list(one.depends), "group": one.group}
        for key, one in PERMISSIONS.items()
    }
    return {"managers": page_object(call, page, _manager_body), "permissions": permissions}


async def _grant(call: Call, user: User, permissions: Sequence[Any]) -> None:
    try:
        await grant_permissions(call.core, user, [str(one) for one in permissions], by=call.caller)
    except Invalid as error:
        raise Refused(error.message, flags=_both_ways(error)) from None


def _both_ways(error: Invalid) -> dict[str, Any]:
    """A refusal as modules without a recording tell it: both shapes of the errors."""
    lists = {name: [one.text for one in problems] for name, problems in error.fields.items()}
    rules = {name: {one.rule: one.text for one in problems} for name, problems in error.fields.items()}
    return {"errors": lists, **rules}


async def _given(call: Call) -> tuple[User, list[Any]]:
    manager = call.record("manager") or dict(call.params)
    permissions = manager.get("permissions")
    if isinstance(permissions, dict):
        permissions = list(permissions.values())
    found = await queries.find_user(call.core, plain(manager.get("email"))) if manager.get("email") else None
    if found is None:
        raise Refused(_NO_USER)
    if not isinstance(permissions, list) or not permissions:
        problem = Invalid({"permissions": Problem("required", "The permissions field is required.")})
        raise Refused(problem.message, flags=_both_ways(problem))
    return found, permissions


async def add_manager(call: Call) -> Any:
    user, permissions = await _given(call)
    await _grant(call, user, permissions)
    return {"message": "Manager has been added"}


async def update_manager(call: Call) -> Any:
    user, permissions = await _given(call)
    if user.id != call.id():
        raise Refused(_NO_USER)
    await _grant(call, user, permissions)
    return {"message": "Manager has been updated"}


async def delete_manager(call: Call) -> Any:
    try:
        user = await queries.user_by_id(call.core, call.id())
    except NotFound:
        raise Refused("Associate user could not be found") from None
    await _grant(call, user, [])
    return {"message": "Manager has been removed"}


# -- keys


async def list_keys(call: Call) -> Any:
    managers = {user.id: user for user in (await queries.list_managers(call.core, _EVERYBODY)).rows}
    keys: dict[int, list[ApiKey]] = defaultdict(list)
    for key in await queries.list_keys(call.core, kind="application-password", origin=_ORIGIN):
        if key.user_id in managers:
            keys[key.user_id].append(key)
    return {
        "managers": [
            {"id": user.id, "full_name": f"{user.first_name} - {user.last_name}", "email": user.email}
            for user in managers.values()
        ],
        "rest_keys": [_keys_of(call, managers[user_id], own) for user_id, own in keys.items()],
    }


def _keys_of(call: Call, user: User, keys: list[ApiKey]) -> dict[str, Any]:
    shown = [{"uuid": one.uuid, "name": one.name, "created": call.context.stamp(one.created_at)} for one in keys]
    body = _manager_body(user)
    body.pop("permissions")
    return body | {"api_keys": shown, "manage_url": f"{call.context.public_url}/settings/keys"}


async def create_key(call: Call) -> Any:
    user_id, name = call.integer("api_user_id"), plain(call.get("api_name"))
    wanted = {"api_name": bool(name), "api_user_id": user_id is not None}
    missing = {
        field: Problem("required", f"The {field} field is required.") for field, given in wanted.items() if not given
    }
    if user_id is None or missing:
        raise FieldErrors(missing)
    user = await _manager_by_id(call, user_id)
    key, secret = await access.create_key(
        call.core, kind="application-password", name=name, user_id=user.id, origin=_ORIGIN
    )
    await note(call, "key_created", f"key {key.id}", user=user.login)
    item = {
        "uuid": key.uuid,
        "app_id": "",
        "name": key.name,
        "password": key.hint,
        "created": int(key.created_at.timestamp()),
        "last_used": None,
        "last_ip": None,
        "info": {"api_password": secret, "api_username": user.login},
    }
    return {"item": item, "message": "API Key has been successfully created"}


async def _manager_by_id(call: Call, user_id: int) -> User:
    try:
        user = await queries.user_by_id(call.core, user_id)
    except NotFound:
        raise Refused("The user could not be found") from None
    if user.is_administrator or not user.permissions:
        raise Refused("The user has no access to the CRM")
    return user


async def delete_key(call: Call) -> Any:
    user_id, uuid = call.integer("user_id"), call.text("uuid")
    wanted = {"user_id": call.text("user_id") != "", "uuid": uuid != ""}
    missing = {
        field: Problem("required", f"The {field} field is required.") for field, given in wanted.items() if not given
    }
    if missing:
        raise FieldErrors(missing)
    # Keys outlive the permissions of a manager, so whoever has one may be named here.
    for key in await queries.list_keys(call.core, user_id=user_id or 0, origin=_ORIGIN):
        if key.uuid == uuid:
            await access.revoke_key(call.core, key.id)
            await note(call, "key_revoked", f"key {key.id}", user_id=key.user_id)
    return {"message": "API Key has been successfully deleted"}


# -- licence: everything is included, so every key fits


async def get_license(_call: Call) -> Any:
    return {"status": "valid", "license_key": _OPEN_KEY, "purchase_url": "", "expires": "lifetime"}


async def save_license(_call: Call) -> Any:
    data = {"status": "valid", "expires": "lifetime"}
    return {"license_data": data, "message": "Your license key has been successfully updated"}


async def delete_license(_call: Call) -> Any:
    data = {"status": "deactivated"}
    return {"license_data": data, "message": "Your license key has been successfully deactivated"}


async def import_funnel(call: Call) -> Any:
    """An automation from an uploaded file, or from the same structure in the body."""
    sent = call.get("file") or call.get("funnel_file")
    file = as_structure(sent.data.decode("utf-8", "replace")) if isinstance(sent, Upload) else dict(call.params)
    given = file if isinstance(file, dict) else {}
    funnel = given["funnel"] if isinstance(given.get("funnel"), dict) else given
    if not funnel.get("trigger_name"):
        raise Refused("The file is not an automation that can be imported.")
    return await bring_in(call, funnel, given.get("sequences") or funnel.get("sequences"))


_NEEDS, _OWNER = "fcrm_manage_settings", "administrator"
_MANAGERS, _LICENSE = "/campaign-pro-settings/managers", "/campaign-pro-settings/license"
ROUTES = [
    Route("GET", _MANAGERS, "get-managers", _NEEDS, "view", list_managers),
    Route("POST", _MANAGERS, "add-manager", _NEEDS, "ack", add_manager),
    Route("PUT", f"{_MANAGERS}/{{id}}", "update-manager", _NEEDS, "ack", update_manager),
    Route("DELETE", f"{_MANAGERS}/{{id}}", "delete-manager", _NEEDS, "ack", delete_manager),
    Route("GET", _LICENSE, "get-license-status", _NEEDS, "view", get_license),
    Route("POST", _LICENSE, "save-license", _NEEDS, "ack", save_license),
    Route("DELETE", _LICENSE, "deactivate-license", _NEEDS, "ack", delete_license),
    Route("POST", "/campaign-pro-settings/import_funnel", "import-funnel", "fcrm_write_funnels", "ack", import_funnel),
    Route("GET", "/setting/rest-keys", "get-rest-keys", _OWNER, "view", list_keys),
    Route("POST", "/setting/rest-keys", "create-rest-key", _OWNER, "ack", create_key),
    Route("DELETE", "/setting/rest-keys", "delete-rest-key", _OWNER, "ack", delete_key),
]
