"""Pure decisions about contacts: addresses, phones, slugs, custom values. No database here."""

from __future__ import annotations

import re
import secrets
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

import phonenumbers
from email_validator import EmailNotValidError, validate_email

from tidings.contacts.types import CUSTOM_FIELD_KINDS, WRITABLE_COLUMNS, CustomField
from tidings.platform.errors import Invalid, Problem

MAX_EMAIL = 190
_PLAIN_EMAIL = re.compile(
    r"[A-Za-z0-9._%+\-']{1,64}@(?:[A-Za-z0-9](?:[A-Za-z0-9\-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,63}"
)
# Words of a contact that are no column a writer may set.
_WORDS = ("id", "status", "tags", "lists", "hash", "full_name", "company_id", "companies")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_TAGS = re.compile(r"<(script|style)\b.*?</\1\s*>|<[^<>]*>", re.IGNORECASE | re.DOTALL)


def is_email(text: str) -> bool:
    """Whether `text` is an address we can mail (RFC 5321 and 6531), at most 190 characters. No DNS is asked."""
    if len(text) > MAX_EMAIL:
        return False
    if _PLAIN_EMAIL.fullmatch(text) and ".." not in text and not text.startswith("."):
        return "." not in (text[0], text[text.index("@") - 1])
    try:
        validate_email(text, check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        return False
    return True


def clean_text(text: str) -> str:
    """A plain field: control characters and markup out, ends trimmed; quotes and backslashes stay as typed."""
    text = _CONTROL.sub("", text)
    if "<" in text:
        text = _TAGS.sub("", text)
    return text.strip()


def title_problem(title: str, most: int = 192) -> Problem | None:
    """What is wrong with a title that stands already cleaned by `clean_text`."""
    if not title:
        return Problem("required", "The title field is required.")
    return Problem("max", f"The title may have at most {most} characters.") if len(title) > most else None


def phone_e164(text: str, country: str | None = None) -> str | None:
    """The number in E.164, or None when it cannot be one. National numbers need `country` (ISO alpha-2)."""
    try:
        number = phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def slug_of(title: str) -> str:
    """Lower-case ASCII with hyphens; a title with other letters gets a random slug (fluentcrm.md §2.2)."""
    if not title.isascii():
        return random_slug()
    slug = re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")
    return slug or random_slug()


def random_slug() -> str:
    """Ten random letters in two groups, for what has no natural slug."""
    word = secrets.token_hex(5)
    return f"{word[:5]}-{word[5:]}"


def field_slug(label: str) -> str:
    """Slug of a custom field from its label: words joined by `_`; never equal to a column, never a number."""
    ascii_text = unicodedata.normalize("NFKD", label).encode("ascii", "ignore").decode()
    slug = re.sub(r"[^a-z0-9]+", "_", ascii_text.lower()).strip("_") or f"field_{secrets.token_hex(3)}"
    if slug in WRITABLE_COLUMNS or slug in _WORDS or slug.isdigit():
        return f"cf_{slug}"
    return slug


def checked_fields(fields: Sequence[CustomField]) -> list[CustomField]:
    """The definitions as they will be stored: slugs derived, later duplicates dropped, kinds known (else Invalid)."""
    seen: dict[str, CustomField] = {}
    for place, one in enumerate(fields):
        if one.kind not in CUSTOM_FIELD_KINDS:
            raise Invalid({f"fields.{place}.type": Problem("in", f"“{one.kind}” is not a kind of custom field.")})
        if not one.label.strip():
            raise Invalid({f"fields.{place}.label": Problem("required", "A custom field needs a label.")})
        slug = one.slug.strip() or field_slug(one.label)
        if slug not in seen:
            seen[slug] = CustomField(
                slug, one.label.strip(), one.kind, one.group_name or "default", one.options, one.help
            )
    return list(seen.values())


def custom_value(definition: CustomField, value: Any) -> Any:
    """The stored form of a value: text, decimal text, ISO date text or a list of option texts; None clears.

    Raises ValueError with a sentence when the value does not fit its kind.
    """
    if value is None or value == "" or value == []:
        return None
    if definition.is_many:
        parts = value if isinstance(value, list) else str(value).split(",")
        return [text for part in parts if (text := clean_text(str(part)))] or None
    if isinstance(value, list | dict):
        raise ValueError(f"{definition.label} takes one value.")
    text = str(value).strip()
    if definition.kind == "number":
        try:
            number = Decimal(text)
        except InvalidOperation:
            raise ValueError(f"{definition.label} must be a number.") from None
        if not number.is_finite():
            raise ValueError(f"{definition.label} must be a number.")
        return text
    if definition.kind == "date":
        return _day(text, definition.label)
    if definition.kind == "date_time":
        return _moment(text, definition.label)
    return _CONTROL.sub("", text) if definition.kind == "textarea" else clean_text(text)


def _day(text: str, label: str) -> str:
    try:
        return date.fromisoformat(text[:10]).isoformat()
    except ValueError:
        raise ValueError(f"{label} must be a date like 2027-01-31.") from None


def _moment(text: str, label: str) -> str:
    try:
        return datetime.fromisoformat(text).strftime("%Y-%m-%d %H:%M:%S")
    except ValueError:
        raise ValueError(f"{label} must be a date and time like 2027-01-31 09:30:00.") from None


def custom_values(definitions: Mapping[str, CustomField], values: Mapping[str, Any]) -> dict[str, Any]:
    """Checked values by slug; undefined slugs are dropped; raises Invalid naming each bad slug."""
    stored: dict[str, Any] = {}
    problems: dict[str, Problem] = {}
    for slug, value in values.items():
        definition = definitions.get(slug)
        if definition is None:
            continue
        try:
            stored[slug] = custom_value(definition, value)
        except ValueError as error:
            problems[f"custom_values.{slug}"] = Problem("type", str(error))
    if problems:
        raise Invalid(problems)
    return stored


def checked_values(values: Mapping[str, Any]) -> dict[str, Any]:
    """The columns of a draft, cleaned; raises Invalid naming each bad field. Empty text clears a column."""
    cleaned: dict[str, Any] = {}
    problems: dict[str, Problem] = {}
    for name, value in values.items():
        if name not in WRITABLE_COLUMNS:
            problems[name] = Problem("unknown", f"A contact has no field “{name}”.")
            continue
        if isinstance(value, str):
            value = clean_text(value) or None
        problem = _problem_of(name, value)
        if problem:
            problems[name] = problem
        cleaned[name] = value
    if problems:
        raise Invalid(problems)
    return cleaned


def _problem_of(name: str, value: Any) -> Problem | None:
    if value is None:
        return None
    if name == "email" and not is_email(str(value)):
        return Problem("email", "The email must be a valid email address.")
    if name == "phone" and len(str(value)) > 50:
        return Problem("max", "The phone may have at most 50 characters.")
    if name == "date_of_birth" and isinstance(value, str):
        try:
            date.fromisoformat(value)
        except ValueError:
            return Problem("date", "The date of birth must be a date like 1985-04-12.")
    if isinstance(value, str) and len(value) > 1000:
        return Problem("max", "The value may have at most 1000 characters.")
    return None
