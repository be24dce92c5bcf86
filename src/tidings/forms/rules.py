"""Pure rules of forms: the templates, the check of a draft, answers against their fields."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from tidings.contacts.outside import FIELDS
from tidings.contacts.rules import clean_text, is_email, title_problem
from tidings.forms.types import CHOICES, KINDS, FormDraft, FormField
from tidings.platform.errors import Invalid, Problem

MAX_FIELDS, MAX_ANSWER = 60, 5000
_NAME = re.compile(r"[a-z][a-z0-9_]{0,59}")
_EMAIL = FormField("email", "Email address", "email", "email", is_required=True, placeholder="you@example.com")
_FIRST = FormField("first_name", "First name", "text", "first_name")
_LAST = FormField("last_name", "Last name", "text", "last_name")

# Name of the template -> what it is called, and its fields.
TEMPLATES: Mapping[str, tuple[str, Sequence[FormField]]] = {
    "inline_subscribe": ("Inline Opt-in Form", (_EMAIL,)),
    "simple_optin": ("Simple Opt-in Form", (_EMAIL,)),
    "with_name_subscribe": ("Subscription Form", (_FIRST, _LAST, _EMAIL)),
}


def checked(draft: FormDraft) -> None:
    """Raises Invalid naming each bad field."""
    problems: dict[str, Problem] = {}
    title = clean_text(draft.title)
    if problem := title_problem(title):
        problems["title"] = problem
    if not any(one.target == "email" and one.is_required for one in draft.fields):
        problems["fields"] = Problem("email", "A form needs a required field for the email address.")
    if len(draft.fields) > MAX_FIELDS:
        problems["fields"] = Problem("max", f"A form may have at most {MAX_FIELDS} fields.")
    seen: set[str] = set()
    for place, one in enumerate(draft.fields):
        problem = _problem_of(one, seen)
        if problem:
            problems[f"fields.{place}"] = problem
        seen.add(one.name)
    url = draft.settings.redirect_url
    if url and (urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).netloc):
        problems["redirect_url"] = Problem("url", "The address to go to must begin with http:// or https://.")
    if problems:
        raise Invalid(problems)


def _problem_of(field: FormField, seen: set[str]) -> Problem | None:
    if not _NAME.fullmatch(field.name):
        return Problem("name", f"“{field.name}” cannot be a name: small letters, digits and _ only.")
    if field.name in seen:
        return Problem("unique", f"Two fields are called “{field.name}”.")
    if field.kind not in KINDS:
        return Problem("in", f"“{field.kind}” is not a kind of field.")
    if field.target and field.target not in FIELDS and not field.target.startswith("custom."):
        return Problem("in", f"“{field.target}” is nothing an answer can be put into.")
    if field.kind in CHOICES and not field.options:
        return Problem("required", f"“{field.label}” needs something to choose from.")
    return None


def checked_answers(fields: Sequence[FormField], given: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """The answers by field name: text, or a list for checkboxes; what was not asked is left out. Raises Invalid."""
    answers: dict[str, Any] = {}
    problems: dict[str, Problem] = {}
    for field in fields:
        texts = [text for one in given.get(field.name, ()) if (text := one.replace("\0", "").strip())]
        if field.kind == "hidden" and not texts and field.value:
            texts = [field.value]
        problem = _complaint(field, texts)
        if problem:
            problems[field.name] = problem
        elif texts:
            answers[field.name] = texts if field.kind == "checkbox" else texts[0]
    if problems:
        raise Invalid(problems)
    return answers


def _complaint(field: FormField, texts: Sequence[str]) -> Problem | None:
    if not texts:
        return Problem("required", f"{field.label}: please fill this in.") if field.is_required else None
    if any(len(text) > MAX_ANSWER for text in texts):
        return Problem("max", f"{field.label}: at most {MAX_ANSWER} characters.")
    if (field.kind == "email" or field.target == "email") and not is_email(texts[0]):
        return Problem("email", f"{field.label}: this is not a valid email address.")
    if field.kind in CHOICES and any(text not in field.options for text in texts):
        return Problem("in", f"{field.label}: please choose one of the options.")
    if field.kind == "number" and not re.fullmatch(r"-?\d{1,15}(?:[.,]\d{1,10})?", texts[0]):
        return Problem("number", f"{field.label}: please write a number.")
    if field.kind == "date" and not re.fullmatch(r"\d{4}-\d{2}-\d{2}", texts[0]):
        return Problem("date", f"{field.label}: please write a date like 1985-04-12.")
    return None


def values_of(fields: Sequence[FormField], answers: Mapping[str, Any]) -> dict[str, Any]:
    """Answers under the names by which `contacts.outside` knows them."""
    values: dict[str, Any] = {}
    custom: dict[str, Any] = {}
    for field in fields:
        if not field.target or field.name not in answers:
            continue
        answer = answers[field.name]
        if field.target.startswith("custom."):
            custom[field.target[7:]] = answer
        else:
            values[field.target] = ", ".join(answer) if isinstance(answer, list) else answer
    return values | ({"custom_values": custom} if custom else {})
