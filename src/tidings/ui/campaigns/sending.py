"""The last two steps: who gets it, with a live estimate; then the summary, and now or later."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from tidings.campaigns import actions, queries
from tidings.campaigns.drawing import count_recipients
from tidings.campaigns.types import Campaign
from tidings.contacts import catalog
from tidings.contacts.types import ContactList, Tag
from tidings.messages import mailing
from tidings.platform.core import Core
from tidings.platform.errors import Invalid, TidingsError
from tidings.platform.pagination import PageRequest
from tidings.segments.queries import Segment, list_segments
from tidings.segments.types import from_json, to_json
from tidings.ui.campaigns import audience, findings, forms
from tidings.ui.campaigns.drafts import WRITE, captures, draft_of, somebody
from tidings.ui.shell.forms import Form
from tidings.ui.shell.texts import _
from tidings.ui.shell.visit import Visiting

# More than a person can tick; those that are ticked already are always shown.
OFFERED = PageRequest(per_page=500, sort="title", is_descending=False)


@dataclass(frozen=True, slots=True)
class Offer:
    """What recipients can be chosen from. Groups stand behind their audience."""

    lists: list[ContactList]
    tags: list[Tag]
    segments: list[Segment]

    def names(self, choice: audience.Choice) -> tuple[list[str], list[str]]:
        """What is chosen and what is left out, by name."""
        lists = {one.id: one.title for one in self.lists}
        tags = {one.id: one.title for one in self.tags}
        gone = _("(deleted)")
        chosen = [lists.get(one, gone) for one in choice.lists] + [tags.get(one, gone) for one in choice.tags]
        if choice.kind == "everybody":
            chosen = [_("Every subscribed contact")]
        if choice.kind == "own":
            chosen = [_("Conditions of its own")]
        if choice.kind == "segment":
            chosen = [one.title for one in self.segments if one.id == choice.segment_id]
        without = [lists.get(one, gone) for one in choice.without_lists]
        return chosen, without + [tags.get(one, gone) for one in choice.without_tags]


async def offer(core: Core, choice: audience.Choice, segments: list[Segment]) -> Offer:
    """Lists, tags and segments with what is chosen now among them."""
    lists = {one.id: one for one in (await catalog.list_lists(core, OFFERED)).rows}
    tags = {one.id: one for one in (await catalog.list_tags(core, OFFERED)).rows}
    missing_lists = [one for one in (*choice.lists, *choice.without_lists) if one not in lists]
    missing_tags = [one for one in (*choice.tags, *choice.without_tags) if one not in tags]
    if missing_lists:
        lists |= {one.id: one for one in (await catalog.list_lists(core, ids=missing_lists)).rows}
    if missing_tags:
        tags |= {one.id: one for one in (await catalog.list_tags(core, ids=missing_tags)).rows}
    return Offer(_as_tree(list(lists.values())), list(tags.values()), segments)


def _as_tree(lists: list[ContactList]) -> list[ContactList]:
    known = {one.id for one in lists}
    groups: dict[int | None, list[ContactList]] = {}
    for one in lists:
        groups.setdefault(one.parent_id if one.parent_id in known else None, []).append(one)
    return [one for top in groups.get(None, []) for one in (top, *groups.get(top.id, []))]


@get("/campaigns/{campaign_id:int}/recipients", permission=WRITE)
async def recipients_page(visit: Visiting, campaign_id: FromPath[int]) -> Response[Any]:
    """Lists, tags, a segment, and who is left out."""
    campaign, segments = await draft_of(visit, campaign_id), await list_segments(visit.core)
    choice = audience.choice_of(campaign.audience, segments)
    return await _recipients(visit, campaign, choice, choice.form(), segments)


async def _recipients(
    visit: Visiting,
    campaign: Campaign,
    choice: audience.Choice,
    form: Form,
    segments: list[Segment],
    status: int = 200,
) -> Response[Any]:
    return await visit.page(
        "campaigns/recipients.html",
        campaign=campaign,
        form=form,
        choice=choice,
        offer=await offer(visit.core, choice, segments),
        status=status,
    )


@post("/campaigns/{campaign_id:int}/recipients", permission=WRITE)
async def save_recipients(visit: Visiting, campaign_id: FromPath[int]) -> Response[Any]:
    """Stores the rule that the choice means."""
    campaign, segments = await draft_of(visit, campaign_id), await list_segments(visit.core)
    before, form = audience.choice_of(campaign.audience, segments), await visit.form()
    try:
        rule = audience.rule_of(audience.read(form, segments, before), segments)
    except Invalid as error:
        return await _recipients(visit, campaign, before, form.refused(error), segments, 422)
    await actions.update_campaign(visit.core, campaign_id, audience=to_json(rule))
    return visit.redirect(f"/campaigns/{campaign_id}/review")


@post("/campaigns/{campaign_id:int}/estimate", permission=WRITE)
async def estimate(visit: Visiting, campaign_id: FromPath[int]) -> Response[Any]:
    """How many people the choice reaches now; nothing is stored."""
    campaign, segments = await draft_of(visit, campaign_id), await list_segments(visit.core)
    before, form = audience.choice_of(campaign.audience, segments), await visit.form()
    try:
        rule = audience.rule_of(audience.read(form, segments, before), segments)
        reached: int | None = await count_recipients(visit.core, rule)
    except Invalid:
        reached = None
    return await visit.page("campaigns/estimate.html", reached=reached)


@get("/campaigns/{campaign_id:int}/review", permission=WRITE)
async def review_page(visit: Visiting, campaign_id: FromPath[int]) -> Response[Any]:
    """The last look."""
    return await _review(visit, await draft_of(visit, campaign_id), Form({"when": "now"}))


async def _review(visit: Visiting, campaign: Campaign, form: Form, status: int = 200) -> Response[Any]:
    core, segments = visit.core, await list_segments(visit.core)
    choice = audience.choice_of(campaign.audience, segments)
    reached = await count_recipients(core, from_json(campaign.audience)) if campaign.audience else 0
    chosen, without = (await offer(core, choice, segments)).names(choice)
    values = await core.installation.values()
    return await visit.page(
        "campaigns/review.html",
        campaign=campaign,
        view=await queries.campaign_view(core, campaign.id),
        form=form,
        reached=reached,
        chosen=chosen,
        without=without,
        checks=await findings.check_all(core, campaign, reached),
        sender=await mailing.sender_of(core, campaign.sender),
        tracks=(values["open_tracking"], values["click_tracking"]),
        is_captured=await captures(core),
        contact=await somebody(visit, campaign),
        status=status,
    )


@post("/campaigns/{campaign_id:int}/review", permission=WRITE)
async def start_campaign(visit: Visiting, campaign_id: FromPath[int]) -> Response[Any]:
    """Sends it or plans it."""
    core, form = visit.core, await visit.form()
    campaign = await draft_of(visit, campaign_id)
    try:
        at, until = forms.plan(form, core.clock.now())
        if (await findings.check_all(core, campaign, 1)).blocks:
            return await _review(visit, campaign, form, 422)
        values = await core.installation.values()
        await actions.update_campaign(
            core, campaign_id, tracks_opens=values["open_tracking"], tracks_clicks=values["click_tracking"]
        )
        await actions.schedule_campaign(core, campaign_id, at=at, spread_until=until)
    except TidingsError as error:
        return await _review(visit, campaign, form.refused(error), 422)
    await visit.note("campaign_started" if at is None else "campaign_planned", f"campaign {campaign_id}")
    return visit.redirect(f"/campaigns/{campaign_id}", _("It is on its way.") if at is None else _("It is planned."))


ROUTES = [recipients_page, save_recipients, estimate, review_page, start_campaign]
