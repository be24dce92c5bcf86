"""What the pipeline feature speaks of."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

import msgspec

from tidings.contacts.types import Contact, Draft

Outcome = Literal["open", "won", "lost"]
OUTCOMES: tuple[Outcome, ...] = ("open", "won", "lost")


class Stage(msgspec.Struct, frozen=True):
    """A stage in its place; `color` is #rrggbb, `contacts_count` exact at the instant of reading."""

    id: int
    title: str
    color: str
    outcome: Outcome
    position: int
    created_at: datetime
    updated_at: datetime
    contacts_count: int


@dataclass(frozen=True, slots=True)
class Standing:
    """The stage that a contact stands in, and since when."""

    stage_id: int
    title: str
    color: str
    entered_at: datetime


@dataclass(frozen=True, slots=True)
class Card:
    """A contact as a column of the board shows it."""

    contact: Contact
    entered_at: datetime


@dataclass(frozen=True, slots=True)
class Column:
    """A piece of a column, who came last first. `has_more` says whether others follow the last card."""

    stage_id: int
    cards: list[Card]
    has_more: bool


class Move(msgspec.Struct, frozen=True):
    """A line of the log: titles as they were at the time. No `was`: placed for the first time; no `now`: taken out."""

    id: int
    contact_id: int
    at: datetime
    was_id: int | None
    was_title: str | None
    now_id: int | None
    now_title: str | None
    actor: str
    note: str


@dataclass(frozen=True, slots=True)
class StageNumbers:
    """What the log says of a stage: contacts that entered it, of those who later reached a stage further on (lost ones
    aside), of those who later were won; how long the ended stays lasted, None before the first."""

    stage_id: int
    entered: int
    went_on: int
    won: int
    mean_stay: timedelta | None
    median_stay: timedelta | None

    @property
    def went_on_rate(self) -> float:
        """Percent, one decimal."""
        return round(self.went_on * 100 / self.entered, 1) if self.entered else 0.0

    @property
    def won_rate(self) -> float:
        """Percent, one decimal."""
        return round(self.won * 100 / self.entered, 1) if self.entered else 0.0


@dataclass(frozen=True, slots=True)
class Actor:
    """Who moved somebody: a user by id and name, or a program by name alone."""

    name: str = ""
    id: int | None = None


@dataclass(frozen=True, slots=True)
class ConsentGiven:
    """What a writer says about a consent; `at` None means now."""

    source: str
    notes: str = ""
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class PersonDraft:
    """A contact with what is written beside it. `stage_id` counts only with `sets_stage`; None takes it out."""

    draft: Draft
    consent: ConsentGiven | None = None
    sets_stage: bool = False
    stage_id: int | None = None
