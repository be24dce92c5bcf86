"""How the sender's names are read as ours, as numbered lines of an HTML form."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from tidings.contacts.types import CustomField
from tidings.incoming_webhooks.rules import MAX_PATHS
from tidings.platform.errors import Invalid, Problem
from tidings.ui.forms.fields import TARGETS
from tidings.ui.shell.forms import Form
from tidings.ui.shell.texts import _

OURS = (
    ("source", "Source"),
    ("ip", "IP address"),
    ("timezone", "Time zone"),
    ("tags", "Tags to give"),
    ("lists", "Lists to join"),
    ("detach_tags", "Tags to take away"),
    ("detach_lists", "Lists to leave"),
    ("companies", "Companies"),
    ("status", "Status (only “unsubscribed” is heard)"),
)


def names(custom: Mapping[str, CustomField], known: Iterable[str]) -> list[tuple[str, str]]:
    """What a value can be read as; a name in use is offered, whatever it is."""
    found = [("", _("Choose…")), *((key, _(word)) for key, word in (*TARGETS, *OURS))]
    found += [(slug, one.label) for slug, one in custom.items() if slug not in dict(found)]
    present = dict(found)
    return found + [(one, one) for one in dict.fromkeys(known) if one not in present]


def values_of(mapping: Mapping[str, str]) -> dict[str, Any]:
    """The lines as the form shows them."""
    values: dict[str, Any] = {"count": str(len(mapping))}
    for n, (path, name) in enumerate(mapping.items()):
        values |= {f"path.{n}": path, f"name.{n}": name}
    return values


def count_of(form: Form) -> int:
    """How many lines were sent."""
    text = form.text("count")
    return min(int(text), MAX_PATHS) if text.isdigit() and len(text) < 4 else 0


def mapping_of(form: Form) -> dict[str, str]:
    """Path by path what it is read as; empty lines are left out. Raises Invalid for half a line and for a path twice."""
    found: dict[str, str] = {}
    problems: dict[str, Problem] = {}
    for n in range(count_of(form)):
        path, name = form.text(f"path.{n}"), form.text(f"name.{n}")
        if path and not name:
            problems[f"name.{n}"] = Problem("required", _("Choose what it is."))
        elif name and not path:
            problems[f"path.{n}"] = Problem("required", _("Write what the sender calls it."))
        elif path in found:
            problems[f"path.{n}"] = Problem("unique", _("This name stands above already."))
        elif path:
            found[path] = name
    if problems:
        raise Invalid(problems)
    return found


def changed(form: Form, do: str) -> None:
    """After a press of `add` or `drop:n`: the lines of the form itself change."""
    lines = [(form.text(f"path.{n}"), form.text(f"name.{n}")) for n in range(count_of(form))]
    what, _colon, place = do.partition(":")
    if what == "add" and len(lines) < MAX_PATHS:
        lines.append(("", ""))
    elif what == "drop" and place.isdigit() and len(place) < 4 and int(place) < len(lines):
        del lines[int(place)]
    form.values["count"] = str(len(lines))
    for n, (path, name) in enumerate(lines):
        form.values |= {f"path.{n}": path, f"name.{n}": name}
