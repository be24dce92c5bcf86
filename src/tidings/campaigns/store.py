"""Rows to types and the conditional move. Private to campaigns."""

from __future__ import annotations

from collections.abc import Sequence

from tidings.campaigns.types import CAMPAIGN_COLUMNS, Campaign, State
from tidings.platform.core import Core
from tidings.platform.db import Connection, Row, load_sql
from tidings.platform.errors import Conflict
from tidings.platform.facts import Fact, write_facts

sql = load_sql("tidings.campaigns")
SELECTED = ", ".join(f"c.{name}" for name in CAMPAIGN_COLUMNS)


def campaign_from(row: Row) -> Campaign:
    """A campaign from a row that begins with CAMPAIGN_COLUMNS."""
    return Campaign(*row[: len(CAMPAIGN_COLUMNS)])


async def move(core: Core, tx: Connection, campaign: Campaign, to: State, fact: str | None) -> None:
    """Moves a locked campaign and writes the fact; raises Conflict when it is not where we thought."""
    moved = await tx.fetchval(sql.move, campaign.id, to, [campaign.state], core.clock.now())
    if moved is None:
        raise Conflict(f"The campaign is no longer {campaign.state}.", code="wrong_state")
    if fact:
        data = {"title": campaign.title, "was": campaign.state}
        await write_facts(tx, [Fact(fact, subject_id=campaign.id, data=data)])


async def take_back(core: Core, tx: Connection, campaign: Campaign) -> None:
    """Makes a locked, planned campaign a draft again: no date, no messages. Raises Conflict as `move` does."""
    await tx.execute(sql.remove_messages, campaign.id)
    await tx.execute(sql.forget_plan, campaign.id)
    await move(core, tx, campaign, "draft", "campaign_unscheduled")


async def forget_numbers(tx: Connection, campaign_ids: Sequence[int]) -> None:
    """Deletes what was counted of campaigns that are gone."""
    for table in ("message_tallies", "message_moments"):
        await tx.execute(f"DELETE FROM {table} WHERE campaign_id = ANY($1::bigint[])", campaign_ids)
