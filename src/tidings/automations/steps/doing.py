"""One step about to be done for a set of runs, and what every kind of step may need for it."""

from __future__ import annotations

import dataclasses
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from tidings.automations.rules import Graph
from tidings.automations.types import DONE, Automation, Outcome, Run, Step
from tidings.contacts.types import CustomField
from tidings.content import MailLinks, Person, Site, render_text_template
from tidings.messages.persons import person_columns, person_of
from tidings.platform.core import Core
from tidings.platform.db import Connection

_NEEDS = ("tags", "lists", "company")


@dataclass(frozen=True, slots=True)
class Around:
    """The installation as it was when a process began to move runs on."""

    zone: ZoneInfo
    site: Site
    fields: Mapping[str, CustomField]


@dataclass(frozen=True, slots=True)
class Doing:
    """A step and the runs it is done for, inside the transaction that moves them on."""

    core: Core
    tx: Connection
    automation: Automation
    graph: Graph
    step: Step
    runs: Sequence[Run]
    now: datetime
    around: Around

    @property
    def params(self) -> Mapping[str, Any]:
        """What the step asks for."""
        return self.step.params

    @property
    def contact_ids(self) -> list[int]:
        """Whom it is done for."""
        return [run.contact_id for run in self.runs]

    @property
    def ids(self) -> list[int]:
        """The `ids` of the step: tags, lists, companies or automations."""
        return [one for one in self.params.get("ids") or () if isinstance(one, int)]

    def with_runs(self, runs: Sequence[Run]) -> Doing:
        """The same for fewer."""
        return dataclasses.replace(self, runs=runs)

    def all(self, outcome: Outcome = DONE) -> dict[int, Outcome]:
        """One outcome for everybody."""
        return {run.id: outcome for run in self.runs}

    async def persons(self) -> dict[int, Person]:
        """The contacts as texts see them, by id; one statement."""
        rows = await self.tx.fetch(
            f"SELECT {person_columns(_NEEDS)} FROM contacts c WHERE c.id = ANY($1::bigint[])", self.contact_ids
        )
        return {row["id"]: person_of(row, _NEEDS) for row in rows}

    async def texts(self, *templates: object) -> dict[int, tuple[str, ...]]:
        """Short texts with their codes resolved, by contact; contacts are read only when there are codes."""
        plain = tuple(str(one or "") for one in templates)
        if not any("{{" in one or "##" in one for one in plain):
            return dict.fromkeys(self.contact_ids, plain)
        persons = await self.persons()
        return {one.id: tuple(self.text(text, one) for text in plain) for one in persons.values()}

    def text(self, template: object, person: Person | None) -> str:
        """A short text with its codes resolved for a contact."""
        return render_text_template(
            str(template or ""), "smartcodes", person, self.around.site, MailLinks(), escape="text", at=self.now
        )


Executor = Callable[[Doing], Awaitable[Mapping[int, Outcome]]]
