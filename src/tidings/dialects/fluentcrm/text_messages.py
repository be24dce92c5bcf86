"""Which provider sends text messages, and its credentials (spec §7.3). Credentials go in and never come out again."""

from __future__ import annotations

from typing import Any

import msgspec

from tidings.dialects._engine.calls import Call, is_true
from tidings.dialects._engine.routes import Route
from tidings.dialects.fluentcrm.kept import note, plain, yes_no
from tidings.platform import modules
from tidings.platform.errors import Refused

_HIDDEN = "********"


def _field(label: str, *, is_required: bool = True, is_secret: bool = False, default: str = "") -> dict[str, Any]:
    kind = "password" if is_secret else "text"
    return {"label": label, "required": is_required, "default": default, "type": kind}


# provider: (title, fields)
PROVIDERS: dict[str, tuple[str, dict[str, dict[str, Any]]]] = {
    "twilio": (
        "Twilio",
        {
            "account_sid": _field("Account SID"),
            "auth_token": _field("Auth Token", is_secret=True),
            "from_number": _field("From Number"),
        },
    ),
    "aws_end_user_message": (
        "AWS End User Messaging",
        {
            "access_key": _field("Access Key"),
            "secret_key": _field("Secret Key", is_secret=True),
            "region": _field("Region"),
            "origination_identity": _field("Origination Identity"),
        },
    ),
    "http": (
        "HTTP gateway",
        {"url": _field("URL"), "token": _field("Token", is_required=False, is_secret=True)},
    ),
    "log": ("Dry run", {}),
}


async def _secrets(call: Call) -> dict[str, dict[str, str]]:
    text = await call.core.installation.get("text_messages_secrets")
    return msgspec.json.decode(text, type=dict[str, dict[str, str]]) if text else {}


async def get_text_messages(call: Call) -> Any:
    stored, secrets = await call.core.installation.get("text_messages"), await _secrets(call)
    settings: dict[str, Any] = {
        "enabled": yes_no(await modules.is_on(call.core, "sms") and bool(stored.get("provider"))),
        "sms_provider": stored.get("provider", ""),
    }
    for name, (_, fields) in PROVIDERS.items():
        own = stored.get("providers", {}).get(name, {})
        hidden = secrets.get(name, {})
        settings[name] = {
            field: (_HIDDEN if hidden.get(field) else "") if _is_secret(one) else own.get(field, one["default"])
            for field, one in fields.items()
        }
    providers = {name: {"label": title, "fields": fields} for name, (title, fields) in PROVIDERS.items()}
    return {"settings": settings, "options": {"providers": providers}}


def _is_secret(field: dict[str, Any]) -> bool:
    return field["type"] == "password"


async def save_text_messages(call: Call) -> Any:
    given = call.record("settings")
    provider = plain(given.get("sms_provider"))
    stored, secrets = dict(await call.core.installation.get("text_messages")), await _secrets(call)
    was_on = await modules.is_on(call.core, "sms") and bool(stored.get("provider"))
    is_on = is_true(given.get("enabled"))
    if (provider or is_on) and provider not in PROVIDERS:
        raise Refused("Please choose a provider of text messages", flags={"required_fields": ["sms_provider"]})
    open_values = {name: dict(own) for name, own in stored.get("providers", {}).items()}
    for name, (_, fields) in PROVIDERS.items():
        _take(given.get(name), fields, open_values.setdefault(name, {}), secrets.setdefault(name, {}))
    if is_on:
        known = {**open_values[provider], **secrets[provider]}
        missing = [
            one["label"] for name, one in PROVIDERS[provider][1].items() if one["required"] and not known.get(name)
        ]
        if missing:
            message = "Please provide all required SMS provider credentials before enabling the SMS module"
            raise Refused(message, flags={"required_fields": missing})
    await call.core.installation.put(
        {
            "text_messages": {"provider": provider, "providers": open_values},
            "text_messages_secrets": msgspec.json.encode(secrets).decode(),
        }
    )
    await modules.switch(call.core, {"sms": is_on})
    await note(call, "text_message_settings_saved", provider)
    return {"message": "Settings has been saved successfully", "reload": is_on != was_on}


def _take(given: Any, fields: dict[str, Any], open_values: dict[str, str], secrets: dict[str, str]) -> None:
    """Moves what was sent for one provider to where it is kept; a hidden or absent value stays as it is."""
    if not isinstance(given, dict):
        return
    for name, field in fields.items():
        if name in given and given[name] != _HIDDEN:
            (secrets if _is_secret(field) else open_values)[name] = plain(given[name])[:500]


async def disable_text_messages(call: Call) -> Any:
    was_on = await modules.is_on(call.core, "sms")
    await modules.switch(call.core, {"sms": False})
    await note(call, "text_messages_disabled")
    return {"message": "SMS has been disabled successfully", "reload": was_on}


_NEEDS = "fcrm_manage_settings"
_PATH = "/campaign-pro-settings/sms"
ROUTES = [
    Route("GET", _PATH, "get-sms-settings", _NEEDS, "view", get_text_messages),
    Route("POST", _PATH, "save-sms-settings", _NEEDS, "ack", save_text_messages),
    Route("POST", f"{_PATH}/disable", "disable-sms", _NEEDS, "ack", disable_text_messages),
]
