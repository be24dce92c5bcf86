"""What a dialect tells about its operations beyond the route table: parameters, schemas, answers that really were given.

Examples are golden files, `examples/<operation>.json` beside the dialect; a test asks each of them again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

Schema = Mapping[str, Any]

TEXT: Schema = {"type": "string"}
MAYBE_TEXT: Schema = {"type": ["string", "null"]}
INTEGER: Schema = {"type": "integer"}
COUNT: Schema = {"type": "integer", "minimum": 0}
RATE: Schema = {"type": "number", "description": "A percentage with one decimal."}
TIME: Schema = {"type": "string", "format": "date-time"}
MAYBE_TIME: Schema = {"type": ["string", "null"], "format": "date-time"}
DAY: Schema = {"type": "string", "format": "date"}
# An object whose keys are the installation's own.
FREE: Schema = {"type": "object"}


def one_of(*words: str) -> Schema:
    """One of these texts."""
    return {"type": "string", "enum": list(words)}


def many(items: Schema, *, most: int | None = None) -> Schema:
    """An array."""
    return {"type": "array", "items": items} | ({"maxItems": most} if most else {})


def ref(name: str) -> Schema:
    """A schema of the components."""
    return {"$ref": f"#/components/schemas/{name}"}


def fields(properties: Mapping[str, Schema], required: Sequence[str] = ()) -> Schema:
    """An object; `required` are those that must be there."""
    return {"type": "object", "properties": dict(properties)} | ({"required": list(required)} if required else {})


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of the query; `name` ends in [] where a client may send several."""

    name: str
    schema: Schema
    says: str = ""


@dataclass(frozen=True, slots=True)
class Described:
    """One operation. `body` and `answer` are schemas; `is_needed` says whether the body may be left out."""

    summary: str = ""
    says: str = ""
    query: tuple[Parameter, ...] = ()
    body: Schema | None = None
    answer: Schema | None = None
    is_needed: bool = True
    answer_kind: str = "application/json"


@dataclass(frozen=True, slots=True)
class Reference:
    """All of a dialect: operations by id, named schemas, what the statuses of refusals mean, examples by operation."""

    operations: Mapping[str, Described] = field(default_factory=dict[str, Described])
    schemas: Mapping[str, Schema] = field(default_factory=dict[str, Schema])
    refusals: Mapping[int, str] = field(default_factory=dict[int, str])
    # Which of them a write may meet, and which an operation on one record.
    of_writes: tuple[int, ...] = ()
    of_records: tuple[int, ...] = (404,)
    body_kinds: tuple[str, ...] = ("application/json",)
    about: str = ""
    examples: Mapping[str, Mapping[str, Any]] = field(default_factory=dict[str, Mapping[str, Any]])


def read_examples(folder: Path) -> dict[str, Mapping[str, Any]]:
    """Operation id -> {request: {path, query?, body?}, status, answer}."""
    return {path.stem: msgspec.json.decode(path.read_bytes()) for path in sorted(folder.glob("*.json"))}
