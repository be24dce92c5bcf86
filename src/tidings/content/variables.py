"""Variables: `{{firstName|there|uppercase}}`, `{{#if company}}…{{else}}…{{/if}}` (fluenzr.md, merge tags).

A part after a bar is a format (`uppercase`, `lowercase`, `short`) or else the fallback. Own fields come first, then the
installation's custom fields by name; other words stay as they are unless they bring a fallback.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from tidings.content.dates import format_date
from tidings.content.transformers import FORMATS, format_variable
from tidings.content.tree import Close, Code, Mark, Open, Read, Test, Turn, ValueKind
from tidings.content.types import Scope
from tidings.content.values import (
    LINK_READERS,
    SITE_READERS,
    company_reader,
    custom_reader,
    local_now,
    person_reader,
)

_NAME = re.compile(r"[^\W\d][\w .-]{0,99}\Z")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_CONDITION = re.compile(r"(!?)\s*([\w.-]{1,100})\s*(?:(==|!=|=|contains)\s*(.{0,200}))?\Z", re.DOTALL)
_QUOTES = "\"'“”‘’"

_ALIASES = {
    "name": "full_name",
    "address": "address_line_1",
    "zip": "postal_code",
    "zip_code": "postal_code",
    "birthday": "date_of_birth",
    "tags": "tags.title",
    "lists": "lists.title",
    "telephone": "phone",
}
_COMPANY = {"company": "name", "company_name": "name", "industry": "industry", "website": "website"}
_LINKS = {
    "unsubscribe_link": "unsubscribe_url",
    "unsubscribe_url": "unsubscribe_url",
    "preferences_link": "manage_subscription_url",
    "manage_link": "manage_subscription_url",
    "web_view_link": "web_preview_url",
    "view_in_browser": "web_preview_url",
}
_SITE = {
    "business_name": "business_name",
    "business_address": "business_address",
    "sender_company": "business_name",
    "site_url": "url",
}

_EMPTY: Read = lambda scope: ""  # noqa: E731


def _today(letters: str | None, short: str) -> tuple[Read, Read]:
    long: Read = lambda scope: format_date(local_now(scope), letters or scope.site.date_format)  # noqa: E731
    return long, lambda scope: format_date(local_now(scope), short)


_DATES = {
    "current_date": _today(None, "M j, Y"),
    "current_year": _today("Y", "y"),
    "current_month": _today("F", "M"),
    "current_day": _today("l", "D"),
}


def snake(name: str) -> str:
    """`firstName` and `First Name` as `first_name`."""
    return _CAMEL.sub("_", name.strip()).replace(" ", "_").replace("-", "_").lower()


def reader(name: str, fields: Mapping[str, str]) -> tuple[Read, ValueKind] | None:
    """What a variable's name reads, and its kind; None when nothing is called so."""
    word = snake(name)
    if word in _DATES:
        return _DATES[word][0], "text"
    if word in _LINKS:
        return LINK_READERS[_LINKS[word]], "url"
    if word in _SITE:
        return SITE_READERS[_SITE[word]], "text"
    own = person_reader(_ALIASES.get(word, word))
    if own is not None:
        return own, "text"
    slug = name if name in fields else word
    if slug in fields:
        return custom_reader(slug), "lines" if fields[slug] == "textarea" else "text"
    if word in _COMPANY and (company := company_reader(_COMPANY[word])):
        return company, "text"
    return None


def variable(raw: str, inside: str, fields: Mapping[str, str]) -> Mark | None:
    """The mark for what stands between the braces; None when it stays as it is."""
    inside = inside.strip()
    if inside == "else":
        return Turn(raw)
    if inside in ("/if", "/unless"):
        return Close(raw)
    if inside.startswith(("#if ", "#unless ")):
        word, _, condition = inside.partition(" ")
        return _open(raw, condition.strip(), fields, is_negated=word == "#unless")
    name, *parts = (part.strip() for part in inside.split("|"))
    if not _NAME.match(name):
        return None
    found = reader(name, fields)
    if found is None:
        if not parts:
            return None
        found = (_EMPTY, "text")
    return _formatted(raw, name, found, parts)


def _formatted(raw: str, name: str, found: tuple[Read, ValueKind], parts: list[str]) -> Code:
    read, kind = found
    formats = [part for part in parts if part in FORMATS]
    fallback = next((part.strip(_QUOTES) for part in parts if part and part not in FORMATS), "")
    if "short" in formats and snake(name) in _DATES:
        read = _DATES[snake(name)][1]
        formats.remove("short")
    if not formats and not fallback:
        return Code(raw, read, kind)

    def value(scope: Scope) -> str:
        text = read(scope) or fallback
        for name in formats:
            text = format_variable(name, text)
        return text

    return Code(raw, value, kind)


def _open(raw: str, condition: str, fields: Mapping[str, str], *, is_negated: bool) -> Mark | None:
    match = _CONDITION.match(condition)
    if match is None:
        return None
    bang, name, operator, operand = match.groups()
    found = reader(name, fields)
    read: Read = found[0] if found else _EMPTY
    test = _test(read, operator, (operand or "").strip().strip(_QUOTES))
    if is_negated == bool(bang):
        return Open(raw, test)
    return Open(raw, lambda scope: not test(scope))


def _test(read: Read, operator: str | None, operand: str) -> Test:
    wanted = operand.casefold()
    if operator is None:
        return lambda scope: bool(read(scope).strip())
    if operator == "contains":
        return lambda scope: wanted in read(scope).casefold()
    if operator == "!=":
        return lambda scope: read(scope).strip().casefold() != wanted
    return lambda scope: read(scope).strip().casefold() == wanted
