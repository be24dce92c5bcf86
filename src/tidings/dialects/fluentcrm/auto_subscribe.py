"""Settings that make contacts of users, commenters and customers (spec §5.7). Those of users are `accounts`'; there are no
comments and no checkout here, so theirs are kept and shown for whoever asks.
"""

from __future__ import annotations

from typing import Any

from tidings.access.types import ROLES
from tidings.accounts.types import AccountContacts, account_settings, save_account_settings
from tidings.dialects._engine.calls import Call, as_ids, as_list, is_true
from tidings.dialects._engine.routes import Route
from tidings.dialects.fluentcrm.flags import all_flags
from tidings.dialects.fluentcrm.kept import keep, kept, note, plain, yes_no

_REGISTRATION = {"status": "no", "target_list": "", "target_tags": [], "double_optin": "no"}
_CHECKBOX: dict[str, Any] = {
    "status": "no",
    "checkbox_label": "Subscribe to newsletter",
    "auto_checked": "no",
    "target_list": "",
    "show_only_new": "yes",
    "target_tags": [],
    "double_optin": "yes",
}
_GROUPS: dict[str, dict[str, Any]] = {
    "registration_setting": _REGISTRATION,
    "comment_settings": _CHECKBOX,
    "user_syncing_settings": {"status": "no", "delete_contact_on_user_delete": "no"},
    "woo_checkout_settings": _CHECKBOX,
    "fluent_cart_checkout_settings": _CHECKBOX,
}
# Of sources that are not here.
_KEPT = ("comment_settings", "woo_checkout_settings", "fluent_cart_checkout_settings")
_SHOPS = ("woo_checkout_settings", "fluent_cart_checkout_settings")


def _own(wanted: AccountContacts) -> dict[str, Any]:
    """What the core does, in this dialect's words."""
    return {
        "registration_setting": {
            "status": yes_no(wanted.makes_contacts),
            "target_list": str(wanted.list_ids[0]) if wanted.list_ids else "",
            "target_tags": wanted.tag_ids,
            "double_optin": yes_no(wanted.asks_to_confirm),
        },
        "user_syncing_settings": {
            "status": yes_no(wanted.follows_accounts),
            "delete_contact_on_user_delete": yes_no(wanted.deletes_with_account),
        },
        "role_based_tagging_settings": {
            "status": yes_no(wanted.tags_by_role),
            "tag_mappings": {
                role: {"add_tags": tags.add, "remove_tags": tags.remove} for role, tags in wanted.role_tags.items()
            },
        },
    }


# wire: group, key, the core's name
_CORE = (
    ("registration_setting", "status", "makes_contacts"),
    ("registration_setting", "double_optin", "asks_to_confirm"),
    ("user_syncing_settings", "status", "follows_accounts"),
    ("user_syncing_settings", "delete_contact_on_user_delete", "deletes_with_account"),
)


def _changes(call: Call) -> dict[str, Any]:
    """What a request changes of the core's settings; keys that are not sent stay."""
    found: dict[str, Any] = {
        name: is_true(call.record(group)[key]) for group, key, name in _CORE if key in call.record(group)
    }
    sign_up = call.record("registration_setting")
    for key, name in (("target_list", "list_ids"), ("target_tags", "tag_ids")):
        if key in sign_up:
            found[name] = as_ids(as_list(sign_up[key]))
    roles = call.record("role_based_tagging_settings")
    if roles:
        read = _roles(roles)
        found["tags_by_role"] = is_true(read["status"])
        found["role_tags"] = {
            role: {"add": row["add_tags"], "remove": row["remove_tags"]} for role, row in read["tag_mappings"].items()
        }
    return found


async def get_auto_subscribe(call: Call) -> Any:
    own = await kept(call, "auto_subscribe") | _own(await account_settings(call.core))
    body: dict[str, Any] = {
        name: {**defaults, **own.get(name, {})}
        for name, defaults in _GROUPS.items()
        if name not in _SHOPS or name in own
    }
    roles = own.get("role_based_tagging_settings", {})
    mappings = {role: {"add_tags": [], "remove_tags": []} for role in ROLES} | roles.get("tag_mappings", {})
    body["role_based_tagging_settings"] = {"status": roles.get("status", "no"), "tag_mappings": mappings}
    body["date_time_settings"] = {"classic_date_time": (await all_flags(call))["classic_date_time"]}
    if "fields" in call.items("with"):
        body |= _fields()
    return body


async def save_auto_subscribe(call: Call) -> Any:
    await save_account_settings(call.core, **_changes(call))
    own = await kept(call, "auto_subscribe")
    for name in _KEPT:
        given = call.record(name)
        if given:
            own[name] = {**own.get(name, {}), **_group(_GROUPS[name], given)}
    await keep(call, "auto_subscribe", own)
    times = call.record("date_time_settings")
    if "classic_date_time" in times:
        flags = {**await kept(call, "experiments"), "classic_date_time": yes_no(times["classic_date_time"])}
        await keep(call, "experiments", flags)
    await note(call, "auto_subscribe_saved")
    return {"message": "Settings has been updated"}


def _group(defaults: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
    """The known fields of a group in their types."""
    found: dict[str, Any] = {}
    for name in defaults.keys() & given.keys():
        if name == "target_tags":
            found[name] = as_ids(as_list(given[name]))
        elif name == "target_list":
            ids = as_ids(as_list(given[name]))
            found[name] = str(ids[0]) if ids else ""
        else:
            found[name] = plain(given[name]) if name == "checkbox_label" else yes_no(given[name])
    return found


def _roles(given: dict[str, Any]) -> dict[str, Any]:
    mappings: dict[str, Any] = given["tag_mappings"] if isinstance(given.get("tag_mappings"), dict) else {}
    known = {role: row for role, row in mappings.items() if role in ROLES and isinstance(row, dict)}
    tags = {
        role: {name: as_ids(as_list(row.get(name))) for name in ("add_tags", "remove_tags")}
        for role, row in known.items()
    }
    return {"status": yes_no(given.get("status")), "tag_mappings": tags}


_WHEN_ON = {"dependency": {"depends_on": "status", "operator": "=", "value": "yes"}}


def _box(text: str, *, label: str = "", says: str = "", is_dependent: bool = True) -> dict[str, Any]:
    box = {"type": "inline-checkbox", "label": label, "checkbox_label": text, "true_label": "yes", "false_label": "no"}
    return box | ({"checkbox_description": says} if says else {}) | (_WHEN_ON if is_dependent else {})


def _choice(what: str, key: str, *, is_multiple: bool, creatable: bool) -> dict[str, Any]:
    made: dict[str, Any] = {"creatable": True} if creatable else {}
    return {
        "type": "option-selector",
        "label": what,
        "option_key": key,
        "is_multiple": is_multiple,
        "placeholder": what,
        "inline_help": "Contacts made this way get what is chosen here",
        **made,
        **_WHEN_ON,
    }


def _targets(*, creatable: bool) -> dict[str, Any]:
    return {
        "target_list": _choice("List", "lists", is_multiple=False, creatable=creatable),
        "target_tags": _choice("Tags", "tags", is_multiple=True, creatable=creatable),
    }


def _fields() -> dict[str, Any]:
    """The forms that edit these settings, as the dialect describes forms."""
    opt_in = _box("Ask for confirmation by mail", label="Double opt-in")
    sign_up = _box("Make a contact of everybody who signs up", says="New users become contacts", is_dependent=False)
    comment = _box("Offer a box beside comments", says="Who ticks it becomes a contact", is_dependent=False)
    label = {"label": "Text beside the box", "type": "input-text", "placeholder": "Text", **_WHEN_ON}
    sync = _box("Keep users and contacts alike", says="Names and addresses follow the user", is_dependent=False)
    gone = _box("Delete the contact with the user", says="A deleted user's contact goes too", is_dependent=False)
    roles = _box("Tag by role", says="A role that is given adds and removes tags", is_dependent=False)
    boxes = {"auto_checked": _box("Ticked at first"), "show_only_new": _box("Hidden from contacts")}
    mapping = {
        "type": "tag-add-remove-mapping",
        "label": "Roles and tags",
        "selector_label": "Role",
        "add_tag_label": "Tags to add",
        "remove_tag_label": "Tags to remove",
        "selector_options": [{"id": role, "title": role.capitalize()} for role in ROLES],
        **_WHEN_ON,
    }
    return {
        "registration_fields": _form(
            "Sign-up", {"status": sign_up, **_targets(creatable=True), "double_optin": opt_in}
        ),
        "comment_fields": _form(
            "Comments",
            {"status": comment, "checkbox_label": label, **_targets(creatable=False), **boxes, "double_optin": opt_in},
        ),
        "user_syncing_fields": _form("Users", {"status": sync, "delete_contact_on_user_delete": gone}),
        "role_based_tagging_settings_fields": _form("Roles", {"status": roles, "tag_mappings": mapping}),
    }


def _form(title: str, fields: dict[str, Any]) -> dict[str, Any]:
    return {"title": title, "sub_title": "What becomes of people known by other ways", "fields": fields}


_NEEDS = "fcrm_manage_settings"
_PATH = "/setting/auto_subscribe_settings"
ROUTES = [
    Route("GET", _PATH, "get-auto-subscribe-settings", _NEEDS, "view", get_auto_subscribe),
    Route("POST", _PATH, "save-auto-subscribe-settings", _NEEDS, "ack", save_auto_subscribe),
]
