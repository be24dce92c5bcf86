"""The groups of settings that the main job needs: business, e-mail, compliance (spec §5.7). The rest follows."""

from __future__ import annotations

from typing import Any

from tidings.dialects._engine.calls import Call, is_true
from tidings.dialects._engine.routes import Route
from tidings.messages.compliance import has_way_out
from tidings.platform.errors import Refused

FOOTER = (
    "{{crm.business_name}}, {{crm.business_address}}<br>Don't like these emails? "
    '<a href="##crm.unsubscribe_url##">Unsubscribe</a> or '
    '<a href="##crm.manage_subscription_url##">Manage Email Subscriptions</a>'
)
# wire key: core setting
_BUSINESS = {"business_name": "business_name", "business_address": "business_address", "logo": "business_logo"}
_BUSINESS |= {"admin_email": "admin_email"}
_EMAIL = {name: name for name in ("from_name", "from_email", "reply_to_name", "reply_to_email", "email_footer")}
_PREFERENCES: dict[str, Any] = {
    "pref_list_type": "no",
    "pref_list_items": [],
    "pref_form": "no",
    "pref_general": ["first_name", "last_name"],
    "pref_custom": [],
    "show_on_page": "no",
    "pref_page_id": "",
}
_COMPLIANCE_DEFAULTS = {
    "anonymize_ip": "no",
    "delete_contact_on_user": "no",
    "personal_data_export": "yes",
    "one_click_unsubscribe": "no",
    "enable_gravatar": "yes",
    "gravatar_fallback": "yes",
    "email_click_tracking": "yes",
    "email_open_tracking": "yes",
}
_OWN = "fluentcrm"


async def _own(call: Call) -> dict[str, Any]:
    dialects = await call.core.installation.get("dialects")
    return dict(dialects.get(_OWN) or {})


async def _save(call: Call, changes: dict[str, Any], own: dict[str, Any]) -> None:
    dialects = await call.core.installation.get("dialects")
    await call.core.installation.put({**changes, "dialects": {**dialects, _OWN: own}})


async def get_settings(call: Call) -> Any:
    own, values = await _own(call), call.context.values
    groups: dict[str, Any] = {}
    wanted = call.items("settings_keys")
    if "email_settings" in wanted:
        email = {name: values[core] for name, core in _EMAIL.items()}
        for name in ("reply_to_name", "reply_to_email"):
            if not email[name]:
                email.pop(name)
        email["emails_per_second"] = values["emails_per_second"] or own.get("emails_per_second", 15)
        email["email_footer"] = email["email_footer"] or FOOTER
        groups["email_settings"] = {**email, **_PREFERENCES, **own.get("email_settings", {})}
    if "business_settings" in wanted and own.get("has_business"):
        groups["business_settings"] = {name: values[core] for name, core in _BUSINESS.items()}
    return groups


async def save_settings(call: Call) -> Any:
    groups = call.record("settings")
    own = await _own(call)
    changes: dict[str, Any] = {}
    business, email = groups.get("business_settings"), groups.get("email_settings")
    if isinstance(business, dict):
        own["has_business"] = True
        changes |= {core: str(business[name] or "") for name, core in _BUSINESS.items() if name in business}
    if isinstance(email, dict):
        footer = str(email.get("email_footer") or "")
        if footer and not has_way_out({"body": footer, "design": "raw_html"}, {}):
            raise Refused(
                "##crm.unsubscribe_url## or ##crm.manage_subscription_url## string is required for compliance."
            )
        changes |= {core: str(email[name] or "") for name, core in _EMAIL.items() if name in email}
        rate = str(email.get("emails_per_second") or "")
        if rate.isascii() and rate.isdigit() and len(rate) < 9:
            changes["emails_per_second"] = int(rate)
        own["email_settings"] = {
            **own.get("email_settings", {}),
            **{k: v for k, v in email.items() if k in _PREFERENCES},
        }
    await _save(call, changes, own)
    return {"message": "Settings Updated"}


async def _compliance(call: Call) -> dict[str, str]:
    own, values = await _own(call), await call.core.installation.values()
    stored = {**_COMPLIANCE_DEFAULTS, **own.get("compliance", {})}
    stored["anonymize_ip"] = "yes" if values["anonymize_ip"] else "no"
    stored["one_click_unsubscribe"] = "yes" if values["one_click_unsubscribe"] else "no"
    stored["email_open_tracking"] = values["open_tracking"]
    stored["email_click_tracking"] = values["click_tracking"]
    return stored


async def get_compliance(call: Call) -> Any:
    return {"settings": await _compliance(call)}


async def save_compliance(call: Call) -> Any:
    own = await _own(call)
    given = {name: call.text(name) for name in _COMPLIANCE_DEFAULTS if name in call}
    changes: dict[str, Any] = {}
    for name, core in (("anonymize_ip", "anonymize_ip"), ("one_click_unsubscribe", "one_click_unsubscribe")):
        if name in given:
            changes[core] = is_true(given[name])
    for name, core in (("email_open_tracking", "open_tracking"), ("email_click_tracking", "click_tracking")):
        if given.get(name) in ("yes", "no", "anonymous"):
            changes[core] = given[name]
    own["compliance"] = {**own.get("compliance", {}), **{k: v if v in ("yes", "no") else "" for k, v in given.items()}}
    await _save(call, changes, own)
    return {"message": "Settings has been successfully updated", "settings": await _compliance(call)}


_NEEDS = "fcrm_manage_settings"
ROUTES = [
    Route("GET", "/setting", "get-settings", _NEEDS, "view", get_settings),
    Route("PUT", "/setting", "save-settings", _NEEDS, "ack", save_settings),
    Route("GET", "/setting/compliance", "get-compliance", _NEEDS, "view", get_compliance),
    Route("POST", "/setting/compliance", "save-compliance", _NEEDS, "ack", save_compliance),
]
