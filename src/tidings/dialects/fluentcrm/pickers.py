"""What pickers offer (spec §7.10): option sets by name, and options found by typing."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any
from urllib.parse import quote

from tidings.access import queries as access
from tidings.access.types import ROLES
from tidings.automations.queries import search_automations
from tidings.campaigns.queries import search_campaigns
from tidings.contacts import catalog
from tidings.contacts import queries as contacts
from tidings.contacts.companies.queries import search_companies
from tidings.contacts.companies.words import INDUSTRIES, TYPES
from tidings.contacts.countries import COUNTRIES
from tidings.contacts.types import EDITABLE_STATUSES
from tidings.dialects._engine.calls import Call
from tidings.dialects._engine.routes import Route
from tidings.dialects.fluentcrm.custom_fields import field_body
from tidings.dialects.fluentcrm.dynamic_segments import segment_options
from tidings.platform.errors import Refused
from tidings.platform.modules import is_on
from tidings.platform.pagination import PageRequest

# What a picker shows without typing; campaigns and companies beyond it are found by typing.
_SHOWN = 1000
_FOUND = 20
_STATUSES = (*EDITABLE_STATUSES, "bounced", "complained", "spammed")
_SMS = ("subscribed", "pending", "unsubscribed", "bounced")
_SECTIONS = {"subscriber": "Overview", "subscriber_emails": "Emails", "subscriber_notes": "Notes"}

Options = list[dict[str, Any]]
Source = Callable[[Call], Awaitable[Any]]


def _words(words: Sequence[str]) -> Options:
    return [{"id": word, "slug": word, "title": word.replace("_", " ").capitalize()} for word in words]


async def _tags(call: Call) -> Options:
    rows = (await catalog.list_tags(call.core, PageRequest(per_page=100_000, sort="title", is_descending=False))).rows
    return [{"id": t.id, "slug": t.slug, "title": t.title, "value": str(t.id), "label": t.title} for t in rows]


async def _lists(call: Call) -> Options:
    rows = (await catalog.list_lists(call.core, PageRequest(per_page=100_000, sort="title", is_descending=False))).rows
    is_counted = "lists" in call.items("with_count")
    return [
        {"id": one.id, "slug": one.slug, "title": one.title}
        | ({"subscribersCount": one.contacts_count} if is_counted else {})
        for one in rows
    ]


async def _campaigns(call: Call) -> Options:
    return [{"id": one.id, "title": one.title} for one in await search_campaigns(call.core, limit=_SHOWN)]


async def _companies(call: Call) -> Options:
    if not await is_on(call.core, "companies"):
        return []
    found, _ = await search_companies(call.core, call.text("search"), always=call.ids("values"))
    return [{"id": one.id, "title": one.name} for one in found]


async def _custom_fields(call: Call) -> Options:
    return [field_body(field) for field in (await contacts.custom_fields(call.core)).values()]


async def _profile_sections(_call: Call) -> dict[str, Any]:
    return {name: {"name": name, "title": title, "handler": "route"} for name, title in _SECTIONS.items()}


# The file itself, so that nothing has to be served beside it.
_SAMPLE = "data:text/csv;charset=utf-8," + quote(
    "email,first_name,last_name,phone,city,country\njane@example.com,Jane,Miller,+49301234567,Berlin,DE\n"
)


async def _automations(call: Call) -> Options:
    found = await search_automations(call.core, limit=_SHOWN)
    return [{"id": one.id, "title": f"{one.title} ({one.state})", "status": one.state} for one in found]


def _fixed(value: Any) -> Source:
    async def source(_call: Call) -> Any:
        return value

    return source


_COUNTRIES = [{"id": code, "slug": code, "code": code, "title": name} for code, name in COUNTRIES.items()]
_SETS: dict[str, Source] = {
    "tags": _tags,
    "lists": _lists,
    "statuses": _fixed(_words(_STATUSES)),
    "editable_statuses": _fixed(_words(EDITABLE_STATUSES)),
    "contact_types": _fixed(_words(("lead", "customer"))),
    "sms_statuses": _fixed([{"id": f"sms_{w}", "slug": f"sms_{w}", "title": f"SMS {w.capitalize()}"} for w in _SMS]),
    "campaigns": _campaigns,
    # Nothing is sent in sequence yet.
    "email_sequences": _fixed([]),
    "automation_funnels": _automations,
    "companies": _companies,
    "segments": lambda call: segment_options(call.core),
    "custom_fields": _custom_fields,
    "profile_sections": _profile_sections,
    "countries": _fixed(_COUNTRIES),
    "roles": _fixed({role: {"name": role.capitalize(), "capabilities": {"read": True}} for role in ROLES}),
    "sampleCsv": _fixed(_SAMPLE),
    "user_roles_options": _fixed([{"id": role, "title": role.capitalize()} for role in ROLES]),
}


async def options(call: Call) -> Any:
    """The sets named in `fields`; unknown names are skipped."""
    named = call.get("fields")
    names = [str(one) for one in named] if isinstance(named, list) else call.text("fields").split(",")
    names = [name.strip() for name in names if name.strip()]
    if not names:
        raise Refused("Missing requested fields field.", flags={"code": "plugin_exception", "data": []})
    return {"options": {name: await _SETS[name](call) for name in dict.fromkeys(names) if name in _SETS}}


async def _found_campaigns(call: Call) -> Options:
    found = await search_campaigns(call.core, call.text("search"), limit=_FOUND)
    missing = set(call.ids("values")) - {one.id for one in found}
    more = await search_campaigns(call.core, ids=list(missing), limit=len(missing)) if missing else []
    return [{"id": one.id, "title": one.title} for one in (*found, *more)]


async def _found_automations(call: Call) -> Options:
    found = await search_automations(call.core, call.text("search"), limit=_FOUND)
    missing = set(call.ids("values")) - {one.id for one in found}
    more = await search_automations(call.core, ids=list(missing), limit=len(missing)) if missing else []
    return [{"id": one.id, "title": one.title} for one in (*found, *more)]


async def _found_users(call: Call) -> Options:
    if not {"fcrm_read_contacts", "fcrm_manage_settings"} & set(call.caller.permissions):
        return []
    by_login = PageRequest(per_page=_FOUND, sort="login", is_descending=False)
    # Rights are given with this picker, and administrators have them all.
    roles = [role for role in ROLES if role != "administrator"]
    users = (await access.list_users(call.core, by_login, search=call.text("search"), roles=roles)).rows
    missing = set(call.ids("values")) - {user.id for user in users}
    more = await access.users_by_ids(call.core, list(missing)) if missing else []
    return [
        {"id": u.id, "user_email": u.email, "name": u.display_name, "title": f"{u.display_name} ({u.email})"}
        for u in (*users, *more)
    ]


def _found_words(words: Sequence[str]) -> Source:
    async def source(call: Call) -> Options:
        search = call.text("search").strip().lower()
        chosen = {str(one) for one in call.items("values")}
        return [{"id": word, "title": word} for word in words if search in word.lower() or word in chosen]

    return source


_FOUND_BY: dict[str, Source] = {
    "campaigns": _found_campaigns,
    "funnels": _found_automations,
    "companies": _companies,
    "company_industries": _found_words(INDUSTRIES),
    "company_types": _found_words(TYPES),
    "users": _found_users,
}


async def ajax_options(call: Call) -> Any:
    """Options of one kind that hold `search`, and always those in `values`; nothing for a kind there is none of."""
    source = _FOUND_BY.get(call.text("option_key"))
    return {"options": await source(call) if source else []}


async def taxonomy_terms(_call: Call) -> Any:
    """Categories of content sources: there are none."""
    return {"options": []}


async def cascade_selections(_call: Call) -> Any:
    """Choices that providers outside could add: there are none."""
    return {"options": [], "has_more": False}


# A picker stands on nearly every page, so any of these will do.
_ANY = (
    "fcrm_view_dashboard|fcrm_read_contacts|fcrm_manage_contact_cats|fcrm_read_emails|fcrm_manage_email_templates"
    "|fcrm_manage_forms|fcrm_read_funnels|fcrm_manage_settings"
)
ROUTES = [
    Route("GET", "/reports/options", "report-options", _ANY, "view", options),
    Route("GET", "/reports/ajax-options", "ajax-options", _ANY, "view", ajax_options),
    Route("GET", "/reports/taxonomy-terms", "taxonomy-terms", _ANY, "view", taxonomy_terms),
    Route("GET", "/reports/cascade_selections", "cascade-selections", _ANY, "view", cascade_selections),
]
