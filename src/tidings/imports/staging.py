"""Rows of a chunk to records ready for the staging table: checked, folded by address, refused ones with a reason.

Pure and one pass; it runs in a thread while the database merges the chunk before. Reading is `reading`'s, the
database `merging`'s, single values `rules`'.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tidings.contacts.rules import MAX_EMAIL, custom_value, is_email
from tidings.contacts.types import CustomField
from tidings.imports import rules
from tidings.imports.types import COLUMNS, Chunk, Dialect, Options, Record, Reject, Staged

# Values of one column that are remembered, so that a word that comes often is checked once.
REMEMBERED = 5000
HEAD = ("line", "email", "status", "custom", "tag_ids", "list_ids")


class Plan:
    """What to do with each column of one file; made once per run. `columns` are the contact columns it fills."""

    def __init__(
        self,
        dialect: Dialect,
        mapping: Mapping[str, str],
        options: Options,
        fields: Mapping[str, CustomField],
    ) -> None:
        self.options = options
        self.width = len(dialect.headers)
        places = {target: place for place, header in enumerate(dialect.headers) if (target := mapping.get(header, ""))}
        self.email = places["email"]
        self.tags, self.lists = places.get("tags"), places.get("lists")
        self.status = _Cell(places["status"], rules.status_of) if "status" in places else None
        self.columns = tuple(name for name in COLUMNS if name in places and name != "email")
        self.cells = [_Cell(places[name], rules.converter(name)) for name in self.columns]
        self.custom = [
            (target[7:], _Cell(place, _custom(fields[target[7:]])))
            for target, place in places.items()
            if target.startswith("custom.") and target[7:] in fields
        ]

    def staged(self, chunk: Chunk) -> Staged:
        """The records of a chunk."""
        records: dict[str, Record] = {}
        rejects = list(chunk.rejects)
        accepted = 0
        for line, row in chunk.rows:
            try:
                record = self._record(line, row)
            except ValueError as error:
                rejects.append(Reject(line, str(error), row))
                continue
            accepted += 1
            key = record[1].lower()
            first = records.get(key)
            records[key] = record if first is None else self._met(first, record)
        tag_cells: dict[str, list[int]] = {}
        list_cells: dict[str, list[int]] = {}
        ready = [
            (*r[:4], tag_cells.setdefault(r[4], []), list_cells.setdefault(r[5], []), *r[6:]) for r in records.values()
        ]
        return Staged(ready, accepted, rejects, tag_cells, list_cells)

    def _met(self, first: Record, later: Record) -> Record:
        return rules.met(first, later, policy=self.options.on_existing, may_rise=self.options.may_rise)

    def _record(self, line: int, row: list[str]) -> Record:
        if len(row) != self.width:
            row = self._fitted(row)
        email = row[self.email].strip()
        if not is_email(email):
            raise ValueError(_email_problem(email))
        custom = {slug: value for slug, cell in self.custom if (value := cell.value(row)) is not None}
        return (
            line,
            email,
            (self.status.value(row) if self.status else None) or self.options.status,
            custom or None,
            row[self.tags].strip() if self.tags is not None else "",
            row[self.lists].strip() if self.lists is not None else "",
            *[cell.value(row) for cell in self.cells],
        )

    def _fitted(self, row: list[str]) -> list[str]:
        """Left-out cells at the end are empty ones; empty cells too many are nothing."""
        if any(cell.strip() for cell in row[self.width :]):
            raise ValueError(f"The row has {len(row)} values, the file has {self.width} columns.")
        return row[: self.width] + [""] * (self.width - len(row))


class _Cell:
    """One column of the file with its conversion; remembers what it converted."""

    def __init__(self, place: int, convert: Callable[[str], Any]) -> None:
        self.place = place
        self.convert = convert
        self.known: dict[str, Any] = {"": None}

    def value(self, row: Sequence[str]) -> Any:
        text = row[self.place]
        try:
            return self.known[text]
        except KeyError:
            value = self.convert(text) if text.strip() else None
            if len(self.known) < REMEMBERED and len(text) < 100:
                self.known[text] = value
            return value


def _custom(definition: CustomField) -> Callable[[str], Any]:
    if definition.kind == "text":
        return lambda text: rules.text_of(text, definition.label)
    return lambda text: custom_value(definition, text)


def _email_problem(email: str) -> str:
    if not email:
        return "The row has no email address."
    if len(email) > MAX_EMAIL:
        return f"The email address is longer than {MAX_EMAIL} characters."
    return f"“{email}” is not a valid email address."
