"""The rule tree: closed sets of nodes, fields and operators, with a strict JSON form."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import msgspec

from tidings.contacts.types import CONTACT_COLUMNS
from tidings.platform.errors import Invalid, Problem

TextOperator = Literal[
    "=", "!=", "contains", "not_contains", "starts_with", "ends_with", "in", "not_in", "empty", "filled"
]
NumberOperator = Literal["=", "!=", ">", "<", ">=", "<=", "in", "not_in", "empty", "filled"]
DateOperator = Literal["before", "after", "on", "days_before", "days_within", "empty", "filled"]
SetOperator = Literal["in", "not_in", "in_all", "not_in_all", "empty", "filled"]

TEXT_COLUMNS = frozenset(
    [
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
        "status",
        "sms_status",
        "contact_type",
        "source",
    ]
)
NUMBER_COLUMNS = frozenset(["id", "user_id", "owner_id", "company_id", "points", "lifetime_value"])
DATE_COLUMNS = frozenset(
    ["date_of_birth", "created_at", "updated_at", "active_at", "opened_at", "clicked_at", "mailed_at"]
)
assert set(CONTACT_COLUMNS) >= TEXT_COLUMNS | NUMBER_COLUMNS | DATE_COLUMNS


class _Node(msgspec.Struct, frozen=True, tag_field="rule", forbid_unknown_fields=True):
    pass


class Everybody(_Node, tag="everybody"):
    """Every contact."""


class Nobody(_Node, tag="nobody"):
    """No contact: what an unknown property or operator means."""


class All(_Node, tag="all"):
    """Every part holds; no part: everybody."""

    parts: Sequence[Rule]


class AnyOf(_Node, tag="any"):
    """At least one part holds; no part: nobody."""

    parts: Sequence[Rule]


class Not(_Node, tag="not"):
    """The part does not hold."""

    part: Rule


class Text(_Node, tag="text"):
    """A text column, compared without letter case. `!=` and the negative operators leave empty columns out."""

    column: str
    operator: TextOperator
    value: str | Sequence[str] = ""


class Number(_Node, tag="number"):
    """A number column."""

    column: str
    operator: NumberOperator
    value: float | Sequence[float] = 0


class Date(_Node, tag="date"):
    """A date or instant column; `value` is a day (YYYY-MM-DD) or a number of days. Days begin in the zone."""

    column: str
    operator: DateOperator
    value: str | int = ""


class Custom(_Node, tag="custom"):
    """A custom field by slug. For `!=` and `not_in`, contacts without a value match."""

    slug: str
    kind: Literal["text", "number", "date", "many"]
    operator: TextOperator | NumberOperator | DateOperator | SetOperator
    value: str | float | Sequence[str | float] = ""


class Tags(_Node, tag="tags"):
    """Membership in tags."""

    operator: SetOperator
    ids: Sequence[int] = ()


class Lists(_Node, tag="lists"):
    """Membership in lists."""

    operator: SetOperator
    ids: Sequence[int] = ()


class Status(_Node, tag="status"):
    """One of the statuses."""

    statuses: Sequence[str]


class Ids(_Node, tag="ids"):
    """Exactly these contacts."""

    ids: Sequence[int]


class Search(_Node, tag="search"):
    """The phrase anywhere in the usual fields; two words also as first and last name."""

    text: str
    with_custom: bool = False


class Activity(_Node, tag="activity"):
    """The last mail sent to, opened by or clicked by the contact."""

    what: Literal["sent", "opened", "clicked"]
    operator: Literal["before", "after", "on", "days_before", "days_within", "never"]
    value: str | int = ""


class CampaignActivity(_Node, tag="campaign_activity"):
    """What the contact did with the mail of one of these campaigns."""

    campaign_ids: Sequence[int]
    operator: Literal["sent", "not_sent", "opened", "not_opened", "clicked", "not_clicked"]


Rule = (
    Everybody
    | Nobody
    | All
    | AnyOf
    | Not
    | Text
    | Number
    | Date
    | Custom
    | Tags
    | Lists
    | Status
    | Ids
    | Search
    | Activity
    | CampaignActivity
)
MAX_NODES = 2_000
MAX_DEPTH = 40


class Segment(msgspec.Struct, frozen=True):
    """A saved rule."""

    id: int
    title: str
    description: str
    rules: dict[str, Any]
    created_at: Any
    updated_at: Any


def to_json(rule: Rule) -> dict[str, Any]:
    """The stored form."""
    return msgspec.to_builtins(rule)


def from_json(stored: object) -> Rule:
    """The tree of the stored form; {} is nobody; raises Invalid naming the place of the fault."""
    if stored == {}:
        return Nobody()
    try:
        return msgspec.convert(stored, Rule)  # pyright: ignore[reportArgumentType, reportReturnType]
    except msgspec.ValidationError as error:
        raise Invalid({"rules": Problem("rule", f"The rule is not understood: {error}")}) from error
