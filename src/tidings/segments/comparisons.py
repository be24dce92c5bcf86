"""Comparisons of one column, custom field or part of an event with bound values, as SQL. Private to `compiler`.

Text is compared through `lower()` on both sides in the database, so that one set of letter rules decides. Each
expression on `c.custom` here is the one that `indexes` indexes: change them together.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from tidings.contacts import codes
from tidings.contacts.codes import TEXT, any_column_sql, coded_sql, has_no_letters, is_coded
from tidings.platform.db import escape_like
from tidings.segments.days import Days, days_meant, start_of
from tidings.segments.fields import COLUMN_KINDS, CUSTOM_KINDS, EventField, event_kind
from tidings.segments.types import CustomFieldIs
from tidings.segments.values import Value, number_of

# Longer texts are not compared through the index, whose keys are cut at 200 characters.
KEYED_TEXT = 100
_SIGNS = {"equals": "=", "greater": ">", "less": "<", "at_least": ">=", "at_most": "<="}
_FEW = 20
_FEW_FIELDS = 4
_CODED = {f"c.{name}" for name in codes.COLUMNS}


@dataclass
class Bound:
    """The bound values so far. Calling it binds one more and gives its placeholder."""

    zone: ZoneInfo
    today: date
    first: int
    args: list[Any] = field(default_factory=list[Any])

    @property
    def next(self) -> int:
        """The number of the placeholder that comes next."""
        return self.first + len(self.args)

    def __call__(self, value: object) -> str:
        self.args.append(value)
        return f"${self.next - 1}"


def column_sql(column: str, operator: str, value: Value, bound: Bound) -> str:
    """A column of contacts; `column` must be a key of COLUMN_KINDS."""
    kind = COLUMN_KINDS[column]
    name = f"c.{column}"
    if kind == "text":
        return _text_column_sql(name, operator, value, bound)
    if kind == "moment":
        return moment_sql(name, operator, value, bound)
    if kind == "day":
        return _day_sql(name, operator, value, bound, cast="date", convert=lambda day: day)
    return _number_sql(name, operator, value, bound, is_whole=kind == "integer", is_custom=False)


def event_sql(field: EventField, operator: str, value: Value, bound: Bound) -> str:
    """A part of tracked events: `m.title`, `m.value`, or the sum of `m.counter` over a group."""
    kind = event_kind(field, operator)
    if kind == "text":
        return _text_column_sql(f"m.{field}", operator, value, bound)
    name = "sum(m.counter)" if field == "count" else "segment_number(m.value)"
    return _number_sql(name, operator, value, bound, is_whole=kind == "integer", is_custom=False)


def custom_sql(rule: CustomFieldIs, bound: Bound) -> str:
    """A custom field, whose slug is a bound value too."""
    if rule.operator in ("in_all", "not_in_all") and not rule.value:
        # Everybody has all of nothing; said here because a placeholder that is bound must also be used.
        return "true" if rule.operator == "in_all" else "false"
    slug = f"{bound(rule.slug)}::text"
    kind = CUSTOM_KINDS[rule.kind]
    if kind == "number":
        name = f"segment_number(c.custom ->> {slug})"
        return _number_sql(name, rule.operator, rule.value, bound, is_whole=False, is_custom=True)
    if kind == "day":
        name = f'(segment_day(c.custom ->> {slug}) COLLATE "C")'
        return _day_sql(name, rule.operator, rule.value, bound, cast="text", convert=date.isoformat)
    if kind == "many":
        return _many_sql(slug, rule.operator, rule.value, bound)
    return _custom_text_sql(f"c.custom ->> {slug}", rule.operator, rule.value, bound)


def custom_holds_sql(slugs: Sequence[str], text: str, bound: Bound) -> str:
    """Whether a value of one of these custom fields, or an option of it, holds a text."""
    pattern = word_like(text, bound)
    # Stored options stand in quotes with commas between them, so nothing but these can span two; what is written
    # otherwise in JSON is taken out of it first.
    is_plain = text.isprintable() and not set(text) & set('"\\[],')
    if is_plain:
        held = [f"lower(c.custom ->> {bound(slug)}::text) LIKE {pattern}" for slug in slugs]
    else:
        option = f"lower(v #>> '{{}}') LIKE {pattern}"
        values = [f"jsonb_path_query(c.custom -> {bound(slug)}::text, '$[*]')" for slug in slugs]
        held = [f"EXISTS (SELECT 1 FROM {one} v WHERE {option})" for one in values]
    some = f"({' OR '.join(held)})"
    # Of many fields hardly any is filled: all together are looked through first.
    return f"lower(c.custom::text) LIKE {pattern} AND {some}" if is_plain and len(slugs) > _FEW_FIELDS else some


def word_like(text: str, bound: Bound, *, before: str = "%", after: str = "%") -> str:
    """A lower-case LIKE pattern for `text` taken literally."""
    pattern = f"{bound(before + escape_like(text) + after)}::text"
    return pattern if has_no_letters(text) else f"lower({pattern})"


def moment_sql(name: str, operator: str, value: Value, bound: Bound) -> str:
    """An instant column against days of the installation's zone."""
    if operator in ("empty", "never"):
        return f"{name} IS NULL"
    if operator in ("filled", "ever"):
        return f"{name} IS NOT NULL"
    return _day_sql(name, operator, value, bound, cast="timestamptz", convert=lambda day: start_of(day, bound.zone))


def _day_sql(
    name: str, operator: str, value: Value, bound: Bound, *, cast: str, convert: Callable[[date], object]
) -> str:
    if operator in ("empty", "filled"):
        return f"{name} IS {'NOT ' if operator == 'filled' else ''}NULL"
    days: Days = days_meant(operator, value, today=bound.today)
    parts: list[str] = []
    if days.first is not None:
        parts.append(f"{name} >= {bound(convert(days.first))}::{cast}")
    if days.end is not None:
        parts.append(f"{name} < {bound(convert(days.end))}::{cast}")
    return " AND ".join(parts)


def _number_sql(name: str, operator: str, value: Value, bound: Bound, *, is_whole: bool, is_custom: bool) -> str:
    if operator in ("empty", "filled"):
        return f"{name} IS {'NOT ' if operator == 'filled' else ''}NULL"
    if isinstance(value, tuple):
        placeholder = f"ANY({_numbers(value, bound, is_whole=is_whole)})"
        return f"{name} = {placeholder}" if operator == "in" else f"({name} = {placeholder}) IS NOT TRUE"
    number = number_of(value)
    fits = is_whole and number == int(number) and abs(number) < 2**62
    placeholder = f"{bound(int(number))}::bigint" if fits else f"{bound(number)}::numeric"
    if operator == "not_equals":
        return f"{name} IS DISTINCT FROM {placeholder}" if is_custom else f"{name} <> {placeholder}"
    return f"{name} {_SIGNS[operator]} {placeholder}"


def _numbers(values: Sequence[object], bound: Bound, *, is_whole: bool) -> str:
    numbers = [number_of(value) for value in values]
    if is_whole and all(n == int(n) and abs(n) < 2**62 for n in numbers):
        return f"{bound([int(n) for n in numbers])}::bigint[]"
    return f"{bound(numbers)}::numeric[]"


def _texts(values: Sequence[object], bound: Bound) -> str:
    """An array of the values in lower case; a few are written out, which the planner can estimate."""
    texts = [str(value) for value in values]
    if 0 < len(texts) <= _FEW:
        return f"ARRAY[{', '.join(f'lower({bound(text)}::text)' for text in texts)}]"
    return f"ARRAY(SELECT lower(v) FROM unnest({bound(texts)}::text[]) v)"


def holds_sql(low: str, text: str, bound: Bound) -> str:
    """Whether text in small letters holds another; through the index of codes, which must cover the column."""
    pattern = word_like(text, bound)
    if not is_coded(text):
        return any_column_sql(pattern) if low == TEXT else f"{low} LIKE {pattern}"
    return f"{low} LIKE {pattern} AND ({coded_sql(bound(text))})"


def _like_sql(low: str, operator: str, value: Value, bound: Bound) -> str:
    before = "" if operator == "starts_with" else "%"
    after = "" if operator == "ends_with" else "%"
    return f"{low} LIKE {word_like(str(value), bound, before=before, after=after)}"


def _text_column_sql(name: str, operator: str, value: Value, bound: Bound) -> str:
    # Nothing becomes a digit by being put into small letters, so a number is looked up as it stands in its index.
    low = name if name == "c.phone" and isinstance(value, str) and has_no_letters(value) else f"lower({name})"
    if operator == "empty":
        return f"({name} IS NULL OR {name} = '')"
    if operator == "filled":
        return f"{name} <> ''"
    if isinstance(value, tuple):
        found = f"{low} = ANY({_texts(value, bound)})"
        return found if operator == "in" else f"({found}) IS NOT TRUE"
    if operator == "equals":
        return f"{low} = lower({bound(str(value))}::text)"
    if operator == "not_equals":
        return f"{name} <> '' AND {low} <> lower({bound(str(value))}::text)"
    if operator == "not_contains":
        return f"{name} <> '' AND NOT {_like_sql(low, operator, value, bound)}"
    like = _like_sql(low, operator, value, bound)
    is_narrowed = name in _CODED and is_coded(str(value))
    return f"{like} AND ({coded_sql(bound(str(value)))})" if is_narrowed else like


def _custom_text_sql(name: str, operator: str, value: Value, bound: Bound) -> str:
    low = f"lower({name})"
    if operator == "empty":
        return f"coalesce({name}, '') = ''"
    if operator == "filled":
        return f"({name}) <> ''"
    if isinstance(value, tuple):
        found = f"{_keyed(low, value)} = ANY({_texts(value, bound)})"
        return found if operator == "in" else f"({found}) IS NOT TRUE"
    if operator in ("equals", "not_equals"):
        found = f"{_keyed(low, [value])} = lower({bound(str(value))}::text)"
        return found if operator == "equals" else f"({found}) IS NOT TRUE"
    found = _like_sql(low, operator, value, bound)
    return f"({found}) IS NOT TRUE" if operator == "not_contains" else found


def _keyed(low: str, values: Sequence[object]) -> str:
    """The indexed expression. A text shorter than the cut equals the cut key only when it equals the whole text."""
    return f"left({low}, 200)" if all(len(str(value)) <= KEYED_TEXT for value in values) else low


def _many_sql(slug: str, operator: str, value: Value, bound: Bound) -> str:
    stored = f"c.custom -> {slug}"
    has_none = f"coalesce({stored}, 'null') IN ('null', '[]', '\"\"')"
    if operator in ("empty", "filled"):
        return f"NOT {has_none}" if operator == "filled" else has_none
    if operator in ("contains", "not_contains"):
        option = _like_sql("lower(v #>> '{}')", operator, value, bound)
        exists = f"EXISTS (SELECT 1 FROM jsonb_path_query({stored}, '$[*]') v WHERE {option})"
        return f"NOT {exists}" if operator == "not_contains" else exists
    values = value if isinstance(value, tuple) else (value,)
    sign = "?&" if operator in ("in_all", "not_in_all") else "?|"
    # Lower-cased JSON is still JSON; its options are found by the operators that a GIN index knows.
    found = f"lower(({stored})::text)::jsonb {sign} {_texts(values, bound)}"
    return f"({found}) IS NOT TRUE" if operator in ("not_equals", "not_in", "not_in_all") else found
