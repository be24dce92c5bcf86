"""The one compiler: a rule tree becomes a boolean SQL expression over alias `c` of contacts.

Values are always bound; columns and operators come from closed tables; a custom slug is bound too, except in the form
that an expression index can match, where it must be a plain word.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from tidings.platform.errors import Invalid, Problem
from tidings.segments import types as t

_PLAIN_SLUG = re.compile(r"[A-Za-z0-9_\-]{1,100}")
_SEARCHED = [
    "email",
    "first_name",
    "last_name",
    "address_line_1",
    "address_line_2",
    "postal_code",
    "city",
    "state",
    "country",
    "phone",
    "status",
]


@dataclass(frozen=True, slots=True)
class Where:
    """A boolean expression with placeholders from `$first` on, and what is bound to them."""

    sql: str
    args: Sequence[Any]


def compile_rule(rule: t.Rule, *, zone: ZoneInfo, now: datetime, first: int = 1) -> Where:
    """Compiles; raises Invalid for an unknown column, a bad date, or a tree that is too large.

    `zone` is where days begin, `first` the number of the first placeholder.
    """
    compiler = _Compiler(zone, now, first)
    return Where(compiler.node(rule, 0), compiler.args)


class _Compiler:
    def __init__(self, zone: ZoneInfo, now: datetime, first: int) -> None:
        self.zone = zone
        self.now = now
        self.first = first
        self.args: list[Any] = []
        self.nodes = 0

    def bind(self, value: Any, cast: str) -> str:
        self.args.append(value)
        return f"${self.first + len(self.args) - 1}::{cast}"

    def node(self, rule: t.Rule, depth: int) -> str:
        self.nodes += 1
        if self.nodes > t.MAX_NODES or depth > t.MAX_DEPTH:
            raise _bad("The rule has too many parts.")
        match rule:
            case t.Everybody():
                return "true"
            case t.Nobody():
                return "false"
            case t.All(parts):
                return _join([self.node(part, depth + 1) for part in parts], " AND ", "true")
            case t.AnyOf(parts):
                return _join([self.node(part, depth + 1) for part in parts], " OR ", "false")
            case t.Not(part):
                return f"NOT ({self.node(part, depth + 1)})"
            case _:
                return self.leaf(rule)

    def leaf(self, rule: t.Rule) -> str:
        match rule:
            case t.Text(column, operator, value):
                return self.text(_column(column, t.TEXT_COLUMNS), operator, value)
            case t.Number(column, operator, value):
                return self.number(_column(column, t.NUMBER_COLUMNS), operator, value)
            case t.Date(column, operator, value):
                return self.date(_column(column, t.DATE_COLUMNS), operator, value, is_day=column == "date_of_birth")
            case t.Custom():
                return self.custom(rule)
            case t.Tags(operator, ids):
                return self.membership("contact_tags", "tag_id", operator, ids)
            case t.Lists(operator, ids):
                return self.membership("contact_lists", "list_id", operator, ids)
            case t.Status(statuses):
                return f"c.status = ANY({self.bind(list(statuses), 'text[]')})"
            case t.Ids(ids):
                return f"c.id = ANY({self.bind(list(ids), 'bigint[]')})"
            case t.Search(text, with_custom):
                return self.search(text, with_custom)
            case t.Activity(what, operator, value):
                return self.activity(what, operator, value)
            case t.CampaignActivity(campaign_ids, operator):
                return self.campaign_activity(campaign_ids, operator)
            case _:
                raise _bad("The rule is not understood.")

    def text(self, column: str, operator: str, value: str | Sequence[str], *, none_matches: bool = False) -> str:
        if operator in ("empty", "filled"):
            return f"coalesce({column}, '') {'=' if operator == 'empty' else '<>'} ''"
        if operator in ("in", "not_in"):
            words = [one.lower() for one in ([value] if isinstance(value, str) else value)]
            inside = f"lower({column}) = ANY({self.bind(words, 'text[]')})"
            if operator == "in":
                return inside
            return f"({column} IS NULL OR NOT {inside})"
        word = (value if isinstance(value, str) else " ".join(value)).lower()
        negative = operator in ("!=", "not_contains")
        if operator in ("=", "!="):
            found = f"lower({column}) = {self.bind(word, 'text')}"
        else:
            like = word.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")
            like = like if operator == "starts_with" else f"%{like}"
            like = like if operator == "ends_with" else f"{like}%"
            found = f"lower({column}) LIKE {self.bind(like, 'text')}"
        if not negative:
            return found
        return f"({column} IS NULL OR NOT {found})" if none_matches else f"({column} IS NOT NULL AND NOT {found})"

    def number(self, column: str, operator: str, value: Any, *, none_matches: bool = False) -> str:
        if operator in ("empty", "filled"):
            return f"{column} IS {'NULL' if operator == 'empty' else 'NOT NULL'}"
        values = [float(one) for one in (value if isinstance(value, list | tuple) else [value])]
        if operator in ("in", "not_in", "!="):
            inside = f"{column} = ANY({self.bind(values, 'numeric[]')})"
            if operator == "in":
                return inside
            return f"({column} IS NULL OR NOT {inside})" if none_matches or operator == "not_in" else f"NOT {inside}"
        return f"{column} {operator} {self.bind(values[0] if values else 0, 'numeric')}"

    def date(self, column: str, operator: str, value: str | int, *, is_day: bool) -> str:
        if operator in ("empty", "filled"):
            return f"{column} IS {'NULL' if operator == 'empty' else 'NOT NULL'}"
        if operator in ("days_before", "days_within"):
            day = self.now.astimezone(self.zone).date() - timedelta(days=_days(value))
            edge = self._edge(day, is_day)
            if operator == "days_before":
                return f"{column} < {edge}"
            return f"({column} >= {edge} AND {column} <= {self._present(is_day)})"
        day = _day(value)
        after = self._edge(day + timedelta(days=1), is_day)
        match operator:
            case "before":
                return f"{column} < {self._edge(day, is_day)}"
            case "after":
                return f"{column} >= {after}"
            case _:
                return f"({column} >= {self._edge(day, is_day)} AND {column} < {after})"

    def _edge(self, day: date, is_day: bool) -> str:
        """The beginning of a day: the day itself for date columns, its first instant in the zone for instants."""
        if is_day:
            return self.bind(day, "date")
        return self.bind(datetime.combine(day, time(), self.zone).astimezone(UTC), "timestamptz")

    def _present(self, is_day: bool) -> str:
        return self.bind(
            self.now.astimezone(self.zone).date() if is_day else self.now, "date" if is_day else "timestamptz"
        )

    def custom(self, rule: t.Custom) -> str:
        slug = f"'{rule.slug}'" if _PLAIN_SLUG.fullmatch(rule.slug) else self.bind(rule.slug, "text")
        text = f"(c.custom ->> {slug})"
        match rule.kind:
            case "text":
                return self.text(text, rule.operator, _texts(rule.value), none_matches=True)
            case "number":
                return self.number(f"numeric_or_null{text}", rule.operator, rule.value, none_matches=True)
            case "date":
                return self.date(f"date_or_null{text}", rule.operator, _scalar(rule.value), is_day=True)
            case _:
                return self.many(f"(c.custom -> {slug})", rule.operator, rule.value)

    def many(self, column: str, operator: str, value: Any) -> str:
        if operator in ("empty", "filled"):
            return f"{column} IS {'NULL' if operator == 'empty' else 'NOT NULL'}"
        words = [str(one) for one in (value if isinstance(value, list | tuple) else [value])]
        word = "?&" if operator in ("in_all", "not_in_all") else "?|"
        found = f"{column} {word} {self.bind(words, 'text[]')}"
        return (
            f"coalesce(NOT {found}, true)"
            if operator in ("not_in", "not_in_all", "!=")
            else f"coalesce({found}, false)"
        )

    def membership(self, table: str, key: str, operator: str, ids: Sequence[int]) -> str:
        of_contact = f"SELECT 1 FROM {table} m WHERE m.contact_id = c.id"
        if operator in ("empty", "filled"):
            return f"{'NOT ' if operator == 'empty' else ''}EXISTS ({of_contact})"
        wanted = list(dict.fromkeys(ids))
        if operator in ("in_all", "not_in_all"):
            bound = self.bind(wanted, "bigint[]")
            count = f"(SELECT count(*) FROM {table} m WHERE m.contact_id = c.id AND m.{key} = ANY({bound}))"
            return f"{count} {'=' if operator == 'in_all' else '<'} {len(wanted)}"
        found = f"EXISTS ({of_contact} AND m.{key} = ANY({self.bind(wanted, 'bigint[]')}))"
        return found if operator == "in" else f"NOT {found}"

    def search(self, text: str, with_custom: bool) -> str:
        words = text.lower().split()
        if not words:
            return "true"
        phrase = " ".join(words)
        parts = [self.text(f"c.{column}", "contains", phrase) for column in _SEARCHED]
        if len(words) == 2:
            parts.append(self.text("c.first_name", "contains", words[0]))
            parts.append(self.text("c.last_name", "contains", words[1]))
        if with_custom:
            parts.append(self.text("c.custom::text", "contains", phrase))
        return _join(parts, " OR ", "false")

    def activity(self, what: str, operator: str, value: str | int) -> str:
        column = {"sent": "c.mailed_at", "opened": "c.opened_at", "clicked": "c.clicked_at"}[what]
        if operator == "never":
            return f"{column} IS NULL"
        return self.date(column, operator, value, is_day=False)

    def campaign_activity(self, campaign_ids: Sequence[int], operator: str) -> str:
        bound = self.bind(list(campaign_ids), "bigint[]")
        base = f"SELECT 1 FROM messages m WHERE m.contact_id = c.id AND m.campaign_id = ANY({bound})"
        sent = f"{base} AND m.sent_at IS NOT NULL"
        return {
            "sent": f"EXISTS ({sent})",
            "not_sent": f"NOT EXISTS ({sent})",
            "opened": f"EXISTS ({base} AND m.opened_at IS NOT NULL)",
            "not_opened": f"NOT EXISTS ({base} AND m.opened_at IS NOT NULL)",
            "clicked": f"EXISTS ({base} AND m.clicked_at IS NOT NULL)",
            "not_clicked": f"NOT EXISTS ({base} AND m.clicked_at IS NOT NULL)",
        }[operator]


def _join(parts: Sequence[str], word: str, empty: str) -> str:
    return f"({word.join(parts)})" if parts else empty


def _column(name: str, allowed: frozenset[str]) -> str:
    if name not in allowed:
        raise Invalid({"rules": Problem("column", f"There is no property “{name}” to filter by.")})
    return f"c.{name}"


def _texts(value: Any) -> str | Sequence[str]:
    return [str(one) for one in value] if isinstance(value, list | tuple) else str(value)


def _scalar(value: Any) -> str | int:
    first: Callable[[], Any] = lambda: value[0] if isinstance(value, list | tuple) and value else value  # noqa: E731
    one = first()
    return int(one) if isinstance(one, float) else one


def _days(value: str | int) -> int:
    try:
        days = int(value)
    except (TypeError, ValueError):
        raise _bad(f"“{value}” is not a number of days.") from None
    return min(max(days, 0), 36_500)


def _day(value: str | int) -> date:
    try:
        return date.fromisoformat(str(value).strip()[:10])
    except ValueError:
        raise _bad(f"“{value}” is not a date like 2027-01-31.") from None


def _bad(text: str) -> Invalid:
    return Invalid({"rules": Problem("rule", text)})
