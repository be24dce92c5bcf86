"""The small public tree of core errors. A dialect maps each class to its own status and body, once.

No error of a feature lives here: features raise these, with the field, the record and the reason filled in.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta


class TidingsError(Exception):
    """Root of every error a caller may see; `message` is fit to be shown."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


@dataclass(frozen=True, slots=True)
class Problem:
    """One broken rule of one field. `rule` is a short word ('required', 'email', 'unique'), `text` a sentence."""

    rule: str
    text: str


class Invalid(TidingsError):
    """Fields of the input break rules; `fields` maps the core's field name to its problems, in order."""

    def __init__(self, fields: Mapping[str, Problem | list[Problem]], message: str | None = None) -> None:
        self.fields: dict[str, list[Problem]] = {k: v if isinstance(v, list) else [v] for k, v in fields.items()}
        first = next((p[0].text for p in self.fields.values() if p), "The input is invalid.")
        super().__init__(message or first)


class Refused(TidingsError):
    """A business rule says no (wrong state, nothing selected). `code` is a stable word for programs."""

    def __init__(self, message: str, *, code: str = "refused", flags: Mapping[str, object] | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.flags = dict(flags or {})


class Conflict(Refused):
    """The record exists already, or its state does not allow the move."""


class NotFound(TidingsError):
    """No record of that kind under that id. `kind` is the core's noun."""

    def __init__(self, kind: str, id: object) -> None:
        super().__init__(f"{kind.capitalize()} {id} was not found.")
        self.kind = kind
        self.id = id


class Unauthenticated(TidingsError):
    """No, wrong, revoked or expired credentials. The text never tells which."""

    def __init__(self, message: str = "Valid credentials are required.") -> None:
        super().__init__(message)


class Forbidden(TidingsError):
    """A known caller without the permission or scope named in `permission`."""

    def __init__(self, permission: str, message: str | None = None) -> None:
        super().__init__(message or f"The permission “{permission}” is required.")
        self.permission = permission


class RateLimited(TidingsError):
    """Too many requests; `retry_after` says how long until the window opens."""

    def __init__(self, retry_after: timedelta, *, limit: int) -> None:
        super().__init__("Too many requests. Wait and try again.")
        self.retry_after = retry_after
        self.limit = limit
