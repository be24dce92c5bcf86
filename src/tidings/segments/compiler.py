"""Rule trees to SQL: one boolean expression over alias `c` of contacts, every value bound.

The same expression counts, lists, draws and decides. Memberships and messages become EXISTS, which the planner turns
into semi-joins and anti-joins; comparisons stand on the expressions that are indexed (`indexes`) or have statistics
(migration 0005). What a rule means stands in `types`, comparisons of one value in `comparisons`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any as Anything
from zoneinfo import ZoneInfo

from tidings.contacts.codes import TEXT
from tidings.contacts.types import STATUSES
from tidings.segments.comparisons import Bound, column_sql, custom_sql, event_sql, holds_sql, moment_sql, word_like
from tidings.segments.days import days_meant, start_of, today_in
from tidings.segments.types import (
    All,
    Any,
    Audience,
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
    PickedFor,
    RoleIn,
    Row,
    Rule,
    Search,
    StatusIn,
    check_size,
)

_EVENTS = "SELECT 1 FROM contact_events m"
_MAIL_COLUMNS = {"opened": "opened_at", "clicked": "clicked_at"}
_WAS_SENT = "m.state IN ('sent', 'bounced', 'complained')"
_CAMPAIGN = {
    "opened": ("EXISTS", "m.opened_at IS NOT NULL"),
    "not_opened": ("EXISTS", f"m.opened_at IS NULL AND {_WAS_SENT}"),
    "clicked": ("EXISTS", "m.clicked_at IS NOT NULL"),
    "not_clicked": ("EXISTS", f"m.clicked_at IS NULL AND {_WAS_SENT}"),
    "sent": ("EXISTS", _WAS_SENT),
    "not_sent": ("NOT EXISTS", _WAS_SENT),
}
_MEMBERSHIPS: dict[type, tuple[str, str, str]] = {
    HasTags: ("contact_tags", "tag_id", "tag"),
    InLists: ("contact_lists", "list_id", "list"),
    InCompanies: ("contact_companies", "company_id", "company"),
}
_TALLY = "SELECT coalesce(sum(contacts), 0)::bigint FROM tallies WHERE scope = "
_COLUMN = re.compile(r"\bc\.(\w+)")
_NEVER_NULL = (HasTags, InLists, InCompanies, CompanyIs, CampaignActivity, AutomationActivity, PickedFor, StatusIn)
_NEVER_NULL += (HasEvents, EventIs, RoleIn)
# Above this many, "all of them" is counted rather than joined once each.
_JOINED = 6


@dataclass(frozen=True, slots=True)
class Where:
    """A boolean SQL expression over alias `c` of contacts; its placeholders are `$first …` in the order of `args`."""

    sql: str
    args: Sequence[Anything] = field(default=())
    first: int = 1
    # Quicker ways to the same number, where there are some: see `_tally` and `_counted`.
    tally_sql: str = ""
    counted: Sequence[str] = ()

    @property
    def next(self) -> int:
        """The number of the first placeholder that is still free."""
        return self.first + len(self.args)

    def count_sql(self) -> str:
        """A statement that counts the matches; takes `args`."""
        return f"SELECT count(*) FROM contacts c WHERE {self.sql}"

    def count_statements(self) -> list[str]:
        """That statement, and others that may be quicker where there are some."""
        return [self.count_sql(), *self.counted]

    def ids_sql(self) -> str:
        """A statement for ids in ascending order by keyset; takes `args`, the last id seen, and a limit."""
        return (
            f"SELECT c.id FROM contacts c WHERE ({self.sql}) AND c.id > ${self.next}::bigint"
            f" ORDER BY c.id LIMIT ${self.next + 1}::bigint"
        )


def compile_rule(rule: Rule, *, zone: ZoneInfo, now: datetime, first: int = 1) -> Where:
    """The SQL of a rule. `zone` gives days their borders, `now` says which day is today; `first` is the number of the
    first placeholder. Raises Invalid for a tree beyond the limits of `types`."""
    check_size(rule)
    bound = Bound(zone=zone, today=today_in(zone, now), first=first)
    parts: list[_Part] = []
    for child in rule.children if isinstance(rule, All) else (rule,):
        place = first + len(bound.args)
        parts.append(_Part(child, place, _compile(child, bound)))
    sql = _joined(parts)
    return Where(f"({sql})", tuple(bound.args), first, _tally(parts), _counted(parts))


@dataclass(frozen=True, slots=True)
class _Part:
    """A rule that all must match, its first placeholder and its SQL."""

    rule: Rule
    place: int
    sql: str

    def is_one_of(self) -> str:
        """The comparison of a membership's column, where the rule is: has at least one of these."""
        if isinstance(self.rule, HasTags | InLists | InCompanies) and self.rule.operator == "in":
            return _is_any(sorted(set(self.rule.ids)), f"${self.place}")
        return ""


def _joined(parts: Sequence[_Part]) -> str:
    return " AND ".join(f"({part.sql})" for part in parts) or "true"


def _tally(parts: Sequence[_Part]) -> str:
    """Who is in one list, has one tag, works at one company or has a status: counted whenever somebody comes or goes."""
    if len(parts) != 1:
        return ""
    rule, place = parts[0].rule, parts[0].place
    if isinstance(rule, StatusIn):
        return f"{_TALLY}'status' AND key = 0 AND word = ANY(${place}::text[])"
    if isinstance(rule, HasTags | InLists | InCompanies) and parts[0].is_one_of() and len(set(rule.ids)) == 1:
        return f"{_TALLY}'{_MEMBERSHIPS[type(rule)][2]}' AND key {parts[0].is_one_of()}"
    return ""


def _counted(parts: Sequence[_Part]) -> list[str]:
    """Statements that count the same without looking at every contact, where there are such."""
    found = [one for one in (_summed(parts), _by_members(parts)) if one]
    status = next((part for part in parts if isinstance(part.rule, StatusIn)), None)
    rest = [part for part in parts if part is not status]
    if status is not None and rest:
        # Those of the other statuses are few as a rule: everybody else that the rest matches, without them.
        assert isinstance(status.rule, StatusIn)
        others = ", ".join(f"'{one}'" for one in STATUSES if one not in status.rule.statuses)
        less = f"c.status = ANY(ARRAY[{others}]::text[]) AND ${status.place}::text[] IS NOT NULL"
        for whole in filter(None, (_tally(rest), _summed(rest) or _by_members(rest))):
            found.append(f"SELECT ({whole}) - (SELECT count(*) FROM contacts c WHERE {_joined(rest)} AND {less})")
    return found


def _by_members(parts: Sequence[_Part]) -> str:
    """Where nothing but ids is compared, memberships that everybody must have stand for the contacts: of them there are
    fewer, and they are read from an index alone."""
    chosen = next((part for part in parts if part.is_one_of()), None)
    if chosen is None or any(name != "id" for name in _COLUMN.findall(_joined(parts))):
        return ""
    rule = chosen.rule
    assert isinstance(rule, HasTags | InLists | InCompanies)
    table, column, _ = _MEMBERSHIPS[type(rule)]
    distinct = "DISTINCT " if len(set(rule.ids)) != 1 else ""
    members = f"SELECT {distinct}contact_id AS id FROM {table} WHERE {column} {chosen.is_one_of()}"
    return f"SELECT count(*) FROM ({members}) c WHERE {_joined([part for part in parts if part is not chosen])}"


def _summed(parts: Sequence[_Part]) -> str:
    """Who has one or both of two memberships, or has not: from the tallies and those who have both."""
    if len(parts) != 1 or not isinstance(rule := parts[0].rule, HasTags | InLists | InCompanies):
        return ""
    place = parts[0].place
    table, column, scope = _MEMBERSHIPS[type(rule)]
    n, negated = len(set(rule.ids)), rule.operator.startswith("not_")
    match rule.operator.removeprefix("not_"), n:
        case "in", 2:
            one, other = f"(${place}::bigint[])[1]", f"(${place}::bigint[])[2]"
        case "in_all", 2:
            one, other = f"${place}::bigint", f"${place + 1}::bigint"
        case "in" | "in_all", 1:
            one = other = f"${place}::bigint"
        case _:
            return ""
    found = f"({_TALLY}'{scope}' AND key IN ({one}, {other}))"
    if n == 2:
        joined = f"{table} a JOIN {table} b ON b.contact_id = a.contact_id"
        both = f"(SELECT count(*) FROM {joined} WHERE a.{column} = {one} AND b.{column} = {other})"
        found = f"{found} - {both}" if rule.operator in ("in", "not_in") else both
    return f"SELECT ({_TALLY}'status') - ({found})" if negated else f"SELECT {found}"


def _compile(rule: Rule, bound: Bound) -> str:
    match rule:
        case Everybody():
            return "true"
        case Nobody():
            return "false"
        case All(children=children):
            return " AND ".join(f"({_compile(child, bound)})" for child in children) or "true"
        case Any(children=children):
            return " OR ".join(f"({_compile(child, bound)})" for child in children) or "false"
        case Not(child=child):
            return _negated(child, bound)
        case _:
            return _leaf(rule, bound)


def _negated(child: Rule, bound: Bound) -> str:
    sql = _compile(child, bound)
    if isinstance(child, _NEVER_NULL):
        # Never NULL, so a plain NOT says the same and can become an anti-join.
        return f"NOT ({sql})"
    return f"({sql}) IS NOT TRUE"


def _leaf(rule: Rule, bound: Bound) -> str:
    match rule:
        case ColumnIs():
            return column_sql(rule.field, rule.operator, rule.value, bound)
        case CustomFieldIs():
            return custom_sql(rule, bound)
        case HasTags() | InLists() | InCompanies():
            table, column, _ = _MEMBERSHIPS[type(rule)]
            return _membership(table, column, rule.operator, rule.ids, bound)
        case CompanyIs():
            return _company(rule, bound)
        case StatusIn():
            return f"c.status = ANY({bound(list(rule.statuses))}::text[])"
        case Search():
            return _search(rule, bound)
        case MailActivity():
            return _mail_activity(rule, bound)
        case CampaignActivity():
            exists, condition = _CAMPAIGN[rule.activity]
            campaign = bound(rule.campaign_id)
            return (
                f"{exists} (SELECT 1 FROM messages m WHERE m.contact_id = c.id"
                f" AND m.campaign_id = {campaign}::bigint AND {condition})"
            )
        case PickedFor():
            picked = f"m.contact_id = c.id AND m.campaign_id = {bound(rule.campaign_id)}::bigint"
            return f"EXISTS (SELECT 1 FROM campaign_contacts m WHERE {picked})"
        case AutomationActivity():
            return _automation(rule, bound)
        case HasEvents():
            exists = "NOT EXISTS" if rule.operator == "not_in" else "EXISTS"
            keys = bound(list(rule.keys))
            return f"{exists} ({_EVENTS} WHERE m.contact_id = c.id AND m.event_key = ANY({keys}::text[]))"
        case EventIs():
            return _event(rule, bound)
        case RoleIn():
            exists = "NOT EXISTS" if rule.operator == "not_in" else "EXISTS"
            roles = bound(list(rule.roles))
            return f"{exists} (SELECT 1 FROM users u WHERE u.id = c.user_id AND u.role = ANY({roles}::text[]))"
        case Audience():
            return _audience(rule, bound)
        case _:
            raise TypeError(f"{type(rule).__name__} is not a leaf")


def _automation(rule: AutomationActivity, bound: Bound) -> str:
    exists = "NOT EXISTS" if rule.activity == "not_in" else "EXISTS"
    state = "" if rule.activity in ("in", "not_in") else f" AND m.state = {bound(rule.activity)}::text"
    automation = bound(rule.automation_id)
    return (
        f"{exists} (SELECT 1 FROM automation_runs m WHERE m.contact_id = c.id"
        f" AND m.automation_id = {automation}::bigint{state})"
    )


def _event(rule: EventIs, bound: Bound) -> str:
    """Groups are made once for the key and joined, not looked up contact by contact."""
    key = f"m.event_key = {bound(rule.key)}::text"
    compared = event_sql(rule.field, rule.operator, rule.value, bound)
    if rule.field == "title":
        return f"EXISTS ({_EVENTS} WHERE m.contact_id = c.id AND {key} AND ({compared}))"
    if rule.field == "count":
        groups = f"SELECT m.contact_id FROM contact_events m WHERE {key} GROUP BY m.contact_id HAVING {compared}"
        return f"EXISTS (SELECT 1 FROM ({groups}) g WHERE g.contact_id = c.id)"
    last = (
        f"SELECT DISTINCT ON (m.contact_id) m.contact_id, m.value FROM contact_events m WHERE {key}"
        " ORDER BY m.contact_id, m.updated_at DESC, m.id DESC"
    )
    return f"EXISTS (SELECT 1 FROM ({last}) m WHERE m.contact_id = c.id AND ({compared}))"


def _membership(table: str, column: str, operator: str, ids: Sequence[int], bound: Bound) -> str:
    link = f"SELECT 1 FROM {table} m WHERE m.contact_id = c.id"
    unique = sorted(set(ids))
    if operator in ("empty", "filled"):
        return f"{'NOT ' if operator == 'empty' else ''}EXISTS ({link})"
    if operator in ("in", "not_in"):
        exists = "NOT EXISTS" if operator == "not_in" else "EXISTS"
        placeholder = bound(unique if len(unique) != 1 else unique[0])
        return f"{exists} ({link} AND m.{column} {_is_any(unique, placeholder)})"
    if operator == "not_in_all" and 0 < len(unique) <= _JOINED:
        # One that can become an anti-join: a NOT around several EXISTS cannot.
        others = [f"JOIN {table} m{n} ON m{n}.contact_id = m.contact_id" for n in range(1, len(unique))]
        has = " AND ".join(f"m{n or ''}.{column} = {bound(one)}::bigint" for n, one in enumerate(unique))
        return f"NOT EXISTS (SELECT 1 FROM {table} m {' '.join(others)} WHERE m.contact_id = c.id AND {has})"
    if len(unique) <= _JOINED:
        every = " AND ".join(f"EXISTS ({link} AND m.{column} = {bound(one)}::bigint)" for one in unique) or "true"
    else:
        counted = f"SELECT count(*) FROM {table} m WHERE m.contact_id = c.id"
        every = f"({counted} AND m.{column} = ANY({bound(unique)}::bigint[])) = {bound(len(unique))}::bigint"
    return f"NOT ({every})" if operator == "not_in_all" else every


def _is_any(unique: Sequence[int], placeholder: str) -> str:
    """A comparison with one id leaves the planner the order of an index, one with several does not."""
    return f"= {placeholder}::bigint" if len(unique) == 1 else f"= ANY({placeholder}::bigint[])"


def _company(rule: CompanyIs, bound: Bound) -> str:
    # The expression that migration 0011 indexes; an empty text is no word.
    word = f"lower(coalesce(k.{rule.field}, ''))"
    exists = "NOT EXISTS" if rule.operator in ("not_in", "empty") else "EXISTS"
    link = "SELECT 1 FROM contact_companies m JOIN companies k ON k.id = m.company_id WHERE m.contact_id = c.id"
    if rule.operator in ("empty", "filled"):
        return f"{exists} ({link} AND {word} <> '')"
    return f"{exists} ({link} AND {word} = ANY(SELECT lower(w) FROM unnest({bound(list(rule.values))}::text[]) w))"


def _search(rule: Search, bound: Bound) -> str:
    text = rule.text.strip()
    words = text.split()
    if not words:
        return "true"
    found = [holds_sql(TEXT, text, bound)]
    if statuses := [status for status in STATUSES if text.lower() in status]:
        found.append(f"c.status = ANY({bound(statuses)}::text[])")
    if len(words) == 2:
        found.append(holds_sql("lower(c.first_name)", words[0], bound))
        found.append(holds_sql("lower(c.last_name)", words[1], bound))
    if rule.with_custom:
        phrase = word_like(text, bound)
        holds = f"EXISTS (SELECT 1 FROM jsonb_path_query(c.custom, '$.*[*]') v WHERE lower(v #>> '{{}}') LIKE {phrase})"
        # Where nothing of the text is written otherwise in JSON, most are told apart without taking the values out.
        is_plain = text.isprintable() and not set(text) & set('"\\')
        found.append(f"lower(c.custom::text) LIKE {phrase} AND {holds}" if is_plain else holds)
    return " OR ".join(f"({one})" for one in found)


def _mail_activity(rule: MailActivity, bound: Bound) -> str:
    """Opens and clicks stand on the contact; the last mail is looked up in its messages, so that sending need not
    write to contacts."""
    if rule.activity != "sent":
        return moment_sql(f"c.{_MAIL_COLUMNS[rule.activity]}", rule.operator, rule.value, bound)
    sent = "EXISTS (SELECT 1 FROM messages m WHERE m.contact_id = c.id AND m.sent_at"
    if rule.operator in ("never", "ever"):
        return f"{'NOT ' if rule.operator == 'never' else ''}{sent} IS NOT NULL)"
    days = days_meant(rule.operator, rule.value, today=bound.today)
    parts: list[str] = []
    if days.first is not None:
        parts.append(f"{sent} >= {bound(start_of(days.first, bound.zone))}::timestamptz)")
    else:
        parts.append(f"{sent} IS NOT NULL)")
    if days.end is not None:
        parts.append(f"NOT {sent} >= {bound(start_of(days.end, bound.zone))}::timestamptz)")
    return " AND ".join(parts)


def _audience(rule: Audience, bound: Bound) -> str:
    included = " OR ".join(_rows(rule.include, bound)) or "false"
    excluded = "".join(f" AND NOT {one}" for one in _rows(rule.exclude, bound))
    return f"({included}){excluded}"


def _rows(rows: Sequence[Row], bound: Bound) -> list[str]:
    """At most three tests for any number of rows: of lists alone, of tags alone, of pairs."""
    if any(row.list_id is None and row.tag_id is None for row in rows):
        return ["true"]
    tests: list[str] = []
    lists = {row.list_id for row in rows if row.list_id is not None and row.tag_id is None}
    tags = {row.tag_id for row in rows if row.tag_id is not None and row.list_id is None}
    both = sorted({(row.list_id, row.tag_id) for row in rows if row.list_id is not None and row.tag_id is not None})
    if lists:
        tests.append(_membership("contact_lists", "list_id", "in", tuple(lists), bound))
    if tags:
        tests.append(_membership("contact_tags", "tag_id", "in", tuple(tags), bound))
    if both:
        tests.append(
            "EXISTS (SELECT 1 FROM contact_lists l JOIN contact_tags t ON t.contact_id = l.contact_id"
            f" JOIN unnest({bound([pair[0] for pair in both])}::bigint[], {bound([pair[1] for pair in both])}::bigint[])"
            " AS wanted(list_id, tag_id) ON wanted.list_id = l.list_id AND wanted.tag_id = t.tag_id"
            " WHERE l.contact_id = c.id)"
        )
    return tests
