"""Templates of mails on the wire (spec §2.6, §4.3). Patterns are in `email_patterns`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from tidings.content import picker
from tidings.dialects._engine.calls import Call, as_structure, is_true
from tidings.dialects._engine.routes import Route
from tidings.dialects.fluentcrm.campaigns_wire import default_look, footer_of, footer_settings
from tidings.dialects.fluentcrm.dialect import FieldErrors
from tidings.dialects.fluentcrm.envelope import page_object, page_request
from tidings.dialects.fluentcrm.kept import plain
from tidings.dialects.fluentcrm.wire import Wire, number_text, stamp_in
from tidings.messages import mailing
from tidings.platform.errors import Invalid, NotFound, Refused, TidingsError
from tidings.platform.pagination import PageRequest
from tidings.templates import actions, gallery, queries
from tidings.templates.types import Template

SORTS = {"ID": "id", "id": "id", "post_title": "title", "title": "title", "post_status": "state"}
SORTS |= {"post_date": "created_at", "created_at": "created_at", "post_modified": "updated_at"}
_STATES = {"publish": "published", "draft": "draft"}
_STATUSES = {core: wire for wire, core in _STATES.items()}
_FIELDS = {"title": "post_title", "subject": "email_subject", "preheader": "post_excerpt", "state": "post_status"}
_NO_WAY_OUT = (
    "##crm.manage_subscription_url## or ##crm.unsubscribe_url## string is required for compliance. "
    "Please include unsubscription or manage subscription link"
)


_UTC = ZoneInfo("UTC")
# As much as one answer that is not paged may hold, and as many values as a style.
MOST, MOST_OF_STYLE = 1000, 100


def template_body(template: Template | None, wire: Wire) -> dict[str, Any]:
    """A template as an editor reads it; None gives what a new one begins with."""
    settings = template.settings if template is not None else {}
    footer = footer_settings(settings, template.footer if template is not None else "global")
    look = (template.look if template is not None else {}) or default_look(wire.values)
    config = {"content_padding": 20, **look, "disable_footer": footer["disable_footer"]}
    return {
        "post_title": template.title if template is not None else "",
        "post_content": template.body if template is not None else "",
        "post_excerpt": template.preheader if template is not None else "",
        "email_subject": template.subject if template is not None else "",
        "edit_type": settings.get("edit_type", "html"),
        "design_template": template.design if template is not None else "simple",
        "settings": {"template_config": config, "footer_settings": footer},
    }


def template_row(template: Template, wire: Wire) -> dict[str, Any]:
    """A template in a list, under the names that posts of the original have."""
    return {
        "ID": template.id,
        "post_author": number_text(template.created_by) or "0",
        "post_date": wire.stamp(template.created_at),
        "post_date_gmt": stamp_in(_UTC, template.created_at),
        "post_content": template.body,
        "post_title": template.title,
        "post_excerpt": template.preheader,
        "post_status": _STATUSES[template.state],
        "post_modified": wire.stamp(template.updated_at),
        "post_modified_gmt": stamp_in(_UTC, template.updated_at),
        "guid": f"{wire.public_url}/templates/{template.id}",
        "post_type": "fc_template",
        "design_template": template.design,
    }


def _values(given: Mapping[str, Any], stored: Mapping[str, Any]) -> dict[str, Any]:
    """Core values of what is present in a body; `stored` is what was kept beside the core."""
    texts = {"post_content": "body", "post_excerpt": "preheader", "email_subject": "subject"}
    values: dict[str, Any] = {there: _text(given[here]) for here, there in texts.items() if here in given}
    if design := plain(given.get("design_template")):
        values["design"] = design
    settings, kept = _record(given.get("settings")), dict(stored)
    if given.get("edit_type"):
        kept["edit_type"] = "visual" if given["edit_type"] == "visual" else "html"
    if "template_config" in settings:
        config = _record(settings["template_config"])
        values["look"] = {name: one for name, one in config.items() if not isinstance(one, dict | list)}
    if "footer_settings" in settings:
        kept["footer_settings"] = _record(settings["footer_settings"])
        values["footer"] = footer_of(kept)
    if plain(given.get("post_status")) in _STATES:
        values["state"] = _STATES[plain(given["post_status"])]
    return values | ({"settings": kept} if kept != stored else {})


def _text(value: Any) -> str:
    return "" if value is None or isinstance(value, dict | list) else str(value)


def _record(value: Any) -> dict[str, Any]:
    found = as_structure(value)
    return found if isinstance(found, dict) else {}


def _worded(error: Invalid) -> TidingsError:
    """A refusal of the core under the names of the wire."""
    if "footer" in error.fields:
        return Refused(_NO_WAY_OUT)
    return FieldErrors({_FIELDS.get(name, name): problems for name, problems in error.fields.items()})


async def list_templates(call: Call) -> Any:
    states = [_STATES[one] for one in map(str, call.items("types")) if one in _STATES]
    request = page_request(call, sorts=SORTS)
    asked = {"states": states} if "types" in call else {}
    page = await queries.list_templates(call.core, request, search=call.text("search"), **asked)
    return {"templates": page_object(call, page, lambda one: template_row(one, call.context))}


async def create_template(call: Call) -> Any:
    if call.integer("template_id"):
        return await _update(call, call.integer("template_id") or 0)
    given, now = call.record("template"), call.context.stamp(call.core.clock.now())
    title = plain(given.get("post_title")) or f"Email Template @ {now}"
    values = {"subject": title} | {name: one for name, one in _values(given, {}).items() if one != ""}
    try:
        made = await actions.create_template(call.core, title=title, created_by=call.caller.user.id, **values)
    except Invalid as error:
        raise _worded(error) from error
    return {"message": "Template successfully created", "template_id": made}


async def get_template(call: Call) -> Any:
    return {"template": template_body(await queries.find_template(call.core, call.id()), call.context)}


async def update_template(call: Call) -> Any:
    return await _update(call, call.id())


async def _update(call: Call, template_id: int) -> Any:
    given, before = call.record("template"), await queries.template_by_id(call.core, template_id)
    values, now = _values(given, before.settings), call.context.stamp(call.core.clock.now())
    for name, there in (("post_title", "title"), ("email_subject", "subject")):
        if name in given:
            values[there] = plain(given[name]) or f"Email template created at {now}"
    try:
        await actions.update_template(call.core, template_id, **values)
    except Invalid as error:
        raise _worded(error) from error
    return {"message": "Template successfully updated", "template_id": str(template_id)}


async def duplicate_template(call: Call) -> Any:
    before = await queries.template_by_id(call.core, call.id())
    title = f"[Duplicate] {before.title}"[:192]
    made = await actions.duplicate_template(call.core, before.id, title=title, created_by=call.caller.user.id)
    return {"message": "Template successfully duplicated", "template_id": made}


async def delete_template(call: Call) -> Any:
    if not await actions.delete_templates(call.core, [call.id()]):
        raise NotFound("template", call.id())
    return {"message": "The template has been deleted successfully."}


async def bulk_action(call: Call) -> Any:
    action, ids = call.text("action_name"), None if is_true(call.text("select_all")) else call.ids("template_ids")
    if action not in ("change_template_status", "delete_templates"):
        return {"message": "Selected action is not valid"}
    if ids == []:
        raise Refused("Please select templates")
    if action == "delete_templates":
        await actions.delete_templates(call.core, ids)
        return {"message": "Selected Templates have been deleted permanently"}
    state = _STATES.get(call.text("status"))
    if state is None:
        raise Refused("Please select status")
    await actions.move_templates(call.core, ids, "published" if state == "published" else "draft")
    return {"message": "Status has been changed for the selected templates"}


async def _codes(call: Call) -> Any:
    return msgspec.to_builtins(picker(await mailing.site(call.core)))


async def list_codes(call: Call) -> Any:
    return {"smartcodes": await _codes(call)}


async def all_templates(call: Call) -> Any:
    page = await queries.list_templates(call.core, PageRequest(per_page=MOST), states=("published",))
    rows = [template_row(one, call.context) for one in page.rows]
    return {"templates": rows, "smartcodes": await _codes(call)}


async def set_global_style(call: Call) -> Any:
    config = {plain(name): plain(value) for name, value in list(call.record("config").items())[:MOST_OF_STYLE]}
    await call.core.installation.put({"mail_look": {name: value for name, value in config.items() if name and value}})
    return {"message": "Global style settings have been updated"}


def _ready(one: gallery.Ready) -> dict[str, Any]:
    return {
        "post_title": one.title,
        "post_content": one.body,
        "post_excerpt": one.preheader,
        "email_subject": one.subject,
        "design_template": one.content["design"],
        "settings": {"template_config": one.look},
    }


def _address(one: gallery.Ready, wire: Wire) -> str:
    return f"{wire.public_url}/templates/gallery/{one.name}"


async def built_in_templates(call: Call) -> Any:
    return {
        "templates": [
            {
                "id": one.id,
                "title": one.title,
                "content": msgspec.json.encode(_ready(one)).decode(),
                "short_description": one.about,
                "link": _address(one, call.context),
                "media_url": "",
                "status": "publish",
                "cover_image": "",
            }
            for one in gallery.READY
        ]
    }


async def built_in_template(call: Call) -> Any:
    """One of ours, by its `link`: nothing is fetched from anywhere."""
    found = next((one for one in gallery.READY if _address(one, call.context) == call.text("file")), None)
    if found is None:
        raise Refused("Invalid template source URL")
    return {"template": _ready(found)}


_NEEDS = "fcrm_manage_email_templates"
# Whoever writes a campaign chooses among templates and codes.
_CHOOSES = f"{_NEEDS}|fcrm_manage_emails"
_ALL, _ONE = "/templates", "/templates/{id}"
ROUTES = [
    Route("GET", _ALL, "listTemplates", _NEEDS, "crud", list_templates),
    Route("POST", _ALL, "createTemplate", _NEEDS, "crud", create_template),
    Route("GET", _ONE, "getTemplate", _NEEDS, "crud", get_template),
    Route("PUT", _ONE, "updateTemplate", _NEEDS, "crud", update_template),
    Route("DELETE", _ONE, "deleteTemplate", _NEEDS, "crud", delete_template),
    Route("POST", f"{_ALL}/duplicate/{{id}}", "duplicateTemplate", _NEEDS, "ack", duplicate_template),
    Route("POST", f"{_ALL}/do-bulk-action", "bulkActionTemplates", _NEEDS, "ack", bulk_action),
    Route("GET", f"{_ALL}/all", "listAllTemplates", _CHOOSES, "view", all_templates),
    Route("GET", f"{_ALL}/smartcodes", "getSmartCodes", _CHOOSES, "view", list_codes),
    Route("POST", f"{_ALL}/set-global-style", "setGlobalStyle", _NEEDS, "ack", set_global_style),
    Route("GET", f"{_ALL}/built-in-templates", "getBuiltInTemplates", _NEEDS, "view", built_in_templates),
    Route("POST", f"{_ALL}/built-in-template", "getBuiltInTemplate", _NEEDS, "view", built_in_template),
]
