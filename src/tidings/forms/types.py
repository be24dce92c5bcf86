"""What forms speak of."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

import msgspec

from tidings.platform.db import Connection

FieldKind = Literal["email", "text", "textarea", "number", "date", "select", "radio", "checkbox", "hidden"]
KINDS: tuple[str, ...] = ("email", "text", "textarea", "number", "date", "select", "radio", "checkbox", "hidden")
CHOICES = ("select", "radio", "checkbox")
OnExisting = Literal["update", "fill", "skip"]


class FormField(msgspec.Struct, frozen=True):
    """One question. `target` is a column of a contact or `custom.<slug>`; "" keeps the answer with the submission only.

    A checkbox takes several of its `options`; `value` is what a hidden field says and what others begin with.
    """

    name: str
    label: str
    kind: FieldKind = "text"
    target: str = ""
    is_required: bool = False
    options: Sequence[str] = ()
    placeholder: str = ""
    value: str = ""


class FormSettings(msgspec.Struct, frozen=True):
    """What happens after sending. `on_existing` is about the values of who is known already; the status never rises."""

    has_double_opt_in: bool = True
    on_existing: OnExisting = "fill"
    button: str = "Subscribe"
    intro: str = ""
    message: str = "Thank you! Please look into your mailbox."
    redirect_url: str = ""


class Form(msgspec.Struct, frozen=True):
    """A form as stored; field order is the order of FORM_COLUMNS. `slug` is its public name."""

    id: int
    slug: str
    title: str
    template: str
    state: Literal["published", "closed"]
    fields: Sequence[FormField]
    list_ids: Sequence[int]
    tag_ids: Sequence[int]
    settings: FormSettings
    created_at: datetime
    updated_at: datetime


FORM_COLUMNS: tuple[str, ...] = tuple(f.name for f in msgspec.structs.fields(Form))


@dataclass(frozen=True, slots=True)
class FormDraft:
    """What the operator decides."""

    title: str
    fields: Sequence[FormField]
    list_ids: Sequence[int] = ()
    tag_ids: Sequence[int] = ()
    settings: FormSettings = field(default_factory=FormSettings)
    template: str = ""
    state: Literal["published", "closed"] = "published"


class Submission(msgspec.Struct, frozen=True):
    """What somebody sent; `answers` by the name of the field."""

    id: int
    form_id: int
    contact_id: int
    state: Literal["unread", "read"]
    answers: Mapping[str, Any]
    ip: str | None
    agent: str | None
    page_url: str | None
    created_at: datetime


SUBMISSION_COLUMNS: tuple[str, ...] = tuple(f.name for f in msgspec.structs.fields(Submission))


@dataclass(frozen=True, slots=True)
class Sent:
    """A submission as it comes in: answers by field name, whose address it came from (whole, for the limits)."""

    answers: Mapping[str, Sequence[str]]
    ip: str = ""
    shown_ip: str | None = None
    agent: str = ""
    page_url: str = ""
    # What no person fills in.
    trap: str = ""


@dataclass(frozen=True, slots=True)
class Placed:
    """A form on a landing page: lists joined beside its own, how the source of a new contact is called, and what is
    written with the submission (in its transaction, with the ids of contact and submission)."""

    page_id: int
    list_ids: Sequence[int]
    source: str
    also: Callable[[Connection, int, int], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of it; nobody when a machine filled the trap."""

    contact_id: int | None = None
    outcome: str = ""
    texts: Mapping[str, str] = field(default_factory=dict[str, str])
