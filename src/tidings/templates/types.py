"""What the templates feature speaks of."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

import msgspec

State = Literal["draft", "published"]
STATES: tuple[State, ...] = ("draft", "published")


class Template(msgspec.Struct, frozen=True):
    """A template. The order of the fields is the order of TEMPLATE_COLUMNS.

    state: a published one is offered for new mails. language, subject, preheader, body, design, footer and look are those
    of a campaign. settings: what a dialect keeps beside the core, opaque here.
    """

    id: int
    title: str
    state: State
    language: str
    subject: str
    preheader: str
    body: str
    design: str
    footer: str
    look: dict[str, Any]
    settings: dict[str, Any]
    created_by: int | None
    created_at: datetime
    updated_at: datetime


TEMPLATE_COLUMNS: tuple[str, ...] = tuple(f.name for f in msgspec.structs.fields(Template))
# What a mail is made of; the same columns of a campaign.
CONTENT: tuple[str, ...] = ("language", "subject", "preheader", "body", "design", "footer", "look")
EDITABLE: frozenset[str] = frozenset({"title", "state", "settings", *CONTENT})


class TemplateTitle(msgspec.Struct, frozen=True):
    """A template by name, for choices."""

    id: int
    title: str
    subject: str
