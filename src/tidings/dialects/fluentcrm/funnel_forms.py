"""The forms of the editor of automations: fields of steps and of triggers (spec §6.2, §6.4). Pure; the steps themselves are
in `funnel_blocks`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tidings.access.types import ROLES
from tidings.contacts.types import CustomField
from tidings.dialects.fluentcrm.funnel_blocks import said_of
from tidings.dialects.fluentcrm.funnel_words import trigger_key
from tidings.dialects.fluentcrm.triggers import trigger_bodies

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


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
    return {key: said_of(key) | {"fields": one} for key, one in own.items()}


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
