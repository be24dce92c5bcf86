"""The changes that can be made to many contacts, and how far a job with one is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import msgspec

from tidings.contacts.types import Status
from tidings.platform.errors import Invalid, Problem


class AddTags(msgspec.Struct, frozen=True, tag="add_tags"):
    """Everybody gets every tag."""

    tag_ids: tuple[int, ...]


class RemoveTags(msgspec.Struct, frozen=True, tag="remove_tags"):
    """Every tag is taken from everybody."""

    tag_ids: tuple[int, ...]


class AddLists(msgspec.Struct, frozen=True, tag="add_lists"):
    """Everybody is put on every list."""

    list_ids: tuple[int, ...]


class RemoveLists(msgspec.Struct, frozen=True, tag="remove_lists"):
    """Everybody is taken off every list and its groups."""

    list_ids: tuple[int, ...]


class JoinCompanies(msgspec.Struct, frozen=True, tag="join_companies"):
    """Everybody joins every company."""

    company_ids: tuple[int, ...]


class LeaveCompanies(msgspec.Struct, frozen=True, tag="leave_companies"):
    """Everybody leaves every company."""

    company_ids: tuple[int, ...]


class SetStatus(msgspec.Struct, frozen=True, tag="set_status"):
    """An operator's word: a status may rise by it. `reason` goes into the ledger."""

    status: Status
    reason: str = ""


class MoveToStage(msgspec.Struct, frozen=True, tag="move_to_stage"):
    """Everybody stands in a stage of the pipeline; the note and who moved them go into its log."""

    stage_id: int
    note: str = ""
    actor_id: int | None = None
    actor_name: str = ""


class SetType(msgspec.Struct, frozen=True, tag="set_type"):
    """The type of contact: lead, customer."""

    contact_type: str


class SetField(msgspec.Struct, frozen=True, tag="set_field"):
    """A value of a custom field in its stored form; None takes it away."""

    slug: str
    value: Any = None


class StartAutomation(msgspec.Struct, frozen=True, tag="start_automation"):
    """Everybody who may begins a published automation."""

    automation_id: int


class AskToConfirm(msgspec.Struct, frozen=True, tag="ask_to_confirm"):
    """Who is pending gets the mail with the confirmation link."""


class DeleteContacts(msgspec.Struct, frozen=True, tag="delete_contacts"):
    """Contacts go with everything that is theirs."""


Change = (
    AddTags
    | RemoveTags
    | AddLists
    | RemoveLists
    | JoinCompanies
    | LeaveCompanies
    | SetStatus
    | MoveToStage
    | SetType
    | SetField
    | StartAutomation
    | AskToConfirm
    | DeleteContacts
)


def change_to_json(change: Change) -> dict[str, Any]:
    """As plain JSON values."""
    return msgspec.to_builtins(change)


def change_from_json(data: object) -> Change:
    """Back from JSON values; raises Invalid."""
    try:
        return msgspec.convert(data, type=Change)
    except msgspec.ValidationError as error:
        raise Invalid({"change": Problem("unknown", f"This is no change of contacts: {error}.")}) from error


@dataclass(frozen=True, slots=True)
class BulkJob:
    """A change under way or over. `total` is None until it has begun; `changed` counts those for whom something is new."""

    id: int
    change: Change
    state: str
    done: int
    total: int | None
    changed: int
    seconds: float
    error: str | None
    user_id: int | None
    created_at: datetime
    finished_at: datetime | None
    is_stopping: bool = False

    @property
    def is_live(self) -> bool:
        """Whether it still waits or runs."""
        return self.state in ("queued", "running")

    @property
    def per_second(self) -> float | None:
        """Contacts in a second, over the whole run."""
        return self.done / self.seconds if self.seconds > 0 and self.done else None

    @property
    def time_left(self) -> timedelta | None:
        """At that speed; None while nothing is known or it is over."""
        if self.state != "running" or self.total is None or not self.per_second:
            return None
        return timedelta(seconds=round(max(self.total - self.done, 0) / self.per_second))
