"""The dialects that can tell: each registers one `Form` with its words, headers, time-out and verdicts.

Registration happens where processes are put together (`app`): this floor knows no dialect.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from tidings.outgoing_webhooks.types import Happening
from tidings.platform.core import Core
from tidings.platform.errors import Invalid, Problem
from tidings.platform.facts import Recorded

TEST = "webhook.test"


@dataclass(frozen=True, slots=True)
class Signing:
    """What the headers of one request are made of. `next_secret` is there while a secret is being replaced."""

    key: str
    secret: str
    next_secret: str | None
    body: bytes
    at: datetime


@dataclass(frozen=True, slots=True)
class Form:
    """How one dialect tells.

    events: its words and a sentence for each. fact_kinds: facts it wants to see. timeout: seconds for a whole exchange.
    tell: facts to happenings, as a set. body: event number and happening to the bytes that are
    signed and sent. headers: of one request. is_final: whether an answer that is not 2xx is worth no second attempt.
    """

    name: str
    title: str
    events: Mapping[str, str]
    fact_kinds: frozenset[str]
    timeout: float
    tell: Callable[[Core, Sequence[Recorded]], Awaitable[list[Happening]]]
    body: Callable[[int, Happening], bytes]
    headers: Callable[[Signing], dict[str, str]]
    is_final: Callable[[int], bool]


_FORMS: dict[str, Form] = {}


def register(form: Form) -> None:
    """Makes a form known in this process; the same one again changes nothing."""
    _FORMS[form.name] = form


def forms() -> dict[str, Form]:
    """Every form, by name."""
    return dict(_FORMS)


def form_named(name: str) -> Form:
    """The form; raises Invalid for a name that nobody registered."""
    if name not in _FORMS:
        raise Invalid({"form": Problem("in", f"“{name}” is not a form of webhooks.")})
    return _FORMS[name]
