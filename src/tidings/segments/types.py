"""The rule tree: who is meant, in our words. Frozen, comparable, and the same in JSON and in Python.

`to_json` and `from_json` are a strict round trip; unknown words are Invalid with the place in the tree. Nothing here
knows SQL (`compiler`) or a dialect's spelling. Values are checked when a rule is made (`values`): a wrong one is a
ValueError.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any as Anything
from typing import Literal, get_args

import msgspec

from tidings.contacts.types import Status
from tidings.platform.errors import Invalid, Problem
from tidings.segments.fields import (
    COLUMN_KINDS,
    CUSTOM_KINDS,
    ActivityOperator,
    Column,
    EventField,
    FieldKind,
    Operator,
    SetOperator,
    event_kind,
)
from tidings.segments.values import Value, check_ids, check_text, check_value

MAX_DEPTH = 20
MAX_RULES = 1000


class _Rule(msgspec.Struct, frozen=True, tag_field="rule", forbid_unknown_fields=True):
    pass


class Everybody(_Rule, frozen=True, tag="everybody"):
    """Every contact."""


class Nobody(_Rule, frozen=True, tag="nobody"):
    """No contact: what is not understood matches nobody, never everybody."""


class All(_Rule, frozen=True, tag="all"):
    """Every child matches. Without children: everybody."""

    children: tuple[Rule, ...]


class Any(_Rule, frozen=True, tag="any"):
    """At least one child matches. Without children: nobody."""

    children: tuple[Rule, ...]


class Not(_Rule, frozen=True, tag="not"):
    """Exactly those whom the child does not match."""

    child: Rule


class ColumnIs(_Rule, frozen=True, tag="column"):
    """A column compared with a value. Text ignores letter case; None and '' are both empty.

    not_equals and not_contains want a filled column; not_in also takes empty ones (fluentcrm.md §3.3). Days are
    `YYYY-MM-DD` in the installation's zone; days_before and days_within count whole days back from today.
    """

    field: Column
    operator: Operator
    value: Value = None

    def __post_init__(self) -> None:
        check_value(COLUMN_KINDS[self.field], self.operator, self.value)


class CustomFieldIs(_Rule, frozen=True, tag="custom_field"):
    """A custom field compared with a value; every negative operator also matches contacts without a value."""

    slug: str
    kind: FieldKind
    operator: Operator
    value: Value = None

    def __post_init__(self) -> None:
        check_text(self.slug)
        check_value(CUSTOM_KINDS[self.kind], self.operator, self.value)


class HasTags(_Rule, frozen=True, tag="tags"):
    """Tags by id: in (any), not_in (none), in_all (all), not_in_all (fewer than all), empty, filled."""

    operator: SetOperator
    ids: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        check_ids(self.ids)


class InLists(_Rule, frozen=True, tag="lists"):
    """Lists by id, with the operators of HasTags."""

    operator: SetOperator
    ids: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        check_ids(self.ids)


class InCompanies(_Rule, frozen=True, tag="companies"):
    """Companies by id, primary or not, with the operators of HasTags."""

    operator: SetOperator
    ids: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        check_ids(self.ids)


class CompanyIs(_Rule, frozen=True, tag="company"):
    """A word of one of the contact's companies, without letter case: in (one has any of the values), not_in (none
    has), empty (there is none with a value), filled."""

    field: Literal["type", "industry"]
    operator: Literal["in", "not_in", "empty", "filled"]
    values: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        check_value("text", "in", self.values)


class StatusIn(_Rule, frozen=True, tag="status"):
    """The contact's status is one of these."""

    statuses: tuple[Status, ...]


class Search(_Rule, frozen=True, tag="search"):
    """The phrase stands in e-mail, name, address, phone or status; two words also: first word in the first name or
    second word in the last name (fluentcrm.md §3.1). Custom fields whose slugs are in `custom` are looked into too."""

    text: str
    custom: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for one in (self.text, *self.custom):
            check_text(one)


class MailActivity(_Rule, frozen=True, tag="mail"):
    """When the contact was last sent a mail, opened one or clicked in one. never and ever take no value."""

    activity: Literal["sent", "opened", "clicked"]
    operator: ActivityOperator
    value: Value = None

    def __post_init__(self) -> None:
        if self.operator not in ("never", "ever"):
            check_value("moment", self.operator, self.value)


class CampaignActivity(_Rule, frozen=True, tag="campaign"):
    """What the contact did with one campaign. not_opened and not_clicked mean people whom it was sent to."""

    campaign_id: int
    activity: Literal["opened", "not_opened", "clicked", "not_clicked", "sent", "not_sent"]

    def __post_init__(self) -> None:
        check_ids((self.campaign_id,))


class PickedFor(_Rule, frozen=True, tag="picked"):
    """Picked by hand or by a program for that campaign."""

    campaign_id: int

    def __post_init__(self) -> None:
        check_ids((self.campaign_id,))


AutomationState = Literal["completed", "active", "cancelled", "waiting", "pending", "in", "not_in"]
AUTOMATION_ACTIVITIES: tuple[AutomationState, ...] = get_args(AutomationState)


class AutomationActivity(_Rule, frozen=True, tag="automation"):
    """How the contact stands in one automation: in that state, ever in it (in), or never (not_in)."""

    automation_id: int
    activity: AutomationState

    def __post_init__(self) -> None:
        check_ids((self.automation_id,))


class HasEvents(_Rule, frozen=True, tag="events"):
    """An event of one of these keys was reported (in), or of none (not_in)."""

    operator: Literal["in", "not_in"]
    keys: tuple[str, ...]

    def __post_init__(self) -> None:
        check_value("text", "in", self.keys)


class EventIs(_Rule, frozen=True, tag="event"):
    """Events of one key compared: how often there were any (count), the value reported last, or any title.

    Who has no such event does not match, whatever the operator. A value is compared as a number when the operator asks
    for more or less.
    """

    key: str
    field: EventField
    operator: Operator
    value: Value = None

    def __post_init__(self) -> None:
        check_text(self.key)
        check_value(event_kind(self.field, self.operator), self.operator, self.value)


class RoleIn(_Rule, frozen=True, tag="role"):
    """The contact's account here has one of these roles (in), or it has none or no account (not_in)."""

    operator: Literal["in", "not_in"]
    roles: tuple[str, ...]

    def __post_init__(self) -> None:
        check_value("text", "in", self.roles)


class Row(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """In the list and with the tag; None does not restrict."""

    list_id: int | None = None
    tag_id: int | None = None

    def __post_init__(self) -> None:
        check_ids(tuple(i for i in (self.list_id, self.tag_id) if i is not None))


class Audience(_Rule, frozen=True, tag="audience"):
    """In one of the rows of `include` and in none of `exclude`. Nothing included: nobody."""

    include: tuple[Row, ...]
    exclude: tuple[Row, ...] = ()


Rule = (
    Everybody
    | Nobody
    | All
    | Any
    | Not
    | ColumnIs
    | CustomFieldIs
    | HasTags
    | InLists
    | InCompanies
    | CompanyIs
    | StatusIn
    | Search
    | MailActivity
    | CampaignActivity
    | PickedFor
    | AutomationActivity
    | HasEvents
    | EventIs
    | RoleIn
    | Audience
)


def to_json(rule: Rule) -> dict[str, Anything]:
    """The tree as plain JSON values."""
    return msgspec.json.decode(msgspec.json.encode(rule))


def from_json(data: object) -> Rule:
    """The tree back from JSON values; an empty object or None is Nobody. Raises Invalid naming the place."""
    if data is None or data == {}:
        return Nobody()
    try:
        rule = msgspec.convert(data, type=Rule)
    except msgspec.ValidationError as error:
        text, _, place = str(error).partition(" - at `$")
        steps = ".".join(re.findall(r"\w+", place))
        field = f"rules.{steps}" if steps else "rules"
        raise Invalid({field: Problem("type", text.rstrip(".") + ".")}) from None
    except RecursionError:
        raise _too_large() from None
    check_size(rule)
    return rule


def check_size(rule: Rule) -> None:
    """Raises Invalid when the tree is deeper than MAX_DEPTH or has more than MAX_RULES rules."""
    for n, (_, depth) in enumerate(_walk(rule)):
        if depth > MAX_DEPTH or n >= MAX_RULES:
            raise _too_large()


def _walk(rule: Rule) -> Iterator[tuple[Rule, int]]:
    todo = [(rule, 1)]
    while todo:
        one, depth = todo.pop()
        yield one, depth
        if isinstance(one, All | Any):
            todo.extend((child, depth + 1) for child in one.children)
        elif isinstance(one, Not):
            todo.append((one.child, depth + 1))


def _too_large() -> Invalid:
    return Invalid({"rules": Problem("max", f"At most {MAX_RULES} rules, {MAX_DEPTH} levels deep, are possible.")})
