"""Turning an audience into messages: set-based, in chunks of contact ids, resumable, safe to run twice.

Each chunk inserts its messages and moves `drawn_up_to` in one transaction, conditional on where it stood: a second
drawer of the same chunk inserts nothing. Suppression is applied here and again when a sender claims a message.
"""

from __future__ import annotations

from datetime import timedelta

from tidings.campaigns import rules, store
from tidings.campaigns.queries import locked_campaign
from tidings.campaigns.types import Campaign
from tidings.contacts.codes import without_codes
from tidings.contacts.counting import count
from tidings.platform.core import Core
from tidings.platform.db import Connection
from tidings.platform.system_log import log_event
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
    return await count(core, [f"SELECT count(*) FROM contacts c WHERE {MAILABLE} AND ({where.sql})"], where.args)


async def draw(core: Core, campaign_id: int, *, chunks: int | None = None) -> bool:
    """Draws until done, or at most `chunks` chunks; True when the campaign is drawn and has moved on."""
    done = 0
    while chunks is None or done < chunks:
        async with core.db.transaction() as tx:
            campaign = await locked_campaign(tx, campaign_id)
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
    # Who stands in a range of ids is read anyway: looking up codes for each range would take longer.
    chosen = without_codes(where.sql)
    tag = await tx.execute(
        f"""INSERT INTO messages (campaign_id, contact_id, email, subject_id, due_at, created_at, updated_at)
        SELECT $1, c.id, c.email,
               ($5::bigint[])[width_bucket((hashint8extended(c.id, $1) & 2147483647) % $6::int, $4::int[]) + 1],
               $7::timestamptz + coalesce(($8::timestamptz - $7) * ((hashint8extended(c.id, $1 + 1) & 65535) / 65536.0),
                                          interval '0'),
               $9, $9
        FROM contacts c
        WHERE c.id > $2 AND c.id <= $3 AND {MAILABLE} AND ({chosen})
        ORDER BY c.id
        ON CONFLICT (campaign_id, contact_id, step) DO NOTHING""",
        *base,
        *where.args,
    )
    return int(tag.rsplit(" ", 1)[-1])


async def _finish(core: Core, tx: Connection, campaign: Campaign) -> None:
    await tx.execute("UPDATE campaigns SET is_drawn = true WHERE id = $1", campaign.id)
    is_due = campaign.scheduled_at is None or campaign.scheduled_at <= core.clock.now()
    if is_due:
        await _start(core, tx, campaign)
    else:
        await store.move(core, tx, campaign, "scheduled", None)


async def _start(core: Core, tx: Connection, campaign: Campaign) -> None:
    """The date has come: it is sent, or becomes a draft again when there still is nothing to send."""
    missing = rules.what_is_missing(campaign)
    if not missing:
        await store.move(core, tx, campaign, "sending", "campaign_started")
        return
    await store.take_back(core, tx, campaign)
    title = f"“{campaign.title}” was not sent and is a draft again"
    await log_event(core, title, missing, tx=tx)


async def advance_campaigns(core: Core) -> int:
    """One tick of the scheduler: draws what is near, starts what is due. Safe to run in several processes at once."""
    moved = 0
    for row in await core.db.fetch(store.sql.due, core.clock.now(), DRAW_AHEAD):
        if row["state"] == "scheduled":
            async with core.db.transaction() as tx:
                campaign = await locked_campaign(tx, row["id"])
                if campaign.state != "scheduled":
                    continue
                if campaign.is_drawn:
                    await _start(core, tx, campaign)
                else:
                    await store.move(core, tx, campaign, "drawing", None)
            moved += 1
        if not row["is_drawn"]:
            moved += await draw(core, row["id"])
    return moved
