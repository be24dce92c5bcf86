"""Pure rules of patterns: what one may be, and references in the text of a mail."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from tidings.contacts.rules import clean_text
from tidings.platform.errors import Invalid, Problem
from tidings.templates.patterns.types import EDITABLE
from tidings.templates.rules import cleaned

_REFERENCE = re.compile(r'<!--\s{0,9}wp:block\s{1,9}\{\s{0,9}"ref"\s{0,9}:\s{0,9}(\d{1,18})\s{0,9}\}\s{0,9}/-->')
MOST_IN_CATEGORY = 100


def checked(values: Mapping[str, Any]) -> dict[str, Any]:
    """What is given, cleaned; raises Invalid that names every field at fault."""
    found, problems = cleaned(values, EDITABLE, ("title", "category", "description"))
    if len(found.get("category", "")) > MOST_IN_CATEGORY:
        problems["category"] = Problem("max", f"A category may have at most {MOST_IN_CATEGORY} characters.")
    if problems:
        raise Invalid(problems)
    return found


def category_name(name: str) -> str:
    """The name of a category, cleaned; raises Invalid."""
    name = clean_text(name)
    if not name:
        raise Invalid({"name": Problem("required", "The name field is required.")})
    if len(name) > MOST_IN_CATEGORY:
        raise Invalid({"name": Problem("max", f"A category may have at most {MOST_IN_CATEGORY} characters.")})
    return name


def reference(pattern_id: int) -> str:
    """What stands in a mail for a pattern that it follows."""
    return f'<!-- wp:block {{"ref":{pattern_id}}} /-->'


def references(text: str) -> list[int]:
    """Ids of the patterns that a text refers to, each once."""
    return list(dict.fromkeys(int(found[1]) for found in _REFERENCE.finditer(text)))


def with_contents(text: str, contents: Mapping[int, str]) -> str:
    """The text with each reference replaced; one to a pattern that is gone leaves nothing. References inside are not followed."""
    return _REFERENCE.sub(lambda found: contents.get(int(found[1]), ""), text)
