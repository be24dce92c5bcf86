"""Whom a campaign reaches and when: recipients, schedule, course, pause (spec §5.1)."""

from __future__ import annotations

import time
from typing import Any

from tidings.campaigns import actions, queries
from tidings.campaigns.drawing import advance_campaigns, count_recipients, draw
from tidings.campaigns.types import Campaign
from tidings.contacts import queries as contacts
from tidings.dialects._engine.calls import Call, as_structure
from tidings.dialects._engine.routes import Route
from tidings.dialects.fluentcrm.campaign_reports import progress, tracking_words
from tidings.dialects.fluentcrm.campaigns import body_of, campaign_of, subject_rows
from tidings.dialects.fluentcrm.campaigns_wire import merged_settings, status_word
from tidings.dialects.fluentcrm.dynamic_segments import rules_by_slug
from tidings.dialects.fluentcrm.filters import recipients_rule
from tidings.platform.errors import Invalid, Refused
from tidings.segments.types import Nobody, Rule, from_json, to_json

SMALL = 200  # recipients that are drawn inside the call


async def _audience(call: Call, settings: Any) -> Rule:
    """The rule of recipient settings; a saved segment is taken as it is now."""
    fields = await contacts.custom_fields(call.core)
    return recipients_rule(settings, fields=fields, segments=await rules_by_slug(call.core))


async def estimated_contacts(call: Call) -> Any:
    started = time.perf_counter()
    try:
        n = await count_recipients(call.core, await _audience(call, call.params))
    except (Refused, Invalid):
        n = 0
    return {"count": n, "execution_time": round(time.perf_counter() - started, 6)}


async def estimated_recipients(call: Call) -> Any:
    campaign = await campaign_of(call)
    return {"estimated_count": await count_recipients(call.core, from_json(campaign.audience))}


async def draft_recipients(call: Call) -> Any:
    campaign = await campaign_of(call)
    if campaign.state != "draft":
        raise Refused("You can not modify the recipients of this campaign")
    chosen = ("subscribers", "excludedSubscribers", "sending_filter", "dynamic_segment", "advanced_filters")
    defaults = {"advanced_filters": []}
    given = {name: as_structure(call.get(name)) or call.get(name) for name in chosen}
    settings = merged_settings(campaign.settings, {**given, **{k: v for k, v in defaults.items() if not given[k]}})
    rule = await _audience(call, call.params)
    n = 0 if rule == Nobody() else await count_recipients(call.core, rule)
    if not n:
        raise Refused("Sorry no subscribers found based on your selection")
    await actions.update_campaign(call.core, campaign.id, audience=to_json(rule), settings=settings)
    return {"message": "Recipient settings has been updated", "count": n}


async def schedule(call: Call) -> Any:
    campaign = await campaign_of(call)
    given = call.get("scheduled_at")
    at = until = None
    if isinstance(given, list) or call.text("sending_type") == "range_schedule":
        moments = [call.context.instant(one) for one in call.items("scheduled_at")]
        if len(moments) != 2 or None in moments:
            raise Refused("Please provide a valid date range")
        at, until = moments
    elif given:
        at = call.context.instant(given)
        if at is None:
            raise Refused("Please provide a valid date and time")
    values = call.context.values
    settings = merged_settings(
        campaign.settings, {"sending_type": "range_schedule" if until else "schedule" if at else "instant"}
    )
    settings |= {
        "click_tracker": _tracker(values["click_tracking"]),
        "open_tracker": _tracker(values["open_tracking"]),
    }
    if at and until:
        settings["schedule_range"] = [int(at.timestamp()), int(until.timestamp())]
    tracked = {"tracks_opens": values["open_tracking"], "tracks_clicks": values["click_tracking"]}
    changes: dict[str, Any] = {"settings": settings, **tracked} if campaign.state == "draft" else {}
    await actions.schedule_campaign(call.core, campaign.id, at=at, spread_until=until, **changes)
    if at is None and await count_recipients(call.core, from_json(campaign.audience)) <= SMALL:
        await draw(call.core, campaign.id)
    message = "Your campaign email has been scheduled" if at else "Your campaign has been started"
    return {
        "campaign": body_of(call, await campaign_of(call)),
        "message": message,
        "current_timestamp": call.context.stamp(call.core.clock.now()),
    }


def _tracker(word: str) -> bool | str:
    return "anonymous" if word == "anonymous" else word == "yes"


async def processing_stat(call: Call) -> Any:
    before = await campaign_of(call)
    await advance_campaigns(call.core)
    campaign = await campaign_of(call)
    view = await queries.campaign_view(call.core, call.id())
    body = {"campaign": body_of(call, campaign) | {"scheduling_range": None, "subjects": subject_rows(view)}}
    if status_word(campaign) == "pending-scheduled":
        return {"reload": True, **body}
    return {**body, "didRun": before.state != campaign.state or campaign.is_drawn, "scheduling_method": "scheduling"}


async def un_schedule(call: Call) -> Any:
    await actions.unschedule_campaign(call.core, call.id())
    return {"message": "Campaign has been successfully un-scheduled"}


async def pause(call: Call) -> Any:
    await actions.pause_campaign(call.core, call.id())
    return {
        "message": "Campaign has been successfully marked as paused",
        "campaign": body_of(call, await campaign_of(call)),
    }


async def resume(call: Call) -> Any:
    await actions.resume_campaign(call.core, call.id())
    return {"message": "Campaign has been successfully resumed", "campaign": body_of(call, await campaign_of(call))}


async def status(call: Call) -> Any:
    view = await queries.campaign_view(call.core, call.id())
    numbers = await progress(call, view.campaign)
    return {
        "current_timestamp": call.context.stamp(call.core.clock.now()),
        "stat": numbers["stat"],
        "campaign": body_of(call, view.campaign)
        | {"subjects": subject_rows(view), "scheduling_range": None, "sent_by": await _author(call, view.campaign)}
        | (tracking_words(view.campaign) if view.campaign.state == "finished" else {}),
        "sent_count": numbers["sent_count"],
        "analytics": numbers["analytics"],
        "subject_analytics": numbers["subject_analytics"],
    }


async def _author(call: Call, campaign: Campaign) -> str:
    row = await call.core.db.fetchrow("SELECT display_name, email FROM users WHERE id = $1", campaign.created_by)
    return f"{row['display_name']} ({row['email']})" if row else ""


_READ, _WRITE = "fcrm_read_emails", "fcrm_manage_emails"
_ONE = "/campaigns/{id}"
ROUTES = [
    Route("POST", "/campaigns/estimated-contacts", "estimated-contacts", _READ, "view", estimated_contacts),
    Route("POST", f"{_ONE}/draft-recipients", "draft-recipients", _WRITE, "ack", draft_recipients),
    Route("GET", f"{_ONE}/estimated-recipients-count", "estimated-recipients", _READ, "view", estimated_recipients),
    Route("POST", f"{_ONE}/schedule", "schedule-campaign", _WRITE, "ack", schedule),
    Route("GET", f"{_ONE}/processing-stat", "processing-stat", _READ, "view", processing_stat),
    Route("POST", f"{_ONE}/un-schedule", "un-schedule-campaign", _WRITE, "ack", un_schedule),
    Route("POST", f"{_ONE}/pause", "pause-campaign", _WRITE, "ack", pause),
    Route("POST", f"{_ONE}/resume", "resume-campaign", _WRITE, "ack", resume),
    Route("GET", f"{_ONE}/status", "campaign-status", _READ, "view", status),
]
