"""Business and e-mail settings, and the routes of the installation as a whole: set-up, echo, modules, reset (spec §5.7, §7.13).

The other groups have modules of their own: `settings_compliance`, `settings_optin`, `auto_subscribe`, `flags`.
"""

from __future__ import annotations

from typing import Any

from tidings.consent.preference_page import Lists, PreferencePage, preference_page, save_preference_page
from tidings.contacts.rules import is_email
from tidings.dialects._engine.calls import Call, as_ids, as_list, is_true
from tidings.dialects._engine.routes import Route
from tidings.dialects.fluentcrm.dialect import FieldErrors
from tidings.dialects.fluentcrm.kept import keep, kept, note, plain, yes_no
from tidings.messages.compliance import has_way_out
from tidings.messages.optin_settings import is_target
from tidings.pages.placing import PreferencePlace, preference_place, save_preference_place
from tidings.platform import modules
from tidings.platform.errors import Problem, Refused
from tidings.platform.resetting import reset_data
from tidings.settings import is_development

FOOTER = (
    "{{crm.business_name}}, {{crm.business_address}}<br>Don't like these emails? "
    '<a href="##crm.unsubscribe_url##">Unsubscribe</a> or '
    '<a href="##crm.manage_subscription_url##">Manage Email Subscriptions</a>'
)
# wire key: core setting
_BUSINESS = {"business_name": "business_name", "business_address": "business_address", "logo": "business_logo"}
_BUSINESS |= {"admin_email": "admin_email"}
_EMAIL = {name: name for name in ("from_name", "from_email", "reply_to_name", "reply_to_email", "email_footer")}
_EMAIL |= {"unsubscribe_redirect": "unsubscribe_redirect"}
_ADDRESSES = ("admin_email", "from_email", "reply_to_email")
_ONLY_WHEN_SET = ("reply_to_name", "reply_to_email", "unsubscribe_redirect")
_PREFERENCES: dict[str, Any] = {
    "pref_list_type": "no",
    "pref_list_items": [],
    "pref_form": "no",
    "pref_general": ["first_name", "last_name"],
    "pref_custom": [],
    "show_on_page": "no",
    "pref_page_id": "",
}
_PLACE = frozenset(("show_on_page", "pref_page_id"))
_PAGE = frozenset(_PREFERENCES) - _PLACE
# wire word: which lists the preference page offers; any other word, and none yet: those that are public
_LISTS: dict[str, Lists] = {"no": "none", "all": "all", "filtered_only": "chosen"}


def _page_body(page: PreferencePage) -> dict[str, Any]:
    return {
        "pref_list_type": next((word for word, lists in _LISTS.items() if lists == page.lists), "public"),
        "pref_list_items": list(page.list_ids),
        "pref_form": yes_no(page.has_own_fields),
        "pref_general": list(page.fields),
        "pref_custom": list(page.custom),
    }


def _page_from(email: dict[str, Any], present: PreferencePage) -> PreferencePage:
    """The page as a body says; what it leaves out stays."""
    said = {**_page_body(present), **email}
    return PreferencePage(
        lists=_LISTS.get(plain(said["pref_list_type"]), "public"),
        list_ids=as_ids(as_list(said["pref_list_items"])),
        has_own_fields=is_true(said["pref_form"]),
        fields=[plain(one) for one in as_list(said["pref_general"])],
        custom=[plain(one) for one in as_list(said["pref_custom"])],
    )


def _place_body(place: PreferencePlace) -> dict[str, Any]:
    """The page is one of the landing pages."""
    return {"show_on_page": yes_no(place.is_on_page), "pref_page_id": place.page_id or ""}


def _place_from(email: dict[str, Any], present: PreferencePlace) -> PreferencePlace:
    said = {**_place_body(present), **email}
    page_id = next(iter(as_ids([said["pref_page_id"]])), None)
    return PreferencePlace(is_on_page=is_true(said["show_on_page"]), page_id=page_id)


async def get_settings(call: Call) -> Any:
    values = call.context.values
    groups: dict[str, Any] = {}
    wanted = call.items("settings_keys")
    if "email_settings" in wanted:
        email = {name: values[core] for name, core in _EMAIL.items()}
        for name in _ONLY_WHEN_SET:
            if not email[name]:
                email.pop(name)
        email["emails_per_second"] = values["emails_per_second"] or 15
        email["email_footer"] = email["email_footer"] or FOOTER
        page = _page_body(await preference_page(call.core)) if values["preference_page"] else {}
        groups["email_settings"] = {**email, **_PREFERENCES, **_place_body(await preference_place(call.core)), **page}
    if "business_settings" in wanted and await kept(call, "business_settings"):
        groups["business_settings"] = {name: values[core] for name, core in _BUSINESS.items()}
    return groups


async def save_settings(call: Call) -> Any:
    groups = call.record("settings")
    changes: dict[str, Any] = {}
    business, email = groups.get("business_settings"), groups.get("email_settings")
    _check_addresses(business, email)
    if isinstance(business, dict):
        changes |= {core: plain(business[name]) for name, core in _BUSINESS.items() if name in business}
    if isinstance(email, dict):
        changes |= _email_changes(email)
    page = place = None
    if isinstance(email, dict):
        if not _PAGE.isdisjoint(email):
            page = _page_from(email, await preference_page(call.core))
        if not _PLACE.isdisjoint(email):
            place = _place_from(email, await preference_place(call.core))
    async with call.core.installation.together() as tx:
        await call.core.installation.put(changes, tx=tx)
        if isinstance(business, dict):
            await keep(call, "business_settings", {"is_saved": True}, tx=tx)
        if page is not None:
            await save_preference_page(call.core, page, tx=tx)
        if place is not None:
            await save_preference_place(call.core, place, tx=tx)
        await note(call, "settings_saved", ", ".join(sorted(changes)), tx)
    return {"message": "Settings Updated"}


def _check_addresses(*groups: Any) -> None:
    """Raises FieldErrors for what is no address and no target, before anything is stored."""
    problems: dict[str, Problem] = {}
    for group in (one for one in groups if isinstance(one, dict)):
        for name in _ADDRESSES:
            if plain(group.get(name)) and not is_email(plain(group[name])):
                problems[name] = Problem("email", f"The {name} must be a valid email address.")
        target = plain(group.get("unsubscribe_redirect"))
        if target and not is_target(target):
            problems["unsubscribe_redirect"] = Problem("url", "The unsubscribe_redirect must be a valid URL.")
    if problems:
        raise FieldErrors(problems)


def _email_changes(email: dict[str, Any]) -> dict[str, Any]:
    footer = str(email.get("email_footer") or "")
    if footer and not has_way_out({"body": footer, "design": "raw_html"}, {}):
        raise Refused("##crm.unsubscribe_url## or ##crm.manage_subscription_url## string is required for compliance.")
    changes: dict[str, Any] = {
        core: footer if name == "email_footer" else plain(email[name]) for name, core in _EMAIL.items() if name in email
    }
    rate = str(email.get("emails_per_second") or "")
    if rate.isascii() and rate.isdigit() and len(rate) < 9:
        changes["emails_per_second"] = int(rate)
    return changes


async def complete_installation(call: Call) -> Any:
    await call.core.installation.put({"is_set_up": True})
    await note(call, "set_up_finished")
    return {"message": "Installation has been completed"}


async def echo(call: Call) -> Any:
    return {"message": "Valid", "params": dict(call.params)}


# route: (module that is switched on, what is told, page of the interface)
_BUILT_IN: dict[str, tuple[str, str, str]] = {
    "install-fluentform": ("forms", "Fluent Forms has been installed and activated", "/forms"),
    "install-fluentsmtp": ("", "FluentSMTP plugin has been installed and activated successfully", "/settings/sending"),
    "install-fluent-support": ("support", "Fluent Support plugin has been installed and activated successfully", ""),
    "install-fluent-cart": ("commerce", "FluentCart plugin has been installed and activated successfully", ""),
    "install-fluent-boards": ("boards", "Fluent Boards plugin has been installed and activated successfully", ""),
    "install-fluent-booking": ("booking", "Fluent Booking plugin has been installed and activated successfully", ""),
    "install-fluent-community": ("community", "Fluent Community plugin has been installed and activated", ""),
}


async def install(call: Call) -> Any:
    module, message, page = _BUILT_IN[call.request.path.rsplit("/", 1)[1]]
    if module:
        await modules.switch(call.core, {module: True})
        await note(call, "module_switched_on", module)
    url = f"{call.context.public_url}{page}"
    body: dict[str, Any] = {"is_installed": True, "message": message}
    if module == "forms":
        body["ff_config"] = {"is_installed": True, "create_form_link": url}
    elif page:
        body["config_url"] = url
    return body


async def list_integrations(_call: Call) -> Any:
    # Connectors of shops and the like are not built yet, so there is none to be set.
    return {"integrations": []}


async def save_integration(_call: Call) -> Any:
    raise Refused("Sorry, the provided provider does not exist")


async def reset_database(call: Call) -> Any:
    if not is_development():
        raise Refused("Development mode is not on, so the data cannot be reset.")
    tables = await reset_data(call.core)
    await note(call, "data_reset")
    return {"message": "All data has been reset", "tables": tables}


_NEEDS, _OWNER = "fcrm_manage_settings", "administrator"
_INSTALLS = {"install-fluentsmtp": _OWNER, "install-fluent-support": _OWNER}
ROUTES = [
    Route("GET", "/setting", "get-settings", _NEEDS, "view", get_settings),
    Route("PUT", "/setting", "save-settings", _NEEDS, "ack", save_settings),
    Route("POST", "/setting/complete-installation", "complete-installation", _NEEDS, "ack", complete_installation),
    Route("GET", "/setting/integrations", "get-integrations", _NEEDS, "view", list_integrations),
    Route("POST", "/setting/integrations", "save-integration", _NEEDS, "ack", save_integration),
    Route("POST", "/setting/reset_db", "reset-database", _OWNER, "ack", reset_database),
    *(Route("POST", f"/setting/{name}", name, _INSTALLS.get(name, _NEEDS), "ack", install) for name in _BUILT_IN),
    *(
        Route(method, "/setting/test", f"test-{method.lower()}-request", _NEEDS, "view", echo)
        for method in ("GET", "POST", "PUT", "DELETE")
    ),
]
