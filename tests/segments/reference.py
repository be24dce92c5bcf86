"""What every rule means, said a second time in plain Python: the judge of the compiled SQL."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from zoneinfo import ZoneInfo

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
    RoleIn,
    Row,
    Rule,
    Search,
    StatusIn,
)

SEARCHED = ["email", "first_name", "last_name", "address_line_1", "address_line_2", "postal_code", "city", "state"]
SEARCHED += ["country", "phone", "status"]
COMPANIES = {
    1: {"type": "Partner", "industry": None},
    2: {"type": "vendor", "industry": "Banking"},
    3: {"type": None, "industry": ""},
}


# id of the account: role
ACCOUNTS = {1: "administrator", 2: "editor", 3: "subscriber"}


@dataclass(frozen=True)
class Event:
    """What another system reported, `counter` times, the last time at `at`."""

    key: str
    title: str
    value: str
    counter: int
    at: datetime


@dataclass(frozen=True)
class Sent:
    """A message of a campaign to the person."""

    state: str
    sent_at: datetime | None
    is_opened: bool
    is_clicked: bool


@dataclass(frozen=True)
class Person:
    """A contact with everything that a rule can ask."""

    columns: dict[str, object]
    custom: dict[str, object] = field(default_factory=dict)
    tags: frozenset[int] = frozenset()
    lists: frozenset[int] = frozenset()
    companies: frozenset[int] = frozenset()
    messages: dict[int, Sent] = field(default_factory=dict)
    events: tuple[Event, ...] = ()
    # automation: the state of the person's run
    runs: dict[int, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Judge:
    """Evaluates rules for one zone and one instant."""

    zone: ZoneInfo
    now: datetime

    def matches(self, rule: Rule, who: Person) -> bool:
        match rule:
            case Everybody():
                return True
            case Nobody():
                return False
            case All():
                return all(self.matches(child, who) for child in rule.children)
            case Any():
                return any(self.matches(child, who) for child in rule.children)
            case Not():
                return not self.matches(rule.child, who)
            case ColumnIs():
                return self.column(rule, who.columns.get(rule.field))
            case CustomFieldIs():
                return self.custom(rule, who.custom.get(rule.slug))
            case HasTags():
                return members(rule.operator, set(rule.ids), who.tags)
            case InLists():
                return members(rule.operator, set(rule.ids), who.lists)
            case InCompanies():
                return members(rule.operator, set(rule.ids), who.companies)
            case CompanyIs():
                return company(rule, who)
            case StatusIn():
                return who.columns["status"] in rule.statuses
            case Search():
                return search(rule, who)
            case MailActivity():
                value = last_activity(rule.activity, who)
                if rule.operator in ("never", "ever"):
                    return (value is None) == (rule.operator == "never")
                return self.day(rule.operator, rule.value, value)
            case CampaignActivity():
                return campaign(rule, who)
            case AutomationActivity():
                state = who.runs.get(rule.automation_id)
                if rule.activity in ("in", "not_in"):
                    return (state is not None) == (rule.activity == "in")
                return state == rule.activity
            case HasEvents():
                return bool({one.key for one in who.events} & set(rule.keys)) == (rule.operator == "in")
            case EventIs():
                return event(rule, [one for one in who.events if one.key == rule.key])
            case RoleIn():
                return (ACCOUNTS.get(who.columns["user_id"]) in rule.roles) == (rule.operator == "in")  # type: ignore[arg-type]
            case Audience():
                return any(row(one, who) for one in rule.include) and not any(row(one, who) for one in rule.exclude)

    def column(self, rule: ColumnIs, stored: object) -> bool:
        if rule.operator == "empty":
            return stored in (None, "")
        if rule.operator == "filled":
            return stored not in (None, "")
        if rule.field in ("id", "user_id", "owner_id", "company_id", "points", "soft_bounces", "lifetime_value"):
            return number(rule.operator, rule.value, stored, is_custom=False)
        if rule.field.endswith("_at") or rule.field == "date_of_birth":
            return self.day(rule.operator, rule.value, stored)
        return text(rule.operator, rule.value, stored, is_custom=False)

    def custom(self, rule: CustomFieldIs, stored: object) -> bool:
        if rule.operator == "empty":
            return stored in (None, "", [])
        if rule.operator == "filled":
            return stored not in (None, "", [])
        if rule.kind in ("multi-select", "checkbox"):
            return many(rule.operator, rule.value, stored)
        if rule.kind == "number":
            return number(rule.operator, rule.value, stored, is_custom=True)
        if rule.kind in ("date", "date_time"):
            return self.day(rule.operator, rule.value, date.fromisoformat(str(stored)[:10]) if stored else None)
        return text(rule.operator, rule.value, stored, is_custom=True)

    def day(self, operator: str, value: object, stored: object) -> bool:
        if stored is None:
            return False
        day = stored.astimezone(self.zone).date() if isinstance(stored, datetime) else stored
        assert isinstance(day, date)
        today = self.now.astimezone(self.zone).date()
        if operator == "days_before":
            return day < today - timedelta(days=int(str(value)))
        if operator == "days_within":
            return today - timedelta(days=int(str(value))) <= day <= today
        wanted = date.fromisoformat(str(value)[:10])
        return {"before": day < wanted, "after": day > wanted, "date_equal": day == wanted}[operator]


def text(operator: str, value: object, stored: object, *, is_custom: bool) -> bool:
    is_negative = operator.startswith("not_")
    if stored is None or stored == "":
        if is_negative:
            return is_custom or operator == "not_in"
        if stored is None:
            return False
    low = str(stored).lower()
    if isinstance(value, tuple):
        return (low in [str(one).lower() for one in value]) != is_negative
    wanted = str(value).lower()
    found = {
        "equals": low == wanted,
        "contains": wanted in low,
        "starts_with": low.startswith(wanted),
        "ends_with": low.endswith(wanted),
    }[operator.removeprefix("not_")]
    return found != is_negative


def number(operator: str, value: object, stored: object, *, is_custom: bool) -> bool:
    if stored is None:
        return operator == "not_in" or (operator == "not_equals" and is_custom)
    have = Decimal(str(stored))
    if isinstance(value, tuple):
        return (have in [Decimal(str(one)) for one in value]) == (operator == "in")
    want = Decimal(str(value))
    return {
        "equals": have == want,
        "not_equals": have != want,
        "greater": have > want,
        "less": have < want,
        "at_least": have >= want,
        "at_most": have <= want,
    }[operator]


def many(operator: str, value: object, stored: object) -> bool:
    have = {str(one).lower() for one in stored} if isinstance(stored, list) else set()
    if operator in ("contains", "not_contains"):
        return any(str(value).lower() in one for one in have) == (operator == "contains")
    wanted = {str(one).lower() for one in (value if isinstance(value, tuple) else (value,))}
    operator = {"equals": "in", "not_equals": "not_in"}.get(operator, operator)
    return members(operator, wanted, have)


def members(operator: str, wanted: set, have: set | frozenset) -> bool:
    return {
        "in": bool(wanted & have),
        "not_in": not wanted & have,
        "in_all": wanted <= have,
        "not_in_all": not wanted <= have,
        "empty": not have,
        "filled": bool(have),
    }[operator]


def search(rule: Search, who: Person) -> bool:
    phrase = rule.text.strip().lower()
    if not phrase:
        return True
    columns = {name: str(who.columns.get(name) or "").lower() for name in SEARCHED}
    if any(phrase in value for value in columns.values()):
        return True
    words = phrase.split()
    if len(words) == 2 and (words[0] in columns["first_name"] or words[1] in columns["last_name"]):
        return True
    stored = [who.custom.get(slug) for slug in rule.custom]
    values = [one for v in stored for one in (v if isinstance(v, list) else [v]) if one is not None]
    return any(phrase in str(value).lower() for value in values)


def last_activity(activity: str, who: Person) -> object:
    if activity == "sent":
        return max((mail.sent_at for mail in who.messages.values() if mail.sent_at), default=None)
    return who.columns.get(f"{activity}_at")


def company(rule: CompanyIs, who: Person) -> bool:
    found = {(COMPANIES[one][rule.field] or "").lower() for one in who.companies}
    if rule.operator in ("empty", "filled"):
        return bool(found - {""}) == (rule.operator == "filled")
    return bool(found & {value.lower() for value in rule.values}) == (rule.operator == "in")


def event(rule: EventIs, found: list[Event]) -> bool:
    if not found:
        return False
    if rule.field == "title":
        return any(one_text(rule, one.title) for one in found)
    if rule.field == "count":
        total = sum(one.counter for one in found)
        return (
            number(rule.operator, rule.value, total, is_custom=False)
            if rule.value is not None
            else rule.operator == "filled"
        )
    last = max(found, key=lambda one: one.at).value
    if rule.operator in ("greater", "less", "at_least", "at_most"):
        try:
            return number(rule.operator, rule.value, Decimal(last), is_custom=False)
        except InvalidOperation:
            return False
    return one_text(rule, last)


def one_text(rule: EventIs, stored: str) -> bool:
    if rule.operator in ("empty", "filled"):
        return bool(stored) == (rule.operator == "filled")
    return text(rule.operator, rule.value, stored, is_custom=False)


def campaign(rule: CampaignActivity, who: Person) -> bool:
    mail = who.messages.get(rule.campaign_id)
    was_sent = mail is not None and mail.state in ("sent", "bounced", "complained")
    return {
        "sent": was_sent,
        "not_sent": not was_sent,
        "opened": mail is not None and mail.is_opened,
        "not_opened": mail is not None and was_sent and not mail.is_opened,
        "clicked": mail is not None and mail.is_clicked,
        "not_clicked": mail is not None and was_sent and not mail.is_clicked,
    }[rule.activity]


def row(one: Row, who: Person) -> bool:
    in_list = one.list_id is None or one.list_id in who.lists
    return in_list and (one.tag_id is None or one.tag_id in who.tags)
