"""The questions of the preference page and what is answered to them. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tidings.consent.preference_page import FIELDS, PreferencePage
from tidings.contacts.countries import COUNTRIES
from tidings.contacts.types import Contact, CustomField
from tidings.public.http import Visit

MAX_TEXT, MAX_AREA = 190, 5000
_PREFIX = "custom_"
_INPUTS = {"date": "date", "date_time": "datetime-local", "textarea": "textarea"}


@dataclass(frozen=True, slots=True)
class Question:
    """One field of the page. kind: text, date, datetime-local, textarea, select, checks. values: what stands in it."""

    name: str
    label: str
    kind: str
    values: Sequence[str]
    options: Sequence[tuple[str, str]] = ()
    help: str = ""


def questions(page: PreferencePage, contact: Contact, definitions: Mapping[str, CustomField]) -> list[Question]:
    """The fields that are shown, as the contact has them; custom fields that are gone are left out."""
    columns, slugs = page.shown
    found = [_column(name, getattr(contact, name)) for name in columns]
    return found + [_custom(definitions[one], contact.custom.get(one)) for one in slugs if one in definitions]


def _column(name: str, value: Any) -> Question:
    text = "" if value is None else str(value)
    if name == "country":
        return Question(name, FIELDS[name], "select", [text], [("", "–"), *COUNTRIES.items()])
    return Question(name, FIELDS[name], "date" if name == "date_of_birth" else "text", [text])


def _custom(field: CustomField, value: Any) -> Question:
    values = [str(one) for one in (value if isinstance(value, list) else [value]) if one not in (None, "")]
    options = [(one, one) for one in field.options]
    kind = _INPUTS.get(field.kind, "text")
    if field.kind == "date_time":
        values = [one.replace(" ", "T") for one in values]
    if options:
        kind, options = ("checks", options) if field.is_many else ("select", [("", "–"), *options])
    return Question(f"{_PREFIX}{field.slug}", field.label, kind, values or [""], options, field.help)


def answers(
    page: PreferencePage, visit: Visit, definitions: Mapping[str, CustomField]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Columns and custom values that were sent, of those on the page alone: nothing else can be changed by it.

    What is not sent stays, but for boxes: the own page says by `page` that it had them, and none is ticked.
    """
    columns, slugs = page.shown
    values = {name: visit.get(name)[:MAX_TEXT] for name in columns if name in visit.form}
    custom: dict[str, Any] = {}
    for slug in slugs:
        field, name = definitions.get(slug), f"{_PREFIX}{slug}"
        if field is None:
            continue
        if field.is_many:
            if name in visit.lists or visit.form.get("page"):
                custom[slug] = _known(visit.lists.get(name, []), field)
        elif name in visit.form:
            text = visit.get(name)[: MAX_AREA if field.kind == "textarea" else MAX_TEXT]
            if not field.options or text in ("", *field.options):
                custom[slug] = text.replace("T", " ") if field.kind == "date_time" else text
    return values, custom


def _known(given: Sequence[str], field: CustomField) -> list[str]:
    return [one[:MAX_TEXT] for one in given if one and (not field.options or one in field.options)][:100]
