"""Where a column of a file may go, in words: columns of a contact, its tags, lists and status, custom fields, new ones.

What a target means is `imports.mapping`; here are only the words and the names of the form's fields.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tidings.contacts.types import CustomField
from tidings.imports.mapping import guess_kind
from tidings.imports.types import Import, Preview
from tidings.platform.errors import Invalid
from tidings.ui.shell.forms import Form
from tidings.ui.shell.texts import _

Group = tuple[str, list[tuple[str, str]]]
COLUMNS = {
    "email": "E-mail",
    "first_name": "First name",
    "last_name": "Last name",
    "prefix": "Title",
    "phone": "Phone",
    "date_of_birth": "Date of birth",
    "company_name": "Company",
    "job_title": "Job title",
    "website": "Website",
    "address_line_1": "Address",
    "address_line_2": "Address, second line",
    "postal_code": "Postal code",
    "city": "City",
    "state": "State or region",
    "country": "Country",
    "timezone": "Time zone",
    "latitude": "Latitude",
    "longitude": "Longitude",
    "ip": "IP address",
    "contact_type": "Type of contact",
    "source": "Source",
    "points": "Points",
    "lifetime_value": "Lifetime value",
    "avatar": "Picture (address)",
    "created_at": "Contact since",
}
MEMBERSHIPS = {"tags": "Tags", "lists": "Lists", "status": "Status"}
NEW = {
    "text": "New field: text",
    "number": "New field: number",
    "date": "New field: date",
    "single-select": "New field: one of several words",
    "textarea": "New field: long text",
}


def groups(fields: Mapping[str, CustomField], values: Sequence[str], *, may_make: bool) -> list[Group]:
    """The choice for one column, whose first values are `values`: the kind of new field that suits them stands first."""
    found: list[Group] = [
        (_("Contact"), [(name, _(word)) for name, word in COLUMNS.items()]),
        (_("Membership"), [(name, _(word)) for name, word in MEMBERSHIPS.items()]),
    ]
    if fields:
        found.append((_("Custom fields"), [(f"custom.{slug}", one.label) for slug, one in fields.items()]))
    if may_make:
        kinds = dict.fromkeys((guess_kind(values), *NEW))
        found.append((_("A new custom field"), [(f"new:{kind}", _(NEW[kind])) for kind in kinds]))
    return found


def shown(headers: Sequence[str], mapping: Mapping[str, str]) -> Form:
    """A mapping as the fields of the page, which are numbered because headers may be any text."""
    return Form({f"target-{n}": mapping.get(header, "") for n, header in enumerate(headers)})


def read(form: Form, headers: Sequence[str]) -> dict[str, str]:
    """The mapping that was submitted."""
    return {header: form.text(f"target-{n}") for n, header in enumerate(headers)}


def at_columns(error: Invalid, headers: Sequence[str]) -> Invalid:
    """The same complaint with each problem at the column's field."""
    names = {f"mapping.{header}": f"target-{n}" for n, header in enumerate(headers)}
    return Invalid({names.get(field, field): problems for field, problems in error.fields.items()}, error.message)


def examples(preview: Preview, place: int) -> list[str]:
    """The first three different values of a column."""
    values = (row[place].strip() for row in preview.rows if len(row) > place)
    return list(dict.fromkeys(value for value in values if value))[:3]


def words_of(imported: Import, fields: Mapping[str, CustomField]) -> list[tuple[str, str]]:
    """(header, where it goes) of the columns that are taken."""
    known = {**COLUMNS, **MEMBERSHIPS}
    return [
        (header, fields[target[7:]].label if target[7:] in fields else _(known.get(target, target)))
        for header, target in imported.mapping.items()
        if target
    ]
