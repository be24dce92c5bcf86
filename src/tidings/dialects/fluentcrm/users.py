"""Local accounts in the place of WordPress users (spec §8)."""

from __future__ import annotations

from typing import Any

from tidings.access import queries
from tidings.access.types import ROLES
from tidings.dialects._engine.calls import Call
from tidings.dialects._engine.routes import Route
from tidings.platform.pagination import PageRequest


async def list_users(call: Call) -> Any:
    limit = min(max(call.integer("limit") or 20, 1), 1000)
    roles = [str(one) for one in call.items("roles")]
    request = PageRequest(per_page=limit, is_descending=False)
    page = await queries.list_users(call.core, request, search=call.text("search"), roles=roles)
    users = [
        {"ID": str(user.id), "id": str(user.id), "display_name": user.display_name, "user_email": user.email}
        for user in page.rows
    ]
    return {"users": users, "total": page.total}


async def list_roles(_call: Call) -> Any:
    return {"roles": {role: {"name": role.capitalize(), "capabilities": {"read": True}} for role in ROLES}}


_NEEDS = "fcrm_manage_contacts|fcrm_manage_settings"
ROUTES = [
    Route("GET", "/users", "list-users", _NEEDS, "view", list_users),
    Route("GET", "/users/roles", "list-roles", _NEEDS, "view", list_roles),
]
