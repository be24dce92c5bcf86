"""The steps that the editor of automations offers, with their first settings (spec §6.2, §6.3). Pure; their forms are in
`funnel_forms`.
"""

from __future__ import annotations

import copy
from typing import Any

from tidings.dialects.fluentcrm.campaigns_wire import MAILER, TEMPLATE_CONFIG

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


def said_of(key: str) -> dict[str, str]:
    """Title and sentence of a step, as its form is headed."""
    _kind, _category, title, about, _icon, _settings = _TABLE[key]
    return {"title": title, "sub_title": about}
