"""Definitions of custom fields of contacts, and of companies (spec §2.3)."""

from __future__ import annotations

from typing import Any

from tidings.contacts import actions, queries
from tidings.contacts.types import CustomField
from tidings.dialects._engine.calls import Call
from tidings.dialects._engine.routes import Route
from tidings.platform.errors import Refused

# registry key: (type shown, label, kind of value)
_TYPES = {
    "text": ("text", "Single Line Text", "string"),
    "textarea": ("textarea", "Multi Line Text", "string"),
    "number": ("number", "Numeric Field", "numeric"),
    "single-select": ("select-one", "Select choice", "string"),
    "multi-select": ("select-multi", "Multiple Select choice", "array"),
    "radio": ("radio", "Radio Choice", "string"),
    "checkbox": ("checkbox", "Checkboxes", "array"),
    "date": ("date", "Date", "date"),
    "date_time": ("date_time", "Date and Time", "datetime"),
}
_KINDS = {shown: key for key, (shown, _, _) in _TYPES.items()} | {key: key for key in _TYPES}


def field_body(field: CustomField) -> dict[str, Any]:
    """A definition; empty options and the default group are left out."""
    body: dict[str, Any] = {"type": field.kind, "field_key": field.kind, "label": field.label, "slug": field.slug}
    if field.options:
        body["options"] = list(field.options)
    if field.group_name != "default":
        body["group"] = field.group_name
    if field.help:
        body["help"] = field.help
    return body


def field_from(row: dict[str, Any]) -> CustomField:
    """A definition of a row of the body."""
    key = str(row.get("field_key") or row.get("type") or "")
    options = row.get("options")
    return CustomField(
        slug=str(row.get("slug") or ""),
        label=str(row.get("label") or ""),
        kind=_KINDS.get(key, key),
        group_name=str(row.get("group") or "default"),
        options=[str(one) for one in options] if isinstance(options, list) else [],
        help=str(row.get("help") or ""),
    )


_GROUPS = {"contact": "Custom Profile Data", "company": "Custom Company Data"}


async def get_fields(call: Call, subject: str = "contact") -> Any:
    fields = await queries.custom_fields(call.core, subject)
    body: dict[str, Any] = {"fields": [field_body(field) for field in fields.values()]}
    if "field_types" in call.items("with"):
        body["field_types"] = {
            key: {"type": shown, "label": label, "value_type": kind} for key, (shown, label, kind) in _TYPES.items()
        }
    if "field_groups" in call.items("with"):
        groups = dict.fromkeys(f.group_name for f in fields.values() if f.group_name != "default")
        body["field_groups"] = [{"slug": "default", "title": _GROUPS[subject]}]
        body["field_groups"] += [{"slug": name, "title": name} for name in groups]
    return body


async def save_fields(call: Call, subject: str = "contact") -> Any:
    rows = call.structure("fields")
    if not isinstance(rows, list):
        raise Refused("The fields must be a list.")
    wanted = [field_from(row) for row in rows if isinstance(row, dict)]
    fields = await actions.replace_custom_fields(call.core, wanted, subject=subject)
    return {"fields": [field_body(field) for field in fields], "message": "Fields saved successfully!"}


async def rename_group(call: Call, subject: str = "contact") -> Any:
    was, now = call.text("old_name"), call.text("new_name")
    fields = await actions.rename_field_group(call.core, was, now, subject=subject)
    return {"fields": [field_body(field) for field in fields], "message": "Group name updated successfully!"}


_READ = "fcrm_read_contacts|fcrm_manage_settings"
ROUTES = [
    Route("GET", "/custom-fields/contacts", "get-custom-fields", _READ, "view", get_fields),
    Route("PUT", "/custom-fields/contacts", "save-custom-fields", "fcrm_manage_settings", "ack", save_fields),
    Route(
        "PUT",
        "/custom-fields/contacts/update_group_name",
        "rename-custom-field-group",
        "fcrm_manage_settings",
        "ack",
        rename_group,
    ),
]
