"""One search over people, campaigns, automations, companies and notes: a handful of each. Who may see which is the door's business."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

from tidings.automations.queries import search_automations
from tidings.automations.types import Automation
from tidings.campaigns.queries import CampaignTitle, search_campaigns
from tidings.contacts.companies.queries import search_companies
from tidings.contacts.companies.types import Company
from tidings.contacts.search import search_contacts, search_notes
from tidings.contacts.types import Contact, Note
from tidings.platform.core import Core
from tidings.platform.modules import is_on

GROUPS = ("contacts", "campaigns", "automations", "companies", "notes")


@dataclass(frozen=True, slots=True)
class Found:
    """What was found by group, the newest first; a group that was not asked for is empty."""

    contacts: list[Contact] = field(default_factory=list[Contact])
    campaigns: list[CampaignTitle] = field(default_factory=list[CampaignTitle])
    automations: list[Automation] = field(default_factory=list[Automation])
    companies: list[Company] = field(default_factory=list[Company])
    notes: list[Note] = field(default_factory=list[Note])


async def search(core: Core, text: str, *, groups: Collection[str] = GROUPS, limit: int = 10) -> Found:
    """At most `limit` of each group (see GROUPS). Empty text finds nothing, and no companies while they are off."""
    text = text.strip()
    if not text:
        return Found()
    found = Found()
    if "contacts" in groups:
        found.contacts.extend(await search_contacts(core, text, limit=limit))
    if "campaigns" in groups:
        found.campaigns.extend(await search_campaigns(core, text, limit=limit))
    if "automations" in groups:
        found.automations.extend(await search_automations(core, text, limit=limit))
    if "companies" in groups and await is_on(core, "companies"):
        found.companies.extend((await search_companies(core, text))[0][:limit])
    if "notes" in groups:
        found.notes.extend(await search_notes(core, text, limit=limit))
    return found
