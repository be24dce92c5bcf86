"""Campaigns: write, choose recipients, schedule, watch, stop (spec §5.1). Numbers and mails are in `campaign_reports`."""

from __future__ import annotations

import time
from typing import Any

from tidings.campaigns import actions, queries
from tidings.campaigns.drawing import advance_campaigns, count_recipients, draw
from tidings.campaigns.types import Campaign
from tidings.contacts import catalog
from tidings.contacts import queries as contacts
from tidings.contacts.rules import is_email, slug_of
from tidings.dialects._engine.calls import Call, as_structure, is_true
from tidings.dialects._engine.routes import Route
from tidings.dialects.fluentcrm.campaign_reports import progress, tracking_words
from tidings.dialects.fluentcrm.campaigns_wire import (
    campaign_body,
    content_values,
    default_look,
    merged_settings,
    settings_of,
    states_of,
    stats_body,
    status_word,
)
from tidings.dialects.fluentcrm.catalog import label_row
from tidings.dialects.fluentcrm.dialect import FieldErrors
from tidings.dialects.fluentcrm.dynamic_segments import rules_by_slug
from tidings.dialects.fluentcrm.envelope import page_object, page_request
from tidings.dialects.fluentcrm.filters import recipients_rule
from tidings.messages.compliance import has_way_out
from tidings.messages.mailing import addresses, source_from
from tidings.messages.preview import preview, send_test
from tidings.platform.errors import Invalid, NotFound, Problem, Refused
from tidings.segments.types import Nobody, Rule, from_json, to_json

SORTS = {"id": "id", "title": "title", "status": "state", "scheduled_at": "scheduled_at", "created_at": "created_at"}
SORTS |= {"updated_at": "updated_at", "recipients_count": "recipients_count"}
SMALL = 200  # recipients that are drawn inside the call


def body_of(call: Call, campaign: Campaign) -> dict[str, Any]:
    """A campaign on the wire."""
    return campaign_body(campaign, call.context, call.core.clock.now())


async def _get(call: Call, campaign_id: int | None = None) -> Campaign:
    return await queries.campaign_by_id(call.core, call.id() if campaign_id is None else campaign_id)


async def list_campaigns(call: Call) -> Any:
    page = await queries.list_campaigns(
        call.core,
        page_request(call, sorts=SORTS),
        states=states_of([str(one) for one in call.items("statuses")]),
        search=call.text("searchBy") or call.text("search"),
        label_ids=call.ids("labels"),
    )
    labels = {label.id: label_row(label) for label in await catalog.list_labels(call.core)}
    has_stats = "stats" in call.items("with")

    def encode(view: Any) -> dict[str, Any]:
        body = body_of(call, view.campaign) | {"labels": [labels[one] for one in view.label_ids if one in labels]}
        body["next_step"] = view.campaign.settings.get("_next_step")
        return body | {"stats": stats_body(view)} if has_stats else body

    return {"campaigns": page_object(call, page, encode)}


async def create_campaign(call: Call) -> Any:
    title = call.text("title").strip()
    if title and await queries.has_title(call.core, title):
        raise FieldErrors({"title": Problem("unique", "The title has already been taken.")})
    design = call.text("design_template") or "simple"
    made = await actions.create_campaign(
        call.core,
        title=title,
        created_by=call.caller.user.id,
        design=design,
        settings=merged_settings(
            {}, {"template_config": {**default_look(call.context.values), "design_template": design}}
        ),
    )
    campaign = await _get(call, made)
    await actions.update_campaign(call.core, made, slug=slug_of(campaign.title))
    body = body_of(call, await _get(call, made))
    shown = (
        "title",
        "email_body",
        "status",
        "type",
        "design_template",
        "slug",
        "settings",
        "updated_at",
        "created_at",
        "id",
    )
    return {name: body[name] for name in shown} | {"created_by": campaign.created_by, "template": None, "subjects": []}


async def get_campaign(call: Call) -> Any:
    view = await queries.campaign_view(call.core, call.id())
    body = body_of(call, view.campaign)
    wanted = call.items("with")
    if "subjects" in wanted:
        body["subjects"] = _subjects(view)
    if "template" in wanted:
        body["template"] = None
    body.pop("_next_step", None)
    return {"campaign": body, "templates": []}


def _subjects(view: Any) -> list[dict[str, Any]]:
    return [
        {
            "id": one.id,
            "object_type": "FluentCrm\\App\\Models\\Subject",
            "object_id": str(view.campaign.id),
            "key": str(one.weight),
            "value": one.subject,
            "created_at": None,
            "updated_at": None,
        }
        for one in view.subjects
    ]


async def _apply(call: Call, campaign_id: int) -> Campaign:
    """The update that PUT and the editor's POST share."""
    campaign = await _get(call, campaign_id)
    params = dict(call.params)
    if "title" in params and not call.text("title").strip():
        raise FieldErrors({"title": Problem("required", "The title field is required.")})
    settings = merged_settings(settings_of(campaign), call.params["settings"]) if "settings" in call else None
    values = content_values(params, settings)
    if call.text("title"):
        values["title"] = call.text("title")
    subjects = None
    if call.flag("update_subjects"):
        rows = [row for row in call.items("subjects") if isinstance(row, dict) and str(row.get("value") or "").strip()]
        if call.items("subjects") and len(rows) < 2:
            raise Refused("Please provide at least two Subject Lines for A/B Test.")
        subjects = [(int(float(row.get("key") or 50)), str(row["value"])) for row in rows]
    step = call.integer("next_step")
    if step == 2 and not has_way_out({**_row(campaign), **values}, call.context.values):
        raise Refused(
            "##crm.unsubscribe_url## or ##crm.manage_subscription_url## string is required for compliance.",
            flags={"compliance_failed": True},
        )
    if settings is not None and step is not None:
        values["settings"]["_next_step"] = str(step)
    try:
        await actions.update_campaign(call.core, campaign_id, subjects=subjects, **values)
    except Invalid as error:
        if any(problem.rule == "unique" for problem in error.fields.get("title", [])):
            raise FieldErrors({"title": Problem("unique", "The title has already been taken.")}) from error
        raise
    return await _get(call, campaign_id)


def _row(campaign: Campaign) -> dict[str, Any]:
    names = ("subject", "preheader", "body", "design", "language", "footer", "look", "is_transactional")
    return {name: getattr(campaign, name) for name in names}


async def update_campaign(call: Call) -> Any:
    body = body_of(call, await _apply(call, call.id()))
    if call.flag("update_subjects"):
        body["subjects"] = _subjects(await queries.campaign_view(call.core, call.id()))
    return {"campaign": body}


async def update_single(call: Call) -> Any:
    return {
        "campaign": body_of(call, await _apply(call, call.integer("campaign_id") or 0)),
        "message": "Campaign saved",
    }


async def update_title(call: Call) -> Any:
    campaign = await _get(call)
    if call.text("title"):
        await actions.update_campaign(call.core, campaign.id, title=call.text("title"))
    at = call.context.instant(call.text("scheduled_at")) if call.text("scheduled_at") else None
    if at is not None and campaign.state == "scheduled":
        await actions.reschedule_campaign(call.core, campaign.id, at)
    return {"message": "Campaign has been updated", "campaign": body_of(call, await _get(call))}


async def save_step(call: Call) -> Any:
    campaign = await _get(call)
    settings = {**merged_settings(campaign.settings, {}), "_next_step": call.text("next_step")}
    await actions.update_campaign(call.core, campaign.id, settings=settings)
    return {"message": "step saved"}


async def audience_of(call: Call, settings: Any) -> Rule:
    """The rule of recipient settings; a saved segment is taken as it is now."""
    fields = await contacts.custom_fields(call.core)
    return recipients_rule(settings, fields=fields, segments=await rules_by_slug(call.core))


async def estimated_contacts(call: Call) -> Any:
    started = time.perf_counter()
    try:
        n = await count_recipients(call.core, await audience_of(call, call.params))
    except (Refused, Invalid):
        n = 0
    return {"count": n, "execution_time": round(time.perf_counter() - started, 6)}


async def estimated_recipients(call: Call) -> Any:
    campaign = await _get(call)
    return {"estimated_count": await count_recipients(call.core, from_json(campaign.audience))}


async def draft_recipients(call: Call) -> Any:
    campaign = await _get(call)
    if campaign.state != "draft":
        raise Refused("You can not modify the recipients of this campaign")
    chosen = ("subscribers", "excludedSubscribers", "sending_filter", "dynamic_segment", "advanced_filters")
    defaults = {"advanced_filters": []}
    given = {name: as_structure(call.get(name)) or call.get(name) for name in chosen}
    settings = merged_settings(campaign.settings, {**given, **{k: v for k, v in defaults.items() if not given[k]}})
    rule = await audience_of(call, call.params)
    n = 0 if rule == Nobody() else await count_recipients(call.core, rule)
    if not n:
        raise Refused("Sorry no subscribers found based on your selection")
    await actions.update_campaign(call.core, campaign.id, audience=to_json(rule), settings=settings)
    return {"message": "Recipient settings has been updated", "count": n}


async def schedule(call: Call) -> Any:
    campaign = await _get(call)
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
        "campaign": body_of(call, await _get(call)),
        "message": message,
        "current_timestamp": call.context.stamp(call.core.clock.now()),
    }


def _tracker(word: str) -> bool | str:
    return "anonymous" if word == "anonymous" else word == "yes"


async def processing_stat(call: Call) -> Any:
    before = await _get(call)
    await advance_campaigns(call.core)
    campaign = await _get(call)
    view = await queries.campaign_view(call.core, call.id())
    body = {"campaign": body_of(call, campaign) | {"scheduling_range": None, "subjects": _subjects(view)}}
    if status_word(campaign) == "pending-scheduled":
        return {"reload": True, **body}
    return {**body, "didRun": before.state != campaign.state or campaign.is_drawn, "scheduling_method": "scheduling"}


async def un_schedule(call: Call) -> Any:
    await actions.unschedule_campaign(call.core, call.id())
    return {"message": "Campaign has been successfully un-scheduled"}


async def pause(call: Call) -> Any:
    await actions.pause_campaign(call.core, call.id())
    return {"message": "Campaign has been successfully marked as paused", "campaign": body_of(call, await _get(call))}


async def resume(call: Call) -> Any:
    await actions.resume_campaign(call.core, call.id())
    return {"message": "Campaign has been successfully resumed", "campaign": body_of(call, await _get(call))}


async def status(call: Call) -> Any:
    view = await queries.campaign_view(call.core, call.id())
    numbers = await progress(call, view.campaign)
    return {
        "current_timestamp": call.context.stamp(call.core.clock.now()),
        "stat": numbers["stat"],
        "campaign": body_of(call, view.campaign)
        | {"subjects": _subjects(view), "scheduling_range": None, "sent_by": await _author(call, view.campaign)}
        | (tracking_words(view.campaign) if view.campaign.state == "finished" else {}),
        "sent_count": numbers["sent_count"],
        "analytics": numbers["analytics"],
        "subject_analytics": numbers["subject_analytics"],
    }


async def _author(call: Call, campaign: Campaign) -> str:
    row = await call.core.db.fetchrow("SELECT display_name, email FROM users WHERE id = $1", campaign.created_by)
    return f"{row['display_name']} ({row['email']})" if row else ""


async def duplicate(call: Call) -> Any:
    campaign = await _get(call)
    made = await actions.duplicate_campaign(
        call.core, campaign.id, title=f"[Duplicate] {campaign.title}", created_by=call.caller.user.id
    )
    await actions.update_campaign(call.core, made, slug=f"{campaign.slug}-{int(time.time())}")
    body = body_of(call, await _get(call, made)) | {"created_by": call.caller.user.id}
    return {"campaign": body, "message": "Campaign has been successfully duplicated"}


async def delete(call: Call) -> Any:
    if not await actions.delete_campaigns(call.core, [call.id()]):
        raise NotFound("campaign", call.id())
    return {"success": True}


async def bulk_action(call: Call) -> Any:
    ids = call.ids("campaign_ids")
    if call.flag("select_all"):
        page = await queries.list_campaigns(call.core, page_request(call, per_page=1000))
        ids = [view.campaign.id for view in page.rows]
    if not ids:
        raise Refused("Please provide campaign IDs")
    match call.text("action_name"):
        case "delete_campaigns":
            call.caller.require("fcrm_manage_email_delete")
            await actions.delete_campaigns(call.core, ids)
            return {"message": "Selected Campaigns have been deleted permanently"}
        case "apply_labels":
            labels = call.ids("labels")
            if not labels:
                raise Refused("Please provide labels")
            await actions.set_labels(call.core, ids, attach=labels)
            return {"message": "Labels has been applied successfully"}
        case _:
            raise Refused("invalid bulk action")


async def update_labels(call: Call) -> Any:
    view = await queries.campaign_view(call.core, call.id())
    wanted = call.ids("label_ids")
    match call.text("action"):
        case "detach":
            await actions.set_labels(call.core, [call.id()], detach=wanted)
        case "sync":
            await actions.set_labels(
                call.core, [call.id()], attach=wanted, detach=[x for x in view.label_ids if x not in wanted]
            )
        case _:
            await actions.set_labels(call.core, [call.id()], attach=wanted)
    return {"message": "Labels has been updated"}


async def _unsaved(call: Call) -> tuple[dict[str, Any], dict[str, Any]]:
    """Content and sender of a preview or test: the body's campaign, or the stored one."""
    given = call.record("campaign")
    if given and (call.text("test_campaign") == "yes" or not call.integer("campaign_id")):
        settings = merged_settings({}, given.get("settings") or {})
        values = {"subject": "", "preheader": "", "body": "", "design": "simple", "language": "smartcodes"}
        return values | content_values(given, settings), settings["mailer_settings"]
    campaign = await _get(call, call.integer("campaign_id") or call.integer("id") or 0)
    return _row(campaign), campaign.sender


async def send_test_email(call: Call) -> Any:
    row, sender = await _unsaved(call)
    email = call.text("email").strip()
    if not is_email(email):
        raise FieldErrors({"email": Problem("email", "The email must be a valid email address.")})
    await send_test(call.core, source_from(row), email, sender=sender)
    text = f"Test email successfully sent to {email}, The dynamic tags may not be replaced in the test email"
    return {"message": text, "result": True}


async def email_preview_html(call: Call) -> Any:
    row, _ = await _unsaved(call)
    contact_id = None if is_true(call.text("disable_subscriber")) else call.integer("contact_id")
    if contact_id is None and not is_true(call.text("disable_subscriber")):
        contact_id = await call.core.db.fetchval("SELECT max(id) FROM contacts WHERE status = 'subscribed'")
    _, page = await preview(call.core, source_from(row), contact_id)
    subjects: list[Any] = []
    if call.integer("campaign_id"):
        subjects = _subjects(await queries.campaign_view(call.core, call.integer("campaign_id") or 0))
    return {"preview_html": page, "subjects": subjects}


async def share_url(call: Call) -> Any:
    campaign = await _get(call)
    return {"sharable_url": (await addresses(call.core)).share_url(campaign.id)}


_READ, _WRITE, _DELETE = "fcrm_read_emails", "fcrm_manage_emails", "fcrm_manage_email_delete"
_ONE = "/campaigns/{id}"
ROUTES = [
    Route("GET", "/campaigns", "list-campaigns", _READ, "crud", list_campaigns),
    Route("POST", "/campaigns", "create-campaign", _WRITE, "crud", create_campaign),
    Route("POST", "/campaigns/update-single-campaign", "update-single-campaign", _WRITE, "ack", update_single),
    Route("POST", "/campaigns/estimated-contacts", "estimated-contacts", _READ, "view", estimated_contacts),
    Route("POST", "/campaigns/send-test-email", "send-test-email", _WRITE, "ack", send_test_email),
    Route("POST", "/campaigns/email-preview-html", "email-preview-html", _READ, "view", email_preview_html),
    Route("POST", "/campaigns/do-bulk-action", "campaigns-bulk-action", _WRITE, "ack", bulk_action),
    Route("GET", _ONE, "get-campaign", _READ, "crud", get_campaign),
    Route("PUT", _ONE, "update-campaign", _WRITE, "crud", update_campaign),
    Route("DELETE", _ONE, "delete-campaign", _DELETE, "crud", delete),
    Route("PUT", f"{_ONE}/title", "update-campaign-title", _WRITE, "ack", update_title),
    Route("POST", f"{_ONE}/step", "save-campaign-step", _WRITE, "ack", save_step),
    Route("POST", f"{_ONE}/draft-recipients", "draft-recipients", _WRITE, "ack", draft_recipients),
    Route("GET", f"{_ONE}/estimated-recipients-count", "estimated-recipients", _READ, "view", estimated_recipients),
    Route("POST", f"{_ONE}/schedule", "schedule-campaign", _WRITE, "ack", schedule),
    Route("GET", f"{_ONE}/processing-stat", "processing-stat", _READ, "view", processing_stat),
    Route("POST", f"{_ONE}/un-schedule", "un-schedule-campaign", _WRITE, "ack", un_schedule),
    Route("POST", f"{_ONE}/pause", "pause-campaign", _WRITE, "ack", pause),
    Route("POST", f"{_ONE}/resume", "resume-campaign", _WRITE, "ack", resume),
    Route("GET", f"{_ONE}/status", "campaign-status", _READ, "view", status),
    Route("POST", f"{_ONE}/duplicate", "duplicate-campaign", _WRITE, "ack", duplicate),
    Route("PUT", f"{_ONE}/update-labels", "update-campaign-labels", _WRITE, "ack", update_labels),
    Route("GET", f"{_ONE}/share-url", "share-url", _READ, "view", share_url),
]
