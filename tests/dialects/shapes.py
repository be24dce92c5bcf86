"""The types of an answer as text, so that a test can state a shape in one literal."""

from __future__ import annotations

from typing import Any

_WORDS = {str: "str", int: "int", float: "float", bool: "bool", type(None): "null"}
NOW = "2026-11-20 12:00:00"
PAGE_KEYS = {
    "current_page",
    "data",
    "first_page_url",
    "from",
    "last_page",
    "last_page_url",
    "links",
    "next_page_url",
    "path",
    "per_page",
    "prev_page_url",
    "to",
    "total",
}


def kinds(value: Any) -> Any:
    """`{"id": 1, "tags": [{"n": "x"}]}` is `{"id": "int", "tags": [{"n": "str"}]}`; a list is that of its first item."""
    if isinstance(value, dict):
        return {name: kinds(one) for name, one in value.items()}
    if isinstance(value, list):
        return [kinds(value[0])] if value else []
    return _WORDS[type(value)]
