"""Pure decisions about companies: names, addresses of pages, numbers, dates. No database here."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any
from urllib.parse import urlsplit

from tidings.contacts.companies.types import WRITABLE_COLUMNS
from tidings.contacts.rules import clean_text, is_email
from tidings.platform import markup
from tidings.platform.errors import Invalid, Problem, Refused

MAX_NAME = 192
MAX_TEXT = 1000
MAX_DESCRIPTION = 100_000
MAX_EMPLOYEES = 2_000_000_000
URL_COLUMNS = ("logo", "website", "linkedin_url", "facebook_url", "twitter_url")
_SCHEME = re.compile(r"[a-zA-Z][a-zA-Z0-9+.\-]*:(?!\d)")
_HOST = re.compile(r"(?:[\w\-]{1,63}\.)*[\w\-]{1,63}\.?")


def web_address(text: str) -> str | None:
    """The address of a page, with `https://` when no scheme is told; None when it cannot be one."""
    text = clean_text(text)
    if not _SCHEME.match(text):
        text = f"https://{text.lstrip('/')}"
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        return None
    if parts.scheme.lower() not in ("http", "https") or any(one.isspace() for one in text) or len(text) > MAX_TEXT:
        return None
    return text if _HOST.fullmatch(host) or ":" in host else None


def checked_values(values: Mapping[str, Any]) -> dict[str, Any]:
    """The columns of a draft, cleaned; raises Invalid naming each bad field. Empty text clears a column."""
    cleaned: dict[str, Any] = {}
    problems: dict[str, Problem] = {}
    for name, value in values.items():
        if name not in WRITABLE_COLUMNS:
            problems[name] = Problem("unknown", f"A company has no field “{name}”.")
            continue
        try:
            cleaned[name] = _CHECKS.get(name, _text)(value)
        except _Bad as error:
            problems[name] = error.problem
    if problems:
        raise Invalid(problems)
    return cleaned


class _Bad(Exception):
    def __init__(self, rule: str, text: str) -> None:
        super().__init__(text)
        self.problem = Problem(rule, text)


def _text(value: Any) -> str | None:
    text = "" if value is None or isinstance(value, bool) else clean_text(str(value))
    if len(text) > MAX_TEXT:
        raise _Bad("max", f"The value may have at most {MAX_TEXT} characters.")
    return text or None


def _name(value: Any) -> str:
    name = _text(value)
    if not name:
        raise _Bad("required", "The name field is required.")
    if len(name) > MAX_NAME:
        raise _Bad("max", f"The name may have at most {MAX_NAME} characters.")
    return name


def _email(value: Any) -> str | None:
    email = _text(value)
    if email and not is_email(email):
        raise _Bad("email", "The email must be a valid email address.")
    return email


def _url(value: Any) -> str | None:
    text = _text(value)
    if not text:
        return None
    address = web_address(text)
    if address is None:
        raise _Bad("url", "The address must be a valid URL.")
    return address


def _description(value: Any) -> str | None:
    try:
        text = "" if value is None else markup.cleaned(str(value).replace("\0", "")).strip()
    except Refused as error:
        raise _Bad("max", error.message) from error
    if len(text) > MAX_DESCRIPTION:
        raise _Bad("max", f"The description may have at most {MAX_DESCRIPTION} characters.")
    return text or None


def _employees(value: Any) -> int:
    text = "" if value is None else str(value).strip()
    if not text:
        return 0
    if not text.isascii() or not text.isdigit() or len(text) > 10 or int(text) > MAX_EMPLOYEES:
        raise _Bad("integer", "The number of employees must be a whole number.")
    return int(text)


def _day(value: Any) -> str | None:
    text = value.isoformat() if isinstance(value, date) else _text(value)
    if not text:
        return None
    try:
        return date.fromisoformat(text[:10]).isoformat()
    except ValueError:
        raise _Bad("date", "The date of start must be a date like 2001-02-03.") from None


def _owner(value: Any) -> int | None:
    if value in (None, "", 0, "0"):
        return None
    text = str(value).strip()
    if isinstance(value, bool) or not text.isascii() or not text.isdigit() or len(text) > 18:
        raise _Bad("exists", "The owner must be a contact.")
    return int(text)


_CHECKS: dict[str, Callable[[Any], Any]] = {
    "name": _name,
    "email": _email,
    "description": _description,
    "employees_number": _employees,
    "date_of_start": _day,
    "owner_id": _owner,
    **dict.fromkeys(URL_COLUMNS, _url),
}
