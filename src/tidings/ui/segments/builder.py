"""The builder's state between browser and rule: groups of conditions. One group must match, all conditions in it.

A rule that does not have this shape (made through an API) is not shown as conditions, and never changed by accident.
"""

from __future__ import annotations

import re
import typing
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tidings.contacts.types import STATUSES, Status
from tidings.platform.errors import Invalid, Problem
from tidings.segments.fields import FieldKind
from tidings.segments.types import (
    All,
    Any,
    CampaignActivity,
    ColumnIs,
    CustomFieldIs,
    HasTags,
    InLists,
    MailActivity,
    Rule,
    StatusIn,
)
from tidings.ui.segments.properties import Property
from tidings.ui.shell.forms import Form
from tidings.ui.shell.texts import _

_FIELD = re.compile(r"f\.(\d{1,3})\.(\d{1,3})")
MOST = 100


@dataclass(slots=True)
class Condition:
    """One line: a property, an operator, values as typed."""

    key: str
    operator: str
    values: list[str] = field(default_factory=list[str])

    @property
    def value(self) -> str:
        """The one value, where there is one."""
        return self.values[0] if self.values else ""


@dataclass(slots=True)
class Builder:
    """Groups of conditions as they stand on the page."""

    groups: list[list[Condition]]

    @classmethod
    def empty(cls, properties: Mapping[str, Property]) -> Builder:
        """One group with one line to begin with."""
        return cls([[_first(properties)]])

    @classmethod
    def from_form(cls, form: Form, properties: Mapping[str, Property]) -> Builder:
        """What the page sent; a line whose property is unknown is left out, an operator that does not fit replaced."""
        groups: dict[int, dict[int, Condition]] = {}
        for name in list(form.values)[: MOST * 4]:
            place = _FIELD.fullmatch(name)
            known = properties.get(form.text(name)) if place else None
            if place is None or known is None:
                continue
            g, c = int(place[1]), int(place[2])
            operator = form.text(f"o.{g}.{c}")
            if operator not in dict(known.operators):
                operator = known.operators[0][0]
            asked = known.asks(operator)
            # A value typed for another kind of property would only confuse.
            values = form.texts(f"v.{g}.{c}") if asked and form.text(f"k.{g}.{c}") in ("", asked) else []
            groups.setdefault(g, {})[c] = Condition(known.key, operator, values)
        return cls([[lines[c] for c in sorted(lines)] for _, lines in sorted(groups.items())])

    @classmethod
    def from_rule(cls, rule: Rule, properties: Mapping[str, Property]) -> Builder | None:
        """The lines of a rule, or None when it cannot be shown in lines."""
        tops = rule.children if isinstance(rule, Any) else (rule,)
        groups: list[list[Condition]] = []
        for top in tops:
            lines = [_line(one) for one in (top.children if isinstance(top, All) else (top,))]
            known = [
                one
                for one in lines
                if one and one.key in properties and one.operator in dict(properties[one.key].operators)
            ]
            if len(known) < len(lines):
                return None
            groups.append(known)
        return cls(groups)

    @property
    def places(self) -> list[str]:
        """The names of the values, as errors name them."""
        return [f"v.{g}.{c}" for g, lines in enumerate(self.groups) for c in range(len(lines))]

    def change(self, what: str, properties: Mapping[str, Property]) -> None:
        """Does what a button says: `add:GROUP`, `group`, `drop:GROUP.LINE`. Anything else changes nothing."""
        word, _colon, place = what.partition(":")
        numbers = [int(one) for one in place.split(".") if one.isdigit() and len(one) < 4]
        if word == "group":
            self.groups.append([_first(properties)])
        elif word == "add" and len(numbers) == 1 and numbers[0] < len(self.groups):
            self.groups[numbers[0]].append(_first(properties))
        elif word == "drop" and len(numbers) == 2 and numbers[0] < len(self.groups):
            del self.groups[numbers[0]][numbers[1] : numbers[1] + 1]
        self.groups = [lines for lines in self.groups if lines] or [[_first(properties)]]

    def rule(self, properties: Mapping[str, Property]) -> Rule:
        """The rule; raises Invalid naming `v.GROUP.LINE` of each bad value."""
        problems: dict[str, Problem] = {}
        made: list[Rule] = []
        for g, lines in enumerate(self.groups):
            rules: list[Rule] = []
            for c, line in enumerate(lines):
                try:
                    rules.append(_rule(line, properties[line.key]))
                except ValueError as error:
                    problems[f"v.{g}.{c}"] = Problem("value", str(error)[:1].upper() + str(error)[1:] + ".")
            made.append(All(tuple(rules)))
        if problems:
            raise Invalid(problems)
        if not made:
            raise Invalid({"rules": Problem("required", _("Add a condition."))})
        return made[0] if len(made) == 1 else Any(tuple(made))


def _first(properties: Mapping[str, Property]) -> Condition:
    key = "tags" if properties["tags"].options else "column.email"
    return Condition(key, properties[key].operators[0][0])


def _rule(line: Condition, known: Property) -> Rule:
    values = tuple(line.values)
    # Words that the property offers (`Builder.from_form` sees to it), and so words of the rules.
    operator: typing.Any = line.operator
    asked = known.asks(operator)
    if asked == "options" and not values:
        raise ValueError(_("choose at least one"))
    if asked and asked != "options" and not line.value.strip():
        raise ValueError(_("a value is missing"))
    value = None if not asked else values if asked == "options" else line.value.strip()
    area, _dot, word = line.key.partition(".")
    name: typing.Any = word
    match area:
        case "status":
            statuses: tuple[Status, ...] = tuple(one for one in STATUSES if one in values)
            if not statuses:
                raise ValueError(_("choose at least one"))
            return StatusIn(statuses)
        case "tags" | "lists":
            ids = tuple(int(one) for one in values if one.isdigit() and len(one) < 19)
            return (HasTags if area == "tags" else InLists)(operator, ids)
        case "mail":
            return MailActivity(name, operator, value)
        case "campaign":
            return CampaignActivity(_campaign(line.value, known), operator)
        case "custom":
            return CustomFieldIs(name, _custom_kind(known), operator, value)
        case _:
            return ColumnIs(name, operator, value)


def _campaign(text: str, known: Property) -> int:
    if text not in dict(known.options):
        raise ValueError(_("choose a campaign"))
    return int(text)


def _custom_kind(known: Property) -> FieldKind:
    kinds: Mapping[str, FieldKind] = {
        "choice": "single-select",
        "many": "multi-select",
        "day": "date",
        "number": "number",
    }
    return kinds.get(known.kind, "text")


def _line(rule: Rule) -> Condition | None:
    match rule:
        case ColumnIs():
            return Condition(f"column.{rule.field}", rule.operator, _texts(rule.value))
        case CustomFieldIs():
            return Condition(f"custom.{rule.slug}", rule.operator, _texts(rule.value))
        case HasTags() | InLists():
            return Condition("tags" if isinstance(rule, HasTags) else "lists", rule.operator, _texts(rule.ids))
        case StatusIn():
            return Condition("status", "in", list(rule.statuses))
        case MailActivity():
            return Condition(f"mail.{rule.activity}", rule.operator, _texts(rule.value))
        case CampaignActivity():
            return Condition("campaign", rule.activity, [str(rule.campaign_id)])
        case _:
            return None


def _texts(value: object) -> list[str]:
    if value is None:
        return []
    found: Sequence[object] = value if isinstance(value, tuple) else (value,)
    return [str(one) for one in found]
