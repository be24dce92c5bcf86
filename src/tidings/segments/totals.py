"""Ways to how many match a rule without looking at every contact: tallies, memberships, messages.

Each statement takes the same values as the rule's own expression and gives exactly the same number; which is quickest the
planner says (`contacts.counting`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from tidings.contacts.types import STATUSES
from tidings.segments.types import (
    CampaignActivity,
    CompanyIs,
    HasEvents,
    HasTags,
    InCompanies,
    InLists,
    MailActivity,
    Not,
    RoleIn,
    Rule,
    StatusIn,
)

MEMBERSHIPS: dict[type, tuple[str, str, str]] = {
    HasTags: ("contact_tags", "tag_id", "tag"),
    InLists: ("contact_lists", "list_id", "list"),
    InCompanies: ("contact_companies", "company_id", "company"),
}
_WAS_SENT = "state IN ('sent', 'bounced', 'complained')"
# What a message of a campaign shows, and the words of its tallies, where these tell as much.
CAMPAIGN_MAILS = {
    "opened": ("opened_at IS NOT NULL", "'opened'"),
    "not_opened": (f"opened_at IS NULL AND {_WAS_SENT}", ""),
    "clicked": ("clicked_at IS NOT NULL", "'clicked'"),
    "not_clicked": (f"clicked_at IS NULL AND {_WAS_SENT}", ""),
    "sent": (_WAS_SENT, "'sent', 'bounced', 'complained'"),
    "not_sent": (_WAS_SENT, "'sent', 'bounced', 'complained'"),
}
_TALLY = "SELECT coalesce(sum(contacts), 0)::bigint FROM tallies WHERE scope = "
_EVERYBODY = f"({_TALLY}'status' AND key = 0)"
_IS_GONE = "EXISTS (SELECT 1 FROM contacts_gone g WHERE g.id = m.contact_id)"
_COLUMN = re.compile(r"\bc\.(\w+)")


@dataclass(frozen=True, slots=True)
class Part:
    """A rule that all must match, with its SQL and the placeholders of its values in their order."""

    rule: Rule
    places: Sequence[str]
    sql: str

    def is_one_of(self) -> str:
        """The comparison of a membership's column, where the rule is: has at least one of these."""
        if isinstance(self.rule, HasTags | InLists | InCompanies) and self.rule.operator == "in":
            return is_any(sorted(set(self.rule.ids)), self.places[0])
        return ""


def joined(parts: Sequence[Part]) -> str:
    """The expression that all of them make."""
    return " AND ".join(f"({part.sql})" for part in parts) or "true"


def is_any(unique: Sequence[int], placeholder: str) -> str:
    """A comparison with one id leaves the planner the order of an index, one with several does not."""
    return f"= {placeholder}::bigint" if len(unique) == 1 else f"= ANY({placeholder}::bigint[])"


def tally_of(parts: Sequence[Part]) -> str:
    """Who is in one list, has one tag, works at one company or has a status: counted whenever somebody comes or goes.
    Who is in any at all is told by the index of memberships sooner than the planner thinks."""
    if len(parts) != 1:
        return ""
    rule, places = parts[0].rule, parts[0].places
    if isinstance(rule, HasTags | InLists | InCompanies) and rule.operator in ("filled", "empty"):
        filled = f"(SELECT count(*) FROM (SELECT DISTINCT contact_id FROM {MEMBERSHIPS[type(rule)][0]}) m)"
        return f"SELECT {filled}" if rule.operator == "filled" else f"SELECT {_EVERYBODY} - {filled}"
    if isinstance(rule, StatusIn):
        return f"{_TALLY}'status' AND key = 0 AND word = ANY({places[0]}::text[])"
    if isinstance(rule, HasTags | InLists | InCompanies) and parts[0].is_one_of() and len(set(rule.ids)) == 1:
        return f"{_TALLY}'{MEMBERSHIPS[type(rule)][2]}' AND key {parts[0].is_one_of()}"
    return ""


def totals_of(parts: Sequence[Part]) -> list[str]:
    """Statements that count the same as all parts together, where there are such."""
    found = [one for one in (_alone(parts), _by_members(parts), _everybody_else(parts)) if one]
    status = next((part for part in parts if isinstance(part.rule, StatusIn)), None)
    rest = [part for part in parts if part is not status]
    if status is not None and rest:
        # Those of the other statuses are few as a rule: everybody else that the rest matches, without them.
        assert isinstance(status.rule, StatusIn)
        others = ", ".join(f"'{one}'" for one in STATUSES if one not in status.rule.statuses)
        less = f"c.status = ANY(ARRAY[{others}]::text[]) AND {status.places[0]}::text[] IS NOT NULL"
        for whole in filter(None, (tally_of(rest), _alone(rest) or _by_members(rest))):
            found.append(f"SELECT ({whole}) - (SELECT count(*) FROM contacts c WHERE {joined(rest)} AND {less})")
    return found


def members_of(parts: Sequence[Part]) -> str:
    """A statement for the ids of all who match, each once, from the messages that decide it; else empty."""
    if len(parts) != 1:
        return ""
    rule, places = parts[0].rule, parts[0].places
    if isinstance(rule, CampaignActivity) and rule.activity != "not_sent":
        shows = of_campaign(rule, places[0])
    elif isinstance(rule, MailActivity) and rule.activity == "sent" and rule.operator != "never":
        shows, later = last_sent(rule, places)
        shows += f" AND NOT {sent_sql('m.contact_id', later)}" if later else ""
    else:
        return ""
    return f"SELECT DISTINCT m.contact_id AS id FROM messages m WHERE m.contact_id > 0 AND {shows} AND NOT {_IS_GONE}"


def of_campaign(rule: CampaignActivity, place: str) -> str:
    """What a message shows by which the rule is met, or by which `not_sent` is not."""
    return f"campaign_id = {place}::bigint AND {CAMPAIGN_MAILS[rule.activity][0]}"


def sent_sql(contact: str, shows: str) -> str:
    """Whether a contact has a message that shows something."""
    return f"EXISTS (SELECT 1 FROM messages s WHERE s.contact_id = {contact} AND {shows})"


def last_sent(rule: MailActivity, places: Sequence[str]) -> tuple[str, str]:
    """What a message shows that was sent late enough, and what one shows that was sent too late ("": none can be).

    `places` are the first instant that counts and the first that does not any more, each where there is one.
    """
    first = [] if rule.operator in ("before", "days_before") else places[:1]
    shows = f"sent_at >= {first[0]}::timestamptz" if first else "sent_at IS NOT NULL"
    return shows, "".join(f"sent_at >= {end}::timestamptz" for end in places[len(first) :])


def _alone(parts: Sequence[Part]) -> str:
    if len(parts) != 1:
        return ""
    rule, places = parts[0].rule, parts[0].places
    if isinstance(rule, HasTags | InLists | InCompanies):
        return _summed(rule, places)
    if isinstance(rule, CampaignActivity):
        return _mailed(rule, places[0])
    if isinstance(rule, MailActivity) and rule.activity == "sent":
        return _sent(rule, places)
    return ""


def _everybody_else(parts: Sequence[Part]) -> str:
    """Where a rule is a negation: all without those of whom the contrary is true."""
    if len(parts) != 1:
        return ""
    rule, sql = parts[0].rule, parts[0].sql
    is_negation = isinstance(rule, Not) or (
        isinstance(rule, HasTags | InLists | InCompanies | CompanyIs | HasEvents | RoleIn)
        and rule.operator in ("not_in", "not_in_all", "empty")
    )
    contrary = sql.removeprefix("NOT ") if sql.startswith("NOT ") else sql.removesuffix(" IS NOT TRUE")
    if not is_negation or contrary == sql:
        return ""
    return f"SELECT {_EVERYBODY} - (SELECT count(*) FROM contacts c WHERE {contrary})"


def _by_members(parts: Sequence[Part]) -> str:
    """Where nothing but ids is compared, memberships that everybody must have stand for the contacts: of them there are
    fewer, and they are read from an index alone."""
    chosen = next((part for part in parts if part.is_one_of()), None)
    if chosen is None or any(name != "id" for name in _COLUMN.findall(joined(parts))):
        return ""
    rule = chosen.rule
    assert isinstance(rule, HasTags | InLists | InCompanies)
    table, column, _ = MEMBERSHIPS[type(rule)]
    distinct = "DISTINCT " if len(set(rule.ids)) != 1 else ""
    members = f"SELECT {distinct}contact_id AS id FROM {table} WHERE {column} {chosen.is_one_of()}"
    return f"SELECT count(*) FROM ({members}) c WHERE {joined([part for part in parts if part is not chosen])}"


def _summed(rule: HasTags | InLists | InCompanies, places: Sequence[str]) -> str:
    """Who has one or both of two memberships, or has not: from the tallies and those who have both."""
    table, column, scope = MEMBERSHIPS[type(rule)]
    n, negated = len(set(rule.ids)), rule.operator.startswith("not_")
    match rule.operator.removeprefix("not_"), n:
        case "in", 2:
            one, other = f"({places[0]}::bigint[])[1]", f"({places[0]}::bigint[])[2]"
        case "in_all", 2:
            one, other = f"{places[0]}::bigint", f"{places[1]}::bigint"
        case "in" | "in_all", 1:
            one = other = f"{places[0]}::bigint"
        case _:
            return ""
    found = f"({_TALLY}'{scope}' AND key IN ({one}, {other}))"
    if n == 2:
        pairs = f"{table} a JOIN {table} b ON b.contact_id = a.contact_id"
        both = f"(SELECT count(*) FROM {pairs} WHERE a.{column} = {one} AND b.{column} = {other})"
        found = f"{found} - {both}" if rule.operator in ("in", "not_in") else both
    return f"SELECT {_EVERYBODY} - ({found})" if negated else f"SELECT {found}"


def _mailed(rule: CampaignActivity, place: str) -> str:
    """Messages of a campaign instead of people: without those of people who are gone or erased, and without all but one
    of whoever was sent it several times."""
    shows, words = of_campaign(rule, place), CAMPAIGN_MAILS[rule.activity][1]
    found = f"(SELECT count(*) FROM messages m WHERE {shows} AND m.contact_id > 0)"
    if words:
        told = f"SELECT sum(n) FROM message_tallies WHERE campaign_id = {place}::bigint AND word IN ({words})"
        erased = f"(SELECT count(*) FROM messages m WHERE {shows} AND m.contact_id <= 0)"
        found = f"coalesce(({told}), 0)::bigint - {erased}"
    gone = f"(SELECT count(*) FROM contacts_gone g JOIN messages m ON m.contact_id = g.id WHERE {shows})"
    again = f"SELECT contact_id FROM messages WHERE campaign_id = {place}::bigint AND step > 0"
    each = f"""SELECT count(*) AS n FROM messages m WHERE {shows} AND m.contact_id IN ({again}) AND m.contact_id > 0
        AND NOT {_IS_GONE} GROUP BY m.contact_id"""
    found = f"{found} - {gone} - (SELECT coalesce(sum(n - 1), 0)::bigint FROM ({each}) e)"
    return f"SELECT {_EVERYBODY} - ({found})" if rule.activity == "not_sent" else f"SELECT {found}"


def _sent(rule: MailActivity, places: Sequence[str]) -> str:
    """People who stand in the index of messages with an instant of sending, without those who are gone."""

    def people(shows: str) -> str:
        named = f"SELECT DISTINCT m.contact_id FROM messages m WHERE m.contact_id > 0 AND {shows}"
        gone = f"SELECT count(*) FROM contacts_gone g WHERE {sent_sql('g.id', shows)}"
        return f"(SELECT count(*) FROM ({named}) p) - ({gone})"

    shows, later = last_sent(rule, places)
    if rule.operator == "never":
        return f"SELECT {_EVERYBODY} - ({people(shows)})"
    return f"SELECT {people(shows)}" + (f" - ({people(later)})" if later else "")
