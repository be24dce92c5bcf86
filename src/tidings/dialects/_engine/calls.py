"""One request as a handler sees it, and one answer as it gives it back."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import msgspec

from tidings.platform.core import Core
from tidings.platform.limits import Usage

T = TypeVar("T")
# The largest bigint of PostgreSQL.
MAX_NUMBER = 2**63 - 1
_DIGITS = re.compile(r"-?[0-9]{1,19}")
encode = msgspec.json.Encoder(decimal_format="string").encode
Headers = list[tuple[bytes, bytes]]


@dataclass(slots=True)
class Request:
    """The HTTP request, read whole (bodies are small; uploads are held by the parser on disk)."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes
    client_ip: str
    scheme: str
    # Where the dialect keeps the count of this request until its answer. It is no header: those are the client's.
    usage: Usage | None = None


@dataclass(slots=True)
class Upload:
    """A file of a multipart body."""

    filename: str
    content_type: str
    data: bytes


@dataclass(slots=True)
class Answer:
    """Status, body (encoded as JSON unless bytes) and extra headers. A handler may return a bare body: that is a 200."""

    body: Any = None
    status: int = 200
    headers: Headers = field(default_factory=Headers)
    content_type: bytes = b"application/json; charset=UTF-8"


@dataclass(slots=True)
class Call:
    """What a handler gets: the core, the caller, ids from the path and the merged parameters."""

    core: Core
    request: Request
    caller: Any
    path: Mapping[str, str]
    params: Mapping[str, Any]
    operation: str
    # The dialect's own context, such as the time zone of its dates.
    context: Any = None

    def id(self, name: str = "id") -> int:
        """An integer of the path."""
        return int(self.path[name])

    def __contains__(self, name: str) -> bool:
        return name in self.params

    def get(self, name: str, default: Any = None) -> Any:
        """The parameter as it came."""
        return self.params.get(name, default)

    def text(self, name: str, default: str = "") -> str:
        """A parameter as text; structures give the default."""
        value = self.params.get(name)
        if value is None or isinstance(value, dict | list):
            return default
        return value if isinstance(value, str) else ("1" if value is True else "" if value is False else str(value))

    def integer(self, name: str, default: int | None = None) -> int | None:
        """A parameter as an integer; anything else gives the default."""
        value = self.params.get(name)
        number = as_integer(value)
        return default if number is None else number

    def flag(self, name: str, *, default: bool = False) -> bool:
        """true/false, "true"/"false", 1/0, yes/no, on/off."""
        value = self.params.get(name)
        return default if value is None or value == "" else is_true(value)

    def items(self, name: str) -> list[Any]:
        """A list; a scalar is a list of one, a keyed array its values, a JSON text of a list that list."""
        return as_list(self.params.get(name))

    def ids(self, name: str) -> list[int]:
        """The integers of a list parameter; what is no integer is left out."""
        return as_ids(self.items(name))

    def structure(self, name: str) -> Any:
        """An object or list, whether it came as a structure or as a JSON text; None when it is neither."""
        return as_structure(self.params.get(name))

    def record(self, name: str) -> dict[str, Any]:
        """An object; empty when the parameter is something else."""
        value = self.structure(name)
        return value if isinstance(value, dict) else {}


def as_integer(value: object) -> int | None:
    """The integer of a number or of its decimal digits; None for anything else and for what no column can hold."""
    if isinstance(value, bool) or not isinstance(value, int | str):
        return None
    if isinstance(value, str):
        if not _DIGITS.fullmatch(value.strip()):
            return None
        value = int(value)
    return value if abs(value) <= MAX_NUMBER else None


def without_zero_bytes(value: Any) -> Any:
    """A structure whose texts hold no U+0000, which PostgreSQL cannot store."""
    if isinstance(value, str):
        return value.replace("\0", "")
    if isinstance(value, list):
        return [without_zero_bytes(one) for one in value]
    if isinstance(value, dict):
        return {without_zero_bytes(name): without_zero_bytes(one) for name, one in value.items()}
    return value


def encoded(value: object) -> msgspec.Raw:
    """JSON made now, for what stands in an answer more than once."""
    return msgspec.Raw(encode(value))


def is_true(value: object) -> bool:
    """The truth of the many spellings of a flag."""
    return str(value).strip().lower() in ("1", "true", "yes", "on")


def as_structure(value: Any) -> Any:
    """Parses JSON text; passes structures through; None for anything else."""
    if isinstance(value, str):
        text = value
        try:
            value = msgspec.json.decode(text)
            if "\\u0000" in text:
                value = without_zero_bytes(value)
        except (msgspec.DecodeError, RecursionError, UnicodeEncodeError):
            return None
    return value if isinstance(value, dict | list) else None


def as_list(value: Any) -> list[Any]:
    """See `Call.items`."""
    if value is None or value == "":
        return []
    if isinstance(value, str) and value.lstrip()[:1] in ("[", "{"):
        parsed = as_structure(value)
        value = parsed if parsed is not None else value
    if isinstance(value, list):
        return value
    return list(value.values()) if isinstance(value, dict) else [value]


def as_ids(values: Sequence[Any]) -> list[int]:
    """The integers among values, in order, each once."""
    found = [number for v in values if (number := as_integer(v)) is not None and number >= 0]
    return list(dict.fromkeys(found))


Handler = Callable[[Call], Any]
