"""The tools for language models: the protocol, the permissions of the routes behind them, and odd messages."""

from __future__ import annotations

from typing import Any

import httpx
import msgspec

from tests.dialects.mouth import Mouth, changed, rows
from tidings.access import actions as access
from tidings.dialects.fluentcrm.tools import TOOLS
from tidings.platform import modules
from tidings.platform.core import Core


async def say(crm: Mouth, method: str, params: Any = None, *, auth: Any = None, number: Any = 7) -> httpx.Response:
    message = {"jsonrpc": "2.0", "id": number, "method": method, "params": params}
    return await crm.post("/mcp", message, auth=auth)


async def use(crm: Mouth, name: str, arguments: Any = None, *, auth: Any = None) -> tuple[bool, Any]:
    """Whether a tool failed, and what it said."""
    result = (await say(crm, "tools/call", {"name": name, "arguments": arguments}, auth=auth)).json()["result"]
    text = result["content"][0]["text"]
    return result["isError"], text if result["isError"] else msgspec.json.decode(text)


async def test_a_client_is_greeted_and_finds_every_tool_at_the_address_it_was_told(core: Core, crm: Mouth):
    hello = (await say(crm, "initialize", {"protocolVersion": "2025-03-26"})).json()
    assert (hello["id"], hello["result"]["protocolVersion"]) == (7, "2025-03-26")
    notified = await crm.post("/mcp", {"jsonrpc": "2.0", "method": "notifications/initialized"})
    assert (notified.status_code, notified.content) == (202, b"")
    assert (await say(crm, "ping")).json()["result"] == {}
    tools = (await say(crm, "tools/list")).json()["result"]["tools"]
    assert [tool["name"] for tool in tools] == [tool.name for tool in TOOLS]
    assert len(tools) == 25
    assert all(tool["inputSchema"]["type"] == "object" for tool in tools)
    assert (await crm.get("/mcp/status")).json()["tools_count"] == 25
    assert isinstance(crm.auth, tuple)
    answer = await crm.client.post("/wp-json/fluent-crm/mcp", json={"id": 1, "method": "ping"}, auth=crm.auth)
    assert answer.json() == {"jsonrpc": "2.0", "id": 1, "result": {}}
    await modules.switch(core, {"tools": False})
    assert (await say(crm, "tools/list")).status_code == 403
    assert (await say(crm, "ping", auth="")).status_code == 401


async def test_every_tool_answers(crm: Mouth):
    assert (await use(crm, "create_tag", {"title": "VIP"}))[1]["item"]["id"] == 1
    assert not (await use(crm, "create_list", {"title": "News"}))[0]
    person = {"email": "a@example.com", "status": "subscribed", "tags": [1]}
    assert (await use(crm, "create_contact", person))[1]["contact"]["id"] == 1
    assert not (await use(crm, "update_contact", {"id": 1, "first_name": "Ann"}))[0]
    change = {"action_name": "add_to_lists", "subscriber_ids": [1], "action_options": [1]}
    assert not (await use(crm, "change_contacts", change))[0]
    note = {"title": "Call", "description": "Rang", "type": "note"}
    assert not (await use(crm, "add_note", {"id": 1, "note": note}))[0]
    assert not (await use(crm, "track_event", {"event_key": "k", "title": "t", "subscriber_id": 1}))[0]
    assert not (await use(crm, "create_campaign", {"title": "One"}))[0]
    found = (await use(crm, "get_contact", {"id": 1}))[1]["subscriber"]
    assert (found["first_name"], [one["title"] for one in found["lists"]]) == ("Ann", ["News"])
    assert (await use(crm, "list_contacts", {"tags": [1]}))[1]["subscribers"]["total"] == 1
    assert (await use(crm, "list_contacts", {"tags": [2]}))[1]["subscribers"]["total"] == 0
    for tool in TOOLS:
        if tool.method == "GET" and tool.name != "get_company":
            arguments = dict.fromkeys(tool.schema["required"], 1)
            is_error, said = await use(crm, tool.name, arguments)
            assert not is_error, (tool.name, said)


async def test_a_tool_needs_the_permission_of_its_route(core: Core, crm: Mouth):
    await access.create_user(core, login="max", email="max@example.com", permissions=["fcrm_read_contacts"])
    await crm.post("/subscribers", {"email": "a@example.com", "status": "subscribed"})
    key = await crm.new_key("max")
    names = {tool["name"] for tool in (await say(crm, "tools/list", auth=key)).json()["result"]["tools"]}
    assert {"get_contact", "list_notes", "search"} <= names
    assert not {"create_contact", "create_tag", "list_campaigns", "overview"} & names
    assert not (await use(crm, "get_contact", {"id": 1}, auth=key))[0]
    before = await rows(core)
    assert (await use(crm, "create_contact", {"email": "b@example.com", "status": "subscribed"}, auth=key))[0]
    assert (await use(crm, "create_campaign", {"title": "One"}, auth=key))[0]
    assert await changed(core, before) == []


async def test_odd_messages_are_answered_as_the_protocol_wants(core: Core, crm: Mouth):
    before = await rows(core)
    for raw, code in (
        (b"{", -32700),
        (b"[1]", -32600),
        (b'{"id": 1}', -32600),
        (b'{"id": 1, "method": "rm"}', -32601),
        (b'{"id": 1, "method": "tools/call", "params": 5}', -32602),
        (b'{"id": 1, "method": "tools/call", "params": {"name": ["x"]}}', -32602),
    ):
        answer = await crm.ask("POST", "/mcp", raw=raw, headers={"content-type": "text/plain"})
        assert (answer.status_code, answer.json()["error"]["code"]) == (200, code), raw
    for name, arguments in (
        ("get_contact", None),
        ("get_contact", [1]),
        ("get_contact", {"id": "1/notes"}),
        ("get_contact", {"id": 999}),
        ("get_company", {"id": True}),
        ("create_tag", {"title": "\x00"}),
        ("create_contact", {"email": "no address", "status": "subscribed"}),
    ):
        is_error, said = await use(crm, name, arguments)
        assert is_error, name
        assert said
    assert await changed(core, before) == []
