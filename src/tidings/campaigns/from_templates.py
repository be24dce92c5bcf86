"""Campaigns and templates: a draft made of a template, a template made of a campaign. Content is copied; nothing ties them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tidings.campaigns import actions, queries
from tidings.campaigns.types import WORKFLOW, Campaign
from tidings.platform.core import Core
from tidings.platform.errors import Refused
from tidings.templates import actions as templates
from tidings.templates.queries import template_by_id
from tidings.templates.types import CONTENT, Template


def content_of(one: Campaign | Template) -> dict[str, Any]:
    """The columns that campaigns and templates share."""
    return {name: getattr(one, name) for name in CONTENT}


async def create_from_template(
    core: Core, template_id: int, *, title: str = "", created_by: int | None = None, **values: Any
) -> int:
    """Makes a draft with the content of a template and returns its id; `values` win over the template's. An empty title
    becomes the template's, made free by a number. Raises NotFound, Invalid."""
    template = await template_by_id(core, template_id)
    content: dict[str, Any] = {**content_of(template), "template_id": template_id, **values}
    title = title or await actions.free_title(core, template.title)
    return await actions.create_campaign(core, title=title, created_by=created_by, **content)


async def take_template(core: Core, campaign_id: int, template_id: int) -> None:
    """Replaces the content of a draft by a template's, as `take_content` does. Raises NotFound too."""
    template = await template_by_id(core, template_id)
    await take_content(core, campaign_id, {**content_of(template), "template_id": template_id})


async def take_content(core: Core, campaign_id: int, content: Mapping[str, Any]) -> None:
    """Replaces the content of a draft; subject and preview text only where it has none of its own.

    Raises NotFound, and Conflict once it is no draft.
    """
    campaign = await queries.campaign_by_id(core, campaign_id)
    own = {name: text for name in ("subject", "preheader") if (text := getattr(campaign, name))}
    await actions.update_campaign(core, campaign_id, only_in=("draft",), **{**content, **own})


async def save_as_template(core: Core, campaign_id: int, *, title: str = "", created_by: int | None = None) -> int:
    """Keeps the content of a campaign as a published template and returns its id; without a title under its own.

    Whom it goes to, its sender and its dates are no part of it. Raises NotFound, Invalid, and Refused for one of several mails.
    """
    campaign = await queries.campaign_by_id(core, campaign_id)
    if campaign.kind == WORKFLOW:
        raise Refused("A campaign of several steps is no template of one mail.", code="no_content")
    return await templates.create_template(
        core, title=title or campaign.title[:192], created_by=created_by, state="published", **content_of(campaign)
    )
