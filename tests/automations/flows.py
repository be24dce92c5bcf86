"""Automations for tests: made through actions, begun through facts, moved on as the worker does."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from tidings.automations import actions
from tidings.automations.running import advance_runs
from tidings.automations.triggers import read_facts
from tidings.automations.types import Start, StepDraft
from tidings.contacts import actions as contacts
from tidings.contacts.types import Draft
from tidings.platform.core import Core

MAIL = {"subject": "Hello {{contact.first_name}}", "body": "<p>Hi {{contact.first_name}}</p>"}


def step(kind: str, **params: Any) -> StepDraft:
    """A step by its kind and what it asks for."""
    return StepDraft(kind, params, title=kind)


def mail(**values: Any) -> StepDraft:
    """A step that mails the contact."""
    return StepDraft("send_mail", {"to": "contact"}, title="mail", mail=MAIL | values)


async def tag(core: Core, title: str) -> int:
    """A tag's id."""
    return (await contacts.ensure_tags(core, [title]))[0]


async def person(core: Core, email: str = "ann@x.co", **more: Any) -> int:
    """A contact's id."""
    values = {"email": email, "first_name": email.partition("@")[0].capitalize()} | more.pop("values", {})
    return (await contacts.write_contact(core, Draft(values, **more))).id


async def published(
    core: Core, trigger: str, steps: Sequence[StepDraft], *, title: str = "Welcome", **start: Any
) -> int:
    """A published automation's id."""
    made = await actions.create_automation(core, title=title, trigger=trigger, start=Start(**start))
    await actions.update_automation(core, made, steps=steps, state="published")
    return made


_UNREAD = """
SELECT EXISTS (SELECT 1 FROM fact_readers r JOIN facts f ON (f.xid, f.id) > (r.xid, r.id) WHERE r.name = 'automations')
"""


async def settle(core: Core, *, rounds: int = 200) -> int:
    """What the worker does until nothing is left to do now; answers how much that was.

    A fact can be read once every older transaction of the server has ended, those of other tests too.
    """
    done = 0
    for _ in range(rounds):
        n = await read_facts(core) + await advance_runs(core)
        done += n
        if not n:
            if not await core.db.fetchval(_UNREAD):
                break
            await asyncio.sleep(0.01)
    return done


async def states(core: Core) -> dict[int, str]:
    """The state of every run, by contact."""
    return {r["contact_id"]: r["state"] for r in await core.db.fetch("SELECT contact_id, state FROM automation_runs")}


async def metrics(core: Core) -> list[tuple[str, str, str | None]]:
    """(kind of step, state, note) of every metric, in the order in which they were written."""
    rows = await core.db.fetch(
        "SELECT s.kind, m.state, m.note FROM automation_metrics m JOIN automation_steps s ON s.id = m.step_id ORDER BY m.id"
    )
    return [(row["kind"], row["state"], row["note"]) for row in rows]
