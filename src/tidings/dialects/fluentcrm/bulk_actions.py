"""Bulk actions on contacts, by ids or by filter (spec §9.5). Each is a few set-based statements."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from tidings.automations.queries import find_automation
from tidings.bulk.actions import change_contacts
from tidings.bulk.types import (
    AddLists,
    AddTags,
    AskToConfirm,
    Change,
    DeleteContacts,
    JoinCompanies,
    LeaveCompanies,
    RemoveLists,
    RemoveTags,
    SetField,
    SetStatus,
    SetType,
    StartAutomation,
)
from tidings.contacts import actions, queries
from tidings.contacts.companies.queries import companies_by_ids
from tidings.contacts.types import STATUSES
from tidings.dialects._engine.calls import Call
from tidings.dialects._engine.routes import Route
from tidings.dialects.fluentcrm.subscribers import rule_of, words
from tidings.platform.errors import Refused
from tidings.segments.queries import where_of

PER_CALL = 400
DONE = "Selected bulk action has been successfully completed"


# What a request asks for as a change, and what is said after it; `{n}` is for how many something is new.
Asked = tuple[Change, str]


def _is_added(call: Call) -> bool:
    return call.text("action_name").startswith("add_")


async def _tags(call: Call) -> Asked:
    ids = await actions.ensure_tags(call.core, words(dict(call.params), "action_options"), may_make=_is_added(call))
    return (AddTags(tuple(ids)) if _is_added(call) else RemoveTags(tuple(ids))), DONE


async def _lists(call: Call) -> Asked:
    ids = await actions.ensure_lists(call.core, words(dict(call.params), "action_options"), may_make=_is_added(call))
    return (AddLists(tuple(ids)) if _is_added(call) else RemoveLists(tuple(ids))), DONE


async def _status(call: Call) -> Asked:
    status = call.text("new_status")
    if status not in STATUSES:
        raise Refused("Please select status")
    change = SetStatus(status, "bulk action")
    return change, "Status has been changed for the selected subscribers"


async def _type(call: Call) -> Asked:
    if not call.text("new_status"):
        raise Refused("Please select contact type")
    return SetType(call.text("new_status")), "Contact Type has been updated for the selected subscribers"


async def _custom(call: Call) -> Asked:
    field = call.record("custom_field")
    if not field.get("key"):
        raise Refused("Please provide a valid custom field key")
    change = SetField(str(field["key"]), field.get("value"))
    return change, "Custom Fields has been updated for the selected subscribers"


async def _company(call: Call) -> Asked:
    company_id = call.integer("new_status") or 0
    if company_id not in await companies_by_ids(call.core, [company_id]):
        raise Refused("Please select a company")
    if _is_added(call):
        return JoinCompanies((company_id,)), "{n} subscribers have been attached to the selected company"
    return LeaveCompanies((company_id,)), "{n} subscribers have been detached from the selected company"


async def _double_opt_in(call: Call) -> Asked:
    return AskToConfirm(), "Double optin sent to selected contacts"


async def _automation(call: Call) -> Asked:
    automation_id = call.integer("new_status") or 0
    if await find_automation(call.core, automation_id) is None:
        raise Refused("Please select an automation")
    return StartAutomation(automation_id), "{n} subscribers have been added to the selected automation"


async def _delete(call: Call) -> Asked:
    if not call.caller.may("fcrm_manage_contacts_delete"):
        raise Refused("You do not have permission to delete contacts")
    return DeleteContacts(), "Selected Contacts have been deleted permanently"


_ACTIONS: dict[str, Callable[[Call], Awaitable[Asked]]] = {
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
    change, message = await action(call)
    changed = await change_contacts(call.core, ids, change)
    if isinstance(change, JoinCompanies | LeaveCompanies) and not changed:
        raise Refused("No valid active subscribers found for this company")
    return {"last_contact_id": ids[-1], "completed_contacts": len(ids), "message": message.format(n=changed)}


ROUTES = [
    Route("POST", "/subscribers/do-bulk-action", "do-bulk-action", "fcrm_manage_contacts", "ack", do_bulk_action),
]
