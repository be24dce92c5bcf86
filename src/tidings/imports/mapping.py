"""Which column of a file goes where: the guess from its header, and the check of the operator's choice.

A target is a column of a contact (`email`, `first_name` …), `custom.<slug>`, `tags`, `lists`, `status`, `new` or
`new:<kind>` (a custom field is made of that header), or "" (left out).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import date

from tidings.contacts.rules import is_email
from tidings.contacts.types import CUSTOM_FIELD_KINDS, CustomField
from tidings.imports.types import COLUMNS, Dialect
from tidings.platform.errors import Invalid, Problem

_WORDS: dict[str, str] = {
    "email": "email e_mail mail email_address e_mail_address emailaddress e_mail_adresse emailadresse adresse_email"
    " correo correo_electronico courriel",
    "first_name": "firstname given_name givenname forename vorname prenom nombre fname",
    "last_name": "lastname surname family_name familyname nachname nom apellido apellidos lname",
    "prefix": "salutation title anrede civilite",
    "phone": "phone_number telephone tel mobile mobile_phone cell telefon handy telefono",
    "address_line_1": "address address_1 address1 street strasse adresse street_address",
    "address_line_2": "address_2 address2",
    "postal_code": "zip zip_code zipcode postcode plz code_postal postal",
    "city": "town ort stadt ville ciudad",
    "state": "province region bundesland county",
    "country": "country_code land pays pais",
    "timezone": "time_zone zeitzone",
    "ip": "ip_address",
    "company_name": "company organisation organization firma entreprise",
    "job_title": "position job role",
    "website": "url web homepage",
    "date_of_birth": "birthday birth_date birthdate dob geburtstag geburtsdatum",
    "created_at": "created date_added signup_date subscribed_at",
    "status": "subscription_status",
    "tags": "tag labels",
    "lists": "list groups group segments",
    "source": "origin",
    "contact_type": "type",
}
_TARGETS = {word: target for target, words in _WORDS.items() for word in (target, *words.split())}
_TARGETS |= {name: name for name in COLUMNS}


def guess_mapping(
    dialect: Dialect, fields: Mapping[str, CustomField], rows: Sequence[Sequence[str]] = ()
) -> dict[str, str]:
    """Header -> target, each target at most once; a file without a header is judged by its first rows."""
    by_label = {_plain(f.label): slug for slug, f in fields.items()} | {_plain(slug): slug for slug in fields}
    taken: set[str] = set()
    guess: dict[str, str] = {}
    for place, header in enumerate(dialect.headers):
        word = _plain(header)
        target = _TARGETS.get(word) or (f"custom.{by_label[word]}" if word in by_label else "")
        if not dialect.has_header:
            target = "email" if any(is_email(row[place].strip()) for row in rows if len(row) > place) else ""
        guess[header] = "" if target in taken else target
        taken.add(target)
    return guess


def guess_kind(values: Sequence[str]) -> str:
    """The kind of a new custom field from a few of its values: number, date or text."""
    given = [value.strip() for value in values if value.strip()]
    if given and all(re.fullmatch(r"-?(?:0|[1-9]\d{0,14})(?:\.\d+)?", value) for value in given):
        return "number"
    try:
        return "date" if given and all(date.fromisoformat(value) for value in given) else "text"
    except ValueError:
        return "text"


def checked_mapping(
    mapping: Mapping[str, str], dialect: Dialect, fields: Mapping[str, CustomField]
) -> tuple[dict[str, str], dict[str, str]]:
    """The mapping of every header of the file, and the kinds of the custom fields to make (header -> kind).

    Raises Invalid naming each bad header or target; an e-mail column is required and nothing may be filled twice.
    """
    problems: dict[str, Problem] = {}
    chosen = {header: mapping.get(header, "") for header in dialect.headers}
    new: dict[str, str] = {}
    filled: dict[str, str] = {}
    for header in mapping:
        if header not in chosen:
            problems[f"mapping.{header}"] = Problem("unknown", f"The file has no column “{header}”.")
    for header, target in chosen.items():
        problem = _problem_of(target, fields)
        if problem:
            problems[f"mapping.{header}"] = problem
        elif target.partition(":")[0] == "new":
            new[header] = target.partition(":")[2] or "text"
        elif target and target in filled:
            text = f"“{header}” and “{filled[target]}” both go to {target}."
            problems[f"mapping.{header}"] = Problem("unique", text)
        filled.setdefault(target, header)
    if "email" not in filled:
        problems["mapping"] = Problem("required", "No column was chosen for the email address.")
    if problems:
        raise Invalid(problems)
    return chosen, new


def _problem_of(target: str, fields: Mapping[str, CustomField]) -> Problem | None:
    word, _, kind = target.partition(":")
    if word == "new" and (kind or "text") in CUSTOM_FIELD_KINDS:
        return None
    if target in ("", "tags", "lists", "status") or target in COLUMNS:
        return None
    if target.startswith("custom.") and target[7:] in fields:
        return None
    return Problem("in", f"“{target}” is nothing a column can be put into.")


def _plain(header: str) -> str:
    text = unicodedata.normalize("NFKD", header).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "_", text).strip("_")
