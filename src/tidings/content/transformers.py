"""The transformers of smart codes and the formats of variables (fluentcrm.md §4.2; fluenzr.md, merge tags)."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import quote_plus

_WORD_START = re.compile(r"(^|\s)(\S)")


def _ucwords(value: str) -> str:
    return _WORD_START.sub(lambda m: m[1] + m[2].upper(), value)


_TABLE: dict[str, Callable[[str, str], str]] = {
    "trim": lambda value, _: value.strip(),
    "ucfirst": lambda value, _: value[:1].upper() + value[1:],
    "ucwords": lambda value, _: _ucwords(value),
    "strtolower": lambda value, _: value.lower(),
    "strtoupper": lambda value, _: value.upper(),
    "concat_first": lambda value, text: f"{text} {value}" if value else "",
    "concat_last": lambda value, text: f"{value}{text}" if value else "",
    "show_if": lambda value, text: text if value else "",
    "urlencode": lambda value, _: quote_plus(value.encode("utf-8", "replace")),
}
_FORMATS: dict[str, Callable[[str], str]] = {
    "uppercase": str.upper,
    "lowercase": str.lower,
    "short": lambda value: value.split(maxsplit=1)[0] if value.strip() else "",
}

FORMATS = frozenset(_FORMATS)


def transform(name: str, value: str, text: str) -> str:
    """A smart code's value through a transformer; an unknown one changes nothing."""
    change = _TABLE.get(name)
    return value if change is None else change(value, text)


def format_variable(name: str, value: str) -> str:
    """A variable's value in one of `FORMATS`; `short` keeps the first word."""
    return _FORMATS[name](value)
