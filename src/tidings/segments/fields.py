"""The closed sets: which columns of a contact a rule may name, what kind each is, which operators a kind knows.

Every identifier that reaches SQL comes from here; the caller's text never does.
"""

from __future__ import annotations

from typing import Literal, get_args

Kind = Literal["text", "integer", "number", "day", "moment", "many"]

TextColumn = Literal[
    "prefix",
    "first_name",
    "last_name",
    "email",
    "phone",
    "timezone",
    "address_line_1",
    "address_line_2",
    "postal_code",
    "city",
    "state",
    "country",
    "ip",
    "company_name",
    "job_title",
    "website",
    "source",
    "status",
    "sms_status",
    "contact_type",
]
IntegerColumn = Literal["id", "user_id", "owner_id", "company_id", "points", "soft_bounces"]
NumberColumn = Literal["lifetime_value"]
DayColumn = Literal["date_of_birth"]
MomentColumn = Literal["created_at", "updated_at", "active_at", "opened_at", "clicked_at"]
Column = TextColumn | IntegerColumn | NumberColumn | DayColumn | MomentColumn

COLUMN_KINDS: dict[str, Kind] = {
    **dict.fromkeys(get_args(TextColumn), "text"),
    **dict.fromkeys(get_args(IntegerColumn), "integer"),
    **dict.fromkeys(get_args(NumberColumn), "number"),
    **dict.fromkeys(get_args(DayColumn), "day"),
    **dict.fromkeys(get_args(MomentColumn), "moment"),
}

# Kinds of custom fields (contacts.types.CUSTOM_FIELD_KINDS) as kinds of comparison.
FieldKind = Literal[
    "text", "textarea", "number", "single-select", "multi-select", "radio", "checkbox", "date", "date_time"
]
CUSTOM_KINDS: dict[str, Kind] = {
    "text": "text",
    "textarea": "text",
    "single-select": "text",
    "radio": "text",
    "number": "number",
    "multi-select": "many",
    "checkbox": "many",
    "date": "day",
    "date_time": "day",
}

DayOperator = Literal["before", "after", "date_equal", "days_before", "days_within"]
SetOperator = Literal["in", "not_in", "in_all", "not_in_all", "empty", "filled"]
Operator = (
    Literal[
        "equals",
        "not_equals",
        "contains",
        "not_contains",
        "starts_with",
        "ends_with",
        "greater",
        "less",
        "at_least",
        "at_most",
    ]
    | DayOperator
    | SetOperator
)
ActivityOperator = DayOperator | Literal["never", "ever"]

_NUMBERS = frozenset({"equals", "not_equals", "greater", "less", "at_least", "at_most", "in", "not_in"})
_DAYS = frozenset(get_args(DayOperator))
_PRESENCE = frozenset({"empty", "filled"})
OPERATORS: dict[Kind, frozenset[str]] = {
    "text": _PRESENCE
    | {"equals", "not_equals", "contains", "not_contains", "starts_with", "ends_with", "in", "not_in"},
    "integer": _PRESENCE | _NUMBERS,
    "number": _PRESENCE | _NUMBERS,
    "day": _PRESENCE | _DAYS,
    "moment": _PRESENCE | _DAYS,
    "many": _PRESENCE | {"equals", "not_equals", "contains", "not_contains", "in", "not_in", "in_all", "not_in_all"},
}
_MORE_OR_LESS = frozenset({"greater", "less", "at_least", "at_most"})
EventField = Literal["count", "value", "title"]


def event_kind(field: EventField, operator: str) -> Kind:
    """How a part of a tracked event is compared: counts as numbers, values as what the operator wants."""
    if field == "count":
        return "integer"
    return "number" if field == "value" and operator in _MORE_OR_LESS else "text"


NEEDS_LIST = frozenset({"in", "not_in", "in_all", "not_in_all"})
