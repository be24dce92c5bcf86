"""A language model is asked where the owner chose one, in one protocol, and nothing of its key is told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import msgspec
import pytest

from tests.dialects.mouth import Mouth
from tidings.messages import assistant
from tidings.platform.core import Core
from tidings.platform.errors import Refused


@asynccontextmanager
async def model_server(status: int = 200, answer: Any = None) -> AsyncIterator[tuple[str, list[bytes]]]:
    """A local stand-in for a provider: its base address and the requests it got."""
    seen: list[bytes] = []
    body = msgspec.json.encode(answer)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = next((int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length")), 0)
        seen.append(head + await reader.readexactly(length))
        writer.write(b"HTTP/1.1 %d X\r\ncontent-length: %d\r\nconnection: close\r\n\r\n" % (status, len(body)) + body)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1", seen


def said(text: str) -> dict[str, Any]:
    return {"choices": [{"message": {"content": text}}], "data": [{"id": "small"}, {"id": "big"}]}


async def test_the_chosen_model_is_asked_with_its_key(core: Core, crm: Mouth):
    await core.installation.put({"allow_private_targets": True})
    async with model_server(answer=said(" A subject \n")) as (url, seen):
        sent = {"is_enabled": "yes", "provider": "custom", "base_url": url, "model": "small", "api_key": "sk-secret"}
        sent |= {"custom_prompt": "Be kind."}
        assert (await crm.post("/ai/settings", {"settings": sent})).status_code == 200
        assert "sk-secret" not in (await crm.get("/ai/settings")).text
        assert "sk-secret" not in str(await core.db.fetch("SELECT value FROM settings"))
        written = await crm.post("/ai/generate", {"action": "subject", "prompt": "A sale"})
        assert written.json() == {"content": "A subject"}
        assert b"Bearer sk-secret" in seen[0]
        assert b"Be kind." in seen[0]
        assert (await crm.post("/ai/generate-email-body", {"prompt": "A sale"})).json()["content"] == "A subject"
        made = (await crm.post("/subscribers", {"email": "a@example.com", "status": "subscribed"})).json()["contact"]
        summed = await crm.post("/ai/contact-summary", {"contact_id": made["id"]})
        assert summed.json() == {"summary": "A subject"}
        assert b"a@example.com" not in seen[-1]
        models = (await crm.post("/ai/models", {"provider": "custom", "base_url": url})).json()["models"]
        assert [one["id"] for one in models] == ["big", "small"]
        assert (await crm.post("/ai/test", {})).status_code == 200


async def test_a_kept_key_never_goes_to_an_address_of_the_request(core: Core, crm: Mouth):
    await core.installation.put({"allow_private_targets": True})
    kept = {"is_enabled": True, "provider": "openai", "model": "m"}
    await assistant.save_assistant(core, kept, "sk-secret")
    async with model_server(answer=said("yes")) as (url, seen):
        body = {"provider": "custom", "base_url": url, "model": "small"}
        assert (await crm.post("/ai/test", body)).status_code == 200
        assert (await crm.post("/ai/models", body)).status_code == 200
        assert b"sk-secret" not in b"".join(seen)


@pytest.mark.parametrize(("status", "answer"), [(500, {}), (200, {}), (200, said("")), (200, [1]), (401, {})])
async def test_a_provider_that_fails_is_told_as_a_refusal(core: Core, crm: Mouth, status: int, answer: Any):
    await core.installation.put({"allow_private_targets": True})
    async with model_server(status, answer) as (url, _):
        chosen = {"is_enabled": True, "provider": "custom", "base_url": url, "model": "m"}
        await assistant.save_assistant(core, chosen, None)
        refused = await crm.post("/ai/generate-email-body", {"prompt": "A sale"})
        assert (refused.status_code, set(refused.json())) == (422, {"message"})


async def test_nothing_is_asked_before_somebody_chose(core: Core, crm: Mouth):
    with pytest.raises(Refused):
        await assistant.ask(core, await assistant.assistant_of(core), "task", "text")
    for path, body in (
        ("/ai/generate", {"prompt": "x"}),
        ("/ai/generate", {"action": "write", "prompt": "x"}),
        ("/ai/generate-email-body", {}),
        ("/ai/test", {}),
        ("/ai/models", {}),
        ("/ai/contact-summary", {"contact_id": 999}),
        ("/ai/settings", {"settings": {"provider": "oracle"}}),
        ("/ai/settings", {"settings": {"provider": "custom", "is_enabled": "yes"}}),
    ):
        assert (await crm.post(path, body)).status_code == 422, path


async def test_access_for_models_is_switched_and_explained(crm: Mouth):
    assert (await crm.get("/mcp/status")).json()["mcp_enabled"]
    assert (await crm.post("/mcp/toggle", {"mcp_enabled": "no"})).json()["mcp_enabled"] is False
    assert not (await crm.get("/mcp/status")).json()["mcp_enabled"]
    for client in ("claude", "cursor"):
        snippet = (await crm.get("/mcp/config-snippet", client=client)).json()
        assert snippet["endpoint"] in snippet["snippet"]
