"""What the campaigns feature speaks of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import msgspec

State = Literal["draft", "scheduled", "drawing", "sending", "paused", "finished", "cancelled"]
# A campaign of several steps, which an automation carries; every other kind is one mail.
WORKFLOW = "workflow"
STATES: tuple[State, ...] = ("draft", "scheduled", "drawing", "sending", "paused", "finished", "cancelled")


class Campaign(msgspec.Struct, frozen=True):
    """A campaign. The order of the fields is the order of CAMPAIGN_COLUMNS.

    audience: the rule tree of `segments` as JSON, or {} for nobody. sender: from_name, from_email, reply_to_name,
    reply_to_email, is_custom. settings: what a dialect keeps beside the core, opaque here. utm: source, medium,
    campaign, term, content. outreach: graph and sending window as a client gave them, opaque here. archived_at: put
    away after it was finished. part_of: the campaign that this mailing is a mail of. sends_within: a `SendingWindow` as
    JSON, None for any time.
    """

    id: int
    parent_id: int | None
    kind: str
    title: str
    slug: str
    state: State
    language: str
    subject: str
    preheader: str
    body: str
    design: str
    template_id: int | None
    footer: str
    look: dict[str, Any]
    audience: dict[str, Any]
    sender: dict[str, Any]
    settings: dict[str, Any]
    utm: dict[str, Any] | None
    is_transactional: bool
    tracks_opens: str
    tracks_clicks: str
    account_ids: list[int]
    per_minute: int | None
    recipients_count: int
    drawn_up_to: int
    is_drawn: bool
    version: int
    scheduled_at: datetime | None
    spread_until: datetime | None
    started_at: datetime | None
    finished_at: datetime | None
    created_by: int | None
    created_at: datetime
    updated_at: datetime
    description: str
    outreach: dict[str, Any]
    per_hour: int | None
    archived_at: datetime | None
    part_of: int | None
    sends_within: dict[str, Any] | None


CAMPAIGN_COLUMNS: tuple[str, ...] = tuple(f.name for f in msgspec.structs.fields(Campaign))

# What an editor may set; changing content raises the version, so that the compiled form is made anew.
EDITABLE: frozenset[str] = frozenset(
    {
        "title",
        "slug",
        "language",
        "subject",
        "preheader",
        "body",
        "design",
        "template_id",
        "footer",
        "look",
        "audience",
        "sender",
        "settings",
        "utm",
        "is_transactional",
        "tracks_opens",
        "tracks_clicks",
        "account_ids",
        "per_minute",
        "per_hour",
        "kind",
        "description",
        "outreach",
        "parent_id",
        "sends_within",
    }
)


class Subject(msgspec.Struct, frozen=True):
    """One of the subjects under test; chosen in proportion to `weight`."""

    id: int
    weight: int
    subject: str


class Link(msgspec.Struct, frozen=True):
    """A tracked link of a campaign, in the order of its mail."""

    id: int
    position: int
    url: str


@dataclass(frozen=True, slots=True)
class CampaignView:
    """A campaign with what is usually shown beside it. `counts` are messages per state and per activity."""

    campaign: Campaign
    subjects: Sequence[Subject]
    label_ids: Sequence[int]
    counts: dict[str, int]
