"""Local accounts in the place of WordPress users (spec §8)."""

from __future__ import annotations

from typing import Any

from tidings.access import actions, queries
from tidings.access.types import ROLES, User
from tidings.dialects._engine.calls import Answer, Call
from tidings.dialects._engine.routes import Route
from tidings.dialects.fluentcrm.kept import note, plain
from tidings.platform.errors import Invalid
from tidings.platform.pagination import PageRequest

_FIELDS = ("ID", "display_name", "user_email")
# What each role of WordPress may do more than the one before it; clients read these names.
_MORE = {
    "subscriber": "read level_0",
    "contributor": "edit_posts delete_posts level_1",
    "author": "upload_files edit_published_posts publish_posts delete_published_posts level_2",
    "editor": "moderate_comments manage_categories manage_links unfiltered_html edit_others_posts edit_pages "
    "edit_others_pages edit_published_pages publish_pages delete_pages delete_others_pages delete_published_pages "
    "delete_others_posts delete_private_posts edit_private_posts read_private_posts delete_private_pages "
    "edit_private_pages read_private_pages level_3 level_4 level_5 level_6 level_7",
    "administrator": "switch_themes edit_themes activate_plugins edit_plugins edit_users edit_files manage_options "
    "import export delete_users create_users unfiltered_upload edit_dashboard update_plugins delete_plugins "
    "install_plugins update_themes install_themes update_core list_users remove_users promote_users "
    "edit_theme_options delete_themes level_8 level_9 level_10",
}


def _user_body(user: User, fields: list[str]) -> dict[str, Any]:
    known = {
        "ID": str(user.id),
        "display_name": user.display_name,
        "user_email": user.email,
        "user_login": user.login,
        "user_nicename": user.login.lower(),
    }
    return {name: known[name] for name in fields} | {"id": str(user.id)}


async def list_users(call: Call) -> Any:
    limit = min(max(call.integer("limit") or 20, 1), 1000)
    roles = [str(one) for one in call.items("roles")]
    request = PageRequest(per_page=limit, is_descending=False, sort="login")
    page = await queries.list_users(call.core, request, search=call.text("search"), roles=roles)
    wanted = [str(one) for one in call.items("fields")]
    known = [one for one in wanted if one in (*_FIELDS, "user_login", "user_nicename")] or list(_FIELDS)
    return {"users": [_user_body(user, known) for user in page.rows], "total": page.total}


def _account_body(call: Call, user: User) -> dict[str, Any]:
    return {
        "id": user.id,
        "username": user.login,
        "name": user.display_name,
        "first_name": user.first_name,
        "last_name": user.last_name,
        "email": user.email,
        "slug": user.login.lower(),
        "link": f"{call.context.public_url}/settings/team/{user.id}",
        "roles": [user.role],
        "registered_date": call.context.iso(user.created_at),
    }


async def create_account(call: Call) -> Any:
    """An outside system that makes users goes on doing so; refusals have WordPress' shape."""
    roles = [str(one) for one in call.items("roles")] or ["subscriber"]
    try:
        user = await actions.create_user(
            call.core,
            login=call.text("username"),
            email=call.text("email"),
            first_name=plain(call.get("first_name"))[:120],
            last_name=plain(call.get("last_name"))[:120],
            role=roles[0],
            password=call.text("password"),
        )
    except Invalid as error:
        data = {"status": 400, "params": {name: problems[0].text for name, problems in error.fields.items()}}
        return Answer({"code": "rest_invalid_param", "message": error.message, "data": data}, 400)
    await note(call, "user_created", f"user {user.id}", role=user.role)
    return Answer(_account_body(call, user), 201)


async def own_account(call: Call) -> Any:
    return _account_body(call, call.caller.user)


async def list_roles(_call: Call) -> Any:
    roles: dict[str, Any] = {}
    held: dict[str, bool] = {}
    for role, more in _MORE.items():
        held = held | dict.fromkeys(more.split(), True)
        roles[role] = {"name": role.capitalize(), "capabilities": held}
    return {"roles": {role: roles[role] for role in ROLES}}


_NEEDS = "fcrm_manage_contacts|fcrm_manage_settings"
ROUTES = [
    Route("GET", "/users", "list-users", _NEEDS, "view", list_users),
    Route("POST", "/wp/v2/users", "create-account", "administrator", "ack", create_account),
    Route("GET", "/wp/v2/users/me", "get-own-account", "", "view", own_account),
    Route("GET", "/users/roles", "list-roles", _NEEDS, "view", list_roles),
]
