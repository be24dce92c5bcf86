"""Turning an audience into messages: set-based, in chunks of contact ids, resumable, safe to run twice.

Each chunk inserts its messages and moves `drawn_up_to` in one transaction, conditional on where it stood: a second
drawer of the same chunk inserts nothing. Suppression is applied here and again when a sender claims a message.
"""

from __future__ import annotations

from datetime import timedelta

from tidings.campaigns import store
from tidings.campaigns.types import Campaign
from tidings.platform.core import Core
from tidings.platform.db import Connection
from tidings.segments.compiler import compile_rule
from tidings.segments.types import Rule, from_json

CHUNK = 50_000
MAX_ID = 2**63 - 1
DRAW_AHEAD = timedelta(minutes=6)

# Who may be mailed by a campaign: subscribed people with an address that is not suppressed (spec fluentcrm §2.1).
MAILABLE = """c.status = 'subscribed' AND c.email IS NOT NULL
    AND NOT EXISTS (SELECT 1 FROM suppressions s WHERE s.email_key = lower(c.email))"""


async def count_recipients(core: Core, rule: Rule) -> int:
    """How many people a campaign to this audience would reach now."""
    where = compile_rule(rule, zone=await core.installation.zone(), now=core.clock.now())
    return await core.db.fetchval(f"SELECT count(*) FROM contacts c WHERE {MAILABLE} AND ({where.sql})", *where.args)


async def draw(core: Core, campaign_id: int, *, chunks: int | None = None) -> bool:
    """Draws until done, or at most `chunks` chunks; True when the campaign is drawn and has moved on."""
    done = 0
    while chunks is None or done < chunks:
        async with core.db.transaction() as tx:
            campaign = await store.locked(tx, campaign_id)
            if campaign.state != "drawing":
                return True
            last = await tx.fetchval(store.sql.next_chunk, campaign.drawn_up_to, CHUNK)
            if last is None:
                await _finish(core, tx, campaign)
                return True
            drawn = await draw_range(
                core, tx, campaign, from_json(campaign.audience), after=campaign.drawn_up_to, last=last
            )
            await tx.fetchval(
                store.sql.advance_drawing, campaign_id, campaign.drawn_up_to, last, drawn, core.clock.now()
            )
        done += 1
    return False


async def draw_range(
    core: Core, tx: Connection, campaign: Campaign, rule: Rule, *, after: int = 0, last: int = MAX_ID
) -> int:
    """Messages for whom the rule matches among the contacts above `after` up to `last`, inside the caller's
    transaction; those who have one get none. Answers how many were made."""
    subjects = await tx.fetch(store.sql.subjects, [campaign.id])
    bounds: list[int] = []
    for row in subjects:
        bounds.append((bounds[-1] if bounds else 0) + row["weight"])
    base = (
        campaign.id,
        after,
        last,
        bounds[:-1],
        [row["id"] for row in subjects],
        bounds[-1] if bounds else 1,
        campaign.scheduled_at or core.clock.now(),
        campaign.spread_until,
        core.clock.now(),
    )
    where = compile_rule(rule, zone=await core.installation.zone(), now=core.clock.now(), first=len(base) + 1)
    tag = await tx.execute(
        f"""INSERT INTO messages (campaign_id, contact_id, email, subject_id, due_at, created_at, updated_at)
        SELECT $1, c.id, c.email,
               ($5::bigint[])[width_bucket((hashint8extended(c.id, $1) & 2147483647) % $6::int, $4::int[]) + 1],
               $7::timestamptz + coalesce(($8::timestamptz - $7) * ((hashint8extended(c.id, $1 + 1) & 65535) / 65536.0),
                                          interval '0'),
               $9, $9
        FROM contacts c
        WHERE c.id > $2 AND c.id <= $3 AND {MAILABLE} AND ({where.sql})
        ON CONFLICT (campaign_id, contact_id, step) DO NOTHING""",
        *base,
        *where.args,
    )
    return int(tag.rsplit(" ", 1)[-1])


async def _finish(core: Core, tx: Connection, campaign: Campaign) -> None:
    await tx.execute("UPDATE campaigns SET is_drawn = true WHERE id = $1", campaign.id)
    is_due = campaign.scheduled_at is None or campaign.scheduled_at <= core.clock.now()
    if campaign.recipients_count == 0 and is_due:
        await store.move(core, tx, campaign, "sending", "campaign_started")
        return
    await store.move(core, tx, campaign, "sending" if is_due else "scheduled", "campaign_started" if is_due else None)


async def advance_campaigns(core: Core) -> int:
    """One tick of the scheduler: draws what is near, starts what is due. Safe to run in several processes at once."""
    moved = 0
    for row in await core.db.fetch(store.sql.due, core.clock.now(), DRAW_AHEAD):
        if row["state"] == "scheduled":
            async with core.db.transaction() as tx:
                campaign = await store.locked(tx, row["id"])
                if campaign.state != "scheduled":
                    continue
                fact = "campaign_started" if campaign.is_drawn else None
                await store.move(core, tx, campaign, "sending" if campaign.is_drawn else "drawing", fact)
            moved += 1
        if not row["is_drawn"]:
            moved += await draw(core, row["id"])
    return moved
