"""The form of one contact: what stands in it, and the draft it makes. Rules about values are `contacts.rules`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tidings.contacts.types import Contact, CustomField, Draft, Status
from tidings.ui.shell.forms import Form

CUSTOM = "custom_values."
NAMES = ("first_name", "last_name", "email", "phone")
MORE = (
    "prefix",
    "date_of_birth",
    "company_name",
    "job_title",
    "website",
    "address_line_1",
    "address_line_2",
    "postal_code",
    "city",
    "state",
    "country",
    "source",
)


@dataclass(frozen=True, slots=True)
class CustomInput:
    """A custom field as the form shows it: the name of its input, its options with those that are stored already."""

    name: str
    field: CustomField
    options: Sequence[tuple[str, str]]


def shown(contact: Contact) -> Form:
    """A contact as the form shows it."""
    values: dict[str, Any] = {name: getattr(contact, name) for name in (*NAMES, *MORE)}
    for slug, value in contact.custom.items():
        values[CUSTOM + slug] = value
    return Form(values)


def custom_inputs(definitions: Mapping[str, CustomField], form: Form) -> list[CustomInput]:
    """One input per definition, in their order."""
    found: list[CustomInput] = []
    for slug, definition in definitions.items():
        name = CUSTOM + slug
        if definition.kind == "date_time" and form.text(name):
            # What a date-time input of a browser takes.
            form.values[name] = form.text(name).replace(" ", "T")
        options = list(dict.fromkeys([*definition.options, *form.texts(name)])) if definition.options else []
        found.append(CustomInput(name, definition, [(option, option) for option in options]))
    return found


def draft_of(
    form: Form,
    definitions: Mapping[str, CustomField],
    names: Sequence[str],
    *,
    id: int | None = None,
    status: Status | None = None,
) -> Draft:
    """What was typed, as a patch of exactly the fields that the form shows: an empty one clears."""
    values = {name: form.text(name) or None for name in names}
    typed = typed_values(definitions, form)
    custom = typed if id is not None else {slug: value for slug, value in typed.items() if value}
    return Draft(
        values=values, custom=custom, id=id, status=status, lists=tuple(form.ids("lists")), tags=tuple(form.ids("tags"))
    )


def typed_values(definitions: Mapping[str, CustomField], form: Form) -> dict[str, Any]:
    """What was typed for each custom field, None where nothing was."""
    return {
        slug: (form.texts(CUSTOM + slug) if definition.is_many else form.text(CUSTOM + slug)) or None
        for slug, definition in definitions.items()
    }
