"""What the body of a dynamic segment means, in both of its forms (spec §3.5), and the definitions an editor asks for.

The old form is one list of conditions and the last mail opened or clicked; the new one is `filters` as everywhere else.
Numbers of days: `>=` is within them, `<=` longer ago, as the reference labels these operators; 0 switches off.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any as Anything
from typing import Literal

from tidings.contacts.types import STATUSES, ContactList, Tag
from tidings.dialects._engine.calls import as_list, as_structure, is_true
from tidings.dialects.fluentcrm.conditions import condition_rule
from tidings.dialects.fluentcrm.filters import Fields, advanced_rule
from tidings.platform.errors import Refused
from tidings.segments.types import All, Any, ColumnIs, MailActivity, Nobody, Rule, check_size
from tidings.segments.values import days_of

CUSTOM = "custom_segment"
KEPT = ("conditions", "condition_match", "email_activities", "filters")
NO_TITLE = "Please provide segment title"
_TEXTS = {
    "email": "Contact Email",
    "first_name": "First Name",
    "last_name": "Last Name",
    "city": "City",
    "state": "State",
    "country": "Country",
    "source": "Source",
}
_MOMENTS: dict[str, Literal["created_at", "active_at"]] = {"created_at": "created_at", "last_activity": "active_at"}
Days = Literal["days_within", "days_before"]
_DAYS: dict[str, Days] = {">=": "days_within", "<=": "days_before"}
_ACTIVITIES: dict[str, Literal["opened", "clicked"]] = {"last_email_open": "opened", "last_email_link_click": "clicked"}
NO_ACTIVITIES: dict[str, Anything] = {
    "status": "no",
    **{name: {"value": 0, "operator": ">="} for name in _ACTIVITIES},
    "last_email_activity_match": "match_any",
}


def segment_values(body: object) -> tuple[str, dict[str, Anything]]:
    """Title and the parts that are kept, of a structure or JSON text. Raises Refused without a title."""
    read = as_structure(body)
    given: Mapping[str, Anything] = read if isinstance(read, dict) else {}
    title = given.get("title")
    if not isinstance(title, str) or not title.strip():
        text = {"title": {"required": NO_TITLE}}
        raise Refused(NO_TITLE, flags={"errors": {"title": [NO_TITLE]}, **text})
    return title.strip(), {name: given[name] for name in KEPT if name in given}


def segment_rule(body: Mapping[str, Anything], *, fields: Fields) -> Rule:
    """Whom a body means: `filters` when there are any, else the old form; nobody when nothing is asked.

    Raises Refused for filters that cannot be read and Invalid for an unknown column or too many conditions.
    """
    if has_filters(body.get("filters")):
        return advanced_rule(body["filters"], fields=fields, is_strict=True)
    conditions = [rule for one in as_list(body.get("conditions")) if (rule := _condition(one, fields)) is not None]
    chosen: list[Rule] = []
    if conditions:
        chosen.append(_joined(conditions, body.get("condition_match")))
    activities = as_structure(body.get("email_activities"))
    if isinstance(activities, dict):
        chosen.extend(_activities(activities))
    rule = _joined(chosen, "match_all") if chosen else Nobody()
    check_size(rule)
    return rule


def has_filters(value: object) -> bool:
    """Whether the new form is filled: text that cannot be read is."""
    if isinstance(value, str):
        read = as_structure(value)
        return bool(value.strip()) if read is None else has_filters(read)
    groups: Sequence[object] = as_list(value)
    return any(one not in (None, "", [], {}) for one in groups)


def _condition(value: object, fields: Fields) -> Rule | None:
    """None for a blank line of the editor; Nobody for what is not understood."""
    if not isinstance(value, Mapping):
        return Nobody()
    field, operator, wanted = (value.get(name) for name in ("field", "operator", "value"))
    if not isinstance(field, str) or not isinstance(operator, str) or not field:
        return None if not field and not operator else Nobody()
    if field in _MOMENTS:
        return _ago(partial(ColumnIs, _MOMENTS[field]), operator, wanted)
    provider = "segment" if field in ("tags", "lists", "status") else "subscriber"
    return condition_rule({"source": [provider, field], "operator": operator, "value": wanted}, fields=fields)


def _ago(make: Callable[[Days, int], Rule], operator: object, value: object) -> Rule | None:
    """The rule of an operator and a number of days; None when switched off, Nobody when not understood."""
    if value in (None, "", 0, "0", False):
        return None
    known = _DAYS.get(str(operator))
    try:
        return Nobody() if known is None else make(known, days_of(value))
    except (ValueError, OverflowError):
        return Nobody()


def _activities(given: Mapping[str, Anything]) -> list[Rule]:
    """One rule of the last open and click when they are switched on, else none."""
    if not is_true(given.get("status") or "no"):
        return []
    found: list[Rule] = []
    for name, activity in _ACTIVITIES.items():
        one = given.get(name)
        one = one if isinstance(one, Mapping) else {}
        rule = _ago(partial(MailActivity, activity), one.get("operator", ">="), one.get("value"))
        if rule is not None:
            found.append(rule)
    return [_joined(found, given.get("last_email_activity_match"))] if found else []


def _joined(rules: Sequence[Rule], match: object) -> Rule:
    if len(rules) == 1:
        return rules[0]
    return Any(tuple(rules)) if match == "match_any" else All(tuple(rules))


def editor_fields(tags: Sequence[Tag], lists: Sequence[ContactList]) -> dict[str, Anything]:
    """What the editor of the old form is made of: the fields with their operators, and a body to begin with."""
    compared = {"=": "Equal", "!=": "Not Equal", "LIKE": "Contains", "NOT LIKE": "Not Contains"}
    days = {">=": "Within", "<=": "Before"}
    fields: dict[str, Anything] = {
        name: {"type": "text", "label": label, "operators": compared, "value": ""} for name, label in _TEXTS.items()
    }
    fields["status"] = _choice("Subscription Status", {status: status.capitalize() for status in STATUSES})
    fields["tags"] = _choice("Tags", {str(one.id): one.title for one in tags})
    fields["lists"] = _choice("Lists", {str(one.id): one.title for one in lists})
    for name, label in (("created_at", "Added"), ("last_activity", "Last active")):
        fields[name] = {"type": "days_ago", "label": label, "operators": days, "value": ""}
    matches = {"match_all": "Both must be true", "match_any": "One is enough"}
    help_text = "0 or nothing switches it off"
    activities: dict[str, Anything] = {
        "status": {"type": "yes_no_check", "label": "Look at the last mail opened or clicked"},
        "last_email_open": _activity("Last mail opened", days, help_text),
        "last_email_link_click": _activity("Last link clicked", days, help_text),
        "last_email_activity_match": {"heading": "Match", "label": "Open and click", "options": matches},
    }
    blocks = [
        ("condition_blocks", "conditions", "Conditions", "What is true of the contacts of this segment", fields),
        ("activities_blocks", "email_activities", "Mails", "When they last opened or clicked", activities),
    ]
    keys = ("type", "key", "heading", "label", "fields")
    defaults = {"conditions": [{"field": "", "operator": "", "value": ""}], "condition_match": "match_all"}
    return {
        "fields": [dict(zip(keys, block, strict=True)) for block in blocks],
        "settings_defaults": {**defaults, "email_activities": NO_ACTIVITIES},
    }


def _choice(label: str, options: Mapping[str, str]) -> dict[str, Anything]:
    operators = {"whereIn": "In", "whereNotIn": "Not In"}
    more = {"operators": operators, "value": [], "options": dict(options)}
    return {"type": "select", "is_multiple": True, "label": label, **more}


def _activity(label: str, options: Mapping[str, str], help_text: str) -> dict[str, Anything]:
    return {"type": "days_ago_with_operator", "label": label, "options": options, "inline_help": help_text}
