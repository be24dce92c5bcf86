"""Contacts as strangers send them: webhooks of other programs, forms on web pages.

Only what a stranger may say is taken, a value that no column takes is left out instead of refusing the person, empty
values touch nothing, and tags, lists and companies are looked up but never made.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from tidings.contacts import rules
from tidings.contacts.actions.catalog import ids_of_words
from tidings.contacts.types import CustomField, Draft
from tidings.platform.core import Core
from tidings.platform.errors import Invalid, Problem

FIELDS: tuple[str, ...] = (
    "prefix",
    "first_name",
    "last_name",
    "full_name",
    "email",
    "timezone",
    "address_line_1",
    "address_line_2",
    "city",
    "state",
    "postal_code",
    "country",
    "ip",
    "phone",
    "source",
    "date_of_birth",
    "contact_type",
)
MAX_WORDS = 200


def draft_from_outside(given: Mapping[str, Any], fields: Mapping[str, CustomField]) -> Draft:
    """Columns by name, custom fields by slug at the top or in `custom_values`; raises Invalid('email') only.

    Status, tags, lists and companies are the caller's to decide.
    """
    email = _text(given.get("email"))
    if not email:
        raise Invalid({"email": Problem("required", "The email field is required.")})
    if not rules.is_email(email):
        raise Invalid({"email": Problem("email", "The email must be a valid email address.")})
    values: dict[str, Any] = {"email": email}
    for name in FIELDS:
        text = _text(given.get(name))
        if name not in ("email", "full_name") and text:
            values |= _taken(name, text)
    full_name = _text(given.get("full_name"))
    if full_name and "first_name" not in values and "last_name" not in values:
        first, _, last = full_name.partition(" ")
        values |= _taken("first_name", first) | (_taken("last_name", last.strip()) if last.strip() else {})
    return Draft(values, _custom(given, fields))


def _text(value: Any) -> str:
    if value is None or isinstance(value, dict | list | bool):
        return ""
    return str(value).replace("\0", "").strip()


def _taken(name: str, text: str) -> dict[str, Any]:
    try:
        return {key: value for key, value in rules.checked_values({name: text}).items() if value is not None}
    except Invalid:
        return {}


def _custom(given: Mapping[str, Any], fields: Mapping[str, CustomField]) -> dict[str, Any]:
    inner = given.get("custom_values")
    said = {**given, **inner} if isinstance(inner, dict) else given
    custom: dict[str, Any] = {}
    for slug, field in fields.items():
        if slug not in said or slug in FIELDS or isinstance(said[slug], dict):
            continue
        try:
            value = rules.custom_value(field, said[slug])
        except ValueError:
            continue
        if value is not None:
            custom[slug] = value
    return custom


def words_of(value: Any) -> list[int | str]:
    """Ids (also as digits), slugs or titles: a list, or one text with commas between."""
    parts: Sequence[Any] = value if isinstance(value, list) else _text(value).split(",")
    found: list[int | str] = []
    for part in parts[:MAX_WORDS]:
        text = _text(part)
        if text.isascii() and text.isdigit() and len(text) < 19:
            found.append(int(text))
        elif text:
            found.append(text)
    return list(dict.fromkeys(found))


async def known_ids(core: Core, kind: Literal["tags", "lists", "companies"], words: Sequence[int | str]) -> list[int]:
    """The ids of what exists, in order; unknown words and numbers are left out."""
    if not words:
        return []
    texts = [word for word in words if isinstance(word, str)]
    numbers = [word for word in words if isinstance(word, int)]
    async with core.db.transaction() as tx:
        if kind == "companies":
            rows = await tx.fetch(
                "SELECT w, min(k.id) AS id FROM unnest($1::text[]) AS w JOIN companies k ON lower(k.name) = lower(w) GROUP BY w",
                texts,
            )
            named = {row["w"]: row["id"] for row in rows}
        else:
            named = await ids_of_words(tx, kind, texts)
        ids = await tx.fetch(f"SELECT id FROM {kind} WHERE id = ANY($1::bigint[])", numbers)
    there = {row["id"] for row in ids}
    found = [named.get(word) if isinstance(word, str) else (word if word in there else None) for word in words]
    return list(dict.fromkeys(one for one in found if one is not None))
