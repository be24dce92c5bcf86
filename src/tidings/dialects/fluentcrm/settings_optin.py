"""Settings of the double opt-in, for the installation and per list (spec §5.4). What they do is `messages.optin`."""

from __future__ import annotations

from typing import Any, Literal

from tidings.dialects._engine.calls import Call, as_ids, as_list, is_true
from tidings.dialects._engine.routes import Route
from tidings.dialects.fluentcrm.campaigns_wire import TEMPLATE_CONFIG
from tidings.dialects.fluentcrm.dialect import FieldErrors
from tidings.dialects.fluentcrm.kept import note, plain, yes_no
from tidings.messages import optin_settings
from tidings.messages.optin_settings import OptIn, TagRedirect
from tidings.platform.errors import Invalid

_NO_REDIRECT = {"field_key": [], "field_value": ""}
# core field: wire field
_WIRE = {
    "subject": "email_subject",
    "body": "email_body",
    "message": "after_confirm_message",
    "redirect_url": "after_conf_redirect_url",
    "tag_redirects": "tag_redirects",
}


def _body(said: OptIn) -> dict[str, Any]:
    rows = [{"field_key": one.tag_ids, "field_value": one.url} for one in said.tag_redirects]
    return {
        "email_subject": said.subject,
        "email_pre_header": said.preheader,
        "design_template": said.design,
        "email_body": said.body,
        "after_confirmation_type": said.after,
        "after_confirm_message": said.message,
        "after_conf_redirect_url": said.redirect_url,
        "tag_based_redirect": yes_no(said.uses_tag_redirects),
        "tag_redirects": rows or [_NO_REDIRECT],
    }


def _from(given: dict[str, Any], present: OptIn) -> OptIn:
    merged = {**_body(present), **given}
    rows = [row for row in as_list(merged["tag_redirects"]) if isinstance(row, dict)]
    redirects = [TagRedirect(as_ids(as_list(row.get("field_key"))), plain(row.get("field_value"))) for row in rows]
    after: Literal["message", "redirect"] = (
        "redirect" if str(merged["after_confirmation_type"]) == "redirect" else "message"
    )
    return OptIn(
        design=plain(merged["design_template"]) or "simple",
        subject=plain(merged["email_subject"]),
        preheader=plain(merged["email_pre_header"]),
        body=str(merged["email_body"] or ""),
        after=after,
        message=str(merged["after_confirm_message"] or ""),
        redirect_url=plain(merged["after_conf_redirect_url"]),
        uses_tag_redirects=is_true(merged["tag_based_redirect"]),
        tag_redirects=[one for one in redirects if one.tag_ids or one.url],
    )


async def get_double_opt_in(call: Call) -> Any:
    list_id = call.integer("list_id")
    body: dict[str, Any] = {}
    if list_id:
        own = await optin_settings.list_opt_in_settings(call.core, list_id)
        body["settings"] = _body(own.settings or await optin_settings.opt_in_settings(call.core))
        body["global_double_optin"] = yes_no(own.follows_global)
    else:
        body["settings"] = _body(await optin_settings.opt_in_settings(call.core))
    if "settings_fields" in call.items("with"):
        body["settings_fields"] = _fields()
    return body


async def save_double_opt_in(call: Call) -> Any:
    list_id, given = call.integer("list_id"), call.record("settings")
    try:
        if list_id:
            own = await optin_settings.list_opt_in_settings(call.core, list_id)
            said = _from(given, own.settings or await optin_settings.opt_in_settings(call.core))
            follows = call.flag("global_double_optin", default=own.follows_global)
            await optin_settings.save_list_opt_in_settings(call.core, list_id, said, follows_global=follows)
        else:
            said = _from(given, await optin_settings.opt_in_settings(call.core))
            await optin_settings.save_opt_in_settings(call.core, said)
    except Invalid as error:
        raise FieldErrors({_WIRE[name]: problems for name, problems in error.fields.items()}) from None
    await note(call, "double_opt_in_saved", f"list {list_id}" if list_id else "")
    return {"message": "Double Opt-in settings has been updated"}


def _fields() -> dict[str, Any]:
    """The form that edits these settings, as the dialect describes forms."""
    redirects, message = _when("after_confirmation_type", "redirect"), _when("after_confirmation_type", "message")
    return {
        "design_template": {
            "type": "image-radio",
            "label": "Look",
            "help": "How the confirmation mail looks",
            "options": _designs(),
        },
        "email_subject": _input("input-text-popper", "Subject", "Subject of the confirmation mail"),
        "email_pre_header": _input("input-text-popper", "Pre-header", "Shown beside the subject in the inbox"),
        "email_body": _input("wp-editor", "Text", "Text of the confirmation mail")
        | {"inline_help": "It needs #activate_link# or {{crm.activate_button|Confirm}}."},
        "confirmation_html_viewer": {
            "type": "html-viewer",
            "heading": "After the confirmation",
            "info": "What a person meets who followed the link",
        },
        "after_confirmation_type": {
            "type": "input-radio",
            "label": "What follows",
            "help": "A message, or another page",
            "options": [{"id": "message", "label": "A message"}, {"id": "redirect", "label": "Another page"}],
        },
        "after_confirm_message": _input("wp-editor", "Message", "Shown after the confirmation") | message,
        "after_conf_redirect_url": _input("input-text-popper", "Address", "Where people are led") | redirects,
        "tag_based_redirect": {
            "type": "inline-checkbox",
            "checkbox_label": "Lead contacts with certain tags elsewhere",
            "true_label": "yes",
            "false_label": "no",
            "disabled": False,
        },
        "tag_redirects": {
            "label": "Addresses by tag; the first row that fits counts",
            "type": "form-many-drop-down-mapper",
            "local_label": "Tags",
            "local_placeholder": "Choose tags",
            "remote_label": "Address",
            "field_option_selector": {"option_key": "tags", "is_multiple": True},
            "remote_field_type": "input-text-popper",
            "remote_field": {"placeholder": "Address"},
            "help": "Contacts with one of the tags are led to the address",
            "manage_serial": True,
            **_when("tag_based_redirect", "yes"),
        },
    }


def _input(kind: str, label: str, help: str) -> dict[str, Any]:
    return {"type": kind, "placeholder": label, "label": label, "help": help}


def _when(field: str, value: str) -> dict[str, Any]:
    return {"dependency": {"depends_on": field, "operator": "=", "value": value}}


def _designs() -> dict[str, Any]:
    look = {name: value for name, value in TEMPLATE_CONFIG.items() if name != "disable_footer"}
    designs: dict[str, Any] = {}
    for name, label, ground in (
        ("simple", "Boxed", "#FAFAFA"),
        ("plain", "Centred", "#FFFFFF"),
        ("classic", "Left", "#FFFFFF"),
    ):
        config = look | {"body_bg_color": ground, "design_template": name}
        designs[name] = {"id": name, "label": label, "image": "", "config": config, "use_gutenberg": True}
    designs["raw_classic"] = {
        "id": "raw_classic",
        "label": "Text editor",
        "image": "",
        "config": {"content_font_family": look["content_font_family"]},
        "use_gutenberg": False,
        "template_type": "classic_editor",
        "template_info": "A simple mail, sent as it is written, with the footer beneath.",
    }
    return designs


_NEEDS = "fcrm_manage_settings"
ROUTES = [
    Route("GET", "/setting/double-optin", "get-double-optin", _NEEDS, "view", get_double_opt_in),
    Route("PUT", "/setting/double-optin", "save-double-optin", _NEEDS, "ack", save_double_opt_in),
]
