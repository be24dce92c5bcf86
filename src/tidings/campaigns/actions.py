"""Writes of campaigns: one function, one transaction, facts in it. Drawing recipients is in `drawing`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from tidings.campaigns import queries, rules, store
from tidings.campaigns.drawing import count_recipients
from tidings.campaigns.types import EDITABLE, Campaign, State
from tidings.contacts.actions.catalog import change_labels
from tidings.contacts.rules import clean_text
from tidings.platform.core import Core
from tidings.platform.db import Connection
from tidings.platform.errors import Conflict, Invalid, NotFound, Problem, Refused
from tidings.platform.facts import Fact, write_facts
from tidings.segments.types import from_json

# What belongs to a change and is done in its transaction, with the campaign as it was before.
Also = Callable[[Connection, Campaign], Awaitable[None]]
TITLE_TAKEN = Problem("unique", "The title is already used by another campaign.")


async def create_campaign(
    core: Core,
    *,
    title: str = "",
    kind: str = "campaign",
    created_by: int | None = None,
    subjects: Sequence[tuple[int, str]] = (),
    **values: Any,
) -> int:
    """Makes a draft and returns its id. An empty title becomes "Untitled", "Untitled 2" …; `subjects` are under test
    (weight, text). Raises Invalid."""
    title = clean_text(title)
    if not title:
        title = await free_title(core, "Untitled", kind)
    elif await queries.has_title(core, title, kind=kind):
        raise Invalid({"title": TITLE_TAKEN})
    names, args = _columns(values)
    columns = "".join(f", {name}" for name in names)
    places = "".join(f", ${i}" for i in range(5, 5 + len(names)))
    async with core.db.transaction() as tx:
        made: int = await tx.fetchval(
            f"""INSERT INTO campaigns (title, kind, created_by, created_at, updated_at{columns})
            VALUES ($1, $2, $3, $4, $4{places}) RETURNING id""",
            title,
            kind,
            created_by,
            core.clock.now(),
            *args,
        )
        await _replace_subjects(tx, made, subjects)
        return made


async def free_title(core: Core, wanted: str, kind: str = "campaign") -> str:
    """The title, or the first of "title 2", "title 3" … that no campaign of that kind bears."""
    rows = await core.db.fetch("SELECT title FROM campaigns WHERE kind = $1 AND title LIKE $2", kind, wanted + "%")
    taken = {row["title"] for row in rows}
    n = 1
    while (title := wanted if n == 1 else f"{wanted} {n}") in taken:
        n += 1
    return title


def _columns(values: Mapping[str, Any]) -> tuple[list[str], list[Any]]:
    unknown = sorted(set(values) - EDITABLE)
    if unknown:
        raise Invalid({name: Problem("unknown", f"A campaign has no field “{name}”.") for name in unknown})
    return list(values), list(values.values())


async def update_campaign(
    core: Core,
    campaign_id: int,
    *,
    subjects: Sequence[tuple[int, str]] | None = None,
    only_in: Sequence[State] | None = None,
    also: Also | None = None,
    **values: Any,
) -> None:
    """Changes what is given; `subjects` replaces the subjects under test (weight, text), an empty list ends the test.

    Raises NotFound, Invalid (title taken, too few subjects) and Conflict once it is being drawn or sent; with `only_in`
    in every state but those, whatever is changed, and for another kind once it was started.
    """
    if "title" in values:
        values["title"] = clean_text(values["title"])
        if not values["title"]:
            raise Invalid({"title": Problem("required", "The title field is required.")})
        current = await queries.campaign_by_id(core, campaign_id)
        if await queries.has_title(core, values["title"], kind=current.kind, but=campaign_id):
            raise Invalid({"title": TITLE_TAKEN})
    names, args = _columns(values)
    async with core.db.transaction() as tx:
        campaign = await queries.locked_campaign(tx, campaign_id)
        if only_in is not None and campaign.state not in only_in:
            raise Conflict(f"A campaign that is {campaign.state} cannot be changed.", code="wrong_state")
        if campaign.state not in rules.EDITABLE_STATES and not set(names) <= {"title", "settings"}:
            raise Conflict(f"A campaign that is {campaign.state} cannot be edited.", code="wrong_state")
        if values.get("kind", campaign.kind) != campaign.kind and campaign.state != "draft":
            raise Conflict("A campaign of one mail that was started stays one.", code="wrong_state")
        if "audience" in names and campaign.drawn_up_to:
            raise Conflict("The recipients are drawn already; take the plan back to change them.", code="wrong_state")
        sets = "".join(f", {name} = ${i}" for i, name in enumerate(names, start=3))
        await tx.execute(
            f"UPDATE campaigns SET version = version + 1, updated_at = $2{sets} WHERE id = $1",
            campaign_id,
            core.clock.now(),
            *args,
        )
        if subjects is not None:
            await _replace_subjects(tx, campaign_id, subjects)
        if also is not None:
            await also(tx, campaign)


async def _replace_subjects(tx: Any, campaign_id: int, subjects: Sequence[tuple[int, str]]) -> None:
    wanted = [(max(1, weight), clean_text(text)) for weight, text in subjects if clean_text(text)]
    if subjects and len(wanted) < 2:
        raise Invalid({"subjects": Problem("min", "A test needs at least two subjects.")})
    rows = await tx.fetch("SELECT id FROM campaign_subjects WHERE campaign_id = $1 ORDER BY id", campaign_id)
    kept = [row["id"] for row in rows][: len(wanted)]
    for row_id, (weight, text) in zip(kept, wanted, strict=False):
        await tx.execute("UPDATE campaign_subjects SET weight = $2, subject = $3 WHERE id = $1", row_id, weight, text)
    await tx.execute(
        "DELETE FROM campaign_subjects WHERE campaign_id = $1 AND NOT id = ANY($2::bigint[])", campaign_id, kept
    )
    await tx.executemany(
        "INSERT INTO campaign_subjects (campaign_id, weight, subject) VALUES ($1, $2, $3)",
        [(campaign_id, weight, text) for weight, text in wanted[len(kept) :]],
    )


async def set_labels(
    core: Core, campaign_ids: Sequence[int], *, attach: Sequence[int] = (), detach: Sequence[int] = ()
) -> None:
    """Puts labels on campaigns and takes others off; unknown ids change nothing."""
    await change_labels(core, "campaign", campaign_ids, attach=attach, detach=detach)


async def schedule_campaign(
    core: Core,
    campaign_id: int,
    *,
    at: datetime | None = None,
    spread_until: datetime | None = None,
    needs_somebody: bool = False,
    **values: Any,
) -> None:
    """Plans a draft for `at`, or starts it now; with `spread_until` the mails go out evenly between the two.

    `values` are changed with it, as `update_campaign` would. Subject and body may still be missing while the date is
    ahead: they are looked at again when it has come. Raises Refused when they are missing now, when there are no
    recipients, or when the range runs backwards; with `needs_somebody` also when nobody of the audience can be mailed.
    """
    names, args = _columns(values)
    now = core.clock.now()
    if spread_until is not None and (at is None or spread_until <= at):
        raise Refused("The end of the sending range must be after its start.", code="bad_range")
    async with core.db.transaction() as tx:
        campaign = await queries.locked_campaign(tx, campaign_id)
        rules.require_move(campaign.state, "scheduled")
        missing = rules.what_is_missing(campaign)
        if missing and (at is None or at <= now):
            raise Refused(missing, code="incomplete")
        if not campaign.audience:
            raise Refused("Please select at least one recipient.", code="no_recipients")
        if needs_somebody and not await count_recipients(core, from_json(campaign.audience)):
            raise Refused("Nobody of its recipients can be mailed.", code="no_recipients")
        is_now = at is None or (at <= now and spread_until is None)
        sets = "".join(f", {name} = ${i}" for i, name in enumerate(names, start=4))
        await tx.execute(
            f"""UPDATE campaigns SET scheduled_at = $2, spread_until = $3, is_drawn = false, drawn_up_to = 0,
            recipients_count = 0, version = version + 1{sets} WHERE id = $1""",
            campaign_id,
            now if at is None else at,
            spread_until,
            *args,
        )
        await store.move(core, tx, campaign, "drawing" if is_now else "scheduled", "campaign_scheduled")


async def unschedule_campaign(core: Core, campaign_id: int) -> None:
    """Takes a plan back: drawn messages go, the campaign is a draft again. Raises Conflict once mails went out."""
    async with core.db.transaction() as tx:
        campaign = await queries.locked_campaign(tx, campaign_id)
        rules.require_move(campaign.state, "draft")
        if campaign.state == "drawing" and campaign.scheduled_at and campaign.scheduled_at <= core.clock.now():
            raise Conflict("The campaign has started already.", code="wrong_state")
        await store.take_back(core, tx, campaign)


async def reschedule_campaign(core: Core, campaign_id: int, at: datetime) -> None:
    """Moves the date of a planned campaign together with the messages drawn for it."""
    async with core.db.transaction() as tx:
        campaign = await queries.locked_campaign(tx, campaign_id)
        if campaign.state != "scheduled":
            raise Conflict("Only a planned campaign can be moved.", code="wrong_state")
        await tx.execute(
            "UPDATE messages SET due_at = due_at + ($2::timestamptz - $3::timestamptz) WHERE campaign_id = $1",
            campaign_id,
            at,
            campaign.scheduled_at,
        )
        await tx.execute("UPDATE campaigns SET scheduled_at = $2 WHERE id = $1", campaign_id, at)


async def pause_campaign(core: Core, campaign_id: int) -> None:
    """Stops sending: what is not in a sender's hand waits. Raises Conflict when it is not being sent."""
    async with core.db.transaction() as tx:
        campaign = await queries.locked_campaign(tx, campaign_id)
        rules.require_move(campaign.state, "paused")
        await store.move(core, tx, campaign, "paused", "campaign_paused")
        await tx.execute(store.sql.move_parts, campaign_id, "paused", core.clock.now())
        await tx.execute(store.sql.pause_messages, campaign_id, core.clock.now())


async def resume_campaign(core: Core, campaign_id: int) -> None:
    """Goes on where it stopped. Raises Conflict when it is not paused."""
    async with core.db.transaction() as tx:
        campaign = await queries.locked_campaign(tx, campaign_id)
        if campaign.state != "paused":
            raise Conflict("Only a paused campaign can be resumed.", code="wrong_state")
        await store.move(core, tx, campaign, "sending", "campaign_resumed")
        await tx.execute(store.sql.move_parts, campaign_id, "sending", core.clock.now())
        await tx.execute(store.sql.resume_messages, campaign_id, core.clock.now())


async def cancel_campaign(core: Core, campaign_id: int) -> None:
    """Stops for good: what is not sent is cancelled."""
    async with core.db.transaction() as tx:
        campaign = await queries.locked_campaign(tx, campaign_id)
        rules.require_move(campaign.state, "cancelled")
        await store.move(core, tx, campaign, "cancelled", "campaign_cancelled")
        await tx.execute(store.sql.move_parts, campaign_id, "cancelled", core.clock.now())
        await tx.execute(store.sql.cancel_open_messages, campaign_id, "The campaign was cancelled.", core.clock.now())


async def archive_campaign(core: Core, campaign_id: int) -> None:
    """Puts a campaign away. Raises NotFound, and Conflict when it has not ended or was put away before."""
    async with core.db.transaction() as tx:
        title = await tx.fetchval(store.sql.archive, campaign_id, core.clock.now())
        if title is None:
            campaign = await queries.locked_campaign(tx, campaign_id)
            state = "archived already" if campaign.archived_at else campaign.state
            raise Conflict(f"A campaign that is {state} cannot be archived.", code="wrong_state")
        await write_facts(tx, [Fact("campaign_archived", subject_id=campaign_id, data={"title": title})])


async def duplicate_campaign(core: Core, campaign_id: int, *, title: str, created_by: int | None = None) -> int:
    """A draft with the same content, audience, subjects and labels; the title is made free by a number."""
    original = await queries.campaign_by_id(core, campaign_id)
    title = await free_title(core, title, original.kind)
    async with core.db.transaction() as tx:
        made: int = await tx.fetchval(store.sql.duplicate, campaign_id, title, created_by, core.clock.now())
        await tx.execute(store.sql.duplicate_subjects, campaign_id, made)
        await tx.execute(store.sql.duplicate_labels, campaign_id, made)
        return made


async def delete_campaigns(core: Core, ids: Sequence[int]) -> int:
    """Deletes campaigns with their messages and metrics; one that is being sent must be paused first (Conflict)."""
    async with core.db.transaction() as tx:
        rows = await tx.fetch(
            "SELECT id, title, state FROM campaigns WHERE id = ANY($1::bigint[]) FOR UPDATE", list(ids)
        )
        busy = [row["title"] for row in rows if row["state"] in ("drawing", "sending")]
        if busy:
            raise Conflict(f"“{busy[0]}” is being sent. Pause it first.", code="wrong_state")
        found = [row["id"] for row in rows]
        parts = await tx.fetch("SELECT id FROM campaigns WHERE part_of = ANY($1::bigint[])", found)
        counted = [*found, *(row["id"] for row in parts)]
        await tx.execute("DELETE FROM campaigns WHERE id = ANY($1::bigint[])", found)
        await store.forget_numbers(tx, counted)
        facts = [Fact("campaign_deleted", subject_id=row["id"], data={"title": row["title"]}) for row in rows]
        await write_facts(tx, facts)
        return len(found)


async def delete_messages(core: Core, campaign_id: int, message_ids: Sequence[int]) -> int:
    """Removes single messages of a campaign that are not on their way, and counts again."""
    async with core.db.transaction() as tx:
        rows = await tx.fetch(
            """DELETE FROM messages WHERE campaign_id = $1 AND id = ANY($2::bigint[]) AND state <> 'sending'
            RETURNING id""",
            campaign_id,
            list(message_ids),
        )
        done = await tx.fetchval(
            """UPDATE campaigns SET recipients_count = (SELECT count(*) FROM messages WHERE campaign_id = $1)
            WHERE id = $1 RETURNING id""",
            campaign_id,
        )
        if done is None:
            raise NotFound("campaign", campaign_id)
        return len(rows)


async def delete_any_messages(core: Core, message_ids: Sequence[int]) -> int:
    """Removes single messages of whatever campaigns, but for those on their way, and counts their recipients again."""
    async with core.db.transaction() as tx:
        rows = await tx.fetch(
            "DELETE FROM messages WHERE id = ANY($1::bigint[]) AND state <> 'sending' RETURNING campaign_id",
            list(message_ids),
        )
        await tx.execute(
            """UPDATE campaigns c SET recipients_count = (SELECT count(*) FROM messages m WHERE m.campaign_id = c.id)
            WHERE c.id = ANY($1::bigint[])""",
            list({row["campaign_id"] for row in rows}),
        )
        return len(rows)
