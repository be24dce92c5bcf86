"""Numbered lines of an HTML form (`label.0`, `label.1` …, and `count`): how many came, and what a button did to them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from tidings.ui.shell.forms import Form

T = TypeVar("T")


def line_count(form: Form, most: int) -> int:
    """How many lines the form says it has; one more than allowed at most, so that the core can refuse it."""
    text = form.text("count")
    return min(int(text), most + 1) if text.isdigit() and len(text) < 4 else 0


def pressed(lines: Sequence[T], do: str, make: Callable[[str], T | None], most: int) -> list[T]:
    """After a press of `add:what`, `drop:n`, `up:n` or `down:n`; anything else changes nothing."""
    found = list(lines)
    what, _colon, place = do.partition(":")
    if what == "add" and len(found) < most:
        made = make(place)
        return found if made is None else [*found, made]
    n = int(place) if place.isdigit() and len(place) < 4 else -1
    if not 0 <= n < len(found):
        return found
    if what == "drop":
        del found[n]
    other = n + {"up": -1, "down": 1}.get(what, 0)
    if what in ("up", "down") and 0 <= other < len(found):
        found[n], found[other] = found[other], found[n]
    return found
