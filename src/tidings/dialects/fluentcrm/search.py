"""One search over everything the caller may see (spec §7.10); whom or what he may not see is empty, not refused."""

from __future__ import annotations

from typing import Any

from tidings.dialects._engine.calls import Call
from tidings.dialects._engine.routes import Route
from tidings.dialects.fluentcrm import people
from tidings.dialects.fluentcrm.campaigns_wire import status_word
from tidings.reports.search import search

_LIMIT = 100
# scope: the core's group and the permission to see it
_GROUPS = {
    "subscribers": ("contacts", "fcrm_read_contacts"),
    "campaigns": ("campaigns", "fcrm_read_emails"),
    "companies": ("companies", "fcrm_manage_contact_cats|fcrm_read_contacts"),
    "subscriber_notes": ("notes", "fcrm_read_contacts"),
}


async def global_search(call: Call) -> Any:
    text, scope = call.text("search").strip(), call.text("scope") or "all"
    if not text:
        return {"subscribers": [], "campaigns": [], "funnels": []}
    # Notes are asked for by name: they would drown the rest.
    scopes = [name for name in _GROUPS if name != "subscriber_notes"] if scope == "all" else [scope]
    groups = [_GROUPS[name][0] for name in scopes if name in _GROUPS and _may_see(call, _GROUPS[name][1])]
    found = await search(call.core, text, groups=groups, limit=_LIMIT)
    answer: dict[str, Any] = {
        "subscribers": [_contact(one, call) for one in found.contacts],
        "campaigns": [{"id": one.id, "title": one.title, "status": status_word(one)} for one in found.campaigns],
        "funnels": [],
        "companies": [{"id": one.id, "name": one.name, "logo": one.logo} for one in found.companies],
    }
    if scope == "subscriber_notes":
        answer["subscriber_notes"] = [_note(call, one) for one in found.notes]
    return answer


def _may_see(call: Call, permissions: str) -> bool:
    return any(one in call.caller.permissions for one in permissions.split("|"))


def _contact(contact: Any, call: Call) -> dict[str, Any]:
    name = contact.full_name
    return {
        "id": contact.id,
        "email": contact.email,
        "first_name": contact.first_name,
        "last_name": contact.last_name,
        "full_name": name,
        "photo": people.photo_of(contact.email or "", name, contact.avatar, call.context),
    }


def _note(call: Call, note: Any) -> dict[str, Any]:
    return {
        "id": note.id,
        "subscriber_id": str(note.contact_id),
        "type": note.kind,
        "title": note.title,
        "created_at": call.context.stamp(note.created_at),
    }


ROUTES = [Route("GET", "/global-search", "global-search", "", "view", global_search)]
