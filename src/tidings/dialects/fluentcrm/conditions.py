"""One condition of an advanced filter to a rule (fluentcrm.md §3.2–§3.4): sources, operator spellings, value habits.

An unknown provider or operator and a value that does not fit match nobody; an unknown contact column is Invalid.
Groups, simple parameters and recipients are in `filters`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any as Anything
from typing import cast

from tidings.contacts.types import STATUSES, CustomField
from tidings.platform.errors import Invalid, Problem
from tidings.segments.fields import COLUMN_KINDS, CUSTOM_KINDS, NEEDS_LIST, OPERATORS, EventField, Kind, event_kind
from tidings.segments.types import (
    AUTOMATION_ACTIVITIES,
    All,
    Any,
    AutomationActivity,
    CampaignActivity,
    ColumnIs,
    CompanyIs,
    CustomFieldIs,
    EventIs,
    Everybody,
    HasEvents,
    HasTags,
    InCompanies,
    InLists,
    MailActivity,
    Nobody,
    Not,
    RoleIn,
    Rule,
    Search,
    StatusIn,
)

Condition = Mapping[str, Anything]

_OPERATORS = {
    "=": "equals",
    "==": "equals",
    "!=": "not_equals",
    "<>": "not_equals",
    "contains": "contains",
    "LIKE": "contains",
    "not_contains": "not_contains",
    "NOT LIKE": "not_contains",
    "in": "in",
    "whereIn": "in",
    "not_in": "not_in",
    "whereNotIn": "not_in",
    "in_all": "in_all",
    "not_in_all": "not_in_all",
    "is_null": "empty",
    "not_null": "filled",
    ">": "greater",
    "<": "less",
    ">=": "at_least",
    "<=": "at_most",
    "before": "before",
    "date_before": "before",
    "after": "after",
    "date_after": "after",
    "date_equal": "date_equal",
    "days_before": "days_before",
    "days_within": "days_within",
    "never": "never",
    "startsWith": "starts_with",
    "starts_with": "starts_with",
    "endsWith": "ends_with",
    "ends_with": "ends_with",
}
_COLUMNS = {
    **{
        name: name
        for name in (
            "first_name",
            "last_name",
            "email",
            "address_line_1",
            "address_line_2",
            "city",
            "state",
            "postal_code",
            "phone",
            "source",
            "country",
            "prefix",
            "contact_type",
            "timezone",
            "id",
            "user_id",
            "company_id",
            "ip",
            "status",
            "sms_status",
            "date_of_birth",
            "created_at",
            "updated_at",
        )
    },
    "total_points": "points",
    "life_time_value": "lifetime_value",
    "last_activity": "active_at",
    "contact_owner": "owner_id",
}
_ACTIVITIES = {"email_sent": "sent", "email_opened": "opened", "email_link_clicked": "clicked"}
_CAMPAIGN = {
    "open": "opened",
    "not_open": "not_opened",
    "clicked": "clicked",
    "not_clicked": "not_clicked",
    "in": "sent",
    "not_in": "not_sent",
}
_MEMBERSHIPS: dict[str, Callable[[Anything, tuple[int, ...]], Rule]] = {
    "tags": HasTags,
    "lists": InLists,
    "companies": InCompanies,
}
_SEGMENT = ("status", "contact_type", "sms_status", *_MEMBERSHIPS, "company_type", "company_industry", "user_role")
_EVENT_FIELDS: dict[str, EventField] = {
    "event_tracking_key_count": "count",
    "event_tracking_value": "value",
    "event_tracking_title": "title",
}


def is_condition(value: object) -> bool:
    """Whether a value has the form of a condition: a source or property, and an operator."""
    return isinstance(value, Mapping) and isinstance(value.get("operator"), str) and _source(value) is not None


def condition_rule(value: object, *, fields: Mapping[str, CustomField]) -> Rule:
    """The rule of one condition; Nobody for what is not understood. Raises Invalid for an unknown column."""
    if not is_condition(value):
        return Nobody()
    condition = cast(Condition, value)
    source = _source(condition)
    assert source is not None
    provider, name = source
    provider = provider or _guessed(name, fields)
    make = _PROVIDERS.get(provider)
    if make is None:
        return Nobody()
    try:
        if provider == "custom_fields":
            return _custom_field(name, condition, fields)
        return make(name, condition)
    except ValueError:
        return Nobody()


def listed(value: object) -> list[object]:
    """A list from a list, an object's values or a scalar; None and empty text are left out."""
    if isinstance(value, Mapping):
        value = list(cast(Mapping[str, object], value).values())
    if isinstance(value, list | tuple):
        return [one for one in cast(Sequence[object], value) if one is not None and one != ""]
    return [] if value is None or value == "" else [value]


def ids_of(values: Sequence[object]) -> tuple[int, ...]:
    """Ids from numbers and numeric text; anything else becomes 0, which no record has."""
    return tuple(_id(value) for value in values)


def _id(value: object) -> int:
    text = str(value).strip() if isinstance(value, str | int) and not isinstance(value, bool) else ""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else 0


def _source(condition: Condition) -> tuple[str, str] | None:
    """Provider and property; the provider is empty when it is not named."""
    source = condition.get("source", condition.get("property"))
    if isinstance(source, list | tuple):
        parts = [str(part) for part in cast(Sequence[object], source)]
        if len(parts) == 2:
            return parts[0], parts[1]
        source = parts[0] if len(parts) == 1 else None
    if not isinstance(source, str) or not source:
        return None
    provider, dot, name = source.partition(".")
    if dot:
        return provider, name
    return str(condition.get("provider") or ""), source


def _guessed(name: str, fields: Mapping[str, CustomField]) -> str:
    if name in _COLUMNS or name == "search":
        return "subscriber"
    if name in fields:
        return "custom_fields"
    if name in _SEGMENT:
        return "segment"
    if name in _EVENT_FIELDS or name == "event_tracking_key":
        return "event_tracking"
    return "activities" if name in _ACTIVITIES or name == "campaign_email_activity" else "subscriber"


def _operator(condition: Condition) -> str:
    return _OPERATORS.get(str(condition.get("operator")).strip(), "")


def _subscriber(name: str, condition: Condition) -> Rule:
    if name == "search":
        return _search(condition)
    column = _COLUMNS.get(name)
    if column is None:
        raise Invalid({"advanced_filters": Problem("unknown", f"A contact has no field “{name[:60]}”.")})
    return _compared(COLUMN_KINDS[column], condition, lambda op, value: ColumnIs(cast(Anything, column), op, value))


def _search(condition: Condition) -> Rule:
    operator = _operator(condition)
    text = _one(condition.get("value"))
    if operator in ("contains", "equals"):
        return Search(text)
    return Not(Search(text)) if operator in ("not_contains", "not_equals") and text.strip() else Nobody()


def _custom_field(name: str, condition: Condition, fields: Mapping[str, CustomField]) -> Rule:
    definition = fields.get(name)
    if definition is None:
        return Nobody()
    kind = cast(Anything, definition.kind)
    return _compared(CUSTOM_KINDS[definition.kind], condition, lambda op, value: CustomFieldIs(name, kind, op, value))


def _compared(kind: Kind, condition: Condition, make: Callable[[Anything, Anything], Rule]) -> Rule:
    """A comparison with the value in the shape that the operator wants; a list with = or != is in or not_in."""
    operator = _operator(condition)
    value = condition.get("value")
    if isinstance(value, list | tuple | Mapping):
        operator = {"equals": "in", "not_equals": "not_in"}.get(operator, operator)
    if kind in ("day", "moment") and operator == "equals":
        operator = "date_equal"
    if operator not in OPERATORS[kind]:
        return Nobody()
    if operator in ("empty", "filled"):
        return make(operator, None)
    if operator in NEEDS_LIST:
        values = tuple(_scalar(one) for one in listed(value))
        return make(operator, values) if values else Nobody()
    text = _one(value)
    if not text and operator in ("contains", "not_contains", "starts_with", "ends_with"):
        # Every text holds the empty one: a box left blank must not mean everybody.
        return Nobody()
    return make(operator, text)


def _segment(name: str, condition: Condition) -> Rule:
    operator = _operator(condition)
    if name == "status":
        return _status(operator, condition)
    if name in ("contact_type", "sms_status"):
        return _subscriber(name, condition)
    if name in _MEMBERSHIPS:
        return _memberships(name, operator, condition)
    if name == "user_role":
        return _either(RoleIn, operator, condition)
    if name in ("company_type", "company_industry"):
        return _company_word(name.removeprefix("company_"), operator, condition)
    return Nobody()


def _status(operator: str, condition: Condition) -> Rule:
    wanted = {str(value) for value in listed(condition.get("value"))}
    known = StatusIn(tuple(status for status in STATUSES if status in wanted))
    if operator in ("in", "equals"):
        return known
    return Not(known) if operator in ("not_in", "not_equals") and wanted else Nobody()


def _memberships(name: str, operator: str, condition: Condition) -> Rule:
    operator = {"equals": "in", "not_equals": "not_in"}.get(operator, operator)
    if operator not in ("in", "not_in", "in_all", "not_in_all", "empty", "filled"):
        return Nobody()
    ids = ids_of(listed(condition.get("value")))
    if not ids and operator not in ("empty", "filled"):
        return Nobody()
    return _MEMBERSHIPS[name](cast(Anything, operator), () if operator in ("empty", "filled") else ids)


def _company_word(field: Anything, operator: str, condition: Condition) -> Rule:
    if operator in ("empty", "filled"):
        return CompanyIs(field, cast(Anything, operator))
    return _either(lambda known, values: CompanyIs(field, known, values), operator, condition)


def _either(make: Callable[[Anything, tuple[str, ...]], Rule], operator: str, condition: Condition) -> Rule:
    """A rule that knows in and not_in of texts alone; nobody without a value."""
    operator = {"equals": "in", "not_equals": "not_in"}.get(operator, operator)
    values = tuple(str(_scalar(one)) for one in listed(condition.get("value")))
    return make(operator, values) if values and operator in ("in", "not_in") else Nobody()


def _event(name: str, condition: Condition) -> Rule:
    operator = _operator(condition)
    if name == "event_tracking_key":
        return _either(HasEvents, operator, condition)
    field, key = _EVENT_FIELDS.get(name), _one(condition.get("extra_value"))
    if field is None or not key:
        return Nobody()
    return _compared(event_kind(field, operator), condition, lambda op, value: EventIs(key, field, op, value))


def _activity(name: str, condition: Condition) -> Rule:
    if name in _ACTIVITIES:
        return _mail_activity(cast(Anything, _ACTIVITIES[name]), condition)
    if name == "campaign_email_activity":
        return _campaign_activity(condition)
    if name == "automation_activity":
        return _automation_activity(condition)
    if name == "email_sequence_activity":
        # Nobody has been in one yet.
        return Everybody() if _operator(condition) == "not_in" and listed(condition.get("value")) else Nobody()
    return Nobody()


def _mail_activity(activity: Anything, condition: Condition) -> Rule:
    operator = _operator(condition)
    if operator in ("never", "empty", "filled"):
        return MailActivity(activity, "ever" if operator == "filled" else "never")
    if operator not in OPERATORS["moment"]:
        return Nobody()
    return MailActivity(activity, cast(Anything, operator), _one(condition.get("value")))


def _campaign_activity(condition: Condition) -> Rule:
    activity = _CAMPAIGN.get(str(condition.get("operator")))
    ids = ids_of(listed(condition.get("value")))
    if activity is None or not ids:
        return Nobody()
    rules = tuple(CampaignActivity(one, cast(Anything, activity)) for one in ids)
    if len(rules) == 1:
        return rules[0]
    return All(rules) if activity == "not_sent" else Any(rules)


def _automation_activity(condition: Condition) -> Rule:
    activity = str(condition.get("operator")).removeprefix("status_")
    activity = {"whereIn": "in", "whereNotIn": "not_in"}.get(activity, activity)
    ids = ids_of(listed(condition.get("value")))
    if activity not in AUTOMATION_ACTIVITIES or not ids:
        return Nobody()
    rules = tuple(AutomationActivity(one, cast(Anything, activity)) for one in ids)
    if len(rules) == 1:
        return rules[0]
    return All(rules) if activity == "not_in" else Any(rules)


def _one(value: object) -> str:
    """The first value as text: a scalar arrives alone or in a list of one."""
    values = listed(value)
    return str(_scalar(values[0])) if values else ""


def _scalar(value: object) -> str | int | float:
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, str | int | float):
        return value
    raise ValueError("a value must be text or a number")


_PROVIDERS: dict[str, Callable[[str, Condition], Rule]] = {
    "subscriber": _subscriber,
    "custom_fields": lambda name, condition: Nobody(),
    "segment": _segment,
    "activities": _activity,
    "event_tracking": _event,
}
