"""Pure rules of templates."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, cast

from tidings.contacts.rules import clean_text, title_problem
from tidings.content import Language, footer_problems
from tidings.platform.errors import Invalid, Problem
from tidings.templates.types import EDITABLE, STATES

# Footers that are no text of their own.
NAMED_FOOTERS = ("", "global", "none")


def cleaned(
    values: Mapping[str, Any], known: Collection[str], lines: Sequence[str]
) -> tuple[dict[str, Any], dict[str, Problem]]:
    """What is given with its `lines` of plain text cleaned, and what is wrong with its names and its title."""
    found = {name: clean_text(value) if name in lines else value for name, value in values.items()}
    problems = {name: Problem("unknown", f"There is no field “{name}”.") for name in sorted(found.keys() - set(known))}
    problem = title_problem(found["title"]) if "title" in found else None
    return found, problems | ({"title": problem} if problem is not None else {})


def checked(values: Mapping[str, Any]) -> dict[str, Any]:
    """What is given, cleaned; raises Invalid that names every field at fault.

    A footer of its own must hold a way out, as that of a campaign (FluentCRM reference, Update Template).
    """
    found, problems = cleaned(values, EDITABLE, ("title", "subject", "preheader"))
    if found.get("state", "draft") not in STATES:
        problems["state"] = Problem("in", "A template is a draft or published.")
    footer = str(found.get("footer", ""))
    if footer not in NAMED_FOOTERS:
        language = cast("Language", found.get("language", "smartcodes"))
        missing = footer_problems(footer, language=language)
        if missing:
            problems["footer"] = Problem(missing[0].code, missing[0].text)
    if problems:
        raise Invalid(problems)
    return found
