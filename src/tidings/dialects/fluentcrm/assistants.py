"""Drafts by a language model, and access for one (spec §7.14). The model itself is asked in `messages.assistant`."""

from __future__ import annotations

from typing import Any

import msgspec

from tidings.contacts import queries as contacts
from tidings.dialects._engine.calls import Call, is_true
from tidings.dialects._engine.routes import Route
from tidings.dialects.fluentcrm.kept import note, plain, yes_no
from tidings.dialects.fluentcrm.tools import TOOLS
from tidings.messages import assistant as models
from tidings.messages.assistant import Assistant
from tidings.platform import modules
from tidings.platform.errors import Refused

_HIDDEN = "********"
_TASKS = {
    "subject": "Write one subject line for the mail. Answer with the line alone.",
    "preheader": "Write one short line that stands beside the subject in an inbox. Answer with the line alone.",
    "improve": "Write the text anew, clearer, in its own language. Keep codes in double braces as they are.",
    "shorten": "Make the text shorter without losing what matters. Keep codes in double braces as they are.",
    "lengthen": "Make the text longer with what it implies. Keep codes in double braces as they are.",
    "translate": "Translate the text as asked. Keep codes in double braces as they are.",
    "write": "Write the text that is asked for.",
}
_BODY_TASK = "Write the HTML body of a mail: paragraphs, headings, links; no html, head, style or script element."
_SUMMARY_TASK = "Sum up what is known of this contact in three sentences, for a colleague who will talk to them."


async def get_settings(call: Call) -> Any:
    stored = await models.assistant_of(call.core)
    settings = {
        "is_enabled": yes_no(stored.is_enabled),
        "provider": stored.provider,
        "api_key": _HIDDEN if stored.key else "",
        "model": stored.model or "auto",
        "base_url": stored.base_url,
        "custom_prompt": stored.instructions,
        "created_by": "",
    }
    return {"settings": settings, "has_wordpress_ai": False, "connectors_url": f"{call.context.public_url}/settings"}


def _given(call: Call, present: Assistant) -> tuple[dict[str, Any], str | None]:
    given = call.record("settings") or dict(call.params)
    model = plain(given.get("model")) if "model" in given else present.model
    provider = plain(given.get("provider")) if "provider" in given else present.provider
    stays = present.base_url if provider == present.provider and not models.PROVIDERS.get(provider) else ""
    values = {
        "is_enabled": is_true(given["is_enabled"]) if "is_enabled" in given else present.is_enabled,
        "provider": provider,
        "model": "" if model == "auto" else model,
        "base_url": plain(given["base_url"]) if "base_url" in given else stays,
        "instructions": plain(given["custom_prompt"]) if "custom_prompt" in given else present.instructions,
    }
    key = given.get("api_key")
    return values, None if key is None or key == _HIDDEN else plain(key)


async def save_settings(call: Call) -> Any:
    values, key = _given(call, await models.assistant_of(call.core))
    await models.save_assistant(call.core, values, key)
    await note(call, "assistant_saved", values["provider"])
    return {"message": "AI configuration saved successfully."}


async def _tried(call: Call) -> Assistant:
    """The choice of the body over the stored one: what a form shows before it is saved.

    A stored key never goes to an address that came with the request.
    """
    stored = await models.assistant_of(call.core)
    values, key = _given(call, stored)
    provider = values["provider"]
    base_url = (values["base_url"] or models.PROVIDERS.get(provider, "")).rstrip("/")
    return Assistant(
        is_enabled=True,
        provider=provider,
        model=values["model"],
        base_url=base_url,
        instructions=values["instructions"],
        key=key if key is not None else stored.key if base_url == stored.base_url else "",
    )


async def test_settings(call: Call) -> Any:
    tried = await _tried(call)
    if not tried.is_ready:
        raise Refused("Please select a provider and model first.")
    await models.ask(call.core, tried, "Answer with the word yes.", "Do you read this?")
    return {"message": "The AI provider answers."}


async def get_models(call: Call) -> Any:
    tried = await _tried(call)
    if tried.provider not in models.PROVIDERS or not tried.base_url:
        raise Refused("Invalid AI provider selected.")
    return {"models": [{"id": name, "title": name} for name in await models.list_models(call.core, tried)]}


async def generate(call: Call) -> Any:
    task = _TASKS.get(call.text("action"))
    if task is None:
        raise Refused("Invalid action specified.")
    text = "\n\n".join(one for one in (call.text("prompt"), call.text("content") or call.text("text")) if one)
    return {"content": await models.ask(call.core, await models.assistant_of(call.core), task, text)}


async def generate_body(call: Call) -> Any:
    text = call.text("prompt")
    if not text:
        raise Refused("Please describe the email first.")
    return {"content": await models.ask(call.core, await models.assistant_of(call.core), _BODY_TASK, text)}


async def sum_up_contact(call: Call) -> Any:
    view = await contacts.find_contact(call.core, call.integer("contact_id") or 0)
    if view is None:
        raise Refused("Invalid contact selected.")
    one = view.contact
    known = {
        "name": f"{one.first_name or ''} {one.last_name or ''}".strip(),
        "status": one.status,
        "since": call.context.stamp(one.created_at),
        "country": one.country,
        "tags": [tag.title for tag in view.tags],
        "lists": [its.title for its in view.lists],
    }
    text = msgspec.json.encode(known).decode()
    return {"summary": await models.ask(call.core, await models.assistant_of(call.core), _SUMMARY_TASK, text)}


# -- access for language models


def _endpoint(call: Call) -> str:
    return f"{call.context.public_url}/wp-json/fluent-crm/mcp"


async def mcp_status(call: Call) -> Any:
    is_on = await modules.is_on(call.core, "tools")
    return {
        "endpoint_url": _endpoint(call),
        "tools_count": len(TOOLS) if is_on else 0,
        "mcp_enabled": is_on,
        "app_passwords_url": f"{call.context.public_url}/settings/keys",
        "current_user_login": call.caller.user.login,
        "is_local_dev": call.context.public_url.startswith(("http://127.", "http://localhost")),
    }


async def mcp_toggle(call: Call) -> Any:
    is_on = call.flag("mcp_enabled")
    await modules.switch(call.core, {"tools": is_on})
    await note(call, "module_switched_on" if is_on else "module_switched_off", "tools")
    message = "Tools are offered to language models." if is_on else "Tools are not offered any more."
    return {"ok": True, "mcp_enabled": is_on, "message": message}


async def mcp_snippet(call: Call) -> Any:
    client, endpoint = call.text("client") or "claude-code", _endpoint(call)
    client = "claude-code" if client == "claude" else client
    header = "Basic <base64(login:application-password)>"
    if client == "claude-code":
        snippet = f'claude mcp add --transport http tidings {endpoint} --header "Authorization: {header}"'
        says = "Put your login and an application password in, then run the command in a terminal."
    else:
        server = {"type": "http", "url": endpoint, "headers": {"Authorization": header}}
        snippet = msgspec.json.format(msgspec.json.encode({"mcpServers": {"tidings": server}}), indent=2).decode()
        says = "Put your login and an application password in, then add this to the settings of the program."
    return {
        "client": client,
        "snippet": snippet,
        "instructions": says,
        "endpoint": endpoint,
        "app_passwords_url": f"{call.context.public_url}/settings/keys",
        "is_local_dev": call.context.public_url.startswith(("http://127.", "http://localhost")),
    }


_NEEDS, _WRITES = "fcrm_manage_settings", "fcrm_manage_emails|fcrm_manage_email_templates"
ROUTES = [
    Route("GET", "/ai/settings", "get-ai-settings", _NEEDS, "view", get_settings),
    Route("POST", "/ai/settings", "save-ai-settings", _NEEDS, "ack", save_settings),
    Route("POST", "/ai/models", "list-ai-models", _NEEDS, "view", get_models),
    Route("POST", "/ai/test", "test-ai-settings", _NEEDS, "ack", test_settings),
    Route("POST", "/ai/generate", "generate-text", _WRITES, "view", generate),
    Route("POST", "/ai/generate-email-body", "generate-email-body", _WRITES, "view", generate_body),
    Route("POST", "/ai/contact-summary", "sum-up-contact", "fcrm_read_contacts", "view", sum_up_contact),
    Route("GET", "/mcp/status", "get-mcp-status", _NEEDS, "view", mcp_status),
    Route("POST", "/mcp/toggle", "toggle-mcp", _NEEDS, "ack", mcp_toggle),
    Route("GET", "/mcp/config-snippet", "get-mcp-config-snippet", _NEEDS, "view", mcp_snippet),
]
