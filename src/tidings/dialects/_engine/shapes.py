"""Declarations of resources: per field the wire name, the core attribute, the codec, and whether it may be written.

`Shape.encode` makes the wire object of a core value; `Shape.decode` makes core values of parameters, with every
complaint under its wire name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

from tidings.platform.errors import Invalid, Problem


@dataclass(frozen=True, slots=True)
class Codec:
    """A scalar habit: `encode(value, context)` for the wire, `decode(value, context)` back (ValueError: a sentence)."""

    encode: Callable[[Any, Any], Any]
    decode: Callable[[Any, Any], Any]
    schema: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Field:
    """One field. `attr` may be dotted; `is_writable=False` leaves it out of `decode`."""

    wire: str
    attr: str
    codec: Codec
    is_writable: bool = True
    is_required: bool = False


class Shape:
    """The fields of a resource in their order on the wire."""

    def __init__(self, name: str, fields: Sequence[Field]) -> None:
        self.name = name
        self.fields = tuple(fields)
        self._getters = [(f.wire, attrgetter(f.attr), f.codec.encode) for f in self.fields]
        self._writable = {f.wire: f for f in self.fields if f.is_writable}

    def encode(self, value: Any, context: Any = None) -> dict[str, Any]:
        """The wire object."""
        return {wire: encode(get(value), context) for wire, get, encode in self._getters}

    def decode(self, params: Mapping[str, Any], context: Any = None, *, is_partial: bool = False) -> dict[str, Any]:
        """Core values of the writable fields that are present; raises Invalid with wire names.

        `is_partial` skips the check for required fields (updates).
        """
        values: dict[str, Any] = {}
        problems: dict[str, Problem] = {}
        for wire, declared in self._writable.items():
            if wire not in params:
                if declared.is_required and not is_partial:
                    problems[wire] = Problem("required", f"The {wire} field is required.")
                continue
            try:
                value = None if params[wire] is None else declared.codec.decode(params[wire], context)
            except ValueError as error:
                problems[wire] = Problem("type", f"The {wire} field {error}.")
                continue
            if declared.is_required and value in (None, ""):
                problems[wire] = Problem("required", f"The {wire} field is required.")
            values[declared.attr] = value
        if problems:
            raise Invalid(problems)
        return values

    @property
    def writable(self) -> set[str]:
        """The wire names that a body may hold."""
        return set(self._writable)

    def schema(self) -> dict[str, Any]:
        """The JSON schema of the wire object."""
        return {"type": "object", "properties": {f.wire: dict(f.codec.schema) for f in self.fields}}

    def body_schema(self) -> dict[str, Any]:
        """The JSON schema of what a body may hold of it."""
        properties = {wire: dict(declared.codec.schema) for wire, declared in self._writable.items()}
        required = [wire for wire, declared in self._writable.items() if declared.is_required]
        return {"type": "object", "properties": properties} | ({"required": required} if required else {})
