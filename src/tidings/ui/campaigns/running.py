"""A campaign that has left the desk: its page, live progress, and what may still be done with it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from tidings.automations import workflows
from tidings.campaigns import actions, queries
from tidings.campaigns.types import WORKFLOW, Campaign, CampaignView
from tidings.messages import mailing
from tidings.platform.errors import Conflict
from tidings.reports import campaigns as reports
from tidings.reports.campaigns import CampaignNumbers, numbers_from
from tidings.segments.queries import list_segments
from tidings.ui.campaigns import audience
from tidings.ui.campaigns.drafts import DELETE, READ, WRITE, captures, next_step, somebody
from tidings.ui.campaigns.sending import offer
from tidings.ui.shell.forms import Form
from tidings.ui.shell.guard import Detour
from tidings.ui.shell.texts import _
from tidings.ui.shell.visit import Visiting

MOVING = ("drawing", "sending")
LIVE = (*MOVING, "scheduled", "paused")


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a campaign is at `at`. `per_second`: mails since the page asked the last time, None when it did not."""

    campaign: Campaign
    numbers: CampaignNumbers
    at: datetime
    per_second: float | None = None

    @property
    def total(self) -> int:
        """Recipients; while they are drawn, those found so far."""
        return self.campaign.recipients_count

    @property
    def done(self) -> int:
        """Mails with an end, good or bad."""
        return max(0, self.total - self.numbers.waiting)

    @property
    def time_left(self) -> timedelta | None:
        """At the present speed."""
        if not self.per_second or self.campaign.state != "sending":
            return None
        return timedelta(seconds=round(self.numbers.waiting / self.per_second))

    @property
    def next_address(self) -> str:
        """Where the page asks next; it carries what was known, so that a change is noticed and speed can be told."""
        known = f"was={self.campaign.state}&done={self.done}&at={int(self.at.timestamp() * 1000)}"
        return f"/campaigns/{self.campaign.id}/progress?{known}"

    @property
    def interval(self) -> str:
        """How often the page asks; never when nothing can change by itself."""
        return "2s" if self.campaign.state in MOVING else "15s"


def progress_of(view: CampaignView, now: datetime, asked: Form | None = None) -> Progress:
    """The progress now; `asked` holds what the page knew."""
    found = Progress(view.campaign, numbers_from(view.counts), now)
    known = asked.ids("at") if asked else []
    if asked is None or not known or not asked.ids("done"):
        return found
    seconds = now.timestamp() - known[0] / 1000
    moved = found.done - asked.ids("done")[0]
    speed = moved / seconds if 0.5 <= seconds <= 60 and moved >= 0 else None
    return Progress(found.campaign, found.numbers, now, speed)


@get("/campaigns/{campaign_id:int}", permission=READ)
async def campaign_page(visit: Visiting, campaign_id: FromPath[int]) -> Response[Any]:
    """The page of a campaign; a draft opens where it was left, for those who may write."""
    core = visit.core
    view = await queries.campaign_view(core, campaign_id)
    campaign = view.campaign
    if campaign.kind == WORKFLOW:
        return await visit.page(
            "campaigns/workflow.html",
            campaign=campaign,
            numbers=numbers_from(view.counts),
            mails=await reports.mails_of(core, campaign_id),
            people=await workflows.count_enrolled(core, campaign_id),
            is_captured=await captures(core),
        )
    if campaign.state == "draft" and visit.me.may(WRITE):
        raise Detour(next_step(campaign))
    segments = await list_segments(core)
    choice = audience.choice_of(campaign.audience, segments)
    chosen, without = (await offer(core, choice, segments)).names(choice)
    return await visit.page(
        "campaigns/campaign.html",
        view=view,
        campaign=campaign,
        progress=progress_of(view, core.clock.now()),
        sender=await mailing.sender_of(core, campaign.sender),
        chosen=chosen,
        without=without,
        is_captured=await captures(core),
        contact=await somebody(visit, campaign),
    )


@get("/campaigns/{campaign_id:int}/progress", permission=READ)
async def show_progress(visit: Visiting, campaign_id: FromPath[int]) -> Response[Any]:
    """The progress alone, asked again and again; a change of state reloads the page with its new buttons."""
    view, asked = await queries.campaign_view(visit.core, campaign_id), visit.query()
    if view.campaign.state != asked.text("was"):
        return Response("", status_code=200, headers={"hx-refresh": "true"})
    found = progress_of(view, visit.core.clock.now(), asked)
    return await visit.page("campaigns/progress.html", progress=found, campaign=view.campaign)


async def _moved(visit: Visiting, campaign_id: int, say: str, action: str) -> Response[Any]:
    await visit.note(action, f"campaign {campaign_id}")
    return visit.redirect(f"/campaigns/{campaign_id}", say)


@post("/campaigns/{campaign_id:int}/pause", permission=WRITE)
async def pause_campaign(visit: Visiting, campaign_id: FromPath[int]) -> Response[Any]:
    """Stops; what a server has in its hand still leaves."""
    try:
        await actions.pause_campaign(visit.core, campaign_id)
    except Conflict as error:
        return visit.redirect(f"/campaigns/{campaign_id}", error.message, kind="info")
    return await _moved(visit, campaign_id, _("Paused. What is not sent waits."), "campaign_paused")


@post("/campaigns/{campaign_id:int}/resume", permission=WRITE)
async def resume_campaign(visit: Visiting, campaign_id: FromPath[int]) -> Response[Any]:
    """Goes on."""
    try:
        await actions.resume_campaign(visit.core, campaign_id)
    except Conflict as error:
        return visit.redirect(f"/campaigns/{campaign_id}", error.message, kind="info")
    return await _moved(visit, campaign_id, _("It goes on."), "campaign_resumed")


@post("/campaigns/{campaign_id:int}/cancel", permission=WRITE)
async def cancel_campaign(visit: Visiting, campaign_id: FromPath[int]) -> Response[Any]:
    """Stops for good."""
    try:
        await actions.cancel_campaign(visit.core, campaign_id)
    except Conflict as error:
        return visit.redirect(f"/campaigns/{campaign_id}", error.message, kind="info")
    return await _moved(visit, campaign_id, _("Cancelled. What was not sent stays here."), "campaign_cancelled")


@post("/campaigns/{campaign_id:int}/unschedule", permission=WRITE)
async def unschedule_campaign(visit: Visiting, campaign_id: FromPath[int]) -> Response[Any]:
    """Takes the plan back, so that it can be edited."""
    try:
        await actions.unschedule_campaign(visit.core, campaign_id)
    except Conflict as error:
        return visit.redirect(f"/campaigns/{campaign_id}", error.message, kind="info")
    return await _moved(visit, campaign_id, _("The plan is taken back. It is a draft again."), "campaign_unscheduled")


@post("/campaigns/{campaign_id:int}/duplicate", permission=WRITE)
async def duplicate_campaign(visit: Visiting, campaign_id: FromPath[int]) -> Response[Any]:
    """A draft of the same content, opened at its first step."""
    original = await queries.campaign_by_id(visit.core, campaign_id)
    title = _("Copy of %(title)s") % {"title": original.title}
    made = await actions.duplicate_campaign(visit.core, campaign_id, title=title, created_by=visit.user.id)
    return visit.redirect(f"/campaigns/{made}/edit", _("Here is the copy. Give it a name."))


@post("/campaigns/{campaign_id:int}/delete", permission=DELETE)
async def delete_campaign(visit: Visiting, campaign_id: FromPath[int]) -> Response[Any]:
    """Gone with its mails and numbers."""
    return await delete(visit, [campaign_id])


async def delete(visit: Visiting, ids: list[int]) -> Response[Any]:
    """Deletes and goes back to the list."""
    try:
        gone = await actions.delete_campaigns(visit.core, ids)
    except Conflict as error:
        return visit.redirect("/campaigns", error.message, kind="error")
    await visit.note("campaigns_deleted", ids=ids)
    said = _("The campaign is gone.") if gone == 1 else _("%(n)s campaigns are gone.") % {"n": gone}
    return visit.redirect("/campaigns", said)


ROUTES = [
    campaign_page,
    show_progress,
    pause_campaign,
    resume_campaign,
    cancel_campaign,
    unschedule_campaign,
    duplicate_campaign,
    delete_campaign,
]
