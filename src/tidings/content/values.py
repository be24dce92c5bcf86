"""What a code may read of a person and an installation: closed tables from word to reader, shared by both languages.

A reader answers plain unescaped text. Nothing is reached by attribute name from a template; every word is listed here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime
from typing import cast

from tidings.content.dates import format_date, zone
from tidings.content.tree import Read
from tidings.content.types import Person, Scope

_MANY = (list, tuple, set, frozenset)


def shown(value: object, scope: Scope | None = None) -> str:
    """A stored value as text: many values comma-joined, dates in the installation's format when `scope` is given."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, _MANY):
        return ", ".join(shown(one, scope) for one in cast("Iterable[object]", value))
    if isinstance(value, datetime):
        if scope is not None:
            return format_date(value, scope.site.date_format)
        return value.strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(value, date):
        return format_date(value, scope.site.date_format) if scope is not None else value.isoformat()
    return str(value)


def _stamp(moment: datetime | None, scope: Scope) -> str:
    if moment is None:
        return ""
    return moment.astimezone(zone(scope.site.time_zone)).strftime("%Y-%m-%d %H:%M:%S")


def _full_name(person: Person) -> str:
    return f"{person.first_name} {person.last_name}".strip()


_PERSON: dict[str, Callable[[Person], str]] = {
    "full_name": _full_name,
    "prefix": lambda p: p.prefix,
    "first_name": lambda p: p.first_name,
    "last_name": lambda p: p.last_name,
    "email": lambda p: p.email,
    "id": lambda p: str(p.id),
    "user_id": lambda p: "" if p.user_id is None else str(p.user_id),
    "address_line_1": lambda p: p.address_line_1,
    "address_line_2": lambda p: p.address_line_2,
    "city": lambda p: p.city,
    "state": lambda p: p.state,
    "postal_code": lambda p: p.postal_code,
    "country": lambda p: p.country,
    "phone": lambda p: p.phone,
    "status": lambda p: p.status,
    "source": lambda p: p.source,
    "hash": lambda p: p.uid,
    "contact_type": lambda p: p.contact_type,
    "job_title": lambda p: p.job_title,
    "timezone": lambda p: p.timezone,
    "date_of_birth": lambda p: "" if p.date_of_birth is None else p.date_of_birth.isoformat(),
    "tags.title": lambda p: ", ".join(title for _, title, _ in p.tags),
    "tags.slug": lambda p: ", ".join(slug for _, _, slug in p.tags),
    "lists.title": lambda p: ", ".join(title for _, title, _ in p.lists),
    "lists.slug": lambda p: ", ".join(slug for _, _, slug in p.lists),
}
_MOMENTS: dict[str, Callable[[Person], datetime | None]] = {
    "created_at": lambda p: p.created_at,
    "last_activity": lambda p: p.last_activity,
}
_COMPANY = frozenset(
    [
        "name",
        "industry",
        "email",
        "phone",
        "website",
        "address_line_1",
        "address_line_2",
        "city",
        "state",
        "postal_code",
        "country",
    ]
)

COMPANY_FIELDS = _COMPANY | {"address"}


def person_reader(word: str) -> Read | None:
    """The reader of a person's own field, tags, lists; None when there is no such word."""
    if word in _PERSON:
        read = _PERSON[word]
        return lambda scope: "" if scope.person is None else read(scope.person)
    if word in _MOMENTS:
        moment = _MOMENTS[word]
        return lambda scope: "" if scope.person is None else _stamp(moment(scope.person), scope)
    return None


def company_reader(word: str) -> Read | None:
    """The reader of a field of the primary company; `address` is one line."""
    if word == "address":
        return lambda scope: "" if scope.person is None else _company_address(scope.person.company or {})
    if word in _COMPANY:
        return lambda scope: "" if scope.person is None else shown((scope.person.company or {}).get(word))
    return None


def _company_address(company: Mapping[str, object]) -> str:
    if company.get("address"):
        return shown(company["address"])
    keys = ("address_line_1", "address_line_2", "city", "state", "postal_code", "country")
    return ", ".join(text for key in keys if (text := shown(company.get(key)).strip()))


def custom_reader(slug: str) -> Read:
    """The reader of a custom field. Values of date fields are shown in the installation's date format."""

    def read(scope: Scope) -> str:
        if scope.person is None:
            return ""
        value = scope.person.custom.get(slug)
        if isinstance(value, str):
            if not value or scope.site.custom_fields.get(slug) not in ("date", "date_time"):
                return value
            value = _parsed(value)
        return shown(value, scope)

    return read


def _parsed(text: str) -> str | date:
    try:
        moment = datetime.fromisoformat(text[:19])
    except ValueError:
        return text
    return moment if len(text) > 10 else moment.date()


def meta_reader(key: str) -> Read:
    """The reader of a value that a user put beside the contact; internal keys are never handed in."""
    return lambda scope: "" if scope.person is None else shown(scope.person.meta.get(key))


def context_reader(group: str, key: str) -> Read:
    """The reader of a value of the automation's trigger; empty outside its automation."""
    return lambda scope: "" if scope.person is None else shown(scope.person.context.get(group, {}).get(key), scope)


def local_now(scope: Scope) -> datetime:
    """The instant of this rendering in the installation's zone."""
    now = scope.now if scope.now.tzinfo else scope.now.replace(tzinfo=UTC)
    return now.astimezone(zone(scope.site.time_zone))


LINK_READERS: dict[str, Read] = {
    "unsubscribe_url": lambda scope: scope.links.unsubscribe_url,
    "manage_subscription_url": lambda scope: scope.links.manage_url,
    "web_preview_url": lambda scope: scope.links.web_view_url,
    "activate_url": lambda scope: scope.links.activate_url,
    "frontend_portal_url": lambda scope: scope.links.portal_url,
}
SITE_READERS: dict[str, Read] = {
    "business_name": lambda scope: scope.site.business_name,
    "business_address": lambda scope: scope.site.business_address,
    "admin_email": lambda scope: scope.site.admin_email,
    "url": lambda scope: scope.site.url,
    "name": lambda scope: scope.site.name,
    "description": lambda scope: scope.site.description,
}
