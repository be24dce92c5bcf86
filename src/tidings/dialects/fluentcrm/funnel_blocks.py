"""What the editor of automations offers: steps with their first settings, the fields of steps and of triggers
(spec §6.2, §6.3, §6.4). Pure.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from tidings.access.types import ROLES
from tidings.contacts.types import CustomField
from tidings.dialects.fluentcrm.campaigns_wire import MAILER, TEMPLATE_CONFIG
from tidings.dialects.fluentcrm.funnel_words import trigger_key
from tidings.dialects.fluentcrm.triggers import trigger_bodies

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_GOAL_SETTINGS = {"select_type": "any", "type": "optional", "can_enter": "yes"}


def _mail() -> dict[str, Any]:
    utm = {f"utm_{name}": "" for name in ("source", "medium", "campaign", "term", "content")}
    look = {name: value for name, value in TEMPLATE_CONFIG.items() if name != "disable_footer"}
    settings = {"template_config": look | {"content_width": "700"}, "mailer_settings": dict(MAILER)}
    texts = dict.fromkeys(("id", "parent_id", "template_id", "email_subject", "email_pre_header", "email_body"), "")
    return {
        "reference_campaign": "",
        "send_email_to_type": "contact",
        "send_email_custom": "",
        "campaign": texts
        | {"title": "Mail of an automation", "status": "published", "utm_status": 0, "design_template": "simple"}
        | utm
        | {"settings": settings},
        "is_scheduled": "no",
        "scheduled_at": "",
        "skip_if_overdue": "no",
        "mailer_settings": dict(MAILER),
    }


_WAIT = {
    "wait_type": "unit_wait",
    "wait_time_amount": "",
    "wait_time_unit": "days",
    "is_timestamp_wait": "",
    "wait_date_time": "",
    "to_day": [],
    "to_day_time": "",
}
_WEBHOOK = {
    "sending_method": "POST",
    "run_on_background": "yes",
    "remote_url": "",
    "body_data_type": "subscriber_data",
    "request_format": "json",
    "body_data_values": [{"data_key": "", "data_value": ""}],
    "header_type": "no_headers",
    "header_data": [{"data_key": "", "data_value": ""}],
}
# key: kind, category, title, what it does, drawing, first settings
_TABLE: dict[str, tuple[str, str, str, str, str, dict[str, Any]]] = {
    "fluentcrm_wait_times": ("action", "CRM", "Wait X Days/Hours", "The next step is done later", "wait_time", _WAIT),
    "send_custom_email": ("action", "Email", "Send Custom Email", "A mail to the contact", "send_campaign", _mail()),
    "add_contact_to_company": ("action", "CRM", "Apply Company", "Joins a company", "apply_list", {"company": None}),
    "add_contact_to_list": ("action", "CRM", "Apply List", "Joins lists", "apply_list", {"lists": []}),
    "add_contact_to_tag": ("action", "CRM", "Apply Tag", "Gets tags", "apply_tag", {"tags": []}),
    "detach_contact_from_company": (
        "action",
        "CRM",
        "Remove From Company",
        "Leaves a company",
        "removed_list",
        {"company": None},
    ),
    "detach_contact_from_list": ("action", "CRM", "Remove From List", "Leaves lists", "removed_list", {"lists": []}),
    "detach_contact_from_tag": ("action", "CRM", "Remove From Tag", "Loses tags", "tag_removed", {"tags": []}),
    "fluentcrm_contact_added_to_lists": (
        "benchmark",
        "",
        "List Applied",
        "Joins a list",
        "list_applied_2",
        {"lists": []} | _GOAL_SETTINGS,
    ),
    "fluentcrm_contact_added_to_tags": (
        "benchmark",
        "",
        "Tag Applied",
        "Gets a tag",
        "tag_applied",
        {"tags": []} | _GOAL_SETTINGS,
    ),
    "fluentcrm_contact_removed_from_lists": (
        "benchmark",
        "",
        "List Removed",
        "Leaves a list",
        "list_removed",
        {"lists": []} | _GOAL_SETTINGS,
    ),
    "fluentcrm_contact_removed_from_tags": (
        "benchmark",
        "",
        "Tag Removed",
        "Loses a tag",
        "tag_removed",
        {"tags": []} | _GOAL_SETTINGS,
    ),
    "fluencrm_benchmark_link_clicked": (
        "benchmark",
        "",
        "Link Click",
        "Follows a link",
        "link_clicked",
        {"redirect_to": ""} | _GOAL_SETTINGS,
    ),
    "funnel_condition": (
        "conditional",
        "CRM",
        "Check Condition",
        "Two ways, by what is true of the contact",
        "has_list",
        {"conditions": [[]]},
    ),
    "funnel_ab_testing": (
        "conditional",
        "CRM",
        "Split (A/B Testing)",
        "Two ways, by lot",
        "has_list",
        {"path_a": 50, "path_b": 50},
    ),
    "fcrm_has_contact_list": (
        "conditional",
        "CRM",
        "Has In Selected Lists",
        "Two ways, by lists",
        "has_list",
        {"lists": [], "select_type": "any"},
    ),
    "fcrm_has_contact_tag": (
        "conditional",
        "CRM",
        "Has Selected tags",
        "Two ways, by tags",
        "has_list",
        {"tags": [], "select_type": "any"},
    ),
    "fcrm_check_user_prop": (
        "conditional",
        "CRM",
        "Check Contact's Properties",
        "Two ways, by a property",
        "check_contact_property_conditional",
        {},
    ),
    "send_campaign_email": (
        "action",
        "Email",
        "Send Campaign Email",
        "The mail of a campaign",
        "send_campaign",
        {"campaign_id": ""},
    ),
    "add_to_email_sequence": (
        "action",
        "Email",
        "Set Sequence Emails",
        "Begins a sequence of mails",
        "set_sequence",
        {"sequence_id": ""},
    ),
    "remove_from_email_sequence": (
        "action",
        "Email",
        "Cancel Sequence Emails",
        "Leaves sequences of mails",
        "cancel_sequence",
        {"sequences": []},
    ),
    "remove_from_funnel": (
        "action",
        "CRM",
        "Cancel Automations",
        "Leaves other automations",
        "cancel_automation",
        {"funnel_ids": []},
    ),
    "end_this_funnel": ("action", "CRM", "End This Funnel Here", "Nothing more is done", "end_funnel", {}),
    "update_contact_property": (
        "action",
        "CRM",
        "Update Contact Property",
        "Changes fields of the contact",
        "wp_user_meta",
        {"contact_properties": [{"data_key": "", "data_operation": "", "data_value": ""}]},
    ),
    "add_contact_activity": (
        "action",
        "CRM",
        "Add Notes & Activity",
        "A note on the contact",
        "writing",
        {"type": "note", "title": "", "description": ""},
    ),
    "outgoing_webhook": ("action", "CRM", "Outgoing Webhook", "Tells another system", "webhooks", _WEBHOOK),
    "add_contact_event_tracker": (
        "action",
        "CRM",
        "Add Event Tracking",
        "Records an event",
        "webhooks",
        {"event_key": "", "title": "", "value": "", "is_unique": "no"},
    ),
    "user_registration_action": (
        "action",
        "WordPress",
        "Create WordPress User",
        "Makes an account",
        "create_wp_user",
        {},
    ),
    "fcrm_update_user_meta": (
        "action",
        "WordPress",
        "Update WP User Meta",
        "Changes an account",
        "wp_user_meta",
        {"meta_properties": []},
    ),
    "fcrm_change_user_role": (
        "action",
        "WordPress",
        "Change WP User Role",
        "Another role for an account",
        "wp_user_role",
        {"user_role": "", "replace_role": "no"},
    ),
    "send_sms": ("action", "CRM", "Send SMS", "A text message to the contact", "send_campaign", {"message": ""}),
}


def block_bodies() -> dict[str, Any]:
    """Every step that can be chosen, by its key."""
    return {
        key: ({"category": category} if category else {})
        | {
            "title": title,
            "description": about,
            "icon": f"fc-icon-{icon}",
            "settings": copy.deepcopy(settings),
            "type": kind,
        }
        for key, (kind, category, title, about, icon, settings) in _TABLE.items()
    }


def _options(*pairs: tuple[str, str]) -> list[dict[str, str]]:
    return [{"id": one, "title": title} for one, title in pairs]


def _when(field: str, value: Any, operator: str = "=") -> dict[str, Any]:
    return {"dependency": {"depends_on": field, "operator": operator, "value": value}}


def _chooser(key: str, label: str, *, is_multiple: bool = True) -> dict[str, Any]:
    many = {"is_multiple": True, "creatable": key != "companies"} if is_multiple else {}
    return {"type": "option_selectors", "option_key": key, "label": label, "placeholder": label} | many


def _wait_fields(fields: Mapping[str, CustomField]) -> dict[str, Any]:
    dates = [(one.slug, one.label) for one in fields.values() if one.kind in ("date", "date_time")]
    kinds = (("unit_wait", "Wait by period"), ("timestamp_wait", "Wait Until Date"))
    kinds += (("to_day", "Wait by Weekday"), ("by_custom_field", "Wait by Custom Field"))
    units = [(one, one.capitalize()) for one in ("months", "days", "hours", "minutes")]
    half = {"wrapper_class": "fc_2col_inline"}
    period, weekday = _when("wait_type", "unit_wait"), _when("wait_type", "to_day")
    clock = {"picker_options": {"start": "00:00", "step": "00:10", "end": "23:59"}}
    return {
        "wait_type": {"type": "radio_buttons", "label": "Waiting Type", "options": _options(*kinds)},
        "wait_time_amount": {"type": "input-number", "label": "Wait Time"} | half | period,
        "wait_time_unit": {"type": "select", "label": "Wait Time Unit", "options": _options(*units)} | half | period,
        "wait_date_time": {
            "type": "date_time",
            "label": "Specify Date and Time",
            "placeholder": "Select Date & Time",
            "inline_help": "When the time is over already, the next step is done at once.",
        }
        | _when("wait_type", "timestamp_wait"),
        "to_day": {
            "type": "checkboxes",
            "label": "Wait until next day(s) of the week",
            "options": _options(*((d, d) for d in _DAYS)),
        }
        | half
        | weekday,
        "to_day_time": {"type": "time_selector", "label": "Time of the day", "placeholder": "Select Time"}
        | clock
        | half
        | weekday,
        "by_custom_field": {
            "type": "select",
            "label": "Select Contact's Custom Field",
            "inline_help": "When the day is over already or there is none, the next step is done after a minute.",
            "options": _options(("__date_of_birth__", "Contact's Next Date of Birth"), *dates),
        }
        | _when("wait_type", "by_custom_field"),
    }


def _mail_fields() -> dict[str, Any]:
    whom = _options(("contact", "Send To the contact"), ("custom", "Send to Custom Email Address"))
    scheduled = _when("is_scheduled", "yes")
    child = {"wrapper_class": "fcrm_child_field"}
    return {
        "send_email_to_type": {
            "type": "radio",
            "label": "Send Email to",
            "wrapper_class": "fc_half_field",
            "options": whom,
        },
        "send_email_custom": {
            "type": "input-text",
            "label": "Send To Email Addresses (If Custom)",
            "placeholder": "Custom Email Addresses",
            "inline_help": "Several addresses are separated by commas.",
            "wrapper_class": "fcrm_send_custom_email_form_wrap",
        }
        | _when("send_email_to_type", "custom"),
        "campaign": {"label": "", "type": "email_campaign_composer", "wrapper_class": "fc_email_writer"},
        "is_scheduled": {
            "type": "yes_no_check",
            "check_label": "Schedule this email to a specific date",
            "wrapper_class": "fc_no_pad_l",
        },
        "skip_if_overdue": {"type": "yes_no_check", "check_label": "Leave the mail out when that date is over"}
        | child
        | scheduled,
        "scheduled_at": {
            "type": "date_time",
            "label": "Schedule Date and Time",
            "placeholder": "Select Date and Time",
            "inline_help": "The mail goes out then; the automation goes on at once.",
        }
        | child
        | scheduled,
        "mailer_settings": {"type": "custom_sender_config", "check_label": "Set Custom From Name and Email"},
    }


def _goal_fields(noun: str, verb: str) -> dict[str, Any]:
    runs = _options(("any", f"{verb} any of the selected {noun}"), ("all", f"{verb} all of the selected {noun}"))
    kinds = _options(
        ("optional", "Optional: who does not reach it goes on"), ("required", "Essential: contacts wait here")
    )
    return {
        noun: _chooser(noun, f"Select {noun.capitalize()}"),
        "select_type": {"type": "radio", "label": "Run When", "options": runs} | _when(noun, [], "!="),
        "type": {
            "type": "radio",
            "label": "Benchmark type",
            "options": kinds,
            "inline_help": "Whoever reaches the goal earlier goes on behind it, whatever the kind.",
        },
        "can_enter": {"type": "yes_no_check", "check_label": "Contacts may come in at this goal"},
    }


def block_fields(fields: Mapping[str, CustomField]) -> dict[str, Any]:
    """The form of each step that has one, by its key."""
    tags, lists = _chooser("tags", "Select Tags"), _chooser("lists", "Select Lists")
    company = _chooser("companies", "Select Company", is_multiple=False)
    own: dict[str, dict[str, Any]] = {
        "fluentcrm_wait_times": _wait_fields(fields),
        "send_custom_email": _mail_fields(),
        "add_contact_to_company": {"company": company},
        "detach_contact_from_company": {"company": company},
        "add_contact_to_list": {"lists": lists},
        "detach_contact_from_list": {"lists": lists},
        "add_contact_to_tag": {"tags": tags},
        "detach_contact_from_tag": {"tags": tags},
        "fluentcrm_contact_added_to_lists": _goal_fields("lists", "contact joins"),
        "fluentcrm_contact_added_to_tags": _goal_fields("tags", "contact gets"),
        "fluentcrm_contact_removed_from_lists": _goal_fields("lists", "contact leaves"),
        "fluentcrm_contact_removed_from_tags": _goal_fields("tags", "contact loses"),
        "remove_from_funnel": {"funnel_ids": _chooser("automation_funnels", "Select Automations")},
    }
    return {key: {"title": _TABLE[key][2], "sub_title": _TABLE[key][3], "fields": one} for key, one in own.items()}


_FORCED = {
    "__force_run_actions": {
        "label": "",
        "type": "yes_no_check",
        "check_label": "Run the automation actions even if the contact status is not subscribed",
        "true_label": "yes",
        "false_label": "no",
    },
    "__force_run_actions_info": {"type": "html", "info": "Mails never reach who left or bounced."}
    | _when("__force_run_actions", "yes"),
}
_REPEATED = {
    "run_multiple": {"label": "", "type": "yes_no_check", "check_label": "Run again for who was through already"}
}
_MAKES = {
    "subscription_status": {
        "type": "option_selectors",
        "option_key": "editable_statuses",
        "is_multiple": False,
        "label": "Subscription Status",
        "placeholder": "Select Status",
    },
    "subscription_status_info": {"type": "html", "info": "Pending contacts are asked to confirm first."}
    | _when("subscription_status", "pending"),
}


def trigger_fields(word: str) -> tuple[Any, Any]:
    """The forms of a trigger: its settings and its conditions. Empty for one that another system tells of."""
    known = trigger_bodies().get(trigger_key(word))
    if known is None:
        return [], []
    noun = word.partition("_")[0]
    settings: dict[str, Any] = {"title": f"{known['label']} Funnel", "sub_title": known["description"], "fields": {}}
    update = {
        "type": "radio",
        "label": "If Contact Already Exist?",
        "help": "What to do with contacts that are there already",
        "options": _options(
            ("update", "Update if Exist"), ("skip_all_if_exist", "Leave contacts out that are there already")
        ),
    }
    if noun == "user":
        roles = _options(*((role, role.capitalize()) for role in ROLES))
        settings["fields"] = _MAKES | _FORCED
        chosen = {
            "type": "multi-select",
            "is_multiple": True,
            "label": "Targeted User Roles",
            "help": "Accounts of these roles only",
            "placeholder": "Select Roles",
            "options": roles,
            "inline_help": "Leave it empty for all roles",
        }
        return settings, {"update_type": update, "user_roles": chosen} | (_REPEATED if word != "user_created" else {})
    if noun in ("tags", "lists", "companies"):
        runs = _options(("any", "any of them"), ("all", "all of them"))
        choice = {noun: _chooser(noun, f"Select {noun.capitalize()}")}
        settings["fields"] = choice | {"select_type": {"type": "radio", "label": "Run When", "options": runs}} | _FORCED
        return settings, dict(_REPEATED)
    if word == "event_tracked":
        count = {"minimum_event_count": {"type": "input-number", "label": "Minimum Event Count"}}
        settings["fields"] = {"event_key": {"type": "input-text", "label": "Event Tracking Key"}} | count
        return settings, dict(_REPEATED)
    if word == "form_submitted":
        settings["fields"] = {
            "form_id": {"type": "option_selectors", "option_key": "forms", "label": "Select Form"}
        } | _MAKES
        return settings, {"update_type": update} | _REPEATED
    settings["fields"] = dict(_FORCED)
    return settings, dict(_REPEATED) if word == "birthday" else []
