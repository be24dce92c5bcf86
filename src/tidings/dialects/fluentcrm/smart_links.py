"""Smart links on the wire (spec §2.8, §7.4). Where they lead is `public.smart_links`'."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from tidings.dialects._engine.calls import Answer, Call, as_ids, as_list, as_structure, is_true
from tidings.dialects._engine.routes import Route
from tidings.dialects.fluentcrm.envelope import page_object, page_request
from tidings.dialects.fluentcrm.kept import plain
from tidings.dialects.fluentcrm.wire import Wire
from tidings.platform import modules
from tidings.platform.errors import Invalid
from tidings.smart_links import actions, queries
from tidings.smart_links.types import LinkDraft, SmartLink

MODULE = "smart_links"
_SORTS = {name: name for name in ("id", "title", "target_url", "contact_clicks", "created_at", "updated_at")}
_SORTS["all_clicks"] = "clicks"
Handler = Callable[[Call], Awaitable[Any]]


def link_body(link: SmartLink, wire: Wire) -> dict[str, Any]:
    """A link with its counts; what it takes away stands beside `actions` as well, as the editor reads it."""
    auto_login = "yes" if link.signs_in else "no"
    return {
        "id": link.id,
        "title": link.title,
        "short": link.slug,
        "target_url": link.target_url,
        "actions": {
            "tags": list(link.tag_ids),
            "lists": list(link.list_ids),
            "remove_tags": list(link.remove_tag_ids),
            "remove_lists": list(link.remove_list_ids),
            "auto_login": auto_login,
        },
        "notes": link.notes,
        "contact_clicks": link.contact_clicks,
        "all_clicks": link.clicks,
        "created_by": link.user_id,
        "created_at": wire.stamp(link.created_at),
        "updated_at": wire.stamp(link.updated_at),
        "short_url": queries.link_url(wire.public_url, link),
        "detach_actions": {"tags": list(link.remove_tag_ids), "lists": list(link.remove_list_ids)},
        "auto_login": auto_login,
    }


def _draft(call: Call) -> LinkDraft:
    inner = call.structure("link")
    given: Mapping[str, Any] = inner if isinstance(inner, dict) else call.params
    said, away = _record(given.get("actions")), _record(given.get("detach_actions"))
    return LinkDraft(
        plain(given.get("title")),
        str(given.get("target_url") or "").strip(),
        _ids(said.get("tags") or given.get("apply_tags")),
        _ids(said.get("lists") or given.get("apply_lists")),
        _ids(away.get("tags") or said.get("remove_tags") or given.get("remove_tags")),
        _ids(away.get("lists") or said.get("remove_lists") or given.get("remove_lists")),
        is_true(given.get("auto_login") or said.get("auto_login")),
        plain(given.get("notes")),
    )


def _record(value: Any) -> dict[str, Any]:
    found = as_structure(value)
    return found if isinstance(found, dict) else {}


def _ids(value: Any) -> list[int]:
    return as_ids(as_list(value))


def switchable(handler: Handler, *, is_read: bool = False) -> Handler:
    """What is answered while smart links are switched off."""

    async def guarded(call: Call) -> Any:
        if await modules.is_on(call.core, MODULE):
            return await handler(call)
        off = {"status": "disabled"}
        return off if is_read else Answer(off | {"message": "Smart links are not activated"}, 422)

    return guarded


async def list_links(call: Call) -> Any:
    page = await queries.list_links(call.core, page_request(call, sorts=_SORTS), search=call.text("search"))
    return {"action_links": page_object(call, page, lambda one: link_body(one, call.context))}


def _refusal(error: Invalid) -> Answer:
    errors = {name: [problem.text for problem in problems] for name, problems in error.fields.items()}
    return Answer({"message": error.message, "errors": errors}, 422)


async def create_link(call: Call) -> Any:
    try:
        made = await actions.create_link(call.core, _draft(call), user_id=call.caller.user.id)
    except Invalid as error:
        return _refusal(error)
    link = await queries.link_by_id(call.core, made)
    return {"link": link_body(link, call.context), "message": "SmartLink has be created"}


async def update_link(call: Call) -> Any:
    await queries.link_by_id(call.core, call.id())
    try:
        await actions.update_link(call.core, call.id(), _draft(call))
    except Invalid as error:
        return _refusal(error)
    link = await queries.link_by_id(call.core, call.id())
    return {"link": link_body(link, call.context), "message": "SmartLink has be updated"}


async def delete_link(call: Call) -> Any:
    await actions.delete_link(call.core, call.id())
    return {"message": "Selected Smart Link has been deleted"}


async def activate(call: Call) -> Any:
    await modules.switch(call.core, {MODULE: True})
    return {"message": "SmartLinks module has been successfully activated"}


_NEEDS = "fcrm_manage_settings"
ROUTES = [
    Route("GET", "/smart-links", "listSmartLinks", _NEEDS, "crud", switchable(list_links, is_read=True)),
    Route("POST", "/smart-links", "createSmartLink", _NEEDS, "crud", switchable(create_link)),
    Route("POST", "/smart-links/activate", "activateSmartLink", _NEEDS, "ack", activate),
    Route("PUT", "/smart-links/{id}", "updateSmartLink", _NEEDS, "crud", switchable(update_link)),
    Route("DELETE", "/smart-links/{id}", "deleteSmartLink", _NEEDS, "crud", switchable(delete_link)),
]
