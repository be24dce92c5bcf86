"""Help pages and the built-in modules, which the original offers as plug-ins of its house (spec §7.13)."""

from __future__ import annotations

from typing import Any

from tidings.dialects._engine.calls import Call
from tidings.dialects._engine.routes import Route
from tidings.dialects.fluentcrm.flags import all_flags
from tidings.dialects.fluentcrm.help_pages import CATEGORIES, PAGES, HelpPage
from tidings.platform import modules

# wire key: (title, module or "" for always there, page of the interface, what it does)
_ADDONS = {
    "fluentform": ("Forms", "forms", "/forms", "Forms that make contacts, with a honeypot and limits."),
    "fluentsmtp": ("Sending", "", "/settings/sending", "Mail accounts with limits, each tested before it is used."),
    "fluent-support": ("Support", "support", "/contacts", "Tickets of a contact, beside its mails."),
    "fluent-cart": ("Shop", "commerce", "/contacts", "Orders of a contact, reported by your shop."),
    "fluent-boards": ("Boards", "boards", "/contacts", "Cards of a contact, reported by your board."),
    "fluent-community": ("Community", "community", "/contacts", "Spaces and courses of a contact."),
    "fluent-booking": ("Bookings", "booking", "/contacts", "Appointments of a contact, reported by your calendar."),
    "fluent-toolkit": ("Tools", "tools", "/settings", "Lets a language model of yours read and write the CRM."),
}


def _page_body(call: Call, page: HelpPage) -> dict[str, Any]:
    return {
        "id": page.id,
        "title": page.title,
        "content": page.content,
        "link": f"{call.context.public_url}/help/{page.id}",
        "category": {"value": page.category, "label": CATEGORIES[page.category]},
    }


async def list_docs(call: Call) -> Any:
    return {"docs": [_page_body(call, page) for page in PAGES]}


async def get_doc(call: Call) -> Any:
    page = next((one for one in PAGES if one.id == call.id()), None)
    if page is None:
        return {"content": "There is no such help page.", "is_error": True}
    return _page_body(call, page)


async def list_addons(call: Call) -> Any:
    home, switches = call.context.public_url, await modules.switches(call.core)
    addons: dict[str, Any] = {}
    for key, (title, module, page, says) in _ADDONS.items():
        is_on = not module or switches[module]
        addons[key] = {
            "title": title,
            "logo": "",
            "is_installed": is_on,
            "learn_more_url": f"{home}/help/1",
            "settings_url": f"{home}{page}",
            "action_text": f"{'Active' if is_on else 'Install'} {title}",
            "description": says,
        }
    body: dict[str, Any] = {"addons": addons}
    if "experimental_features" in call.items("with"):
        body["experimental_features"] = await all_flags(call)
    return body


ROUTES = [
    Route("GET", "/docs", "list-docs", "", "view", list_docs),
    Route("GET", "/docs/addons", "get-doc-addons", "fcrm_manage_settings", "view", list_addons),
    Route("GET", "/docs/{id}", "get-doc", "", "view", get_doc),
]
