"""What every step of the wizard begins with: the campaign as a draft, and the steps' order."""

from __future__ import annotations

from tidings.campaigns import queries
from tidings.campaigns.types import WORKFLOW, Campaign
from tidings.contacts import queries as contacts
from tidings.messages import accounts
from tidings.platform.core import Core
from tidings.segments.queries import where_of
from tidings.segments.types import from_json
from tidings.ui.shell.guard import Detour
from tidings.ui.shell.visit import Visit, Visiting

WRITE = "fcrm_manage_emails"
READ = "fcrm_read_emails"
DELETE = "fcrm_manage_email_delete"


async def draft_of(visit: Visiting, campaign_id: int) -> Campaign:
    """The campaign while it can be edited here; once it is on its way, or when it is of several steps, its own page is the
    place."""
    campaign = await queries.campaign_by_id(visit.core, campaign_id)
    if campaign.state != "draft" or campaign.kind == WORKFLOW:
        raise Detour(f"/campaigns/{campaign_id}")
    return campaign


def next_step(campaign: Campaign) -> str:
    """The address of the first step that has something left to do."""
    base = f"/campaigns/{campaign.id}"
    if not campaign.subject.strip():
        return f"{base}/edit"
    if not campaign.body.strip():
        return f"{base}/content"
    return f"{base}/review" if campaign.audience else f"{base}/recipients"


async def somebody(visit: Visit, campaign: Campaign) -> int:
    """One of the people it is meant for, to show the mail as; 0 when there is none or the caller may read nobody."""
    if not campaign.audience or not visit.me.may("fcrm_read_contacts"):
        return 0
    where = await where_of(visit.core, from_json(campaign.audience))
    return next(iter(await contacts.list_ids(visit.core, where, limit=1)), 0)


async def captures(core: Core) -> bool:
    """Whether mails land in the capture mailbox because no mail server is connected."""
    return not any(one.kind == "smtp" and one.is_enabled for one in await accounts.list_accounts(core))
