"""Bulk actions on contacts, by ids or by filter (spec §9.5). Each is a few set-based statements."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from tidings.automations.entering import add_contacts
from tidings.automations.queries import find_automation
from tidings.contacts import actions, queries
from tidings.contacts.companies import members
from tidings.contacts.companies.queries import companies_by_ids
from tidings.contacts.types import STATUSES, Draft
from tidings.dialects._engine.calls import Call
from tidings.dialects._engine.routes import Route
from tidings.dialects.fluentcrm.subscribers import rule_of, words
from tidings.messages.optin import send_opt_in
from tidings.platform.errors import NotFound, Refused
from tidings.segments.queries import where_of

PER_CALL = 400
DONE = "Selected bulk action has been successfully completed"


async def _tags(call: Call, ids: list[int]) -> str:
    wanted = words(dict(call.params), "action_options")
    is_added = call.text("action_name") == "add_to_tags"
    known = await queries.contacts_by_ids(call.core, ids)
    drafts = [Draft(id=one, tags=wanted) if is_added else Draft(id=one, remove_tags=wanted) for one in known]
    await actions.write_contacts(call.core, drafts)
    return DONE


async def _lists(call: Call, ids: list[int]) -> str:
    wanted = words(dict(call.params), "action_options")
    is_added = call.text("action_name") == "add_to_lists"
    known = await queries.contacts_by_ids(call.core, ids)
    drafts = [Draft(id=one, lists=wanted) if is_added else Draft(id=one, remove_lists=wanted) for one in known]
    await actions.write_contacts(call.core, drafts)
    return DONE


async def _status(call: Call, ids: list[int]) -> str:
    status = call.text("new_status")
    if status not in STATUSES:
        raise Refused("Please select status")
    await actions.set_status(call.core, ids, status, reason="bulk action", may_rise=True)  # type: ignore[arg-type]
    return "Status has been changed for the selected subscribers"


async def _type(call: Call, ids: list[int]) -> str:
    if not call.text("new_status"):
        raise Refused("Please select contact type")
    known = await queries.contacts_by_ids(call.core, ids)
    await actions.write_contacts(call.core, [Draft({"contact_type": call.text("new_status")}, id=one) for one in known])
    return "Contact Type has been updated for the selected subscribers"


async def _custom(call: Call, ids: list[int]) -> str:
    field = call.record("custom_field")
    if not field.get("key"):
        raise Refused("Please provide a valid custom field key")
    known = await queries.contacts_by_ids(call.core, ids)
    custom = {str(field["key"]): field.get("value")}
    await actions.write_contacts(call.core, [Draft(custom=custom, id=one) for one in known])
    return "Custom Fields has been updated for the selected subscribers"


async def _company(call: Call, ids: list[int]) -> str:
    company_id = call.integer("new_status") or 0
    if company_id not in await companies_by_ids(call.core, [company_id]):
        raise Refused("Please select a company")
    if call.text("action_name") == "add_to_company":
        n, done = len((await members.attach_companies(call.core, ids, [company_id])).joined), "attached to"
    else:
        n, done = len((await members.detach_companies(call.core, ids, [company_id])).left), "detached from"
    if not n:
        raise Refused("No valid active subscribers found for this company")
    return f"{n} subscribers have been {done} the selected company"


async def _double_opt_in(call: Call, ids: list[int]) -> str:
    for contact_id in ids:
        try:
            await send_opt_in(call.core, contact_id)
        except (Refused, NotFound):
            # who is not pending, or was asked a moment ago, is passed over
            continue
    return "Double optin sent to selected contacts"


async def _automation(call: Call, ids: list[int]) -> str:
    automation_id = call.integer("new_status") or 0
    if await find_automation(call.core, automation_id) is None:
        raise Refused("Please select an automation")
    n = await add_contacts(call.core, automation_id, ids)
    return f"{n} subscribers have been added to the selected automation"


async def _delete(call: Call, ids: list[int]) -> str:
    if not call.caller.may("fcrm_manage_contacts_delete"):
        raise Refused("You do not have permission to delete contacts")
    await actions.delete_contacts(call.core, ids)
    return "Selected Contacts have been deleted permanently"


_ACTIONS: dict[str, Callable[[Call, list[int]], Awaitable[str]]] = {
    "add_to_tags": _tags,
    "remove_from_tags": _tags,
    "add_to_lists": _lists,
    "remove_from_lists": _lists,
    "change_contact_status": _status,
    "change_contact_type": _type,
    "update_custom_fields": _custom,
    "add_to_company": _company,
    "remove_from_company": _company,
    "add_to_automation": _automation,
    "send_double_optin": _double_opt_in,
    "delete_contacts": _delete,
}


async def do_bulk_action(call: Call) -> Any:
    action = _ACTIONS.get(call.text("action_name"))
    if call.text("is_all") == "yes":
        rule = await rule_of(call, call.record("contact_query"), is_strict=True)
        after = call.integer("last_id") or 0
        ids = await queries.list_ids(call.core, await where_of(call.core, rule), after=after, limit=PER_CALL)
        if not ids:
            return {"is_completed": True, "completed_contacts": 0, "message": "All contacts have been processed"}
    else:
        ids = call.ids("subscriber_ids")
    if not ids:
        raise Refused("Subscribers selection is required")
    if action is None:
        raise Refused("Selected Action is not valid")
    message = await action(call, ids)
    return {"last_contact_id": ids[-1], "completed_contacts": len(ids), "message": message}


ROUTES = [
    Route("POST", "/subscribers/do-bulk-action", "do-bulk-action", "fcrm_manage_contacts", "ack", do_bulk_action),
]
