"""An answer as a mapping whose keys are attributes too: `contact["firstName"]`, `contact.firstName`, `contact.first_name`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from tidings_client.addresses import camel

T = TypeVar("T", bound="Record")


class Record(dict[str, Any]):
    """A JSON object of an answer, keys in their wire spelling.

    Subclasses say which attributes there are; a newer server may send more, which are reached the same way.
    """

    def __getattr__(self, name: str) -> Any:
        for key in (name, camel(name)):
            if key in self:
                return self[key]
        raise AttributeError(f"the answer has no “{name}”, only {', '.join(self)}")


def record(kind: type[T], value: Any) -> T:
    """A decoded object as a record of that kind, records all the way down."""
    return kind({key: _deep(inner) for key, inner in cast("Mapping[str, Any]", value).items()})


def records(kind: type[T], values: Any) -> list[T]:
    """A list of them."""
    return [record(kind, one) for one in values]


def _deep(value: Any) -> Any:
    if isinstance(value, dict):
        return record(Record, value)
    if isinstance(value, list):
        return [_deep(one) for one in cast("list[Any]", value)]
    return value
