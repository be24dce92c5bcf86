"""Rule trees to SQL: one boolean expression over alias `c` of contacts, every value bound.

The same expression counts, lists, draws and decides. Memberships and messages become EXISTS, which the planner turns
into semi-joins and anti-joins; comparisons stand on the expressions that are indexed (`indexes`) or have statistics
(migration 0005). What a rule means stands in `types`, comparisons of one value in `comparisons`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any as Anything
from zoneinfo import ZoneInfo

from tidings.contacts.codes import TEXT
from tidings.contacts.types import STATUSES
from tidings.segments.comparisons import (
    Bound,
    column_sql,
    custom_holds_sql,
    custom_sql,
    event_sql,
    holds_sql,
    moment_sql,
)
from tidings.segments.days import days_meant, start_of, today_in
from tidings.segments.totals import (
    MEMBERSHIPS,
    Part,
    is_any,
    joined,
    last_sent,
    members_of,
    of_campaign,
    sent_sql,
    tally_of,
    totals_of,
)
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
    # Quicker ways to the same number and to those who match, where there are some: see `totals`.
    tally_sql: str = ""
    counted: Sequence[str] = ()
    members_sql: str = ""

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
    parts: list[Part] = []
    for child in rule.children if isinstance(rule, All) else (rule,):
        place, sql = bound.next, _compile(child, bound)
        parts.append(Part(child, [f"${n}" for n in range(place, bound.next)], sql))
    made = (tally_of(parts), totals_of(parts), members_of(parts))
    return Where(f"({joined(parts)})", tuple(bound.args), first, *made)


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
            table, column, _ = MEMBERSHIPS[type(rule)]
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
            found = sent_sql("c.id", of_campaign(rule, bound(rule.campaign_id)))
            return f"NOT {found}" if rule.activity == "not_sent" else found
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
        return f"{exists} ({link} AND m.{column} {is_any(unique, placeholder)})"
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
    if rule.custom:
        found.append(custom_holds_sql(rule.custom, text, bound))
    return " OR ".join(f"({one})" for one in found)


def _mail_activity(rule: MailActivity, bound: Bound) -> str:
    """Opens and clicks stand on the contact; the last mail is looked up in its messages, so that sending need not
    write to contacts."""
    if rule.activity != "sent":
        return moment_sql(f"c.{_MAIL_COLUMNS[rule.activity]}", rule.operator, rule.value, bound)
    days = days_meant(rule.operator, rule.value, today=bound.today) if rule.operator not in ("never", "ever") else None
    borders = [day for day in (days.first, days.end) if day is not None] if days else []
    shows, later = last_sent(rule, [bound(start_of(day, bound.zone)) for day in borders])
    found = sent_sql("c.id", shows)
    if rule.operator == "never":
        return f"NOT {found}"
    return f"{found} AND NOT {sent_sql('c.id', later)}" if later else found


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
