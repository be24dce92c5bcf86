"""Pure checks of stages and notes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from tidings.contacts.rules import clean_text
from tidings.pipeline.types import OUTCOMES
from tidings.platform.errors import Invalid, Problem

MAX_TITLE = 80
MAX_NOTE = 2000
MAX_STAGES = 50
DEFAULT_COLOR = "#64748b"
_COLOR = re.compile(r"#[0-9a-fA-F]{6}")


def checked_stage(values: Mapping[str, Any]) -> dict[str, Any]:
    """Title, colour and outcome as they will be stored, of those that are given; raises Invalid naming each bad one."""
    problems: dict[str, Problem] = {}
    cleaned = dict(values)
    if "title" in values:
        cleaned["title"] = title = clean_text(str(values["title"] or ""))
        if not title:
            problems["title"] = Problem("required", "The name is required.")
        elif len(title) > MAX_TITLE:
            problems["title"] = Problem("max", f"The name may have at most {MAX_TITLE} characters.")
    if "color" in values:
        cleaned["color"] = color = str(values["color"] or DEFAULT_COLOR).lower()
        if not _COLOR.fullmatch(color):
            problems["color"] = Problem("color", "The colour must be like #1d4ed8.")
    if "outcome" in values and values["outcome"] not in OUTCOMES:
        problems["outcome"] = Problem("in", f"The outcome must be one of {', '.join(OUTCOMES)}.")
    if problems:
        raise Invalid(problems)
    return cleaned


def checked_note(note: str) -> str:
    """The note of a move, cleaned; raises Invalid when it is too long."""
    note = clean_text(note)
    if len(note) > MAX_NOTE:
        raise Invalid({"note": Problem("max", f"The note may have at most {MAX_NOTE} characters.")})
    return note


def moved_to(order: list[int], one: int, position: int) -> list[int]:
    """The order with `one` at `position`, which is brought into the possible range."""
    rest = [other for other in order if other != one]
    rest.insert(max(0, min(position, len(rest))), one)
    return rest
