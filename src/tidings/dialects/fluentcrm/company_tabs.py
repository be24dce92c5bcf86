"""What stands on the tabs of a company's page: notes and panels; the custom fields that all companies have."""

from __future__ import annotations

from typing import Any

from tidings.contacts import actions, rules
from tidings.contacts.companies import notes
from tidings.contacts.companies.types import CompanyNote
from tidings.dialects._engine.calls import Call
from tidings.dialects._engine.routes import Route
from tidings.dialects.fluentcrm import companies_wire as wire
from tidings.dialects.fluentcrm import custom_fields
from tidings.dialects.fluentcrm.companies import READ, WRITE, Handler, require_company, switchable
from tidings.dialects.fluentcrm.contact_tabs import clean_html, note_fields, note_input
from tidings.dialects.fluentcrm.envelope import page_object, page_request
from tidings.platform.errors import NotFound, Refused


async def list_notes(call: Call) -> Any:
    page = await notes.list_company_notes(call.core, call.id(), page_request(call), call.text("search"))

    def encode(note: CompanyNote) -> dict[str, Any]:
        author: Any = False
        if note.author_name:
            author = {"ID": note.author_id, "first_name": "", "last_name": "", "display_name": note.author_name}
        return wire.note_body(note, call.context) | {"added_by": author}

    return {"notes": page_object(call, page, encode), "fields": {"fields": note_fields()}}


def _values(call: Call) -> dict[str, Any]:
    given = note_input(call)
    return {
        "kind": rules.clean_text(str(given["type"]))[:50],
        "title": rules.clean_text(str(given["title"])),
        "description": clean_html(str(given["description"])),
        "created_at": call.context.instant(given["created_at"]) if given.get("created_at") else None,
    }


async def create_note(call: Call) -> Any:
    values = _values(call)
    note_id = await notes.add_company_note(call.core, call.id(), author_id=call.caller.user.id, **values)
    note = await _require(call, note_id)
    stored = wire.note_body(note, call.context)
    body = {name: stored[name] for name in ("title", "description", "type", "created_at")}
    body |= {"subscriber_id": note.company_id, "created_by": note.author_id, "status": wire.NOTE_STATUS}
    body |= {"updated_at": stored["updated_at"], "id": note_id}
    return {"note": body, "message": "Note has been successfully added"}


async def _require(call: Call, note_id: int) -> CompanyNote:
    found = await notes.find_company_note(call.core, call.id(), note_id)
    if found is None:
        raise NotFound("companyNote", note_id)
    return found


async def update_note(call: Call) -> Any:
    values, note_id = _values(call), call.id("note_id")
    await _require(call, note_id)
    await actions.update_note(call.core, note_id, **values)
    body = wire.note_body(await _require(call, note_id), call.context)
    return {"note": body, "message": "Note successfully updated"}


async def delete_note(call: Call) -> Any:
    await notes.delete_company_notes(call.core, call.id(), [call.id("note_id")])
    return {"message": "Note successfully deleted"}


async def bulk_delete_notes(call: Call) -> Any:
    ids = call.ids("note_ids")
    if not ids:
        raise Refused("No note IDs provided")
    n = await notes.delete_company_notes(call.core, call.id(), ids)
    return {"message": f"{n} note{'' if n == 1 else 's'} deleted"}


async def tab_view(call: Call) -> Any:
    await require_company(call)
    return {"heading": "", "content_html": ""}


async def get_fields(call: Call) -> Any:
    return await custom_fields.get_fields(call, "company")


async def save_fields(call: Call) -> Any:
    return await custom_fields.save_fields(call, "company")


async def rename_group(call: Call) -> Any:
    return await custom_fields.rename_group(call, "company")


def _row(method: str, path: str, operation: str, permission: str, kind: Any, handler: Handler) -> Route:
    return Route(method, f"/companies{path}", operation, permission, kind, switchable(handler))


_SETTINGS = "fcrm_manage_settings"
ROUTES = [
    _row("GET", "/custom-fields", "get-company-custom-fields", f"{READ}|{_SETTINGS}", "view", get_fields),
    _row("PUT", "/custom-fields", "save-company-custom-fields", _SETTINGS, "ack", save_fields),
    _row(
        "PUT", "/custom-fields/update_group_name", "rename-company-custom-field-group", _SETTINGS, "ack", rename_group
    ),
    _row("GET", "/{id}/notes", "list-company-notes", READ, "crud", list_notes),
    _row("POST", "/{id}/notes", "create-company-note", WRITE, "crud", create_note),
    _row("POST", "/{id}/notes/bulk-delete", "bulk-delete-company-notes", WRITE, "ack", bulk_delete_notes),
    _row("PUT", "/{id}/notes/{note_id}", "update-company-note", WRITE, "crud", update_note),
    _row("DELETE", "/{id}/notes/{note_id}", "delete-company-note", WRITE, "crud", delete_note),
    _row("GET", "/{id}/custom_tab_view", "company-custom-tab-view", READ, "view", tab_view),
]
