"""Companies from an uploaded CSV file, page after page: each page is a few statements, and coming again is harmless.

The file lies where `actions.create_import` put it; cutting it into rows is `reading`'s, what a company is
`contacts.companies`'. Imports of contacts run as jobs instead (`running`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tidings.contacts.actions import write_contacts
from tidings.contacts.companies.actions import write_companies
from tidings.contacts.companies.rules import URL_COLUMNS, checked_values
from tidings.contacts.companies.types import WRITABLE_COLUMNS, CompanyDraft
from tidings.contacts.queries import custom_fields
from tidings.contacts.rules import custom_values, is_email
from tidings.contacts.types import CustomField, Draft, WritePolicy
from tidings.imports import store
from tidings.imports.reading import read_chunk
from tidings.imports.sniffing import sniff
from tidings.platform.core import Core
from tidings.platform.errors import Invalid, NotFound, Problem

PER_PAGE = 100
CUSTOM_PREFIX = "_custom_"
# Where a column may go; beside these the custom fields of companies, with CUSTOM_PREFIX.
TARGETS: tuple[str, ...] = ("owner_email", "owner_name", *(name for name in WRITABLE_COLUMNS if name != "owner_id"))


@dataclass(frozen=True, slots=True)
class CompanyPage:
    """What became of a page of rows. `total` is the number of rows in the file, `rows` of those on the page.

    A row is skipped when it has no name, or when its company exists and is not to be changed.
    """

    total: int
    rows: int
    created: int
    updated: int
    skipped: int
    has_more: bool


@dataclass(frozen=True, slots=True)
class _Row:
    draft: CompanyDraft
    owner_email: str
    owner_name: str


async def import_company_page(
    core: Core,
    upload: str,
    mapping: Mapping[str, str],
    *,
    page: int = 1,
    delimiter: str | None = None,
    updates: bool = False,
    creates_owners: bool = False,
) -> CompanyPage:
    """Takes the companies of one page (from 1) in. `mapping` is header -> target, `upload` the name of the file.

    Companies meet by name. An empty cell clears nothing, a cell that does not fit its column is passed over. An owner
    that is no contact yet is made one when `creates_owners`, as pending: nobody asked them for mail. Raises NotFound
    for an unknown file and Invalid when no column is the name.
    """
    if "name" not in mapping.values():
        raise Invalid({"name": Problem("required", "A column must be mapped to the name of the company.")})
    fields = await custom_fields(core, "company")
    headers, cells, total = await asyncio.to_thread(_cut, _path(core, upload), delimiter, page)
    places = [(headers.index(header), target) for header, target in mapping.items() if header in headers and target]
    rows = [row for one in cells if (row := _row(one, places, fields)) is not None]
    owners = await _owners(core, rows, is_creating=creates_owners)
    drafts = [_owned(row, owners) for row in rows]
    written = await write_companies(core, drafts, on_existing="update" if updates else "skip")
    outcomes = [one.outcome for one in written]
    return CompanyPage(
        total=total,
        rows=len(cells),
        created=outcomes.count("created"),
        updated=outcomes.count("updated") + outcomes.count("unchanged"),
        skipped=outcomes.count("skipped") + len(cells) - len(rows),
        has_more=page * PER_PAGE < total,
    )


def _path(core: Core, upload: str) -> Path:
    try:
        path = store.upload_path(core, upload)
    except ValueError:
        raise NotFound("upload", upload) from None
    if not path.is_file():
        raise NotFound("upload", upload)
    return path


def _cut(path: Path, delimiter: str | None, page: int) -> tuple[list[str], list[list[str]], int]:
    """Headers, the rows of the page, and how many rows the whole file has; memory holds one chunk."""
    dialect, _ = sniff(path, delimiter=delimiter)
    first = (max(page, 1) - 1) * PER_PAGE
    position, line, total = dialect.data_at, dialect.data_line - 1, 0
    found: list[list[str]] = []
    while True:
        chunk = read_chunk(path, dialect, position, line)
        here = [cells for _, cells in chunk.rows]
        found += here[max(first - total, 0) : max(first + PER_PAGE - total, 0)]
        total += len(here)
        if chunk.is_last:
            return list(dialect.headers), found, total
        position, line = chunk.bytes_done, chunk.lines_done


def _row(cells: Sequence[str], places: Sequence[tuple[int, str]], fields: Mapping[str, CustomField]) -> _Row | None:
    given = {target: cells[place].strip() for place, target in places if place < len(cells) and cells[place].strip()}
    for name in URL_COLUMNS:
        # What a file calls a site without a scheme answers http for sure, and leads to https itself.
        if name in given and "://" not in given[name]:
            given[name] = f"http://{given[name]}"
    values = _fitting({name: text for name, text in given.items() if name in TARGETS[2:]})
    if "name" not in values:
        return None
    custom: dict[str, Any] = {}
    for target, text in given.items():
        slug = target.removeprefix(CUSTOM_PREFIX)
        if slug == target:
            continue
        try:
            custom |= custom_values(fields, {slug: text})
        except Invalid:
            continue
    email = given.get("owner_email", "")
    return _Row(CompanyDraft(values, custom), email if is_email(email) else "", given.get("owner_name", ""))


def _fitting(values: Mapping[str, str]) -> dict[str, Any]:
    """The values that fit their columns, cleaned."""
    try:
        return checked_values(values)
    except Invalid as error:
        return checked_values({name: text for name, text in values.items() if name not in error.fields})


async def _owners(core: Core, rows: Sequence[_Row], *, is_creating: bool) -> dict[str, int]:
    """Contacts by their address in small letters."""
    wanted = {row.owner_email.lower(): row for row in reversed(rows) if row.owner_email}
    if not wanted:
        return {}
    found = await core.db.fetch(
        "SELECT id, lower(email) AS email FROM contacts WHERE lower(email) = ANY($1::text[])", list(wanted)
    )
    known: dict[str, int] = {row["email"]: row["id"] for row in found}
    missing = [email for email in wanted if email not in known] if is_creating else []
    drafts = [Draft(_person(wanted[email]), status="pending") for email in missing]
    made = await write_contacts(core, drafts, WritePolicy(on_existing="skip")) if drafts else []
    return known | {email: one.id for email, one in zip(missing, made, strict=True)}


def _person(row: _Row) -> dict[str, Any]:
    first, _, last = row.owner_name.strip().partition(" ")
    return {"email": row.owner_email, "first_name": first, "last_name": last.strip(), "source": "csv"}


def _owned(row: _Row, owners: Mapping[str, int]) -> CompanyDraft:
    owner = owners.get(row.owner_email.lower()) if row.owner_email else None
    return row.draft if owner is None else CompanyDraft({**row.draft.values, "owner_id": owner}, row.draft.custom)
