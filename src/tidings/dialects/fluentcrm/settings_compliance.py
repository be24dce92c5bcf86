"""Compliance settings (spec §5.7). Tracking, shortened addresses and one-click leaving are the core's; the rest is kept here."""

from __future__ import annotations

from typing import Any

from tidings.dialects._engine.calls import Call, is_true
from tidings.dialects._engine.routes import Route
from tidings.dialects.fluentcrm.kept import keep, kept, note

_DEFAULTS = {
    "anonymize_ip": "no",
    "delete_contact_on_user": "no",
    "personal_data_export": "yes",
    "one_click_unsubscribe": "no",
    "enable_gravatar": "yes",
    "gravatar_fallback": "yes",
    "email_click_tracking": "yes",
    "email_open_tracking": "yes",
}
# wire key: core setting that is true or false
_FLAGS = {
    "anonymize_ip": "anonymize_ip",
    "one_click_unsubscribe": "one_click_unsubscribe",
    "personal_data_export": "personal_data_on_request",
    "delete_contact_on_user": "deletes_contact_with_user",
}
# wire key: core setting
_TRACKING = {"email_open_tracking": "open_tracking", "email_click_tracking": "click_tracking"}


async def _shown(call: Call) -> dict[str, str]:
    values = await call.core.installation.values()
    stored = {**_DEFAULTS, **await kept(call, "compliance")}
    stored["enable_gravatar"] = values["gravatars"] or stored["enable_gravatar"]
    stored |= {name: "yes" if values[core] else "no" for name, core in _FLAGS.items()}
    return stored | {name: values[core] for name, core in _TRACKING.items()}


async def get_compliance(call: Call) -> Any:
    return {"settings": await _shown(call)}


async def save_compliance(call: Call) -> Any:
    given = {name: call.text(name) for name in _DEFAULTS if name in call}
    changes: dict[str, Any] = {core: is_true(given[name]) for name, core in _FLAGS.items() if name in given}
    for name, core in _TRACKING.items():
        if given.get(name) in ("yes", "no", "anonymous"):
            changes[core] = given[name]
    if "enable_gravatar" in given:
        changes["gravatars"] = "yes" if is_true(given["enable_gravatar"]) else "no"
    own = {
        name: value if value in ("yes", "no", "anonymous") else ""
        for name, value in given.items()
        if name not in _FLAGS and name not in _TRACKING and name != "enable_gravatar"
    }
    own = {**await kept(call, "compliance"), **own}
    async with call.core.installation.together() as tx:
        await call.core.installation.put(changes, tx=tx)
        await keep(call, "compliance", own, tx=tx)
        await note(call, "compliance_saved", "", tx, **given)
    return {"message": "Settings has been successfully updated", "settings": await _shown(call)}


_NEEDS = "fcrm_manage_settings"
ROUTES = [
    Route("GET", "/setting/compliance", "get-compliance", _NEEDS, "view", get_compliance),
    Route("POST", "/setting/compliance", "save-compliance", _NEEDS, "ack", save_compliance),
]
