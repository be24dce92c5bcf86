"""What the automations feature speaks of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal

import msgspec

State = Literal["draft", "published"]
RunState = Literal["pending", "active", "waiting", "completed", "cancelled"]
MetricState = Literal["completed", "skipped", "failed"]
Branch = Literal["", "yes", "no"]

STATES: tuple[State, ...] = ("draft", "published")
RUN_STATES: tuple[RunState, ...] = ("pending", "active", "waiting", "completed", "cancelled")
OPEN_RUNS: tuple[RunState, ...] = ("pending", "active", "waiting")

# What can begin an automation here; any other word is kept and waits for whoever can tell of it.
TRIGGERS: tuple[str, ...] = (
    "tags_added",
    "tags_removed",
    "lists_added",
    "lists_removed",
    "companies_joined",
    "companies_left",
    "contact_created",
    "user_created",
    "user_signed_in",
    "birthday",
    "event_tracked",
    "form_submitted",
)
# What a goal can be waiting for.
GOAL_EVENTS: tuple[str, ...] = ("tags_added", "tags_removed", "lists_added", "lists_removed")
# The name under which facts are read for automations.
READER = "automations"
BRANCHING: tuple[str, ...] = ("condition", "split")
GOAL = "goal"


class Start(msgspec.Struct, frozen=True):
    """What a trigger asks for.

    ids: tags, lists, companies or forms; `match` says whether any of them will do. Without ids tags, lists and
    companies begin nothing, forms any. is_forced: contacts that are not subscribed begin too, but are never mailed.
    is_repeatable: whoever was through begins anew. status, on_existing: for triggers that make contacts. rules: a rule
    tree of `segments` that the contact must match. min_count: how often an event must have come. ends_on_reply: whoever answers one of its
    mails is through.
    """

    ids: tuple[int, ...] = ()
    match: Literal["any", "all"] = "any"
    is_forced: bool = False
    is_repeatable: bool = False
    status: str = "subscribed"
    on_existing: Literal["update", "skip"] = "update"
    roles: tuple[str, ...] = ()
    event_key: str = ""
    min_count: int = 1
    rules: dict[str, Any] | None = None
    ends_on_reply: bool = False


class Automation(msgspec.Struct, frozen=True):
    """An automation as stored; the order of the fields is the order of AUTOMATION_COLUMNS. campaign_id: the campaign that
    it carries, whose state decides whether anybody moves."""

    id: int
    title: str
    state: State
    trigger: str
    start: dict[str, Any]
    extras: dict[str, Any]
    description: str
    note: dict[str, Any] | None
    version: int
    created_by: int | None
    created_at: datetime
    updated_at: datetime
    campaign_id: int | None

    @property
    def asks(self) -> Start:
        """What its trigger asks for; what no longer fits is as if it had not been said."""
        return start_of(self.start)


AUTOMATION_COLUMNS: tuple[str, ...] = tuple(f.name for f in msgspec.structs.fields(Automation))


def start_of(stored: Mapping[str, Any]) -> Start:
    """A stored Start; values that do not fit are left at their defaults."""
    known = {f.name for f in msgspec.structs.fields(Start)}
    given = {name: value for name, value in stored.items() if name in known}
    try:
        return msgspec.convert(given, Start)
    except msgspec.ValidationError:
        return Start()


class Step(msgspec.Struct, frozen=True):
    """A step as stored; the order of the fields is the order of STEP_COLUMNS. `kind` is a word of `steps`."""

    id: int
    automation_id: int
    parent_id: int | None
    branch: Branch
    kind: str
    title: str
    description: str | None
    params: dict[str, Any]
    extras: dict[str, Any]
    note: str | None
    position: int
    mailing_id: int | None
    created_by: int | None
    created_at: datetime
    updated_at: datetime


STEP_COLUMNS: tuple[str, ...] = tuple(f.name for f in msgspec.structs.fields(Step))


class Run(msgspec.Struct, frozen=True):
    """One contact in one automation; the order of the fields is the order of RUN_COLUMNS."""

    id: int
    automation_id: int
    contact_id: int
    state: RunState
    pass_: int
    step_id: int | None
    due_at: datetime
    first_step_id: int | None
    last_step_id: int | None
    stepped_at: datetime | None
    source: str
    source_id: int | None
    note: str | None
    created_at: datetime
    updated_at: datetime


RUN_COLUMNS: tuple[str, ...] = tuple(f.name.rstrip("_") for f in msgspec.structs.fields(Run))


class Metric(msgspec.Struct, frozen=True):
    """What became of one step for one run; the order of the fields is the order of METRIC_COLUMNS."""

    id: int
    run_id: int
    step_id: int
    state: MetricState
    branch: Branch
    value: Decimal
    currency: str
    note: str | None
    created_at: datetime
    updated_at: datetime


METRIC_COLUMNS: tuple[str, ...] = tuple(f.name for f in msgspec.structs.fields(Metric))


@dataclass(frozen=True, slots=True)
class AutomationView:
    """An automation with what a list shows beside it: labels, runs per state."""

    automation: Automation
    label_ids: Sequence[int]
    counts: Mapping[str, int]

    @property
    def all_runs(self) -> int:
        """Everybody who ever began."""
        return sum(self.counts.values())

    @property
    def open_runs(self) -> int:
        """Who is not through yet."""
        return sum(self.counts.get(state, 0) for state in OPEN_RUNS)


@dataclass(frozen=True, slots=True)
class RunView:
    """A run with the metrics of its steps, oldest first."""

    run: Run
    metrics: Sequence[Metric]


@dataclass(frozen=True, slots=True)
class StepDraft:
    """A step as somebody wants it. `id` names a stored one; `children` are those of the ways yes and no. `mail` are
    the values of its mailing (`campaigns.standing`), None to leave that as it is."""

    kind: str
    params: Mapping[str, Any] = field(default_factory=dict[str, Any])
    id: int | None = None
    title: str = ""
    description: str | None = None
    note: str | None = None
    extras: Mapping[str, Any] = field(default_factory=dict[str, Any])
    mailing_id: int | None = None
    mail: Mapping[str, Any] | None = None
    yes: Sequence[StepDraft] = ()
    no: Sequence[StepDraft] = ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a step did for one run: its metric, and where the run goes.

    due_at: when the next step is due; None: at once. branch: the way taken. ends: the run is through. stays: the run
    waits at this step and has no metric yet.
    """

    state: MetricState = "completed"
    note: str | None = None
    due_at: datetime | None = None
    branch: Branch = ""
    ends: bool = False
    stays: bool = False


DONE = Outcome()
