"""Writes of automations: made, changed, published, copied, deleted. Their steps are written in `saving`, runs in `people`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from tidings.automations import queries, rules, store
from tidings.automations.saving import drop_mailings, save_mailing, save_steps
from tidings.automations.types import READER, STATES, Automation, Start, State, Step, StepDraft
from tidings.campaigns.queries import campaigns_by_ids
from tidings.campaigns.standing import KIND
from tidings.campaigns.types import EDITABLE
from tidings.contacts.actions.catalog import change_labels
from tidings.contacts.rules import clean_text
from tidings.platform.core import Core
from tidings.platform.db import Connection
from tidings.platform.errors import Conflict, Invalid, NotFound, Problem
from tidings.platform.facts import Fact, start_reader, write_facts

MAX_TITLE = 192


async def create_automation(
    core: Core,
    *,
    title: str,
    trigger: str,
    description: str = "",
    start: Start | None = None,
    extras: Mapping[str, Any] | None = None,
    created_by: int | None = None,
) -> int:
    """Makes a draft and returns its id; raises Invalid naming title or trigger."""
    async with core.db.transaction() as tx:
        return await _insert(core, tx, title, trigger, description, start or Start(), extras or {}, created_by)


async def _insert(
    core: Core,
    tx: Connection,
    title: str,
    trigger: str,
    description: str,
    start: Start,
    extras: Mapping[str, Any],
    by: int | None,
) -> int:
    if not trigger.strip() or len(trigger) > MAX_TITLE:
        raise Invalid({"trigger": Problem("required", "The trigger field is required.")})
    await start_reader(tx, READER)
    return await tx.fetchval(
        """INSERT INTO automations (title, trigger, description, start, extras, created_by, created_at, updated_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $7) RETURNING id""",
        _title(title),
        trigger.strip(),
        description,
        msgspec.to_builtins(start),
        dict(extras),
        by,
        core.clock.now(),
    )


def _title(title: str) -> str:
    title = clean_text(title)
    if not title:
        raise Invalid({"title": Problem("required", "The title field is required.")})
    if len(title) > MAX_TITLE:
        raise Invalid({"title": Problem("max", f"The title may have at most {MAX_TITLE} characters.")})
    return title


async def update_automation(
    core: Core,
    automation_id: int,
    *,
    title: str | None = None,
    description: str | None = None,
    state: State | None = None,
    trigger: str | None = None,
    start: Start | None = None,
    extras: Mapping[str, Any] | None = None,
    steps: Sequence[StepDraft] | None = None,
    by: int | None = None,
) -> list[Step]:
    """Changes what is given, all or nothing, and answers the steps as they are then; raises NotFound, Invalid."""
    async with core.db.transaction() as tx:
        automation = await store.locked(tx, automation_id)
        if state is not None and state not in STATES:
            raise Invalid({"state": Problem("in", "The state must be draft or published.")})
        given = {
            "title": _title(title) if title is not None else None,
            "description": description,
            "state": state,
            "trigger": trigger,
            "start": msgspec.to_builtins(start) if start is not None else None,
            "extras": dict(extras) if extras is not None else None,
        }
        changed = {name: value for name, value in given.items() if value is not None}
        sets = "".join(f", {name} = ${i}" for i, name in enumerate(changed, start=3))
        await tx.execute(
            f"UPDATE automations SET updated_at = $2{sets} WHERE id = $1",
            automation_id,
            core.clock.now(),
            *changed.values(),
        )
        if state is not None and state != automation.state:
            await _tell_state(tx, automation, state)
        if steps is not None:
            now = msgspec.structs.replace(automation, title=given["title"] or automation.title)
            return await save_steps(core, tx, now, steps, by=by)
        return (await store.steps_of(tx, [automation_id]))[automation_id]


async def _tell_state(tx: Connection, automation: Automation, state: State) -> None:
    kind = "automation_published" if state == "published" else "automation_stopped"
    await write_facts(tx, [Fact(kind, subject_id=automation.id, data={"title": automation.title})])


async def rename_automation(core: Core, automation_id: int, title: str) -> None:
    """A new title; raises NotFound, Invalid, Conflict when it is the one it has."""
    if (await queries.automation_by_id(core, automation_id)).title == clean_text(title):
        raise Conflict("The automation has this title already.", code="unchanged")
    await update_automation(core, automation_id, title=title)


async def set_state(core: Core, automation_id: int, state: State) -> None:
    """Publishes or stops; raises NotFound, Invalid, Conflict when it is in that state."""
    if (await queries.automation_by_id(core, automation_id)).state == state:
        raise Conflict(f"The automation is {state} already.", code="unchanged")
    await update_automation(core, automation_id, state=state)


async def set_states(core: Core, ids: Sequence[int], state: State) -> int:
    """Publishes or stops several; unknown ones are left out. Answers how many changed."""
    if state not in STATES:
        raise Invalid({"state": Problem("in", "The state must be draft or published.")})
    async with core.db.transaction() as tx:
        rows = await tx.fetch(
            f"""UPDATE automations a SET state = $2, updated_at = $3 WHERE a.id = ANY($1::bigint[]) AND a.state <> $2
            RETURNING {store.SELECTED}""",
            list(ids),
            state,
            core.clock.now(),
        )
        for row in rows:
            await _tell_state(tx, store.automation_from(row), state)
        return len(rows)


async def set_note(
    core: Core, automation_id: int, content: str, *, author: str, by: int | None
) -> dict[str, Any] | None:
    """A note for colleagues, or none when it is empty; answers it. Raises NotFound."""
    now = core.clock.now()
    note = {"content": content, "by": by, "author": author, "at": now.isoformat()} if content.strip() else None
    if not await core.db.execute("UPDATE automations SET note = $2 WHERE id = $1", automation_id, note):
        raise NotFound("automation", automation_id)
    return note


async def set_labels(core: Core, ids: Sequence[int], *, attach: Sequence[int] = (), detach: Sequence[int] = ()) -> None:
    """Puts labels on automations and takes others off; unknown ids change nothing."""
    await change_labels(core, "automation", ids, attach=attach, detach=detach)


async def create_with_steps(
    core: Core,
    *,
    title: str,
    trigger: str,
    description: str = "",
    start: Start,
    extras: Mapping[str, Any],
    steps: Sequence[StepDraft],
    label_ids: Sequence[int] = (),
    created_by: int | None = None,
) -> int:
    """A draft with its steps and labels at once (a copy, an import); raises Invalid."""
    async with core.db.transaction() as tx:
        made = await _insert(core, tx, title, trigger, description, start, extras, created_by)
        await save_steps(core, tx, await store.locked(tx, made), steps, by=created_by)
        await tx.execute(
            "INSERT INTO automation_labels (automation_id, label_id) SELECT $1, id FROM labels WHERE id = ANY($2::bigint[])",
            made,
            list(label_ids),
        )
        return made


async def duplicate_automation(core: Core, automation_id: int, *, title: str, created_by: int | None = None) -> int:
    """A draft with the same trigger, steps, mails and labels; raises NotFound."""
    view = await queries.automation_view(core, automation_id)
    steps = await queries.steps_of(core, automation_id)
    return await create_with_steps(
        core,
        title=title[:MAX_TITLE],
        trigger=view.automation.trigger,
        description=view.automation.description,
        start=view.automation.asks,
        extras=view.automation.extras,
        steps=await drafts_of(core, steps),
        label_ids=view.label_ids,
        created_by=created_by,
    )


async def drafts_of(core: Core, steps: Sequence[Step]) -> list[StepDraft]:
    """Steps as drafts of new ones, with what their mails say."""
    graph = rules.graph_of(steps)
    mailings = await campaigns_by_ids(core, [step.mailing_id for step in steps if step.mailing_id is not None])

    def drafts(row: Sequence[int]) -> list[StepDraft]:
        found: list[StepDraft] = []
        for step in (graph.steps[one] for one in row):
            mailing = mailings.get(step.mailing_id or 0)
            mail = {name: getattr(mailing, name) for name in EDITABLE - {"title", "parent_id"}} if mailing else None
            ways = [drafts(graph.rows.get((step.id, way), ())) for way in ("yes", "no")]
            found.append(
                StepDraft(
                    step.kind,
                    step.params,
                    title=step.title,
                    description=step.description,
                    note=step.note,
                    extras=step.extras,
                    mail=mail,
                    yes=ways[0],
                    no=ways[1],
                )
            )
        return found

    return drafts(graph.rows.get((None, ""), ()))


async def write_mailing(
    core: Core, automation_id: int, mailing_id: int | None, values: Mapping[str, Any], *, by: int | None = None
) -> tuple[int, bool]:
    """Writes a mail for a step that may not be saved yet: (its id, whether it is new). Raises NotFound, Invalid."""
    async with core.db.transaction() as tx:
        automation = await store.locked(tx, automation_id)
        known = await tx.fetchval(
            "SELECT id FROM campaigns WHERE id = $1 AND is_standing AND parent_id = $2", mailing_id, automation_id
        )
        return await save_mailing(core, tx, automation, known, values, by=by), known is None


async def delete_automations(core: Core, ids: Sequence[int]) -> int:
    """Deletes automations with their steps, runs and numbers; mails that were sent stay in the contacts' history."""
    async with core.db.transaction() as tx:
        rows = await tx.fetch(
            "SELECT id, title FROM automations WHERE id = ANY($1::bigint[]) ORDER BY id FOR UPDATE", list(ids)
        )
        found = [row["id"] for row in rows]
        mailings = await tx.fetch(
            "SELECT id FROM campaigns WHERE kind = $1 AND is_standing AND parent_id = ANY($2::bigint[])", KIND, found
        )
        await tx.execute("DELETE FROM automations WHERE id = ANY($1::bigint[])", found)
        await drop_mailings(tx, [row["id"] for row in mailings], core.clock.now())
        facts = [Fact("automation_deleted", subject_id=row["id"], data={"title": row["title"]}) for row in rows]
        await write_facts(tx, facts)
        return len(found)
