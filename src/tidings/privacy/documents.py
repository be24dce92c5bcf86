"""The file that a person gets: a zip with the data as JSON for programs and as a page for people."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from io import BytesIO
from typing import Any, cast
from zipfile import ZIP_DEFLATED, ZipFile

import msgspec
from jinja2 import Environment, PackageLoader, StrictUndefined

_pages = Environment(loader=PackageLoader("tidings.privacy"), autoescape=True, undefined=StrictUndefined)
_TITLES = {
    "custom_fields": "Custom fields",
    "lists": "Lists",
    "tags": "Tags",
    "companies": "Companies",
    "consents": "Consent",
    "suppression": "Suppression of the address",
    "notes": "Notes",
    "mails": "Mails",
    "hits": "Opens and clicks",
    "events": "Events",
    "forms": "Forms",
    "automations": "Automations",
    "pipeline": "Pipeline",
    "history": "History",
}


def personal_archive(data: Mapping[str, Any], *, sender: str) -> bytes:
    """The zip of what `collecting.personal_data` found: `personal-data.json` and `personal-data.html`."""
    out = BytesIO()
    with ZipFile(out, "w", ZIP_DEFLATED) as archive:
        archive.writestr("personal-data.json", msgspec.json.format(msgspec.json.encode(data), indent=2))
        archive.writestr("personal-data.html", personal_page(data, sender=sender))
    return out.getvalue()


def personal_page(data: Mapping[str, Any], *, sender: str) -> str:
    """The data as one page that needs nothing else."""
    sections = [(title, _table(data[name])) for name, title in _TITLES.items() if data.get(name)]
    contact = _table(data["contact"])
    at = _text(data["exported_at"])
    return _pages.get_template("personal_data.html").render(
        sections=[("Contact", contact), *sections], at=at, sender=sender
    )


def _table(value: Any) -> tuple[list[str], list[list[str]]]:
    """Column names and rows: a mapping is a table of names and values, a list one row each."""
    if isinstance(value, Mapping):
        pairs = cast("Mapping[str, Any]", value)
        return [], [[_word(name), _text(one)] for name, one in pairs.items()]
    rows = cast("list[dict[str, Any]]", value)
    names = list(dict.fromkeys(name for row in rows for name in row))
    return [_word(name) for name in names], [[_text(row.get(name)) for name in names] for row in rows]


def _word(name: str) -> str:
    return name.replace("_", " ").removesuffix(" at").capitalize()


def _text(value: Any) -> str:
    match value:
        case None | "" | [] | {}:
            return ""
        case datetime():
            return value.strftime("%Y-%m-%d %H:%M:%S UTC")
        case date():
            return value.isoformat()
        case list():
            return "; ".join(_text(one) for one in cast("list[Any]", value))
        case dict():
            pairs = cast("dict[str, Any]", value)
            return ", ".join(f"{_word(name)}: {_text(one)}" for name, one in pairs.items())
        case _:
            return str(value)
