"""Contacts: list, read, create, change, delete (spec §2.1, §3). Bulk actions are in `bulk_actions`, the quick
search in `search`, the tabs of a contact's page in `contact_tabs`."""

from __future__ import annotations

from typing import Any, cast

from tidings.contacts import actions, catalog, queries, rules
from tidings.contacts.companies import members
from tidings.contacts.companies.queries import companies_by_ids
from tidings.contacts.types import EDITABLE_STATUSES, STATUSES, ContactView, Draft, Status, WritePolicy
from tidings.dialects._engine.calls import Call, as_integer, as_list, as_structure, encoded
from tidings.dialects._engine.routes import Route
from tidings.dialects.fluentcrm import bounces, companies_wire, people
from tidings.dialects.fluentcrm.dialect import FieldErrors
from tidings.dialects.fluentcrm.envelope import page_object, page_request
from tidings.dialects.fluentcrm.filters import contact_query_rule
from tidings.messages.optin import write_and_ask
from tidings.platform.errors import Invalid, NotFound, Problem, Refused
from tidings.platform.pagination import Page
from tidings.reports.contacts import mail_stats
from tidings.segments.queries import where_of
from tidings.segments.types import Everybody, Rule

SORTS = {
    name: people.RENAMED.get(name, name) for name in (*people.WRITABLE, "id", "status", "created_at", "updated_at")
}
SORTS["last_activity"] = "active_at"
TAKEN = Problem("unique", "Provided email already assigned to another subscriber.")


async def rule_of(call: Call, params: dict[str, Any] | None = None, *, is_strict: bool = False) -> Rule:
    """The filter that a call (or a structure inside it) asks for."""
    given = call.params if params is None else params
    # Only advanced filters can name custom fields, and only searches look into them.
    needs_fields = given.get("filter_type") or (given.get("search") and given.get("custom_fields"))
    fields = await queries.custom_fields(call.core) if needs_fields else {}
    return contact_query_rule(given, fields=fields, is_strict=is_strict)


async def page_of_contacts(call: Call, page: Page[ContactView], *, has_custom: bool) -> dict[str, Any]:
    """The page object of contacts with their companies, and their custom fields where these were asked for."""
    joined = await companies_wire.joined_of(call, [view.contact for view in page.rows])

    def encode(view: ContactView) -> dict[str, Any]:
        body = people.view_body(view, call.context) | companies_wire.relations(view.contact, joined, call.context)
        return body | {"custom_fields": view.contact.custom} if has_custom else body

    return page_object(call, page, encode)


async def list_subscribers(call: Call) -> Any:
    rule = await rule_of(call)
    where = None if rule == Everybody() else await where_of(call.core, rule)
    page = await queries.list_contacts(call.core, page_request(call, sorts=SORTS), where)
    has_custom = call.flag("custom_fields") or call.flag("__with_custom_fields")
    body = await page_of_contacts(call, page, has_custom=has_custom)
    # They are told twice, so they are made text once.
    body["data"] = encoded(body["data"])
    custom = None
    if has_custom:
        custom = call.get("custom_fields") or call.get("__with_custom_fields")
    # The seeds show the page at the root, the recordings wrapped: both (spec §1.3).
    return {"subscribers": body, "custom": custom, **{k: v for k, v in body.items() if k != "links"}}


async def get_subscriber(call: Call) -> Any:
    view = await queries.find_contact(call.core, call.id())
    if view is None and call.text("get_by_email"):
        view = await queries.find_contact_by_email(call.core, call.text("get_by_email"))
    if view is None:
        raise Refused("Subscriber not found")
    joined = await companies_wire.joined_of(call, [view.contact])
    body = people.view_body(view, call.context) | companies_wire.relations(view.contact, joined, call.context)
    body["date_of_birth"] = body["date_of_birth"] or ""
    if view.contact.user_id is not None:
        body["user_edit_url"] = f"{call.context.public_url}/settings/team/{view.contact.user_id}"
        role = await call.core.db.fetchval("SELECT role FROM users WHERE id = $1", view.contact.user_id)
        body["user_roles"] = [role] if role else []
    wanted = call.items("with")
    if "stats" in wanted:
        body["stats"] = await mail_stats(call.core, view.contact.id)
    if "custom_fields" in wanted or "subscriber.custom_values" in wanted:
        body["custom_values"] = view.contact.custom
    if view.contact.status in ("unsubscribed", "bounced", "complained", "spammed"):
        body |= await _why_gone(call, view.contact.id, view.contact.status)
    body.pop("company", None)
    answer: dict[str, Any] = {"subscriber": body}
    if "custom_fields" in wanted:
        answer["custom_fields"] = [
            {"type": f.kind, "field_key": f.kind, "label": f.label, "slug": f.slug, "options": list(f.options)}
            for f in (await queries.custom_fields(call.core)).values()
        ]
    return answer


async def _why_gone(call: Call, contact_id: int, status: str) -> dict[str, Any]:
    row = await call.core.db.fetchrow(
        """SELECT reason, at, source, data FROM consents WHERE contact_id = $1
        AND kind IN ('opt_out', 'objection', 'bounce') ORDER BY id DESC LIMIT 1""",
        contact_id,
    )
    if row is None:
        return {}
    reason = row["reason"]
    if row["source"] == "mail_service":
        reason = bounces.reason_text(status, reason, row["at"], row["data"], call.context)
    return {"unsubscribe_reason": reason, "unsubscribe_date": call.context.stamp(row["at"])}


def draft_of(params: dict[str, Any], **more: Any) -> Draft:
    """A draft of a body; its tags and lists are `words` of the body unless given."""
    status = params.get("status")
    custom = as_structure(params.get("custom_values"))
    terms: dict[str, Any] = {name: words(params, name) for name in ("tags", "lists", "companies")}
    terms["companies"] += words(params, "company_id")
    return Draft(
        values=people.values_from(params),
        custom=custom if isinstance(custom, dict) else {},
        status=status if status in STATUSES else None,
        **(terms | more),
    )


def words(params: dict[str, Any], name: str) -> list[int | str]:
    """Tags or lists given as ids, slugs or titles: numbers and their digits are ids."""
    found: list[int | str] = []
    for one in as_list(params.get(name)):
        number = as_integer(one)
        if number is not None:
            found.append(number)
        elif isinstance(one, str) and one.strip():
            found.append(one)
    return found


async def create_subscriber(call: Call) -> Any:
    params = dict(call.params)
    email, status = call.text("email").strip(), call.text("status").strip()
    is_forced = call.text("__force_update") == "yes"
    problems: dict[str, Problem] = {}
    if not email:
        problems["email"] = Problem("required", "The email field is required.")
    elif not rules.is_email(email) or not email.isascii():
        problems["email"] = Problem("email", "The email must be a valid email address.")
    if not status:
        problems["status"] = Problem("required", "The status field is required.")
    if problems:
        raise FieldErrors(problems)
    if status not in STATUSES:
        params["status"] = "subscribed"
    params.pop("created_at", None)
    last_activity = call.context.instant(params["last_activity"]) if params.get("last_activity") else None
    draft = draft_of(params, active_at=last_activity)
    policy = WritePolicy(on_existing="update" if is_forced else "refuse", is_silent=call.flag("import_silently"))
    try:
        write = write_and_ask if call.flag("double_optin") else actions.write_contact
        written = await write(call.core, draft, policy)
    except Invalid as error:
        raise _worded(error) from error
    view = await queries.contact_by_id(call.core, written.id)
    body = people.contact_body(view.contact, call.context)
    if view.lists:
        body["lists"] = people.terms_body(view.lists, written.id, call.context, kind="Lists")
    if view.tags:
        body["tags"] = people.terms_body(view.tags, written.id, call.context, kind="Tag")
    if written.outcome == "created":
        return {"message": "Successfully added the subscriber.", "contact": body, "action_type": "created"}
    return {"message": "Contact has been successfully updated.", "contact": body, "action_type": "updated"}


def _worded(error: Invalid) -> Invalid:
    """The dialect's words for an address that is taken."""
    if any(problem.rule == "unique" for problem in error.fields.get("email", [])):
        return FieldErrors({"email": TAKEN})
    return error


async def update_subscriber(call: Call) -> Any:
    inner = call.structure("subscriber")
    params: dict[str, Any] = dict(call.params) | (inner if isinstance(inner, dict) else {})
    contact_id = call.id()
    if await queries.find_contact(call.core, contact_id) is None:
        raise NotFound("subscriber", contact_id)
    if "email" in params and not rules.is_email(str(params["email"] or "")):
        raise FieldErrors({"email": Problem("email", "The email must be a valid email address.")})
    draft = draft_of(
        params,
        id=contact_id,
        tags=words(params, "attach_tags") + words(params, "tags"),
        lists=words(params, "attach_lists") + words(params, "lists"),
        companies=[one for name in ("attach_companies", "companies", "company_id") for one in words(params, name)],
        remove_companies=words(params, "detach_companies"),
        remove_tags=words(params, "detach_tags"),
        remove_lists=words(params, "detach_lists"),
    )
    if draft.status not in EDITABLE_STATUSES:
        draft = Draft(**{name: getattr(draft, name) for name in draft.__slots__ if name != "status"})
    try:
        written = await actions.write_contact(call.core, draft, WritePolicy(on_missing="refuse", may_rise=True))
    except Invalid as error:
        raise _worded(error) from error
    primary = as_integer(params.get("company_id"))
    if primary in await companies_by_ids(call.core, [primary] if primary else []):
        await members.make_primary(call.core, [contact_id], primary or 0)
    view = await queries.contact_by_id(call.core, contact_id)
    body = people.contact_body(view.contact, call.context)
    if draft.tags or draft.lists or draft.remove_tags or draft.remove_lists:
        body["tags"] = people.terms_body(view.tags, contact_id, call.context, kind="Tag")
        body["lists"] = people.terms_body(view.lists, contact_id, call.context, kind="Lists")
    given = as_structure(params.get("custom_values"))
    is_dirty = any(not name.startswith("custom.") for name in written.changed) or draft.status is not None
    return {
        "message": "Subscriber successfully updated",
        "contact": body,
        "isDirty": is_dirty and written.outcome == "updated",
        "values": given if isinstance(given, dict) else [],
    }


_PROPERTIES = {
    "status": EDITABLE_STATUSES,
    "contact_type": ("lead", "customer"),
    "sms_status": ("sms_pending", "sms_subscribed", "sms_unsubscribed", "sms_bounced"),
    "avatar": None,
    "company_id": None,
}


async def update_property(call: Call) -> Any:
    name, value, ids = call.text("property"), call.text("value"), call.ids("subscribers")
    problems: dict[str, Problem] = {}
    if not name:
        problems["column"] = Problem("required", "The column field is required.")
    if not ids:
        problems["subscriber_ids"] = Problem("required", "The subscriber_ids field is required.")
    if problems:
        raise FieldErrors(problems)
    if name not in _PROPERTIES:
        raise Refused("Column is not valid")
    allowed = _PROPERTIES[name]
    if allowed is not None and value not in allowed:
        raise Refused("Value is not valid")
    if name == "company_id":
        await members.make_primary(call.core, ids, as_integer(value) or 0)
    elif name == "status":
        # One of EDITABLE_STATUSES, as was asked above.
        await actions.set_status(call.core, ids, cast("Status", value), reason="edited", may_rise=True)
    else:
        known = await queries.contacts_by_ids(call.core, ids)
        await actions.write_contacts(call.core, [Draft({name: value or None}, id=one) for one in known])
    return {"message": "Subscribers successfully updated"}


async def bulk_add_update(call: Call) -> Any:
    rows = call.structure("contacts")
    if not isinstance(rows, list):
        raise Refused("The contacts must be a list.")
    answer: dict[str, list[Any]] = {"created": [], "updated": [], "invalids": []}
    drafts: list[Draft] = []
    for row in rows:
        email = str(row.get("email") or "").strip() if isinstance(row, dict) else ""
        if not isinstance(row, dict) or not rules.is_email(email):
            answer["invalids"].append({**row, "email": ""} if isinstance(row, dict) and "email" in row else row)
            continue
        drafts.append(draft_of(row))
    policy = WritePolicy(may_rise=call.flag("force_update"), is_silent=call.flag("import_silently"))
    written = await actions.write_contacts(call.core, drafts, policy)
    views = await queries.contacts_by_ids(call.core, [one.id for one in written])
    for one in written:
        contact = views[one.id].contact
        kind = "created" if one.outcome == "created" else "updated"
        answer[kind].append({"id": contact.id, "email": contact.email, "status": contact.status})
    return {"message": "Successfully added/updated the subscribers.", **answer}


async def _known(call: Call, kind: str, name: str) -> list[int]:
    """Ids of what exists, by slug unless the call finds by id; nothing is made here."""
    if call.text("find_by") == "id":
        return call.ids(name)
    found = [await catalog.find_id_by_slug(call.core, kind, str(one)) for one in call.items(name)]
    return [one for one in found if one is not None]


async def sync_segments(call: Call) -> Any:
    kind = "lists" if call.text("type") == "lists" else "tags"
    attach, detach = await _known(call, kind, "attach"), await _known(call, kind, "detach")
    known = await queries.contacts_by_ids(call.core, call.ids("subscribers"))
    if kind == "tags":
        drafts = [Draft(id=one, tags=attach, remove_tags=detach) for one in known]
    else:
        drafts = [Draft(id=one, lists=attach, remove_lists=detach) for one in known]
    await actions.write_contacts(call.core, drafts)
    views = await queries.contacts_by_ids(call.core, list(known))
    joined = await companies_wire.joined_of(call, [view.contact for view in views.values()])
    rows = [
        people.view_body(views[one], call.context) | companies_wire.relations(views[one].contact, joined, call.context)
        for one in sorted(views)
    ]
    noun = "subscriber" if len(call.items("subscribers")) == 1 else "subscribers"
    return {"message": f"Successfully updated the {noun}.", "subscribers": rows}


async def delete_subscriber(call: Call) -> Any:
    if not await actions.delete_contacts(call.core, [call.id()]):
        raise NotFound("subscriber", call.id())
    return {"message": "Selected Subscriber has been deleted successfully"}


async def delete_subscribers(call: Call) -> Any:
    ids = call.ids("subscribers")
    if not ids:
        raise FieldErrors({"subscriber_ids": Problem("required", "The subscriber_ids field is required.")})
    await actions.delete_contacts(call.core, ids)
    return {"message": "Selected Subscribers have been deleted"}


async def prev_next(call: Call) -> Any:
    current = call.integer("current_id")
    if current is None or not call.text("filter_type"):
        raise Refused("filter_type and current_id are required")
    where = await where_of(call.core, await rule_of(call))
    after, before = await queries.around(call.core, current, where, limit=11)
    sides = {"next": after, "prev": before}
    return {
        "navigation": {name: ids[:10] for name, ids in sides.items()},
        "has_next": len(sides["next"]) > 10,
        "has_prev": len(sides["prev"]) > 10 or bool(sides["prev"]),
    }


_READ, _WRITE, _DELETE = "fcrm_read_contacts", "fcrm_manage_contacts", "fcrm_manage_contacts_delete"
ROUTES = [
    Route("GET", "/subscribers", "list-subscribers", _READ, "crud", list_subscribers),
    Route("POST", "/subscribers", "create-subscriber", _WRITE, "crud", create_subscriber),
    Route("DELETE", "/subscribers", "delete-subscribers", _DELETE, "ack", delete_subscribers),
    Route("GET", "/subscribers/prev-next-ids", "prev-next-ids", _READ, "view", prev_next),
    Route("PUT", "/subscribers/subscribers-property", "update-property", _WRITE, "ack", update_property),
    Route("POST", "/subscribers/bulk-add-update", "bulk-add-update", _WRITE, "ack", bulk_add_update),
    Route("POST", "/subscribers/sync-segments", "sync-segments", _WRITE, "ack", sync_segments),
    Route("GET", "/subscribers/{id}", "get-subscriber", _READ, "crud", get_subscriber),
    Route("PUT", "/subscribers/{id}", "update-subscriber", _WRITE, "crud", update_subscriber),
    Route("DELETE", "/subscribers/{id}", "delete-subscriber", _DELETE, "crud", delete_subscriber),
]
