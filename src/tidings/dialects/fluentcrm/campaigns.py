"""Campaigns: write, try, arrange, delete (spec §5.1). Whom they reach and when is in `campaign_sending`, numbers and mails in
`campaign_reports`.
"""

from __future__ import annotations

import time
from typing import Any

from tidings.campaigns import actions, queries
from tidings.campaigns.types import Campaign
from tidings.contacts import catalog
from tidings.contacts.rules import is_email, slug_of
from tidings.dialects._engine.calls import Call, is_true
from tidings.dialects._engine.routes import Route
from tidings.dialects.fluentcrm.campaigns_wire import (
    campaign_body,
    content_values,
    default_look,
    merged_settings,
    settings_of,
    states_of,
    stats_body,
)
from tidings.dialects.fluentcrm.catalog import label_row
from tidings.dialects.fluentcrm.dialect import FieldErrors
from tidings.dialects.fluentcrm.envelope import page_object, page_request
from tidings.messages.compliance import has_way_out
from tidings.messages.mailing import addresses, source_from
from tidings.messages.preview import preview, send_test
from tidings.platform.errors import Invalid, NotFound, Problem, Refused

SORTS = {"id": "id", "title": "title", "status": "state", "scheduled_at": "scheduled_at", "created_at": "created_at"}
SORTS |= {"updated_at": "updated_at", "recipients_count": "recipients_count"}


def body_of(call: Call, campaign: Campaign) -> dict[str, Any]:
    """A campaign on the wire."""
    return campaign_body(campaign, call.context, call.core.clock.now())


async def campaign_of(call: Call, campaign_id: int | None = None) -> Campaign:
    """The campaign of the path, or another one; raises NotFound."""
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
    campaign = await campaign_of(call, made)
    await actions.update_campaign(call.core, made, slug=slug_of(campaign.title))
    body = body_of(call, await campaign_of(call, made))
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
        body["subjects"] = subject_rows(view)
    if "template" in wanted:
        body["template"] = None
    body.pop("_next_step", None)
    return {"campaign": body, "templates": []}


def subject_rows(view: Any) -> list[dict[str, Any]]:
    """The subject lines that are tried against one another, on the wire."""
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
    campaign = await campaign_of(call, campaign_id)
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
    return await campaign_of(call, campaign_id)


def _row(campaign: Campaign) -> dict[str, Any]:
    names = ("subject", "preheader", "body", "design", "language", "footer", "look", "is_transactional")
    return {name: getattr(campaign, name) for name in names}


async def update_campaign(call: Call) -> Any:
    body = body_of(call, await _apply(call, call.id()))
    if call.flag("update_subjects"):
        body["subjects"] = subject_rows(await queries.campaign_view(call.core, call.id()))
    return {"campaign": body}


async def update_single(call: Call) -> Any:
    return {
        "campaign": body_of(call, await _apply(call, call.integer("campaign_id") or 0)),
        "message": "Campaign saved",
    }


async def update_title(call: Call) -> Any:
    campaign = await campaign_of(call)
    if call.text("title"):
        await actions.update_campaign(call.core, campaign.id, title=call.text("title"))
    at = call.context.instant(call.text("scheduled_at")) if call.text("scheduled_at") else None
    if at is not None and campaign.state == "scheduled":
        await actions.reschedule_campaign(call.core, campaign.id, at)
    return {"message": "Campaign has been updated", "campaign": body_of(call, await campaign_of(call))}


async def save_step(call: Call) -> Any:
    campaign = await campaign_of(call)
    settings = {**merged_settings(campaign.settings, {}), "_next_step": call.text("next_step")}
    await actions.update_campaign(call.core, campaign.id, settings=settings)
    return {"message": "step saved"}


async def duplicate(call: Call) -> Any:
    campaign = await campaign_of(call)
    made = await actions.duplicate_campaign(
        call.core, campaign.id, title=f"[Duplicate] {campaign.title}", created_by=call.caller.user.id
    )
    await actions.update_campaign(call.core, made, slug=f"{campaign.slug}-{int(time.time())}")
    body = body_of(call, await campaign_of(call, made)) | {"created_by": call.caller.user.id}
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
    campaign = await campaign_of(call, call.integer("campaign_id") or call.integer("id") or 0)
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
        subjects = subject_rows(await queries.campaign_view(call.core, call.integer("campaign_id") or 0))
    return {"preview_html": page, "subjects": subjects}


async def share_url(call: Call) -> Any:
    campaign = await campaign_of(call)
    return {"sharable_url": (await addresses(call.core)).share_url(campaign.id)}


_READ, _WRITE, _DELETE = "fcrm_read_emails", "fcrm_manage_emails", "fcrm_manage_email_delete"
_ONE = "/campaigns/{id}"
ROUTES = [
    Route("GET", "/campaigns", "list-campaigns", _READ, "crud", list_campaigns),
    Route("POST", "/campaigns", "create-campaign", _WRITE, "crud", create_campaign),
    Route("POST", "/campaigns/update-single-campaign", "update-single-campaign", _WRITE, "ack", update_single),
    Route("POST", "/campaigns/send-test-email", "send-test-email", _WRITE, "ack", send_test_email),
    Route("POST", "/campaigns/email-preview-html", "email-preview-html", _READ, "view", email_preview_html),
    Route("POST", "/campaigns/do-bulk-action", "campaigns-bulk-action", _WRITE, "ack", bulk_action),
    Route("GET", _ONE, "get-campaign", _READ, "crud", get_campaign),
    Route("PUT", _ONE, "update-campaign", _WRITE, "crud", update_campaign),
    Route("DELETE", _ONE, "delete-campaign", _DELETE, "crud", delete),
    Route("PUT", f"{_ONE}/title", "update-campaign-title", _WRITE, "ack", update_title),
    Route("POST", f"{_ONE}/step", "save-campaign-step", _WRITE, "ack", save_step),
    Route("POST", f"{_ONE}/duplicate", "duplicate-campaign", _WRITE, "ack", duplicate),
    Route("PUT", f"{_ONE}/update-labels", "update-campaign-labels", _WRITE, "ack", update_labels),
    Route("GET", f"{_ONE}/share-url", "share-url", _READ, "view", share_url),
]
