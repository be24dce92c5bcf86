"""The questions of a form as numbered lines of an HTML form: read, moved, added, taken away, written back."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any, cast

import msgspec

from tidings.contacts.types import CustomField
from tidings.forms.rules import MAX_FIELDS
from tidings.forms.types import FieldKind, FormField
from tidings.ui.shell.forms import Form
from tidings.ui.shell.lines import line_count, pressed
from tidings.ui.shell.texts import _

KINDS = (
    ("email", "E-mail address"),
    ("text", "One line"),
    ("textarea", "Several lines"),
    ("number", "Number"),
    ("date", "Date"),
    ("select", "Choice from a menu"),
    ("radio", "Choice, all shown"),
    ("checkbox", "Boxes to tick"),
    ("hidden", "Hidden"),
)
TARGETS = (
    ("email", "E-mail address"),
    ("first_name", "First name"),
    ("last_name", "Last name"),
    ("full_name", "Whole name"),
    ("prefix", "Title"),
    ("phone", "Phone"),
    ("date_of_birth", "Date of birth"),
    ("address_line_1", "Address"),
    ("address_line_2", "Address, second line"),
    ("city", "City"),
    ("state", "State"),
    ("postal_code", "Postal code"),
    ("country", "Country"),
)
_TEXTS = ("name", "label", "kind", "target", "placeholder", "value")


def targets(custom: Mapping[str, CustomField], fields: Sequence[FormField]) -> list[tuple[str, str]]:
    """What an answer can be put into; a target that a field has already is offered, whatever it is."""
    found = [("", _("With the answers only")), *((key, _(word)) for key, word in TARGETS)]
    found += [(f"custom.{slug}", one.label) for slug, one in custom.items()]
    known = dict(found)
    return found + [(one, one) for one in dict.fromkeys(field.target for field in fields) if one not in known]


def fields_of(form: Form) -> list[FormField]:
    """The lines as they were sent, unchecked."""
    return [_field(form, n) for n in range(line_count(form, MAX_FIELDS))]


def _field(form: Form, n: int) -> FormField:
    said = {name: form.text(f"{name}.{n}") for name in _TEXTS}
    options = tuple(dict.fromkeys(line for raw in form.text(f"options.{n}").splitlines() if (line := raw.strip())))
    return FormField(
        said["name"],
        said["label"],
        cast(FieldKind, said["kind"]),
        said["target"],
        is_required=form.flag(f"required.{n}"),
        options=options,
        placeholder=said["placeholder"],
        value=said["value"],
    )


def values_of(fields: Sequence[FormField]) -> dict[str, Any]:
    """The lines as the form shows them."""
    values: dict[str, Any] = {"count": str(len(fields))}
    for n, one in enumerate(fields):
        values |= {f"{name}.{n}": getattr(one, name) for name in _TEXTS}
        values |= {f"required.{n}": one.is_required, f"options.{n}": "\n".join(one.options)}
    return values


def changed(fields: Sequence[FormField], do: str) -> list[FormField]:
    """After a press of `add`, `drop:n`, `up:n` or `down:n`; anything else changes nothing."""
    return pressed(fields, do, lambda _what: FormField("", ""), MAX_FIELDS)


def named(fields: Sequence[FormField]) -> list[FormField]:
    """New lines get a name from what they fill or what they ask; the others keep theirs, since answers hang on it."""
    taken = {one.name for one in fields if one.name}
    found: list[FormField] = []
    for one in fields:
        name = one.name
        if not name:
            name = _free(one.target.removeprefix("custom.") or one.label, taken)
            taken.add(name)
        found.append(msgspec.structs.replace(one, name=name, label=one.label or name))
    return found


def _free(words: str, taken: set[str]) -> str:
    plain = unicodedata.normalize("NFKD", words).encode("ascii", "ignore").decode().lower()
    stem = re.sub(r"[^a-z0-9]+", "_", plain).strip("_")[:50]
    if not stem[:1].isalpha():
        stem = f"field_{stem}".rstrip("_")
    number = 2
    name = stem
    while name in taken:
        name, number = f"{stem}_{number}", number + 1
    return name
