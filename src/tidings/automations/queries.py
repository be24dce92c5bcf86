"""Reads of automations, their steps and who is in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tidings.automations import store
from tidings.automations.types import Automation, AutomationView, Metric, Run, RunView, Step
from tidings.contacts import codes
from tidings.contacts.counting import count, ids_of_page
from tidings.platform.core import Core
from tidings.platform.db import Row, escape_like
from tidings.platform.errors import NotFound
from tidings.platform.pagination import Page, PageRequest

SORTS = {name: f"a.{name}" for name in ("id", "title", "trigger", "state", "created_at", "updated_at")}


@dataclass(frozen=True, slots=True)
class StepCounts:
    """How many runs a step did, passed over and failed for, and what goals were worth together."""

    completed: int = 0
    skipped: int = 0
    failed: int = 0
    value: float = 0.0


async def find_automation(core: Core, automation_id: int) -> Automation | None:
    """The automation alone, or None."""
    row = await core.db.fetchrow(f"SELECT {store.SELECTED} FROM automations a WHERE a.id = $1", automation_id)
    return store.automation_from(row) if row else None


async def automation_by_id(core: Core, automation_id: int) -> Automation:
    """The automation alone; raises NotFound."""
    found = await find_automation(core, automation_id)
    if found is None:
        raise NotFound("automation", automation_id)
    return found


async def automations_by_ids(core: Core, ids: Sequence[int]) -> dict[int, Automation]:
    """Several at once; unknown ids are left out."""
    rows = await core.db.fetch(
        f"SELECT {store.SELECTED} FROM automations a WHERE a.id = ANY($1::bigint[])", list(set(ids))
    )
    return {row["id"]: store.automation_from(row) for row in rows}


async def automation_view(core: Core, automation_id: int) -> AutomationView:
    """The automation with labels and counts; raises NotFound."""
    return (await views_of(core, [await automation_by_id(core, automation_id)]))[0]


async def list_automations(
    core: Core, request: PageRequest, *, search: str = "", states: Sequence[str] = (), label_ids: Sequence[int] = ()
) -> Page[AutomationView]:
    """A page of automations; four statements whatever its size."""
    where = """a.campaign_id IS NULL AND (cardinality($1::text[]) = 0 OR a.state = ANY($1)) AND ($2 = '' OR lower(a.title) LIKE $2)
        AND (cardinality($3::bigint[]) = 0 OR EXISTS (
            SELECT 1 FROM automation_labels l WHERE l.automation_id = a.id AND l.label_id = ANY($3)))"""
    args = (list(states), _like(search), list(label_ids))
    rows = await core.db.fetch(
        f"SELECT {store.SELECTED} FROM automations a WHERE {where} {request.order_by(SORTS)} LIMIT $4 OFFSET $5",
        *args,
        request.per_page,
        request.offset,
    )
    total = await core.db.fetchval(f"SELECT count(*) FROM automations a WHERE {where}", *args)
    return Page(await views_of(core, [store.automation_from(row) for row in rows]), total, request)


def _like(text: str) -> str:
    escaped = escape_like(text.strip().lower())
    return f"%{escaped}%" if escaped else ""


async def views_of(core: Core, automations: Sequence[Automation]) -> list[AutomationView]:
    """Automations with labels and counts; two statements."""
    ids = [one.id for one in automations]
    counts: dict[int, dict[str, int]] = {}
    for row in await core.db.fetch(store.sql.counts, ids):
        counts.setdefault(row["automation_id"], {})[row["state"]] = row["n"]
    labels: dict[int, list[int]] = {}
    for row in await core.db.fetch(store.sql.labels, ids):
        labels.setdefault(row["automation_id"], []).append(row["label_id"])
    return [AutomationView(one, labels.get(one.id, []), counts.get(one.id, {})) for one in automations]


async def search_automations(
    core: Core, text: str = "", *, ids: Sequence[int] | None = None, limit: int = 10
) -> list[Automation]:
    """Automations whose title holds the text, the newest first; optionally only those ids."""
    rows = await core.db.fetch(
        f"""SELECT {store.SELECTED} FROM automations a WHERE a.campaign_id IS NULL AND ($1 = '' OR lower(a.title) LIKE $1)
        AND ($2::bigint[] IS NULL OR a.id = ANY($2)) ORDER BY a.id DESC LIMIT $3""",
        _like(text),
        list(ids) if ids is not None else None,
        limit,
    )
    return [store.automation_from(row) for row in rows]


async def steps_of(core: Core, automation_id: int) -> list[Step]:
    """The steps of one automation in their order."""
    return (await store.steps_of(core.db, [automation_id]))[automation_id]


async def steps_of_all(core: Core, automation_ids: Sequence[int]) -> dict[int, list[Step]]:
    """Those of several; one statement."""
    return await store.steps_of(core.db, sorted(set(automation_ids)))


async def step_by_id(core: Core, step_id: int) -> Step:
    """One step; raises NotFound."""
    row = await core.db.fetchrow(f"SELECT {store.STEP_SELECTED} FROM automation_steps s WHERE s.id = $1", step_id)
    if row is None:
        raise NotFound("step", step_id)
    return store.step_from(row)


async def step_counts(core: Core, automation_id: int) -> dict[int, StepCounts]:
    """What became of each step that anybody came to; one statement."""
    found: dict[int, dict[str, float]] = {}
    for row in await core.db.fetch(store.sql.step_counts, automation_id):
        mine = found.setdefault(row["step_id"], {"value": 0.0})
        mine[row["state"]] = row["n"]
        mine["value"] += float(row["value"])
    return {
        step: StepCounts(int(n.get("completed", 0)), int(n.get("skipped", 0)), int(n.get("failed", 0)), n["value"])
        for step, n in found.items()
    }


async def find_run(core: Core, automation_id: int, contact_id: int) -> RunView | None:
    """A contact's run with its metrics, or None."""
    row = await core.db.fetchrow(
        f"SELECT {store.RUN_SELECTED} FROM automation_runs r WHERE r.automation_id = $1 AND r.contact_id = $2",
        automation_id,
        contact_id,
    )
    return (await _run_views(core, [row]))[0] if row else None


async def list_runs(
    core: Core,
    request: PageRequest,
    *,
    automation_id: int | None = None,
    contact_id: int | None = None,
    state: str = "",
    step_id: int | None = None,
    search: str = "",
) -> Page[RunView]:
    """Runs, the newest first, of an automation, a contact or all; `step_id`: those that did that step.

    Four statements whatever the size.
    """
    where, args = _wanted(automation_id, contact_id, state, step_id, search)
    n = len(args)
    page = f"SELECT r.id FROM automation_runs r WHERE {where} ORDER BY r.id DESC LIMIT ${n + 1}::bigint OFFSET ${n + 2}::bigint"
    ids = await ids_of_page(core, page, [*args, request.per_page, request.offset])
    total = request.total_seen(len(ids))
    if total is None:
        ways = [f"SELECT count(*) FROM automation_runs r WHERE {where}"]
        if (
            step_id is not None
            and not (contact_id or state or search)
            and await _is_step_of(core, step_id, automation_id)
        ):
            # Nobody did a step but those in its automation, and each once.
            ways.append(f"SELECT count(*) FROM automation_metrics m WHERE m.step_id = ${n} AND $1::bigint IS NOT NULL")
        total = await count(core, ways, args)
    shown = f"SELECT {store.RUN_SELECTED} FROM automation_runs r WHERE r.id = ANY($1::bigint[]) ORDER BY r.id DESC"
    rows = await core.db.fetch(shown, ids) if ids else []
    return Page(await _run_views(core, rows), total, request)


async def _is_step_of(core: Core, step_id: int, automation_id: int | None) -> bool:
    owner = await core.db.fetchval("SELECT automation_id FROM automation_steps WHERE id = $1", step_id)
    return owner is not None and automation_id in (owner, None)


def _wanted(
    automation_id: int | None, contact_id: int | None, state: str, step_id: int | None, search: str
) -> tuple[str, list[Any]]:
    """The condition on alias `r` with its values, of only what was asked for: beside an OR a subquery would be looked
    up run by run."""
    args: list[Any] = []

    def bound(value: Any) -> str:
        args.append(value)
        return f"${len(args)}"

    conditions = ["true"]
    if automation_id is not None:
        conditions.append(f"r.automation_id = {bound(automation_id)}::bigint")
    if contact_id is not None:
        conditions.append(f"r.contact_id = {bound(contact_id)}::bigint")
    if state:
        conditions.append(f"r.state = {bound(state)}::text")
    if step_id is not None:
        did = f"m.run_id = r.id AND m.step_id = {bound(step_id)}::bigint"
        conditions.append(f"EXISTS (SELECT 1 FROM automation_metrics m WHERE {did})")
    if text := _like(search):
        like, words = f"LIKE {bound(text)}::text", search.split()
        # One word spans no two columns, and what is compared by itself the planner knows something about.
        parts = " OR ".join(f"lower(c.{name}) {like}" for name in ("first_name", "last_name", "email"))
        named = f"({parts})" if len(words) == 1 else f"lower(concat_ws(' ', c.first_name, c.last_name, c.email)) {like}"
        # Words of a name stand in the index one by one.
        held = "".join(f" AND ({codes.coded_sql(bound(word))})" for word in words if codes.is_coded(word))
        conditions.append(f"EXISTS (SELECT 1 FROM contacts c WHERE c.id = r.contact_id AND {named}{held})")
    return " AND ".join(conditions), args


async def _run_views(core: Core, rows: Sequence[Row]) -> list[RunView]:
    runs = [store.run_from(row) for row in rows]
    metrics: Mapping[int, list[Metric]] = {run.id: [] for run in runs}
    statement = store.sql.metrics.replace("{metric}", store.METRIC_SELECTED)
    for row in await core.db.fetch(statement, [run.id for run in runs]):
        metric = store.metric_from(row)
        metrics[metric.run_id].append(metric)
    return [RunView(run, metrics[run.id]) for run in runs]


async def recent_runs(core: Core, automation_ids: Sequence[int], *, each: int = 5) -> dict[int, list[Run]]:
    """The last few that began, by automation; one statement."""
    rows = await core.db.fetch(
        f"""SELECT {store.RUN_SELECTED} FROM unnest($1::bigint[]) AS w (id) CROSS JOIN LATERAL (
            SELECT * FROM automation_runs r WHERE r.automation_id = w.id ORDER BY r.id DESC LIMIT $2) r""",
        list(automation_ids),
        each,
    )
    found: dict[int, list[Run]] = {one: [] for one in automation_ids}
    for row in rows:
        found[row["automation_id"]].append(store.run_from(row))
    return found
