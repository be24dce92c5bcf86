"""What can go wrong, a class per reason. An answer of the server becomes an `ApiError`; no answer is one of the others."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast


class TidingsError(Exception):
    """The base of everything that this package raises."""


class ConnectionFailed(TidingsError):
    """The server was not reached: nothing was asked, so nothing was done."""


class AnswerLost(TidingsError):
    """The request went out and no answer came back: the server may have carried it out. Look before asking again."""


class ApiError(TidingsError):
    """A refusal or a crash of the server.

    `status` is the HTTP status; `code` the dialect's own word for it (FluenzR "CONFLICT", FluentCRM "rest_forbidden",
    empty where it has none); `fields` the complaint of each field at fault; `body` the decoded answer as it came.
    """

    def __init__(self, status: int, code: str, message: str, fields: Mapping[str, str], body: Any) -> None:
        super().__init__(f"{status}: {message}")
        self.status = status
        self.code = code
        self.message = message
        self.fields = dict(fields)
        self.body = body


class BadRequest(ApiError):
    """400 and the other refusals of the 4xx range that have no class of their own."""


class ValidationFailed(BadRequest):
    """400 (FluenzR) or 422: `fields` names what is wrong with each field."""


class Unauthorized(ApiError):
    """401: no credentials, or wrong or revoked ones."""


class Forbidden(ApiError):
    """403: the key or its user may not do this."""


class NotFound(ApiError):
    """404."""


class Conflict(ApiError):
    """409: a duplicate, or a state that does not allow it."""


class RateLimited(ApiError):
    """429, after all tries; `retry_after` in seconds, None when the server did not say."""

    retry_after: float | None = None


class ServerError(ApiError):
    """5xx, after all tries."""


_CLASSES: dict[int, type[ApiError]] = {
    401: Unauthorized,
    403: Forbidden,
    404: NotFound,
    409: Conflict,
    422: ValidationFailed,
    429: RateLimited,
}


def error_of(status: int, body: Any, *, retry_after: float | None = None) -> ApiError:
    """The error for an answer, whichever dialect worded it."""
    code, message, fields = _read(body)
    kind = _CLASSES.get(status) or (ServerError if status >= 500 else BadRequest)
    if status == 400 and code == "VALIDATION_ERROR":
        kind = ValidationFailed
    error = kind(status, code, message or f"The server answered {status}.", fields, body)
    if isinstance(error, RateLimited):
        error.retry_after = retry_after
    return error


def _read(body: Any) -> tuple[str, str, dict[str, str]]:
    """Code, message and fields of a body: FluenzR nests them, Furiosa and FluentCRM have them at the root."""
    if isinstance(body, str):
        return "", body, {}
    if not isinstance(body, dict):
        return "", "", {}
    found = cast("dict[str, Any]", body)
    inner = found.get("error")
    if isinstance(inner, dict):
        nested = cast("dict[str, Any]", inner)
        return str(nested.get("code", "")), str(nested.get("message", "")), _texts(nested.get("details"))
    if "message" in found:
        return str(found.get("code") or ""), str(found["message"]), _texts(found.get("errors"))
    fields = _texts(found)
    return "", next(iter(fields.values()), ""), fields


def _texts(value: Any) -> dict[str, str]:
    """One text per field: as it came, the first of a list, or the first of FluentCRM's rule -> text."""
    texts: dict[str, str] = {}
    for name, said in cast("dict[str, Any]", value).items() if isinstance(value, dict) else ():
        if isinstance(said, dict):
            said = list(cast("dict[str, Any]", said).values())
        if isinstance(said, list):
            said = next(iter(cast("list[Any]", said)), "")
        texts[str(name)] = str(said)
    return texts
