"""A new version of an automation's steps: what is known is changed, what is new is made, what is missing is deleted.

Contacts that stood at a deleted step go to the nearest following one that is left (`rules.survivor`); whoever has none
is through. All in one transaction, during which nobody moves on.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from tidings.automations import rules, store
from tidings.automations.types import BRANCHING, Automation, Branch, Step, StepDraft
from tidings.campaigns import standing
from tidings.contacts.rules import slug_of
from tidings.platform.core import Core
from tidings.platform.db import Connection
from tidings.platform.errors import Invalid, Problem

MAX_STEPS = 500
MAILS = ("send_mail", "send_campaign_mail")

_INSERT = """
INSERT INTO automation_steps (automation_id, parent_id, branch, kind, title, description, params, extras, note, position,
                              mailing_id, created_by, created_at, updated_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $13) RETURNING id
"""
_UPDATE = """
UPDATE automation_steps SET parent_id = $2, branch = $3, kind = $4, title = $5, description = $6, params = $7, extras = $8,
    note = $9, position = $10, mailing_id = $11, updated_at = $12 WHERE id = $1
"""
_RELOCATE = """
UPDATE automation_runs r SET step_id = g.now, state = CASE WHEN r.state = 'waiting' THEN 'active' ELSE r.state END,
    due_at = CASE WHEN r.state = 'waiting' THEN $3 ELSE r.due_at END, updated_at = $3
FROM unnest($1::bigint[], $2::bigint[]) AS g (was, now)
WHERE r.automation_id = $4 AND r.step_id = g.was AND r.state IN ('pending', 'active', 'waiting')
"""
_EMPTY = """
SELECT c.id FROM campaigns c WHERE c.id = ANY($1::bigint[]) AND NOT EXISTS (SELECT 1 FROM messages m WHERE m.campaign_id = c.id)
"""


@dataclass(frozen=True, slots=True)
class _Placed:
    """A draft with its place: the index of its parent among the placed, its branch, its position."""

    draft: StepDraft
    parent: int | None
    branch: Branch
    position: int


async def save_steps(
    core: Core, tx: Connection, automation: Automation, drafts: Sequence[StepDraft], *, by: int | None = None
) -> list[Step]:
    """Replaces the steps of a locked automation and answers them in order. Raises Invalid."""
    placed = list(_placed(drafts))
    if len(placed) > MAX_STEPS:
        raise Invalid({"steps": Problem("max", f"An automation may have at most {MAX_STEPS} steps.")})
    old = (await store.steps_of(tx, [automation.id]))[automation.id]
    known = {step.id: step for step in old}
    ids: list[int] = []
    for one in placed:
        stored = known.get(one.draft.id or 0)
        is_taken = stored is not None and stored.id in ids
        ids.append(await _write(core, tx, automation, one, None if is_taken else stored, ids, by))
    await _drop(core, tx, old, set(ids))
    await tx.execute(
        "UPDATE automations SET version = version + 1, updated_at = $2 WHERE id = $1", automation.id, core.clock.now()
    )
    return (await store.steps_of(tx, [automation.id]))[automation.id]


def _placed(drafts: Sequence[StepDraft]) -> Iterator[_Placed]:
    found: list[_Placed] = []

    def walk(row: Sequence[StepDraft], parent: int | None, branch: Branch, depth: int) -> None:
        if depth > rules.MAX_DEPTH:
            raise Invalid({"steps": Problem("max", f"Branches may be at most {rules.MAX_DEPTH} levels deep.")})
        for draft in row:
            if not draft.kind:
                raise Invalid({"steps": Problem("required", "A step needs to say what it does.")})
            here = len(found)
            found.append(_Placed(draft, parent, branch, here + 1))
            if draft.kind in BRANCHING:
                walk(draft.yes, here, "yes", depth + 1)
                walk(draft.no, here, "no", depth + 1)

    walk(drafts, None, "", 1)
    return iter(found)


async def _write(
    core: Core,
    tx: Connection,
    automation: Automation,
    one: _Placed,
    stored: Step | None,
    ids: Sequence[int],
    by: int | None,
) -> int:
    draft, now = one.draft, core.clock.now()
    mailing = await _mailing(core, tx, automation, draft, stored, by) if draft.kind in MAILS else None
    parent = ids[one.parent] if one.parent is not None else None
    values: tuple[Any, ...] = (
        draft.kind,
        draft.title,
        draft.description,
        dict(draft.params),
        dict(draft.extras),
        draft.note,
    )
    step_id: int
    if stored is not None:
        step_id = stored.id
        await tx.execute(_UPDATE, step_id, parent, one.branch, *values, one.position, mailing, now)
    else:
        step_id = await tx.fetchval(_INSERT, automation.id, parent, one.branch, *values, one.position, mailing, by, now)
    if mailing is not None:
        # Named so that it is found again among all mails.
        title = f"{automation.title} ({automation.id} - {step_id})"
        await standing.rename_standing(tx, mailing, title, slug=slug_of(f"{automation.title} {automation.id}"))
    return step_id


async def _mailing(
    core: Core, tx: Connection, automation: Automation, draft: StepDraft, stored: Step | None, by: int | None
) -> int:
    """The mailing of a step that mails: the one that is named when it is this automation's, else the step's own."""
    found = await tx.fetchval(
        """SELECT id FROM campaigns WHERE id = ANY($1::bigint[]) AND is_standing AND parent_id = $2
        ORDER BY array_position($1::bigint[], id) LIMIT 1""",
        [one for one in (draft.mailing_id, stored.mailing_id if stored else None) if one is not None],
        automation.id,
    )
    return await save_mailing(core, tx, automation, found, draft.mail, by=by)


async def save_mailing(
    core: Core, tx: Connection, automation: Automation, mailing_id: int | None, values: Any, *, by: int | None
) -> int:
    """Writes the mail of a step of this automation, or makes one; answers its id. `values` None leaves it as it is."""
    if mailing_id is None:
        return await standing.create_standing(
            core,
            tx,
            title=automation.title,
            parent_id=automation.id,
            created_by=by,
            values=values or {},
            part_of=automation.campaign_id,
        )
    if values:
        await standing.update_standing(core, tx, mailing_id, values)
    return mailing_id


async def _drop(core: Core, tx: Connection, old: Sequence[Step], kept: set[int]) -> None:
    gone = [step for step in old if step.id not in kept]
    if not gone:
        return
    graph, now = rules.graph_of(old), core.clock.now()
    moves = [(step.id, rules.survivor(graph, step.id, kept)) for step in gone]
    await tx.execute(_RELOCATE, [was for was, _ in moves], [to for _, to in moves], now, gone[0].automation_id)
    await tx.execute("DELETE FROM automation_metrics WHERE step_id = ANY($1::bigint[])", [step.id for step in gone])
    await tx.execute("DELETE FROM automation_steps WHERE id = ANY($1::bigint[])", [step.id for step in gone])
    await drop_mailings(tx, [step.mailing_id for step in gone if step.mailing_id is not None], now)


async def drop_mailings(tx: Connection, mailing_ids: Sequence[int], now: Any) -> None:
    """Mailings whose step is gone: what waits is cancelled, those that mailed nobody go, the others keep their history."""
    await tx.execute(
        """UPDATE messages SET state = 'cancelled', note = 'The step was deleted.', updated_at = $2
        WHERE campaign_id = ANY($1::bigint[]) AND state IN ('queued', 'deferred', 'paused')""",
        list(mailing_ids),
        now,
    )
    empty = [row["id"] for row in await tx.fetch(_EMPTY, list(mailing_ids))]
    await standing.delete_standing(tx, empty)
