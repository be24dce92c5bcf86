"""Templates as a JSON file: what one installation gives and another takes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import msgspec

from tidings.platform.core import Core
from tidings.platform.errors import Invalid, Problem
from tidings.templates import rules, store
from tidings.templates.types import Template

FORMAT = "tidings-templates"
MAX_BYTES = 8 * 1024 * 1024
MOST = 200
Value = str | int | float | bool | None


class Kept(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One template of a file: title and content, in the order of the statement that stores it."""

    title: str
    body: str
    subject: str = ""
    preheader: str = ""
    design: str = "simple"
    footer: str = "global"
    language: Literal["smartcodes", "variables"] = "smartcodes"
    look: dict[str, Value] = {}


class File(msgspec.Struct, frozen=True):
    """The whole file. `version` is raised when older programs could not read it."""

    format: Literal["tidings-templates"]
    version: Literal[1]
    templates: list[Kept]


def to_file(templates: Sequence[Template]) -> bytes:
    """The file of some templates, as JSON."""
    kept = [{name: getattr(one, name) for name in Kept.__struct_fields__} for one in templates]
    written = msgspec.json.encode({"format": FORMAT, "version": 1, "templates": kept})
    return msgspec.json.format(written, indent=2)


async def import_templates(core: Core, data: bytes, *, created_by: int | None = None) -> list[int]:
    """Makes a draft of every template of a file and returns their ids. Raises Invalid under `file`; then nothing is made."""
    kept = _read(data)
    columns = zip(*(msgspec.structs.astuple(one) for one in kept), strict=True)
    rows = await core.db.fetch(store.sql.take, created_by, core.clock.now(), *(list(column) for column in columns))
    return [row["id"] for row in rows]


def _read(data: bytes) -> list[Kept]:
    if len(data) > MAX_BYTES:
        raise _refused(f"The file is above {MAX_BYTES // 1024 // 1024} MB.")
    try:
        found = msgspec.json.decode(data.replace(b"\\u0000", b""), type=File).templates
    except (msgspec.DecodeError, RecursionError) as error:
        raise _refused(f"This is no file of templates: {error}") from error
    if not 0 < len(found) <= MOST:
        raise _refused(f"A file holds one to {MOST} templates.")
    return [_checked(one, n) for n, one in enumerate(found, start=1)]


def _checked(one: Kept, n: int) -> Kept:
    try:
        return msgspec.structs.replace(one, **rules.checked(msgspec.structs.asdict(one)))
    except Invalid as error:
        raise _refused(f"Template {n}: {error.message}") from error


def _refused(text: str) -> Invalid:
    return Invalid({"file": Problem("file", text)})
