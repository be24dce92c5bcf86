"""Campaigns and their metrics."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

from tidings.campaigns import actions, queries
from tidings.campaigns.types import Campaign
from tidings.dialects._engine.calls import Answer, Call
from tidings.dialects._engine.codecs import rfc3339
from tidings.dialects._engine.routes import Route
from tidings.dialects.furiosa.wire import is_ids, page_body, page_request, require_known
from tidings.platform.errors import Conflict, Invalid, Problem
from tidings.reports.campaigns import campaign_numbers, link_numbers
from tidings.segments.types import InLists, to_json

# What the core calls what this dialect calls otherwise, or alike.
_WIRE = {"title": "name", "subject": "subject", "body": "content", "preheader": "preheader"}
_STATUS = {"drawing": "sending", "finished": "sent", "cancelled": "failed"}


def campaign_body(campaign: Campaign) -> dict[str, Any]:
    """A campaign; its audiences are the lists of its rule."""
    return {
        "id": campaign.id,
        "name": campaign.title,
        "type": "email",
        "status": _STATUS.get(campaign.state, campaign.state),
        "subject": campaign.subject,
        "audience_ids": [int(one) for one in campaign.audience.get("ids", [])]
        if campaign.audience.get("rule") == "lists"
        else [],
        "scheduled_at": rfc3339(campaign.scheduled_at),
        "sent_at": rfc3339(campaign.finished_at if campaign.state == "finished" else None),
        "created_at": rfc3339(campaign.created_at),
        "updated_at": rfc3339(campaign.updated_at),
    }


async def list_campaigns(call: Call) -> Any:
    page = await queries.list_campaigns(call.core, page_request(call))
    return page_body(page, lambda view: campaign_body(view.campaign))


async def _campaign(call: Call) -> Campaign:
    """The campaign of the path; mails of other kinds are none here."""
    return await queries.campaign_by_id(call.core, call.id(), kind="campaign")


async def get_campaign(call: Call) -> Any:
    return campaign_body(await _campaign(call))


@contextmanager
def _in_our_words() -> Generator[None]:
    """Names the fields of a complaint as this dialect calls them."""
    try:
        yield
    except Invalid as error:
        raise Invalid({_WIRE.get(name, name): problems for name, problems in error.fields.items()}) from error


async def _values(call: Call) -> dict[str, Any]:
    require_known(call.params, {"name", "type", "subject", "content", "preheader", "audience_ids"})
    problems: dict[str, Problem] = {}
    values: dict[str, Any] = {}
    for name, wire in _WIRE.items():
        if wire in call:
            if not isinstance(call.params[wire], str):
                problems[wire] = Problem("type", f"The {wire} field must be a string.")
            else:
                values[name] = call.params[wire]
    if call.params.get("type", "email") != "email":
        problems["type"] = Problem("in", "The type must be email; sms campaigns are not offered yet.")
    if "audience_ids" in call:
        ids = call.params["audience_ids"]
        if not is_ids(ids):
            problems["audience_ids"] = Problem("type", "The audience_ids field must be an array of audience ids.")
        else:
            rows = await call.core.db.fetch(
                "SELECT id FROM lists WHERE id = ANY($1::bigint[]) AND parent_id IS NULL", ids
            )
            if len(rows) != len(set(ids)):
                problems["audience_ids"] = Problem("exists", "One of the audiences does not exist.")
            else:
                values["audience"] = to_json(InLists("in", tuple(ids))) if ids else {}
    if problems:
        raise Invalid(problems)
    return values


async def create_campaign(call: Call) -> Any:
    values = await _values(call)
    if not values.get("title", "").strip():
        raise Invalid({"name": Problem("required", "The name field is required.")})
    with _in_our_words():
        made = await actions.create_campaign(call.core, created_by=call.caller.user.id, **values)
    return Answer(campaign_body(await queries.campaign_by_id(call.core, made)), 201)


async def update_campaign(call: Call) -> Any:
    campaign, values = await _campaign(call), await _values(call)
    with _in_our_words():
        await actions.update_campaign(call.core, campaign.id, **values)
    return campaign_body(await _campaign(call))


async def send_campaign(call: Call) -> Any:
    campaign = await _campaign(call)
    if campaign.state != "draft":
        raise Conflict(f"The campaign is already {_STATUS.get(campaign.state, campaign.state)}.", code="wrong_state")
    await actions.schedule_campaign(call.core, campaign.id, needs_somebody=True)
    return Answer(campaign_body(await queries.campaign_by_id(call.core, campaign.id)), 202)


async def metrics(call: Call) -> Any:
    campaign = await _campaign(call)
    n = (await campaign_numbers(call.core, [campaign.id]))[campaign.id]
    return {
        "recipients": n.recipients,
        "sent": n.sent,
        "delivered": n.delivered,
        "opens": n.total_opens,
        "unique_opens": n.opened,
        "open_rate": n.open_rate,
        "clicks": n.total_clicks,
        "unique_clicks": n.clicked,
        "click_rate": n.click_rate,
        "bounces": n.bounced,
        "bounce_rate": n.bounce_rate,
        "complaints": n.complained,
        "unsubscribes": n.unsubscribed,
        "links": [
            {"url": one.url, "clicks": one.clicks, "unique_clicks": one.people}
            for one in await link_numbers(call.core, call.id())
        ],
    }


ROUTES = [
    Route("GET", "/campaigns", "listCampaigns", "campaigns:read", "crud", list_campaigns),
    Route("POST", "/campaigns", "createCampaign", "campaigns:write", "crud", create_campaign, answer=201),
    Route("GET", "/campaigns/{id}", "getCampaign", "campaigns:read", "crud", get_campaign),
    Route("PUT", "/campaigns/{id}", "updateCampaign", "campaigns:write", "crud", update_campaign),
    Route("GET", "/campaigns/{id}/metrics", "campaignMetrics", "campaigns:read", "view", metrics),
    Route("POST", "/campaigns/{id}/send", "sendCampaign", "campaigns:write", "ack", send_campaign, answer=202),
]
