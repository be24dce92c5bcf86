"""What stands on the tabs of a contact's page: notes, mails, events, and panels of modules that hold nothing yet."""

from __future__ import annotations

from html import escape
from typing import Any

import nh3

from tidings.access.queries import users_by_ids
from tidings.campaigns.direct import send_to_contact
from tidings.contacts import actions, events, queries, rules
from tidings.contacts.types import NOTE_KINDS, Note
from tidings.dialects._engine.calls import Call
from tidings.dialects._engine.routes import Route
from tidings.dialects.fluentcrm import people
from tidings.dialects.fluentcrm.campaign_reports import mail_rows
from tidings.dialects.fluentcrm.campaigns_wire import DEFAULT_SETTINGS, content_values, merged_settings
from tidings.dialects.fluentcrm.dialect import FieldErrors
from tidings.dialects.fluentcrm.envelope import page_object, page_of_rows, page_request
from tidings.forms import queries as forms
from tidings.messages.optin import send_opt_in
from tidings.messages.preview import render_for_contact
from tidings.messages.queries import delete_messages_of_contact, list_messages
from tidings.platform import markup
from tidings.platform.errors import NotFound, Problem, Refused
from tidings.platform.modules import is_on
from tidings.reports.contacts import clicked_links


async def _require(call: Call) -> int:
    if await queries.find_contact(call.core, call.id()) is None:
        raise NotFound("subscriber", call.id())
    return call.id()


def note_body(call: Call, note: Note) -> dict[str, Any]:
    """A note as stored."""
    return {
        "id": note.id,
        "subscriber_id": str(note.contact_id),
        "parent_id": note.parent_id,
        "created_by": str(note.author_id) if note.author_id else None,
        "status": note.status,
        "type": note.kind,
        "is_private": "1" if note.is_private else "0",
        "title": note.title,
        "description": note.description,
        "created_at": call.context.stamp(note.created_at),
        "updated_at": call.context.stamp(note.updated_at),
    }


async def list_notes(call: Call) -> Any:
    page = await queries.list_notes(call.core, call.id(), page_request(call), call.text("search"))

    def encode(note: Note) -> dict[str, Any]:
        author: Any = False
        if note.author_name:
            photo = people.photo_of(note.author_name, note.author_name, None, call.context)
            author = {"ID": note.author_id, "display_name": note.author_name, "photo": photo}
        return note_body(call, note) | {"added_by": author}

    body: dict[str, Any] = {"notes": page_object(call, page, encode)}
    body["fields"] = {"fields": note_fields()}
    return body


def note_fields() -> dict[str, Any]:
    """What a form of a note asks for."""
    options = [{"id": kind, "label": kind.replace("_", " ").capitalize()} for kind in NOTE_KINDS]
    moment = {"type": "input-date", "data_type": "datetime", "name": "created_at", "label": "Date Time"}
    moment |= {"id": "fc_note_title", "value_format": "YYYY-MM-DD HH:mm:ss", "help": "Leave empty for now"}
    title = {
        "type": "input-text",
        "name": "title",
        "label": "Title",
        "id": "fc_note_title",
        "placeholder": "Title of the note",
    }
    return {
        "type": {"type": "input-option", "label": "Type", "id": "fc_note_type", "name": "type", "options": options},
        "created_at": moment,
        "title": title,
        "description": {"type": "wp-editor", "name": "description", "label": "Description", "id": "fc_note_desc"},
    }


def note_input(call: Call) -> dict[str, Any]:
    """The note of a body; raises FieldErrors."""
    given = call.record("note")
    missing = {
        name: Problem("required", f"The {name} field is required.")
        for name in ("title", "description", "type")
        if not str(given.get(name) or "").strip()
    }
    if missing:
        raise FieldErrors(missing)
    return given


async def create_note(call: Call) -> Any:
    given = note_input(call)
    contact_id = await _require(call)
    text = await render_for_contact(call.core, clean_html(str(given["description"])), contact_id)
    note_id = await actions.add_note(
        call.core,
        contact_id,
        kind=rules.clean_text(str(given["type"]))[:50],
        title=rules.clean_text(str(given["title"])),
        description=text,
        author_id=call.caller.user.id,
        created_at=call.context.instant(given["created_at"]) if given.get("created_at") else None,
    )
    note = await queries.find_note(call.core, note_id)
    assert note is not None
    stored = note_body(call, note)
    body = {name: stored[name] for name in ("title", "description", "type", "created_at")}
    body |= {
        "subscriber_id": contact_id,
        "created_by": note.author_id,
        "updated_at": stored["updated_at"],
        "id": note_id,
    }
    return {"note": body, "message": "Note successfully added"}


def clean_html(text: str) -> str:
    """Markup that is safe to show."""
    return markup.cleaned(text, clean_content_tags=set(), tags=nh3.ALLOWED_TAGS - {"script", "style"})


async def update_note(call: Call) -> Any:
    given = note_input(call)
    note_id = call.id("note_id")
    known = await queries.find_note(call.core, note_id)
    if known is None or known.contact_id != call.id():
        raise NotFound("note", note_id)
    await actions.update_note(
        call.core,
        note_id,
        kind=rules.clean_text(str(given["type"]))[:50],
        title=rules.clean_text(str(given["title"])),
        description=clean_html(str(given["description"])),
        created_at=call.context.instant(given["created_at"]) if given.get("created_at") else None,
    )
    note = await queries.find_note(call.core, note_id)
    assert note is not None
    return {"note": note_body(call, note), "message": "Note successfully updated"}


async def delete_note(call: Call) -> Any:
    await actions.delete_notes(call.core, [call.id("note_id")], contact_id=call.id())
    return {"message": "Note successfully deleted"}


async def bulk_delete_notes(call: Call) -> Any:
    ids = call.ids("note_ids")
    if not ids:
        raise Refused("No note IDs provided")
    n = await actions.delete_notes(call.core, ids, contact_id=call.id())
    return {"message": f"{n} note{'' if n == 1 else 's'} deleted"}


async def list_emails(call: Call) -> Any:
    page = await list_messages(call.core, page_request(call), contact_id=call.id(), filter=call.text("filter"))
    return {"emails": page_of_rows(call, await mail_rows(call, page.rows), page.total, page.request)}


async def delete_emails(call: Call) -> Any:
    await delete_messages_of_contact(call.core, call.id(), call.ids("email_ids"))
    return {"message": "Selected emails have been deleted"}


async def send_custom_email(call: Call) -> Any:
    contact_id = await _require(call)
    given = call.record("campaign")
    settings = merged_settings({}, given.get("settings") or {})
    content = content_values(given, settings)
    title = rules.clean_text(str(given.get("title") or "")) or "Custom email"
    await send_to_contact(call.core, contact_id, title=title, created_by=call.caller.user.id, content=content)
    return {"message": "Custom Email has been successfully sent"}


async def send_double_opt_in(call: Call) -> Any:
    await send_opt_in(call.core, call.id())
    return {"message": "Double OptIn email has been sent"}


async def url_metrics(call: Call) -> Any:
    request = page_request(call)
    rows = await clicked_links(call.core, call.id(), request)
    return {"urlMetrics": page_object(call, rows, lambda one: {"url": one.url, "count": str(one.clicks)})}


async def template_mock(call: Call) -> Any:
    mock: dict[str, Any] = dict.fromkeys(
        (
            "id",
            "template_id",
            "email_subject",
            "email_pre_header",
            "email_body",
            "utm_source",
            "utm_medium",
            "utm_campaign",
        ),
        "",
    )
    mock |= {
        "utm_term": "",
        "utm_content": "",
        "utm_status": 0,
        "title": "Custom Email to Contact",
        "status": "published",
    }
    mock |= {"design_template": "simple", "settings": DEFAULT_SETTINGS}
    return {"email_mock": mock}


async def _require_events(call: Call) -> None:
    if not await is_on(call.core, "events"):
        raise Refused("Event Tracker is not enabled", flags={"error_code": "not_enabled"})


async def tracking_events(call: Call) -> Any:
    await _require_events(call)
    page = await events.list_events(call.core, call.id(), page_request(call))

    def encode(one: events.TrackedEvent) -> dict[str, Any]:
        return {
            "id": one.id,
            "subscriber_id": str(one.contact_id),
            "counter": str(one.counter),
            "created_by": str(one.created_by or 0),
            "provider": one.provider,
            "event_key": one.event_key,
            "title": one.title,
            "value": one.value,
            "created_at": call.context.stamp(one.created_at),
            "updated_at": call.context.stamp(one.updated_at),
        }

    return {"events": page_object(call, page, encode)}


async def track_event(call: Call) -> Any:
    await _require_events(call)
    missing = {
        name: Problem("required", f"The {name} field is required.")
        for name in ("event_key", "title")
        if not call.text(name)
    }
    if missing:
        raise FieldErrors(missing)
    contact_id = call.integer("subscriber_id")
    view = await queries.find_contact(call.core, contact_id) if contact_id else None
    emails = [call.text("email")]
    if user_id := call.integer("user_id"):
        emails += [user.email for user in await users_by_ids(call.core, [user_id])]
    for email in emails:
        if view is None and email:
            view = await queries.find_contact_by_email(call.core, email)
    if view is None:
        raise Refused("Subscriber not found", flags={"error_code": "subscriber_not_found"})
    event_id = await events.track_event(
        call.core,
        view.contact.id,
        event_key=rules.clean_text(call.text("event_key"))[:192],
        title=rules.clean_text(call.text("title"))[:192],
        value=rules.clean_text(call.text("value")),
        provider=rules.clean_text(call.text("provider")) or "custom",
        is_repeatable=call.flag("repeatable", default=True),
        created_by=call.caller.user.id,
    )
    return {"message": "Event has been tracked", "id": event_id}


async def purchase_history(_call: Call) -> Any:
    return {"orders": {"orders": [], "total": 0}}


async def form_submissions(call: Call) -> Any:
    await _require(call)
    columns = {
        name: {"label": name, "width": "150px"} for name in ("id", "Form Title", "status", "Submitted At", "action")
    }
    page, titles = await forms.submissions_of(call.core, call.id(), page_request(call, sorts={}))
    rows = [
        {
            "id": one.id,
            "form_id": one.form_id,
            "form_title": title,
            "Form Title": escape(title),
            "status": one.state,
            "created_at": call.context.stamp(one.created_at),
            "Submitted At": call.context.stamp(one.created_at),
            "action": f'<a href="{call.context.public_url}/forms/{one.form_id}#{one.id}">View</a>',
        }
        for one, title in zip(page.rows, titles, strict=True)
    ]
    return {"submissions": {"data": rows, "total": page.total, "columns_config": columns}}


async def support_tickets(_call: Call) -> Any:
    columns = {"id": {"label": "ID", "width": "100px"}, "status": {"label": "Status", "width": "120px"}}
    columns |= {name: {"label": name.capitalize(), "width": "150px"} for name in ("Submitted at", "action")}
    return {"tickets": {"data": [], "total": 0, "columns_config": columns}}


async def external_view(_call: Call) -> Any:
    return {"heading": "", "content_html": ""}


async def save_external_view(_call: Call) -> Any:
    raise Refused("Handled could not be found.")


async def info_widgets(_call: Call) -> Any:
    return {"widgets": {"top_widgets": [], "other_widgets": [], "widgets_count": 0}}


async def dynamic_item_view(_call: Call) -> Any:
    empty = {"title": "no title", "content_html": "sorry, no content found", "footer_content": ""}
    return {"data_view": {"type": "html", **empty}}


_READ, _WRITE = "fcrm_read_contacts", "fcrm_manage_contacts"
_ONE = "/subscribers/{id}"
ROUTES = [
    Route("GET", f"{_ONE}/notes", "list-notes", _READ, "crud", list_notes),
    Route("POST", f"{_ONE}/notes", "create-note", _WRITE, "crud", create_note),
    Route("POST", f"{_ONE}/notes/bulk-delete", "bulk-delete-notes", _WRITE, "ack", bulk_delete_notes),
    Route("PUT", f"{_ONE}/notes/{{note_id}}", "update-note", _WRITE, "crud", update_note),
    Route("DELETE", f"{_ONE}/notes/{{note_id}}", "delete-note", _WRITE, "crud", delete_note),
    Route("GET", f"{_ONE}/emails", "list-contact-emails", _READ, "view", list_emails),
    Route("DELETE", f"{_ONE}/emails", "delete-contact-emails", _WRITE, "ack", delete_emails),
    Route("POST", f"{_ONE}/emails/send", "send-custom-email", "fcrm_manage_emails", "ack", send_custom_email),
    Route("POST", f"{_ONE}/send-double-optin", "send-double-optin", _WRITE, "ack", send_double_opt_in),
    Route("GET", f"{_ONE}/url-metrics", "url-metrics", _READ, "view", url_metrics),
    Route("GET", f"{_ONE}/emails/template-mock", "template-mock", _READ, "view", template_mock),
    Route("GET", f"{_ONE}/tracking-events", "list-tracking-events", _READ, "view", tracking_events),
    Route("POST", "/subscribers/track-event", "track-event", _WRITE, "ack", track_event),
    Route("GET", f"{_ONE}/purchase-history", "purchase-history", _READ, "view", purchase_history),
    Route("GET", f"{_ONE}/form-submissions", "form-submissions", _READ, "view", form_submissions),
    Route("GET", f"{_ONE}/support-tickets", "support-tickets", _READ, "view", support_tickets),
    Route("GET", f"{_ONE}/external_view", "external-view", _READ, "view", external_view),
    Route("POST", f"{_ONE}/external_view", "save-external-view", _WRITE, "ack", save_external_view),
    Route("GET", f"{_ONE}/info-widgets", "info-widgets", _READ, "view", info_widgets),
    Route("GET", f"{_ONE}/dynamic-item-view", "dynamic-item-view", _READ, "view", dynamic_item_view),
]
