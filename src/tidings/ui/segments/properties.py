"""What the builder offers: properties of contacts by group, the operators of each, and what an operator asks for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tidings.campaigns.queries import list_campaigns
from tidings.contacts import catalog
from tidings.contacts import queries as contacts
from tidings.contacts.types import STATUSES
from tidings.platform.core import Core
from tidings.platform.pagination import PageRequest
from tidings.segments.fields import CUSTOM_KINDS

MOST_CAMPAIGNS = 200
OPERATORS: Mapping[str, Sequence[tuple[str, str]]] = {
    "text": (
        ("contains", "contains"),
        ("not_contains", "does not contain"),
        ("equals", "is"),
        ("not_equals", "is not"),
        ("starts_with", "begins with"),
        ("ends_with", "ends with"),
        ("filled", "is filled"),
        ("empty", "is empty"),
    ),
    "number": (
        ("equals", "is"),
        ("not_equals", "is not"),
        ("greater", "is more than"),
        ("less", "is less than"),
        ("at_least", "is at least"),
        ("at_most", "is at most"),
        ("filled", "is filled"),
        ("empty", "is empty"),
    ),
    "day": (
        ("days_within", "is within the last … days"),
        ("days_before", "is more than … days ago"),
        ("after", "is after"),
        ("before", "is before"),
        ("date_equal", "is on"),
        ("filled", "is filled"),
        ("empty", "is empty"),
    ),
    "choice": (
        ("in", "is one of"),
        ("not_in", "is none of"),
        ("filled", "is filled"),
        ("empty", "is empty"),
    ),
    "many": (
        ("in", "has one of"),
        ("in_all", "has all of"),
        ("not_in", "has none of"),
        ("filled", "has any at all"),
        ("empty", "has none at all"),
    ),
    "status": (("in", "is one of"),),
    "mail": (
        ("days_within", "within the last … days"),
        ("days_before", "more than … days ago"),
        ("after", "after"),
        ("before", "before"),
        ("ever", "ever"),
        ("never", "never"),
    ),
    "campaign": (
        ("opened", "was opened"),
        ("not_opened", "was not opened"),
        ("clicked", "was clicked"),
        ("not_clicked", "was not clicked"),
        ("sent", "was sent"),
        ("not_sent", "was not sent"),
    ),
}
_WITHOUT_VALUE = ("filled", "empty", "ever", "never")


@dataclass(frozen=True, slots=True)
class Property:
    """Something to compare. `options`: (value, word) where one chooses."""

    key: str
    word: str
    group: str
    kind: str
    options: tuple[tuple[str, str], ...] = ()

    @property
    def operators(self) -> Sequence[tuple[str, str]]:
        """(key, word) of what fits."""
        return OPERATORS[self.kind]

    def asks(self, operator: str) -> str:
        """The input for an operator: nothing, days, date, number, options, campaign or text."""
        if operator in _WITHOUT_VALUE:
            return ""
        if operator in ("days_within", "days_before"):
            return "days"
        if self.kind in ("day", "mail"):
            return "date"
        return {"number": "number", "campaign": "campaign", "text": "text"}.get(self.kind, "options")


_COLUMNS = (
    ("email", "E-mail", "text"),
    ("first_name", "First name", "text"),
    ("last_name", "Last name", "text"),
    ("phone", "Phone", "text"),
    ("city", "City", "text"),
    ("state", "State", "text"),
    ("postal_code", "Postal code", "text"),
    ("country", "Country", "text"),
    ("company_name", "Company", "text"),
    ("source", "Source", "text"),
    ("date_of_birth", "Birthday", "day"),
    ("created_at", "Added", "day"),
    ("active_at", "Last activity", "day"),
    ("lifetime_value", "Lifetime value", "number"),
)
_MAIL = (("sent", "Got a mail"), ("opened", "Opened a mail"), ("clicked", "Clicked in a mail"))


async def properties_of(core: Core) -> dict[str, Property]:
    """Everything that can be compared in this installation, by key, in the order of the menu."""
    found = [Property(f"column.{name}", word, "Contact", kind) for name, word, kind in _COLUMNS]
    statuses = tuple((one, one) for one in STATUSES)
    lists = sorted((await catalog.list_lists(core)).rows, key=lambda one: one.title.lower())
    tags = sorted((await catalog.list_tags(core)).rows, key=lambda one: one.title.lower())
    found += [
        Property("status", "Status", "Belongs to", "status", statuses),
        Property("lists", "Lists", "Belongs to", "many", tuple((str(one.id), one.title) for one in lists)),
        Property("tags", "Tags", "Belongs to", "many", tuple((str(one.id), one.title) for one in tags)),
    ]
    for slug, field in (await contacts.custom_fields(core)).items():
        kind = str(CUSTOM_KINDS[field.kind])
        if field.options:
            kind = "many" if kind == "many" else "choice"
        options = tuple((one, one) for one in field.options)
        found.append(
            Property(f"custom.{slug}", field.label, "Custom fields", "text" if kind == "moment" else kind, options)
        )
    found += [Property(f"mail.{key}", word, "Mails", "mail") for key, word in _MAIL]
    page = await list_campaigns(core, PageRequest(per_page=MOST_CAMPAIGNS, sort="id"))
    sent = tuple((str(one.campaign.id), one.campaign.title) for one in page.rows)
    if sent:
        found.append(Property("campaign", "A campaign", "Mails", "campaign", sent))
    return {one.key: one for one in found}
