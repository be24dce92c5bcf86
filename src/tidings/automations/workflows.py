"""Campaigns of several steps: an automation carries each. The campaign is what people start, pause and read; its state
decides whether anybody moves (`running`), its settings go to its mails, and whom it is for enters as a job.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from tidings.automations import store
from tidings.automations.entering import enter
from tidings.automations.saving import save_steps
from tidings.automations.triggers import ANSWERED
from tidings.automations.types import READER, Automation, Start, Step, StepDraft
from tidings.campaigns import actions, carried, recipients
from tidings.campaigns.drawing import MAILABLE
from tidings.campaigns.queries import campaign_by_id, locked_campaign, parts_of
from tidings.campaigns.types import WORKFLOW, Campaign
from tidings.platform import jobs
from tidings.platform.core import Core
from tidings.platform.db import Connection
from tidings.platform.facts import start_reader
from tidings.platform.pagination import Page, PageRequest
from tidings.segments.compiler import compile_rule
from tidings.segments.types import Rule, from_json

TRIGGER = "lists_added"
ENROL_JOB = "enrol_campaign_contacts"
CHUNK = 2000
# What the mails of a campaign have from it.
_INHERITED = ("account_ids", "per_hour", "per_minute", "sends_within", "sender", "footer", "utm", "language")


@dataclass(frozen=True, slots=True)
class Enrolled:
    """One contact of a campaign of several steps. state: waiting, under_way, completed, unsubscribed, bounced, replied,
    failed. sent_at: the last mail."""

    contact_id: int
    email: str | None
    state: str
    entered_at: datetime
    sent_at: datetime | None


async def is_carried(core: Core, campaign: Campaign) -> bool:
    """Whether a campaign needs an automation: it has several steps, or a dynamic list brings people while it runs."""
    return campaign.kind == WORKFLOW or bool(await carried.dynamic_lists(core.db, campaign.id))


async def start_workflow(
    core: Core,
    campaign_id: int,
    steps: Sequence[StepDraft],
    *,
    ends_on_reply: bool = True,
    outreach: Mapping[str, Any] | None = None,
) -> None:
    """Starts a draft: its automation is made and published, and its people enter. One mail becomes a campaign of several
    steps by it. Raises NotFound, Conflict, Refused, Invalid. A mail step is named by `key` in its params, and what
    belongs to one place of the graph by equal extras."""
    async with core.db.transaction() as tx:
        campaign = await locked_campaign(tx, campaign_id)
        await carried.begin(core, tx, campaign, outreach=campaign.outreach if outreach is None else outreach)
        automation = await _made(core, tx, campaign)
        await _save(core, tx, automation, campaign, steps, ends_on_reply)
        await _enrol_later(tx, campaign_id)


async def change_workflow(
    core: Core,
    campaign_id: int,
    steps: Callable[[], Sequence[StepDraft]],
    *,
    ends_on_reply: bool = True,
    only_in: Sequence[Any],
    **values: Any,
) -> None:
    """Changes a campaign as `update_campaign` does, and with it the steps of one that was started: contacts stay where
    they are, or go on to the nearest step that is left. `steps` is asked only then, and may refuse."""

    async def also(tx: Connection, before: Campaign) -> None:
        automation = await _automation_of(tx, campaign_id)
        if automation is not None:
            campaign = await locked_campaign(tx, campaign_id)
            await _save(core, tx, automation, campaign, steps(), ends_on_reply)

    await actions.update_campaign(core, campaign_id, only_in=only_in, also=also, **values)


async def _automation_of(tx: Connection, campaign_id: int) -> Automation | None:
    row = await tx.fetchrow(
        f"SELECT {store.SELECTED} FROM automations a WHERE a.campaign_id = $1 FOR UPDATE", campaign_id
    )
    return store.automation_from(row) if row else None


async def _made(core: Core, tx: Connection, campaign: Campaign) -> Automation:
    await start_reader(tx, READER)
    made = await tx.fetchval(
        """INSERT INTO automations (title, state, trigger, campaign_id, created_by, created_at, updated_at)
        VALUES ($1, 'published', $2, $3, $4, $5, $5) RETURNING id""",
        campaign.title,
        TRIGGER,
        campaign.id,
        campaign.created_by,
        core.clock.now(),
    )
    return await store.locked(tx, made)


async def _save(
    core: Core,
    tx: Connection,
    automation: Automation,
    campaign: Campaign,
    drafts: Sequence[StepDraft],
    ends_on_reply: bool,
) -> list[Step]:
    old = (await store.steps_of(tx, [automation.id]))[automation.id]
    known: dict[bytes, list[Step]] = {}
    for step in old:
        known.setdefault(_place(step.kind, step.extras), []).append(step)
    inherited = {name: getattr(campaign, name) for name in _INHERITED}
    steps = [_placed(one, known, inherited) for one in drafts]
    await _ask(tx, automation, campaign.id, ends_on_reply=ends_on_reply)
    now = msgspec.structs.replace(automation, title=campaign.title)
    return await save_steps(core, tx, now, steps, by=campaign.created_by)


def _place(kind: str, extras: Mapping[str, Any]) -> bytes:
    return msgspec.json.encode([kind, dict(extras)], order="sorted")


def _placed(draft: StepDraft, known: dict[bytes, list[Step]], inherited: Mapping[str, Any]) -> StepDraft:
    """The draft as a change of the step that stood at its place, with what its mail has from the campaign."""
    stored = known.get(_place(draft.kind, draft.extras))
    return StepDraft(
        draft.kind,
        draft.params,
        id=stored.pop(0).id if stored else None,
        title=draft.title,
        extras=draft.extras,
        mail={**inherited, **draft.mail} if draft.mail is not None else None,
        yes=[_placed(one, known, inherited) for one in draft.yes],
        no=[_placed(one, known, inherited) for one in draft.no],
    )


async def _ask(tx: Connection, automation: Automation, campaign_id: int, *, ends_on_reply: bool | None = None) -> None:
    """Whoever comes onto a dynamic list that feeds the campaign enters its automation."""
    lists = await carried.link_lists(tx, campaign_id, [])
    ends = automation.asks.ends_on_reply if ends_on_reply is None else ends_on_reply
    start = msgspec.to_builtins(Start(ids=tuple(lists), ends_on_reply=ends))
    await tx.execute("UPDATE automations SET start = $2 WHERE id = $1", automation.id, start)


async def _enrol_later(tx: Connection, campaign_id: int) -> None:
    await tx.execute("UPDATE campaigns SET is_drawn = false WHERE id = $1", campaign_id)
    # Without a unique key: one that is ending now would not see who was picked just before.
    await jobs.enqueue(tx, ENROL_JOB, {"campaign_id": campaign_id})


async def add_people(core: Core, campaign_id: int, rule: Rule, *, list_ids: Sequence[int] = ()) -> int:
    """Picks everybody who matches, as `campaigns.recipients` does; `list_ids` are lists whose members these are: who
    comes onto a dynamic one of them later enters too. Answers how many are new."""

    async def also(tx: Connection, campaign: Campaign) -> None:
        dynamic = await carried.link_lists(tx, campaign_id, list_ids)
        automation = await _automation_of(tx, campaign_id)
        if automation is None and dynamic:
            # A campaign of one mail that runs already has none: the reader feeds it by itself.
            await start_reader(tx, READER)
        if automation is not None:
            await _ask(tx, automation, campaign_id)
            await _enrol_later(tx, campaign_id)

    return await recipients.pick_contacts(core, campaign_id, rule, also=also)


async def remove_people(core: Core, campaign_id: int, contact_ids: Sequence[int]) -> int:
    """Takes contacts out of a campaign: what waits for them goes, they go no further. Answers how many there were."""

    async def also(tx: Connection, campaign: Campaign) -> None:
        await tx.execute(
            """DELETE FROM automation_runs r USING automations a WHERE a.campaign_id = $1 AND r.automation_id = a.id
            AND r.contact_id = ANY($2::bigint[]) AND r.state IN ('pending', 'active', 'waiting')""",
            campaign_id,
            list(contact_ids),
        )

    return await recipients.unpick_contacts(core, campaign_id, contact_ids, also=also)


async def enrol(core: Core, campaign_id: int) -> int:
    """Everybody whom the campaign is for and who is not in it enters, in sets; answers how many. Safe to run twice."""
    after, entered = 0, 0
    while True:
        async with core.db.transaction() as tx:
            campaign = await locked_campaign(tx, campaign_id)
            automation = await _automation_of(tx, campaign_id)
            if automation is None or campaign.state in recipients.ENDED:
                return entered
            where = compile_rule(
                from_json(campaign.audience), zone=await core.installation.zone(), now=core.clock.now(), first=4
            )
            statement = store.sql.enrol.replace("{mailable}", MAILABLE).replace("{where}", where.sql)
            rows = await tx.fetch(statement, automation.id, after, CHUNK, *where.args)
            if not rows and after:
                # Who was picked meanwhile may have a lower number.
                after = 0
                continue
            if not rows:
                await tx.execute("UPDATE campaigns SET is_drawn = true WHERE id = $1", campaign_id)
                return entered
            after = rows[-1]["id"]
            graph = await store.graph(tx, automation.id)
            wanted = dict.fromkeys(row["id"] for row in rows)
            entered += len(await enter(tx, automation, graph, wanted, now=core.clock.now(), source=WORKFLOW))


async def count_enrolled(core: Core, campaign_id: int) -> dict[str, int]:
    """Contacts of a campaign of several steps by the state of their runs (`types.RUN_STATES`); one statement."""
    rows = await core.db.fetch(
        """SELECT r.state, count(*) AS n FROM automations a JOIN automation_runs r ON r.automation_id = a.id
        WHERE a.campaign_id = $1 GROUP BY r.state""",
        campaign_id,
    )
    return {row["state"]: row["n"] for row in rows}


async def list_enrolled(
    core: Core, campaign_id: int, request: PageRequest, *, states: Sequence[str] = ()
) -> Page[Enrolled]:
    """Who is in a campaign of several steps, the newest first; before its start whom it is for, all of them `waiting`.
    Raises NotFound."""
    campaign = await campaign_by_id(core, campaign_id)
    automation_id = await core.db.fetchval("SELECT id FROM automations WHERE campaign_id = $1", campaign.id)
    if automation_id is None:
        wanted = ["queued"] if not states or "waiting" in states else ["none"]
        page = await recipients.list_recipients(core, campaign_id, request, states=wanted)
        found = [Enrolled(one.contact_id, one.email, "waiting", one.added_at, None) for one in page.rows]
        return Page(found, page.total, request)
    asked = (store.sql.enrolled, automation_id, await parts_of(core, campaign_id), list(states), ANSWERED)
    rows = await core.db.fetch(*asked, request.per_page, request.offset)
    # Behind the last page there is no row that knows the total.
    known = rows or (await core.db.fetch(*asked, 1, 0) if request.offset else [])
    return Page([Enrolled(*row[:5]) for row in rows], known[0]["total"] if known else 0, request)
