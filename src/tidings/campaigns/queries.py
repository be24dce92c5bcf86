"""Reads of campaigns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tidings.campaigns import store
from tidings.campaigns.types import Campaign, CampaignView, Link, State, Subject
from tidings.platform.core import Core
from tidings.platform.db import Connection, escape_like
from tidings.platform.errors import NotFound
from tidings.platform.pagination import Page, PageRequest

SORTS = {
    name: f"c.{name}"
    for name in (
        "id",
        "title",
        "state",
        "scheduled_at",
        "created_at",
        "updated_at",
        "recipients_count",
        "started_at",
        "finished_at",
    )
}


@dataclass(frozen=True, slots=True)
class CampaignTitle:
    """A campaign by name."""

    id: int
    title: str
    state: State
    is_drawn: bool


async def campaign_by_id(core: Core, campaign_id: int, *, kind: str = "") -> Campaign:
    """The campaign alone, of one kind if that is given; raises NotFound."""
    found = await find_campaign(core, campaign_id, kind=kind)
    if found is None:
        raise NotFound("campaign", campaign_id)
    return found


async def locked_campaign(tx: Connection, campaign_id: int) -> Campaign:
    """The campaign, locked until the caller's transaction ends; raises NotFound."""
    row = await tx.fetchrow(f"SELECT {store.SELECTED} FROM campaigns c WHERE c.id = $1 FOR UPDATE", campaign_id)
    if row is None:
        raise NotFound("campaign", campaign_id)
    return store.campaign_from(row)


async def find_campaign(core: Core, campaign_id: int, *, kind: str = "") -> Campaign | None:
    """The campaign alone, or None; mails of automations and single mails are of other kinds than `campaign`."""
    row = await core.db.fetchrow(
        f"SELECT {store.SELECTED} FROM campaigns c WHERE c.id = $1 AND ($2 = '' OR c.kind = $2)", campaign_id, kind
    )
    return store.campaign_from(row) if row else None


async def campaigns_by_ids(core: Core, ids: Sequence[int]) -> dict[int, Campaign]:
    """Several campaigns at once, keyed by id; unknown ids are left out."""
    rows = await core.db.fetch(
        f"SELECT {store.SELECTED} FROM campaigns c WHERE c.id = ANY($1::bigint[])", list(set(ids))
    )
    return {one.id: one for one in map(store.campaign_from, rows)}


async def campaign_view(core: Core, campaign_id: int) -> CampaignView:
    """The campaign with subjects, labels and counts; raises NotFound."""
    return (await _views(core, [await campaign_by_id(core, campaign_id)]))[0]


async def list_campaigns(
    core: Core,
    request: PageRequest,
    *,
    kinds: Sequence[str] = ("campaign",),
    states: Sequence[str] = (),
    search: str = "",
    label_ids: Sequence[int] = (),
    list_id: int | None = None,
    is_archived: bool | None = None,
) -> Page[CampaignView]:
    """A page of campaigns; four statements whatever its size."""
    where = """c.kind = ANY($1::text[]) AND (cardinality($2::text[]) = 0 OR c.state = ANY($2))
        AND ($3 = '' OR lower(c.title) LIKE $3 OR lower(c.subject) LIKE $3)
        AND (cardinality($4::bigint[]) = 0 OR EXISTS (
            SELECT 1 FROM campaign_labels l WHERE l.campaign_id = c.id AND l.label_id = ANY($4)))
        AND ($5::boolean IS NULL OR (c.archived_at IS NOT NULL) = $5)"""
    text = escape_like(search.strip().lower())
    args = (list(kinds), list(states), f"%{text}%" if text else "", list(label_ids), is_archived)
    rows = await core.db.fetch(
        f"SELECT {store.SELECTED} FROM campaigns c WHERE {where} {request.order_by(SORTS)} LIMIT $6 OFFSET $7",
        *args,
        request.per_page,
        request.offset,
    )
    total = await core.db.fetchval(f"SELECT count(*) FROM campaigns c WHERE {where}", *args)
    return Page(await _views(core, [store.campaign_from(row) for row in rows]), total, request)


async def _views(core: Core, campaigns: Sequence[Campaign]) -> list[CampaignView]:
    ids = [campaign.id for campaign in campaigns]
    subjects: dict[int, list[Subject]] = {}
    for row in await core.db.fetch(store.sql.subjects, ids):
        subjects.setdefault(row["campaign_id"], []).append(Subject(row["id"], row["weight"], row["subject"]))
    labels: dict[int, list[int]] = {}
    for row in await core.db.fetch(store.sql.labels, ids):
        labels.setdefault(row["campaign_id"], []).append(row["label_id"])
    counts = await message_counts(core, ids)
    return [CampaignView(c, subjects.get(c.id, []), labels.get(c.id, []), counts.get(c.id, {})) for c in campaigns]


async def message_counts(core: Core, campaign_ids: Sequence[int]) -> dict[int, dict[str, int]]:
    """Per campaign: messages per state, and how many were opened, clicked, unsubscribed; zeros are left out."""
    counts: dict[int, dict[str, int]] = {}
    for row in await core.db.fetch(store.sql.counts, list(campaign_ids)):
        if row["n"]:
            counts.setdefault(row["campaign_id"], {})[row["word"]] = row["n"]
    return counts


async def parts_of(core: Core, campaign_id: int) -> list[int]:
    """Ids of the campaign and of the mailings that it consists of."""
    return [row["id"] for row in await core.db.fetch(store.sql.parts, campaign_id)]


async def links_of(core: Core, campaign_id: int) -> list[Link]:
    """The tracked links in the order of the mail."""
    rows = await core.db.fetch(
        "SELECT id, position, url FROM links WHERE campaign_id = $1 ORDER BY position", campaign_id
    )
    return [Link(*row) for row in rows]


async def has_title(core: Core, title: str, *, kind: str = "campaign", but: int | None = None) -> bool:
    """Whether another campaign of that kind bears the title."""
    return bool(
        await core.db.fetchval(
            "SELECT 1 FROM campaigns WHERE kind = $1 AND title = $2 AND id IS DISTINCT FROM $3", kind, title, but
        )
    )


async def titles_of(core: Core, ids: Sequence[int]) -> dict[int, str]:
    """Titles by id; campaigns that are gone are left out."""
    rows = await core.db.fetch("SELECT id, title FROM campaigns WHERE id = ANY($1::bigint[])", list(set(ids)))
    return {row["id"]: row["title"] for row in rows}


async def search_campaigns(
    core: Core, text: str = "", *, ids: Sequence[int] | None = None, states: Sequence[str] = (), limit: int = 10
) -> list[CampaignTitle]:
    """Campaigns whose title holds the text, the newest first; optionally only those ids or in those states."""
    like = escape_like(text.strip().lower())
    rows = await core.db.fetch(
        """SELECT id, title, state, is_drawn FROM campaigns WHERE kind = 'campaign' AND lower(title) LIKE $1
        AND ($2::bigint[] IS NULL OR id = ANY($2)) AND (cardinality($3::text[]) = 0 OR state = ANY($3))
        ORDER BY id DESC LIMIT $4""",
        f"%{like}%",
        list(ids) if ids is not None else None,
        list(states),
        limit,
    )
    return [CampaignTitle(*row) for row in rows]
