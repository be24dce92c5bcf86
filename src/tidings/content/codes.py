"""The merge tags: what each code says about a person, and the transformers (fluentcrm.md §4, fluenzr.md merge tags).

A code is resolved once, when the mail is compiled, to a function of (person, links); unknown groups are left as text.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import quote

from tidings.content.types import MailLinks, Person, Site

Value = Callable[[Person, MailLinks], str]


@dataclass(frozen=True, slots=True)
class Code:
    """A resolved merge tag. `is_html` values go into HTML as they are; `needs` names what must be read for it."""

    value: Value
    is_html: bool = False
    is_url: bool = False
    needs: frozenset[str] = frozenset()
    source: str = ""


_COLUMNS = [
    "full_name",
    "prefix",
    "first_name",
    "last_name",
    "email",
    "id",
    "user_id",
    "address_line_1",
    "address_line_2",
    "city",
    "state",
    "postal_code",
    "country",
    "phone",
    "status",
    "source",
    "contact_type",
    "timezone",
    "company_name",
    "job_title",
    "website",
]
_GROUPS = ("contact", "crm", "wp", "user", "wp_user", "other", "cart_order", "cart_customer", "woo_customer", "woo")
_GROUPS += ("woo_order", "ab_cart_woo", "edd_customer", "learndash", "tutorlms", "lifterlms", "aff_wp", "affwp", "fs")
_PHP_DATES = {
    "d": "%d",
    "D": "%a",
    "j": "{0.day}",
    "l": "%A",
    "N": "%u",
    "m": "%m",
    "M": "%b",
    "n": "{0.month}",
    "F": "%B",
    "Y": "%Y",
    "y": "%y",
    "a": "{ampm}",
    "A": "%p",
    "g": "{hour12}",
    "G": "{0.hour}",
    "h": "%I",
    "H": "%H",
    "i": "%M",
    "s": "%S",
    "T": "%Z",
    "e": "%Z",
    "P": "%:z",
    "z": "%j",
    "W": "%V",
}


def php_date(moment: datetime | date, letters: str) -> str:
    """A date in PHP's letters; a backslash keeps the next letter."""
    at = moment if isinstance(moment, datetime) else datetime(moment.year, moment.month, moment.day, tzinfo=UTC)
    out: list[str] = []
    is_kept = False
    for letter in letters:
        if is_kept or letter not in _PHP_DATES:
            is_kept = letter == "\\" and not is_kept
            out.append("" if is_kept else letter)
            continue
        form = _PHP_DATES[letter]
        if form.startswith("{"):
            out.append(form.format(at, ampm=at.strftime("%p").lower(), hour12=at.hour % 12 or 12))
        else:
            out.append(at.strftime(form))
    return "".join(out)


_RELATIVE = re.compile(r"([+-]?\d{1,4})\s*(minute|hour|day|week|month|year)s?(\s+ago)?")
_WORDS = {"now": 0, "today": 0, "tomorrow": 1, "yesterday": -1}


def relative_day(expression: str, now: datetime) -> datetime | None:
    """The moment that an expression such as "+2 days" or "tomorrow" means; None when it means nothing."""
    text = expression.strip().lower()
    if text in _WORDS:
        return now + timedelta(days=_WORDS[text])
    match = _RELATIVE.fullmatch(text)
    if match is None:
        return None
    amount = int(match.group(1)) * (-1 if match.group(3) else 1)
    unit = match.group(2)
    if unit in ("month", "year"):
        months = now.month - 1 + amount * (12 if unit == "year" else 1)
        year, month = now.year + months // 12, months % 12 + 1
        if not 1 <= year <= 9999:
            return None
        last = (datetime(year + month // 12, month % 12 + 1, 1, tzinfo=now.tzinfo) - timedelta(days=1)).day
        return now.replace(year=year, month=month, day=min(now.day, last))
    return now + timedelta(**{f"{unit}s": amount})


def _shown(value: Any, site: Site, kind: str = "") -> str:
    if value is None:
        return ""
    if isinstance(value, list | tuple):
        return ", ".join(str(one) for one in value)
    if isinstance(value, datetime):
        return value.astimezone(site.zone).strftime("%Y-%m-%d %H:%M:%S")
    if kind == "date" and isinstance(value, str):
        try:
            return php_date(date.fromisoformat(value[:10]), site.date_format)
        except ValueError:
            return value
    return str(value)


def smart_code(group: str, key: str, site: Site) -> Code | None:
    """The code `group.key`; None when the group is not ours, so that the text stays as it is."""
    if group not in _GROUPS:
        return None
    if group == "contact":
        return _contact(key, site)
    if group == "crm":
        return _crm(key, site)
    if group == "wp":
        known = {"admin_email": site.admin_email, "url": site.url, "name": site.name, "description": site.description}
        return _constant(known.get(key, ""))
    if group == "other":
        return _other(key, site)
    return _constant("")


def _constant(text: str) -> Code:
    return Code(lambda _p, _l: text)


def _contact(key: str, site: Site) -> Code:
    head, _, rest = key.partition(".")
    if head in _COLUMNS and not rest:
        return Code(lambda p, _l: _shown(getattr(p, head), site))
    if head == "date_of_birth":
        return Code(lambda p, _l: p.date_of_birth.isoformat() if p.date_of_birth else "")
    if head in ("created_at", "last_activity"):
        attribute = "active_at" if head == "last_activity" else head
        return Code(lambda p, _l: _shown(getattr(p, attribute), site))
    if head == "custom":
        kind = site.field_kinds.get(rest, "")
        if kind == "textarea":
            return Code(lambda p, _l: html.escape(_shown(p.custom.get(rest), site)).replace("\n", "<br>"), is_html=True)
        return Code(lambda p, _l: _shown(p.custom.get(rest), site, kind))
    if head in ("tags", "lists"):
        word = "slug" if rest == "slug" else "title"
        needs = frozenset({head})
        return Code(lambda p, _l: ", ".join(getattr(term, word) for term in getattr(p, head)), needs=needs)
    if head == "company":
        return Code(lambda p, _l: (p.company_name or "") if rest == "name" else "")
    return _constant("")


def _anchor(pick: Callable[[MailLinks], str], text: str) -> Code:
    return Code(lambda _p, links: f'<a href="{html.escape(pick(links))}">{html.escape(text)}</a>', is_html=True)


def _crm(key: str, site: Site) -> Code:
    name, _, text = key.partition("|")
    urls: dict[str, Callable[[MailLinks], str]] = {
        "unsubscribe": lambda links: links.unsubscribe_url,
        "manage_subscription": lambda links: links.manage_url,
    }
    for word, pick in urls.items():
        if name == f"{word}_url":
            return Code(lambda _p, links, pick=pick: pick(links), is_url=True)
        if name == f"{word}_html":
            return _anchor(pick, text or ("Unsubscribe" if word == "unsubscribe" else "Manage your subscription"))
    if name == "frontend_portal_url":
        return Code(lambda _p, links: links.manage_url, is_url=True)
    return _constant({"business_name": site.business_name, "business_address": site.business_address}.get(name, ""))


def _other(key: str, site: Site) -> Code:
    head, _, rest = key.partition(".")
    now = site.now.astimezone(site.zone)
    if head == "date":
        at = relative_day(rest, now)
        return _constant(php_date(at, site.date_format) if at else "")
    if head == "date_format":
        return _constant(php_date(now, rest))
    return _constant("")


_TRANSFORMERS: dict[str, Callable[[str, str], str]] = {
    "trim": lambda v, _a: v.strip(),
    "ucfirst": lambda v, _a: v[:1].upper() + v[1:],
    "ucwords": lambda v, _a: re.sub(r"(^|\s)(\S)", lambda m: m.group(1) + m.group(2).upper(), v),
    "strtolower": lambda v, _a: v.lower(),
    "strtoupper": lambda v, _a: v.upper(),
    "concat_first": lambda v, a: f"{a} {v}" if v else v,
    "concat_last": lambda v, a: f"{v}{a}" if v else v,
    "show_if": lambda v, a: a if v else v,
    "urlencode": lambda v, _a: quote(v, safe=""),
}


def transformed(code: Code, default: str, transformer: str, argument: str) -> Code:
    """The code with its default and transformer; the default itself is transformed too."""
    change = _TRANSFORMERS.get(transformer)
    if not default and change is None:
        return code

    def value(person: Person, links: MailLinks) -> str:
        text = code.value(person, links) or default
        return change(text, argument) if change else text

    return Code(value, code.is_html, code.is_url, code.needs)


_VARIABLES: Mapping[str, str] = {
    "firstName": "first_name",
    "lastName": "last_name",
    "fullName": "full_name",
    "email": "email",
    "company": "company_name",
    "jobTitle": "job_title",
    "phone": "phone",
    "website": "website",
    "city": "city",
    "country": "country",
    "status": "status",
}
_LINKS: Mapping[str, Callable[[MailLinks], str]] = {
    "unsubscribe_link": lambda links: links.unsubscribe_url,
    "preferences_link": lambda links: links.manage_url,
    "web_view_link": lambda links: links.web_view_url,
}
_FORMATS: Mapping[str, Callable[[str], str]] = {
    "uppercase": str.upper,
    "lowercase": str.lower,
    "short": lambda v: v.split()[0] if v.split() else v,
}


def variable(expression: str, site: Site) -> Code | None:
    """A FluenzR variable such as `firstName|there|uppercase`; a name that is no field is a custom field."""
    name, *rest = (part.strip() for part in expression.split("|"))
    if not re.fullmatch(r"[A-Za-z_][\w.\-]*", name):
        return None
    formats = [_FORMATS[word] for word in rest if word in _FORMATS]
    fallback = next((word for word in rest if word not in _FORMATS), "")
    if name in _LINKS:
        pick = _LINKS[name]
        return Code(lambda _p, links: pick(links), is_url=True)
    if name in ("current_date", "current_year"):
        return _constant(php_date(site.now.astimezone(site.zone), "Y" if name == "current_year" else site.date_format))
    attribute = _VARIABLES.get(name)

    def value(person: Person, _links: MailLinks) -> str:
        raw = getattr(person, attribute) if attribute else person.custom.get(name)
        text = _shown(raw, site) or fallback
        for change in formats:
            text = change(text)
        return text

    return Code(value)


def picker() -> list[dict[str, Any]]:
    """The groups of codes that editors offer: key, title, and label by code."""
    contact = {f"{{{{contact.{c}}}}}": c.replace("_", " ").capitalize() for c in _COLUMNS[:15]}
    contact |= {
        f"{{{{contact.{c}}}}}": c.replace("_", " ").capitalize() for c in ("date_of_birth", "source", "created_at")
    }
    general = {
        "{{crm.business_name}}": "Business name",
        "{{crm.business_address}}": "Business address",
        "{{wp.admin_email}}": "Contact address of the installation",
        "{{wp.url}}": "Address of the installation",
        "{{other.date.+2 days}}": "A day from now",
        "##crm.unsubscribe_url##": "Unsubscribe address",
        "##crm.manage_subscription_url##": "Preferences address",
        "##web_preview_url##": "View in browser address",
        "{{crm.unsubscribe_html|Unsubscribe}}": "Unsubscribe link",
        "{{crm.manage_subscription_html|Manage preferences}}": "Preferences link",
    }
    return [
        {"key": "contact", "title": "Contact", "shortcodes": contact},
        {"key": "general", "title": "General", "shortcodes": general},
    ]
