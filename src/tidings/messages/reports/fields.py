"""Values in JSON of strangers, by dotted paths: whatever is there, nothing here raises."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

Event = Mapping[str, Any]
# No service sends more in one piece.
MAX_EVENTS = 10_000
MAX_TEXT = 2000
_NO_SIGNS = str.maketrans("", "", "_-. ")


def inside(event: Any, path: str) -> Any:
    """What stands at `a.b.c`, or None."""
    for name in path.split("."):
        if not isinstance(event, Mapping):
            return None
        event = event.get(name)
    return event


def text(event: Event, *paths: str) -> str:
    """The first of the paths that holds a text or a number, as text of at most MAX_TEXT letters; else empty."""
    for path in paths:
        value = inside(event, path)
        if isinstance(value, list) and len(value) == 1:
            value = value[0]
        if isinstance(value, str | int | float) and not isinstance(value, bool) and value != "":
            return str(value)[:MAX_TEXT].strip()
    return ""


def address(event: Event, *paths: str) -> str:
    """The same for an address, without the name and the brackets around it."""
    found = text(event, *paths)
    return found.rpartition("<")[2].rstrip("> ") if found.endswith(">") else found


def word(event: Event, *paths: str) -> str:
    """The same in small letters, without `_`, `-`, `.` and spaces: services are not of one mind about them."""
    return text(event, *paths).lower().translate(_NO_SIGNS)


def objects(value: Any) -> Iterator[Event]:
    """The objects of a list, or the one object that `value` is."""
    found: Sequence[Any] = value if isinstance(value, list) else [value]
    for one in found[:MAX_EVENTS]:
        if isinstance(one, Mapping):
            yield one


def json_of(body: bytes) -> Any:
    """The JSON of a body, whatever its content type says; None when it is none."""
    if body.lstrip()[:1] not in (b"{", b"["):
        return None
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return None
