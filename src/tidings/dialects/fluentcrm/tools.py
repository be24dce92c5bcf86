"""Twenty-five tools for language models over the Model Context Protocol (spec §7.14): each is a route of this dialect, with
its permission and its handler, under a name and a description that a model understands.

The protocol's envelope (JSON-RPC over one POST) is here too; the switch and the help to connect are in `assistants`.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import msgspec

from tidings import __version__
from tidings.dialects._engine.calls import Answer, Call, Request, as_integer, encode, without_zero_bytes
from tidings.dialects._engine.routes import RouteTable
from tidings.platform import modules
from tidings.platform.errors import Forbidden, Refused, TidingsError

PATH = "/mcp"
_VERSIONS = ("2025-06-18", "2025-03-26", "2024-11-05")
_PARSE, _INVALID, _NO_METHOD, _BAD_PARAMS = -32700, -32600, -32601, -32602
_WORDS = {"text": "string", "number": "integer", "numbers": "array", "texts": "array", "object": "object"}
_PARAM = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Tool:
    """One tool: what the model reads, and the route behind it. `takes` is "name:kind" joined by blanks, a * = needed."""

    name: str
    says: str
    method: str
    path: str
    takes: str = ""

    @property
    def schema(self) -> dict[str, Any]:
        """The JSON Schema of its arguments."""
        properties: dict[str, Any] = {}
        needed: list[str] = []
        for one in self.takes.split():
            name, _, kind = one.rstrip("*").partition(":")
            properties[name] = {"type": _WORDS[kind or "text"]}
            if kind in ("numbers", "texts"):
                properties[name]["items"] = {"type": "integer" if kind == "numbers" else "string"}
            if one.endswith("*"):
                needed.append(name)
        return {"type": "object", "properties": properties, "required": needed}


_PAGE = "page:number per_page:number search"
_PERSON = "first_name last_name phone city country status tags:numbers lists:numbers custom_values:object"
TOOLS = (
    Tool("search", "Searches contacts, campaigns, companies and notes at once.", "GET", "/global-search", "search*"),
    Tool(
        "list_contacts",
        "Lists contacts; tags and lists narrow by id.",
        "GET",
        "/subscribers",
        f"{_PAGE} tags:numbers lists:numbers statuses:texts",
    ),
    Tool("get_contact", "Reads one contact with its tags and lists.", "GET", "/subscribers/{id}", "id:number*"),
    Tool("create_contact", "Adds a contact.", "POST", "/subscribers", f"email* {_PERSON}"),
    Tool("update_contact", "Changes a contact.", "PUT", "/subscribers/{id}", f"id:number* email {_PERSON}"),
    Tool("list_notes", "Lists the notes of a contact.", "GET", "/subscribers/{id}/notes", f"id:number* {_PAGE}"),
    Tool(
        "add_note",
        "Adds a note to a contact; note holds title, description, type.",
        "POST",
        "/subscribers/{id}/notes",
        "id:number* note:object*",
    ),
    Tool("list_contact_mails", "Lists the mails of a contact.", "GET", "/subscribers/{id}/emails", "id:number*"),
    Tool("list_contact_events", "Lists events of a contact.", "GET", "/subscribers/{id}/tracking-events", "id:number*"),
    Tool(
        "track_event",
        "Records an event of a contact.",
        "POST",
        "/subscribers/track-event",
        "event_key* title* value subscriber_id:number email",
    ),
    Tool(
        "change_contacts",
        "Adds or removes tags and lists of several contacts: add_to_tags, remove_from_tags, add_to_lists, "
        "remove_from_lists.",
        "POST",
        "/subscribers/do-bulk-action",
        "action_name* subscriber_ids:numbers* action_options:numbers*",
    ),
    Tool("list_lists", "Lists the lists.", "GET", "/lists", "search"),
    Tool("create_list", "Makes a list.", "POST", "/lists", "title* description"),
    Tool("list_tags", "Lists the tags.", "GET", "/tags", _PAGE),
    Tool("create_tag", "Makes a tag.", "POST", "/tags", "title* description"),
    Tool("list_segments", "Lists the saved segments.", "GET", "/dynamic-segments"),
    Tool("list_companies", "Lists companies.", "GET", "/companies", _PAGE),
    Tool("get_company", "Reads one company.", "GET", "/companies/{id}", "id:number*"),
    Tool("list_custom_fields", "Lists the custom fields of contacts.", "GET", "/custom-fields/contacts"),
    Tool("list_campaigns", "Lists campaigns.", "GET", "/campaigns", f"{_PAGE} statuses:texts"),
    Tool("get_campaign", "Reads one campaign.", "GET", "/campaigns/{id}", "id:number*"),
    Tool("create_campaign", "Makes a draft of a campaign; it is not sent.", "POST", "/campaigns", "title*"),
    Tool("campaign_numbers", "Tells how a campaign fares.", "GET", "/campaigns/{id}/overview_stats", "id:number*"),
    Tool("campaign_links", "Tells which links were followed.", "GET", "/campaigns/{id}/link-report", "id:number*"),
    Tool("overview", "Tells the numbers of the whole installation.", "GET", "/reports/dashboard-stats"),
)
_BY_NAME = {tool.name: tool for tool in TOOLS}
Allowed = Callable[[Any, str], bool]


class _Failed(Exception):
    """An error of the protocol: its code and words."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


async def answer(call: Call, table: RouteTable, allowed: Allowed) -> Answer:
    """Answers one JSON-RPC message; `allowed` says whether a caller holds a permission word of the table."""
    if not await modules.is_on(call.core, "tools"):
        raise Forbidden("tools")
    number: Any = None
    try:
        message = _message(call.request.body)
        number = message.get("id")
        if "id" not in message:
            # A notification is heard and not answered.
            return Answer(b"", 202)
        result = await _result(call, table, allowed, message)
    except _Failed as error:
        return Answer({"jsonrpc": "2.0", "id": number, "error": {"code": error.code, "message": str(error)}})
    return Answer({"jsonrpc": "2.0", "id": number, "result": result})


def _message(body: bytes) -> dict[str, Any]:
    try:
        message = msgspec.json.decode(body)
    except msgspec.DecodeError:
        raise _Failed(_PARSE, "The message is not JSON.") from None
    if not isinstance(message, dict) or not isinstance(message.get("method"), str):
        raise _Failed(_INVALID, "The message is not a request.")
    return message


async def _result(call: Call, table: RouteTable, allowed: Allowed, message: dict[str, Any]) -> dict[str, Any]:
    given = message.get("params")
    params: dict[str, Any] = given if isinstance(given, dict) else {}
    match message["method"]:
        case "initialize":
            asked = params.get("protocolVersion")
            return {
                "protocolVersion": asked if asked in _VERSIONS else _VERSIONS[0],
                "capabilities": {"tools": {"listChanged": False}},
                "serverInfo": {"name": "tidings", "version": __version__},
            }
        case "ping":
            return {}
        case "tools/list":
            return {
                "tools": [
                    {"name": tool.name, "description": tool.says, "inputSchema": tool.schema}
                    for tool in TOOLS
                    if _may(call, table, allowed, tool)
                ]
            }
        case "tools/call":
            return await _use(call, table, allowed, params)
        case _:
            raise _Failed(_NO_METHOD, "There is no such method.")


def _may(call: Call, table: RouteTable, allowed: Allowed, tool: Tool) -> bool:
    found = table.find(tool.method, _PARAM.sub("1", tool.path))
    wanted = found.route.permission if found else "administrator"
    return not wanted or any(allowed(call.caller, one) for one in wanted.split("|"))


async def _use(call: Call, table: RouteTable, allowed: Allowed, params: dict[str, Any]) -> dict[str, Any]:
    name, given = params.get("name"), params.get("arguments")
    tool = _BY_NAME.get(name) if isinstance(name, str) else None
    if tool is None:
        raise _Failed(_BAD_PARAMS, "There is no such tool.")
    if not _may(call, table, allowed, tool):
        return _said("You do not have the permission for this.", is_error=True)
    schema, sent = tool.schema, given if isinstance(given, dict) else {}
    arguments = {key: without_zero_bytes(one) for key, one in sent.items() if key in schema["properties"]}
    missing = [key for key in schema["required"] if arguments.get(key) in (None, "")]
    if missing:
        return _said(f"Missing: {', '.join(missing)}.", is_error=True)
    try:
        inner = _inner(call, table, tool, arguments)
        result = inner[1](inner[0])
        body = await result if inspect.isawaitable(result) else result
    except TidingsError as error:
        return _said(error.message, is_error=True)
    return _said(encode(body.body if isinstance(body, Answer) else body).decode(), is_error=False)


def _inner(call: Call, table: RouteTable, tool: Tool, arguments: Mapping[str, Any]) -> tuple[Call, Any]:
    """The call of the route behind a tool; raises Refused when an id in the path is none."""
    ids = {name: as_integer(arguments.get(name)) for name in _PARAM.findall(tool.path)}
    # Anything but a number could lead to another route, past the permission that was asked for.
    if any(number is None or number < 0 for number in ids.values()):
        raise Refused("The id is not a number.")
    path = _PARAM.sub(lambda found: str(ids[found[1]]), tool.path)
    rest = {key: one for key, one in arguments.items() if f"{{{key}}}" not in tool.path}
    match = table.find(tool.method, path)
    if match is None or match.route.handler is None:
        raise Refused("There is no such record.")
    query = urlencode({k: v for k, v in rest.items() if isinstance(v, str | int)}) if tool.method == "GET" else ""
    request = Request(tool.method, path, query, {}, b"", call.request.client_ip, call.request.scheme)
    made = Call(call.core, request, call.caller, match.path, rest, match.route.operation, call.context)
    return made, match.route.handler


def _said(text: str, *, is_error: bool) -> dict[str, Any]:
    return {"content": [{"type": "text", "text": text}], "isError": is_error}
