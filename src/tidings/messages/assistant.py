"""A language model that drafts texts: whose it is, which models it has, one question and its answer.

Every provider is spoken to in the chat protocol that all of them understand, a self-hosted one too. Nothing is sent
anywhere until an owner has chosen a provider.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec

from tidings.platform.core import Core
from tidings.platform.errors import Refused
from tidings.platform.http import OutboundFailed, OutboundRefused, fetch

# provider: base address of its chat protocol; "" asks the owner for one
PROVIDERS = {
    "openai": "https://api.openai.com/v1",
    "anthropic": "https://api.anthropic.com/v1",
    "gemini": "https://generativelanguage.googleapis.com/v1beta/openai",
    "mistral": "https://api.mistral.ai/v1",
    "custom": "",
}
_ANSWERS_WITHIN = 60.0
_MOST_TEXT = 20_000


@dataclass(frozen=True, slots=True)
class Assistant:
    """The choice of the owner. `base_url` is without a slash at its end; `instructions` precede every question."""

    is_enabled: bool
    provider: str
    model: str
    base_url: str
    instructions: str
    key: str

    @property
    def is_ready(self) -> bool:
        """Whether a question can be asked."""
        return bool(self.is_enabled and self.base_url and self.model)


async def assistant_of(core: Core) -> Assistant:
    """The present choice."""
    values = await core.installation.values()
    stored = values["assistant"]
    provider = str(stored.get("provider") or "")
    return Assistant(
        is_enabled=bool(stored.get("is_enabled")),
        provider=provider,
        model=str(stored.get("model") or ""),
        base_url=str(stored.get("base_url") or PROVIDERS.get(provider, "")).rstrip("/"),
        instructions=str(stored.get("instructions") or ""),
        key=str(values["assistant_key"]),
    )


async def save_assistant(core: Core, values: dict[str, Any], key: str | None) -> None:
    """Keeps a choice; without `key` the present one stays. Raises Refused for an unknown or half provider."""
    provider = values.get("provider") or ""
    if provider and provider not in PROVIDERS:
        raise Refused("Invalid AI provider selected.")
    if values.get("is_enabled") and not (values.get("base_url") or PROVIDERS.get(provider)):
        raise Refused("Please select a provider and model first.")
    await core.installation.put({"assistant": values} | ({"assistant_key": key} if key is not None else {}))


async def list_models(core: Core, assistant: Assistant) -> list[str]:
    """Names of the models that the provider offers; raises Refused with what went wrong."""
    answer = await _call(core, assistant, "GET", "/models", None)
    rows = answer.get("data")
    return sorted(str(row["id"]) for row in rows if isinstance(row, dict) and "id" in row) if rows else []


async def ask(core: Core, assistant: Assistant, task: str, text: str) -> str:
    """The answer to one question; raises Refused when there is no provider or it does not answer."""
    if not assistant.is_ready:
        raise Refused("Please configure the AI provider first.")
    system = f"{assistant.instructions}\n\n{task}".strip()
    question = {
        "model": assistant.model,
        "messages": [{"role": "system", "content": system}, {"role": "user", "content": text[:_MOST_TEXT]}],
    }
    answer = await _call(core, assistant, "POST", "/chat/completions", question)
    try:
        said = answer["choices"][0]["message"]["content"]
    except (KeyError, IndexError, TypeError):
        said = None
    if not isinstance(said, str) or not said.strip():
        raise Refused("The AI provider gave no answer.")
    return said.strip()


async def _call(core: Core, assistant: Assistant, method: str, path: str, body: Any) -> dict[str, Any]:
    headers = {"content-type": "application/json", "accept": "application/json"}
    if assistant.key:
        headers["authorization"] = f"Bearer {assistant.key}"
    content = msgspec.json.encode(body) if body is not None else None
    url = assistant.base_url + path
    try:
        answer = await fetch(core, method, url, headers=headers, content=content, timeout=_ANSWERS_WITHIN)
    except (OutboundFailed, OutboundRefused) as error:
        raise Refused(error.message) from error
    if answer.status >= 400:
        raise Refused(f"The AI provider answered with status {answer.status}.")
    try:
        return msgspec.json.decode(answer.body, type=dict[str, Any])
    except msgspec.DecodeError:
        raise Refused("The AI provider gave no answer that can be read.") from None
