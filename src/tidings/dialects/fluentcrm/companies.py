"""Companies: list, read, create, change, delete, who belongs to them (spec §2.2). Their notes, custom fields and
import are in `company_tabs`, what they look like in `companies_wire`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from tidings.contacts import queries as contacts
from tidings.contacts.companies import actions, logos, members, queries
from tidings.contacts.companies.types import Company, CompanyDraft, CompanyView
from tidings.dialects._engine.calls import Call, as_list
from tidings.dialects._engine.routes import Route
from tidings.dialects.fluentcrm import companies_wire as wire
from tidings.dialects.fluentcrm import people
from tidings.dialects.fluentcrm.dialect import BareText, FieldErrors
from tidings.dialects.fluentcrm.envelope import page_object, page_request
from tidings.platform.errors import Forbidden, Invalid, NotFound, Problem, Refused
from tidings.platform.modules import is_on
from tidings.reports.contacts import mail_stats
from tidings.segments.queries import where_of
from tidings.segments.types import Search

Handler = Callable[[Call], Awaitable[Any]]
PER_CALL = 50
TAKEN = Problem("unique", "The name attribute is already taken and must be unique.")
UPDATE_TAKEN = "Company name already exists. Please use a different company name"
_SORTS = {name: name for name in queries.SORTS}
_LOOKED_UP = ("name", "email", "phone")
_RESULT = ("id", "name", "email", "logo", "phone", "website")


def switchable(handler: Handler) -> Handler:
    """Refuses with 403 while companies are switched off."""

    async def guarded(call: Call) -> Any:
        if not await is_on(call.core, wire.MODULE):
            raise Forbidden(wire.MODULE)
        return await handler(call)

    return guarded


async def require_company(call: Call) -> CompanyView:
    """The company of the path; raises NotFound."""
    return await queries.company_by_id(call.core, call.id())


def narrowing(params: Mapping[str, Any]) -> dict[str, Any]:
    """What `search` and `inline_filters` ask for."""
    inline = params.get("inline_filters")
    given: Mapping[str, Any] = inline if isinstance(inline, dict) else {}
    search = params.get("search")
    return {
        "search": search if isinstance(search, str) else "",
        "types": [str(one) for one in as_list(given.get("company_types"))],
        "industries": [str(one) for one in as_list(given.get("company_categories"))],
    }


async def list_companies(call: Call) -> Any:
    page = await queries.list_companies(call.core, page_request(call, sorts=_SORTS), **narrowing(call.params))
    owners = [view.company.owner_id for view in page.rows if view.company.owner_id is not None]
    known = await contacts.contacts_by_ids(call.core, owners) if owners else {}

    def encode(view: CompanyView) -> dict[str, Any]:
        owner = known.get(view.company.owner_id or 0)
        return wire.view_body(view, owner.contact if owner else None, call.context)

    return {"companies": page_object(call, page, encode)}


async def get_company(call: Call) -> Any:
    by, value = call.text("find_by"), call.text("find_by_value").strip()
    if by in _LOOKED_UP:
        found = await queries.find_company(call.core, value, by=by) if value else None
        if found is None:
            raise BareText("Company not found")
    elif by not in ("", "id"):
        raise BareText("Company not found")
    else:
        found = await require_company(call)
    owner = found.company.owner_id and await contacts.find_contact(call.core, found.company.owner_id)
    body = wire.view_body(found, owner.contact if owner else None, call.context)
    if owner:
        body["owner"]["stats"] = await mail_stats(call.core, owner.contact.id)
    return {"company": body}


async def create_company(call: Call) -> Any:
    values, custom = wire.values_from(call.params)
    intended = call.integer("intended_contact_id")
    try:
        made = await actions.create_company(call.core, CompanyDraft(values, custom), contact_id=intended)
    except Invalid as error:
        if any(problem.rule == "unique" for problem in error.fields.get("name", [])):
            raise FieldErrors({"name": TAKEN}) from error
        raise
    if await is_on(call.core, "company_logos") and not values.get("logo"):
        await logos.look_up_logo(call.core, made)
    view = await queries.company_by_id(call.core, made)
    body = wire.created_body(view.company, values, call.context)
    return {"message": "Company has been created successfully", "company": body}


async def update_company(call: Call) -> Any:
    if call.id() == 0:
        return await create_company(call)
    values, custom = wire.values_from(call.params)
    try:
        await actions.update_company(call.core, call.id(), CompanyDraft(values, custom))
    except Invalid as error:
        if any(problem.rule == "unique" for problem in error.fields.get("name", [])):
            raise Refused(UPDATE_TAKEN) from error
        raise
    company = (await require_company(call)).company
    return {"message": "Company has been updated", "company": wire.company_body(company, call.context)}


async def delete_company(call: Call) -> Any:
    if not await actions.delete_companies(call.core, [call.id()]):
        raise NotFound("company", call.id())
    return {"message": "Company has been deleted successfully"}


async def search_companies(call: Call) -> Any:
    found, has_more = await queries.search_companies(
        call.core, call.text("search"), always=call.ids("values"), without_contact=call.integer("subscriber_id")
    )
    return {"results": [{name: getattr(one, name) for name in _RESULT} for one in found], "has_more": has_more}


async def search_unattached(call: Call) -> Any:
    text, limit = call.text("search").strip(), call.integer("limit") or 0
    matching = await where_of(call.core, Search(text[:1000])) if text else None
    found = await queries.contacts_outside(
        call.core, call.integer("company_id") or 0, matching, limit=min(limit, 1000) if limit > 0 else 20
    )
    return {"results": [people.contact_body(one, call.context) for one in found]}


async def _pairs(call: Call) -> tuple[list[int], dict[int, Company]]:
    contact_ids = call.ids("subscriber_ids")
    companies = await queries.companies_by_ids(call.core, call.ids("company_ids"))
    if not contact_ids or not companies:
        raise BareText("Invalid data")
    return contact_ids, companies


async def attach_contacts(call: Call) -> Any:
    contact_ids, companies = await _pairs(call)
    await members.attach_companies(call.core, contact_ids, list(companies))
    bodies = [wire.company_body(one, call.context) for one in companies.values()]
    return {"message": "Selected Companies have been attached successfully", "companies": bodies}


async def detach_contacts(call: Call) -> Any:
    contact_ids, companies = await _pairs(call)
    moved = await members.detach_companies(call.core, contact_ids, list(companies))
    promoted = [company_id for company_id in moved.promoted.values() if company_id is not None]
    return {
        "companies": [wire.company_body(one, call.context) for one in companies.values()],
        "last_primary_company_id": promoted[-1] if promoted else False,
        "message": "Company has been successfully detached",
    }


async def _known_type(call: Call, value: str) -> str:
    types, _ = await queries.words_in_use(call.core)
    found = next((one for one in types if one.lower() == value.strip().lower()), None)
    if found is None:
        raise Refused("Value is not valid")
    return found


async def update_property(call: Call) -> Any:
    name, ids = call.text("property"), call.ids("companies")
    problems: dict[str, Problem] = {}
    if not name:
        problems["column"] = Problem("required", "The column field is required.")
    if not ids:
        problems["company_ids"] = Problem("required", "The company_ids field is required.")
    if problems:
        raise FieldErrors(problems)
    if name not in ("type", "logo", "owner_id", "refetch_logo"):
        raise Refused("Column is not valid")
    known = list(await queries.companies_by_ids(call.core, ids))
    answer: dict[str, Any] = {"message": "Company successfully updated"}
    if name == "refetch_logo":
        found = [await logos.look_up_logo(call.core, one) for one in known[:PER_CALL]]
        return answer | ({"updated_logo": found[-1]} if found and found[-1] else {})
    value = await _known_type(call, call.text("value")) if name == "type" else call.text("value")
    await actions.write_companies(call.core, [CompanyDraft({name: value}, id=one) for one in known])
    return answer


async def _change(call: Call, ids: list[int], column: str, word: str) -> str:
    value = call.text("new_status").strip()
    if not value:
        raise Refused(f"Please select new {word}")
    known = await queries.companies_by_ids(call.core, ids)
    await actions.write_companies(call.core, [CompanyDraft({column: value}, id=one) for one in known])
    return f"Company {word.capitalize()} has been updated for the selected companies"


async def _delete(call: Call, ids: list[int]) -> str:
    if not call.caller.may("fcrm_manage_contact_cats_delete"):
        raise Refused("You do not have permission to delete companies")
    await actions.delete_companies(call.core, ids)
    return "Selected Companies have been deleted permanently"


async def _selected(call: Call) -> list[int]:
    """The companies chosen by id, or the next ones of a filter. A filter must be there: nothing chosen is nobody."""
    ids = call.ids("company_ids")
    if ids:
        return ids
    query = call.structure("company_query")
    if call.items("company_ids") or not (isinstance(query, dict) or call.text("search").strip()):
        raise Refused("Companies selection is required")
    given = {"search": call.text("search")} | (query if isinstance(query, dict) else {})
    return await queries.list_company_ids(
        call.core, **narrowing(given), after=call.integer("last_id") or 0, limit=PER_CALL
    )


async def do_bulk_action(call: Call) -> Any:
    ids = await _selected(call)
    if not ids:
        message = "All companies have been processed"
        return {"is_completed": True, "completed_companies": 0, "message": message}
    match call.text("action_name"):
        case "delete_companies":
            message = await _delete(call, ids)
        case "change_company_type":
            message = await _change(call, ids, "type", "type")
        case "change_company_category":
            message = await _change(call, ids, "industry", "category")
        case _:
            # What is not known changes nothing and is answered like the rest.
            message = "Selected bulk action has been successfully completed"
    return {"last_company_id": ids[-1], "completed_companies": len(ids), "message": message}


READ = "fcrm_read_contacts|fcrm_manage_contact_cats"
WRITE, DELETE = "fcrm_manage_contact_cats", "fcrm_manage_contact_cats_delete"
_BASE = "/companies"


def _row(method: str, path: str, operation: str, permission: str, kind: Any, handler: Handler) -> Route:
    return Route(method, f"{_BASE}{path}", operation, permission, kind, switchable(handler))


ROUTES = [
    _row("GET", "", "list-companies", READ, "crud", list_companies),
    _row("POST", "", "create-company", WRITE, "crud", create_company),
    _row("GET", "/search", "search-companies", READ, "view", search_companies),
    _row("GET", "/search-unattached-contacts", "search-unattached-contacts", READ, "view", search_unattached),
    _row("POST", "/attach-subscribers", "attach-company-subscribers", WRITE, "ack", attach_contacts),
    _row("POST", "/detach-subscribers", "detach-company-subscribers", WRITE, "ack", detach_contacts),
    _row("PUT", "/companies-property", "update-companies-property", WRITE, "ack", update_property),
    _row("POST", "/do-bulk-action", "bulk-action-companies", WRITE, "ack", do_bulk_action),
    _row("GET", "/{id}", "get-company", READ, "crud", get_company),
    _row("PUT", "/{id}", "update-company", WRITE, "crud", update_company),
    _row("DELETE", "/{id}", "delete-company", DELETE, "crud", delete_company),
]
