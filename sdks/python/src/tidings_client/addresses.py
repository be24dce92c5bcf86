"""Where the server is, and the small encodings of addresses and names."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping, Sequence
from typing import Any, cast
from urllib.parse import quote

from tidings_client.version import VERSION

USER_AGENT = f"tidings-client/{VERSION} python/{platform.python_version()}"


def base_of(base_url: str | None, prefix: str) -> str:
    """The address of a dialect. `base_url` may hold the dialect's prefix or not; without one TIDINGS_BASE_URL counts."""
    given = (base_url or os.environ.get("TIDINGS_BASE_URL", "")).rstrip("/")
    if not given:
        raise ValueError("base_url is needed: the address of your Tidings, such as https://crm.example.com")
    if not given.startswith(("https://", "http://")):
        raise ValueError("base_url begins with https:// or http://")
    return given if given.endswith(prefix) else given + prefix


def segment(value: object) -> str:
    """A path segment; an empty one would make another address."""
    text = quote(str(value), safe="")
    if not text:
        raise ValueError("an id must not be empty")
    return text


def camel(name: str) -> str:
    """first_name -> firstName."""
    head, *rest = name.split("_")
    return head + "".join(one[:1].upper() + one[1:] for one in rest)


def merged(fields: Mapping[str, Any] | None, more: Mapping[str, Any], *, is_camel: bool = False) -> dict[str, Any]:
    """One body of a mapping in wire names and of keyword arguments, which win; with `is_camel` their names change."""
    named = {camel(name): value for name, value in more.items()} if is_camel else dict(more)
    return {**(fields or {}), **named}


def query_pairs(query: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """Pairs of a query: None is left out, a list becomes `name[]` once per value, booleans are true and false."""
    pairs: list[tuple[str, str]] = []
    for name, value in query.items():
        if value is None:
            continue
        if isinstance(value, Sequence) and not isinstance(value, str):
            pairs += [(f"{name}[]", _text(one)) for one in cast("Sequence[Any]", value)]
        else:
            pairs.append((name, _text(value)))
    return tuple(pairs)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
