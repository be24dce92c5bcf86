"""Campaigns of several steps (kind `workflow`): their mails are mailings of their own, and an automation carries them.

Here is what the campaign itself has to say to that: it begins, it is fed by lists, it is over. The steps, and who stands
where, are in `automations.workflows`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tidings.campaigns import rules, store
from tidings.campaigns.types import WORKFLOW, Campaign
from tidings.platform.core import Core
from tidings.platform.db import Connection, Database
from tidings.platform.errors import Refused

# Nobody is entering any more, nobody is on the way, no mail is waiting, and no list brings others.
_FINISH = """
WITH done AS (
    UPDATE campaigns c SET state = 'finished', finished_at = $1, updated_at = $1
    FROM automations a
    WHERE c.kind = $2 AND c.state = 'sending' AND c.is_drawn AND a.campaign_id = c.id
      AND NOT EXISTS (SELECT 1 FROM automation_runs r WHERE r.automation_id = a.id AND r.state = 'active')
      AND NOT EXISTS (
        SELECT 1 FROM campaigns p JOIN messages m ON m.campaign_id = p.id
        WHERE p.part_of = c.id AND m.state IN ('queued', 'deferred', 'sending', 'paused'))
      AND NOT EXISTS (SELECT 1 FROM campaign_lists f JOIN lists l ON l.id = f.list_id WHERE f.campaign_id = c.id AND l.is_dynamic)
    RETURNING c.id, c.title, c.recipients_count)
INSERT INTO facts (kind, subject_id, data)
SELECT 'campaign_finished', id, jsonb_build_object('title', title, 'recipients', recipients_count) FROM done RETURNING subject_id
"""


async def begin(core: Core, tx: Connection, campaign: Campaign, *, outreach: Mapping[str, Any]) -> None:
    """Moves a locked draft to `sending`; `is_drawn` stays false until its people have entered. Raises Conflict, Refused.

    From here on it is of kind `workflow`: its content is in its mails, and `outreach` says what they are.
    """
    rules.require_move(campaign.state, "scheduled")
    if not campaign.audience:
        raise Refused("Please select at least one recipient.", code="no_recipients")
    await tx.execute(
        "UPDATE campaigns SET kind = $2, outreach = $3 WHERE id = $1", campaign.id, WORKFLOW, dict(outreach)
    )
    await store.move(core, tx, campaign, "sending", "campaign_started")


async def link_lists(tx: Connection, campaign_id: int, list_ids: Sequence[int]) -> list[int]:
    """Remembers lists that feed a campaign; answers those that are dynamic, of all that were ever linked."""
    await tx.execute(store.sql.link_lists, campaign_id, list(list_ids))
    return await dynamic_lists(tx, campaign_id)


async def dynamic_lists(source: Connection | Database, campaign_id: int) -> list[int]:
    """The dynamic ones of the lists that feed a campaign."""
    return [row["id"] for row in await source.fetch(store.sql.dynamic_lists, campaign_id)]


async def finish_workflows(core: Core) -> list[int]:
    """Campaigns whose last contact is through become finished, once; answers their ids."""
    return [row["subject_id"] for row in await core.db.fetch(_FINISH, core.clock.now(), WORKFLOW)]
