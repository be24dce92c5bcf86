"""One search over everything the caller may see (spec §7.10), and the quick one over people alone.

Whom or what a caller may not see is empty in the first, not refused.
"""

from __future__ import annotations

from typing import Any

from tidings.contacts import queries
from tidings.contacts.search import search_contacts
from tidings.dialects._engine.calls import Call
from tidings.dialects._engine.routes import Route
from tidings.dialects.fluentcrm import people
from tidings.dialects.fluentcrm.campaigns_wire import status_word
from tidings.platform.pagination import PageRequest
from tidings.reports.search import search

_LIMIT = 100
_SHOWN = 20
# scope: the core's group and the permission to see it
_GROUPS = {
    "subscribers": ("contacts", "fcrm_read_contacts"),
    "campaigns": ("campaigns", "fcrm_read_emails"),
    "funnels": ("automations", "fcrm_read_funnels"),
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
        "funnels": [{"id": one.id, "title": one.title, "status": one.state} for one in found.automations],
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


async def search_people(call: Call) -> Any:
    """Contacts by id for a picker: found by typing, or the newest with `load_default`, and always those in `values`."""
    text, limit = call.text("search").strip(), min(max(call.integer("limit") or _SHOWN, 1), _LIMIT)
    found = await search_contacts(call.core, text, limit=limit)
    if not text and call.flag("load_default"):
        newest = await queries.list_contacts(call.core, PageRequest(per_page=limit))
        found = [view.contact for view in newest.rows]
    always = set(call.ids("values")[:_LIMIT]) - {one.id for one in found}
    chosen = await queries.contacts_by_ids(call.core, sorted(always)) if always else {}
    rows = [*found, *(view.contact for view in chosen.values())]
    return {"contacts": {str(one.id): _contact(one, call) | {"id": str(one.id)} for one in rows}}


ROUTES = [
    Route("GET", "/global-search", "global-search", "", "view", global_search),
    Route("GET", "/subscribers/search-contacts", "search-contacts", "fcrm_read_contacts", "view", search_people),
]
