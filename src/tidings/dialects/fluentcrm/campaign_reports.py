"""The numbers, mails, links and leavers of a campaign (spec §5.1, last lines); the installation's are in `reports`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from tidings.campaigns import actions, queries
from tidings.campaigns.types import Campaign
from tidings.contacts import queries as contacts
from tidings.contacts.types import ContactView
from tidings.dialects._engine.calls import Call
from tidings.dialects._engine.routes import Route
from tidings.dialects.fluentcrm import companies_wire, people
from tidings.dialects.fluentcrm.campaigns_wire import campaign_body, message_body, stat_rows
from tidings.dialects.fluentcrm.envelope import page_object, page_of_rows, page_request
from tidings.messages.mailing import sender_of
from tidings.messages.preview import message_view
from tidings.messages.queries import list_messages, message_by_id
from tidings.messages.subjects import subjects_of
from tidings.platform.pagination import PageRequest
from tidings.reports import campaigns as numbers
from tidings.segments.queries import where_of
from tidings.segments.types import All, CampaignActivity, StatusIn, from_json


async def progress(call: Call, campaign: Campaign) -> dict[str, Any]:
    """Counts per status, sent, and the analytics cards."""
    counts = (await queries.message_counts(call.core, [campaign.id])).get(campaign.id, {})
    got = (await numbers.campaign_numbers(call.core, [campaign.id]))[campaign.id]
    cards: dict[str, Any] = {}
    if got.opened:
        cards["open"] = _card(got.opened, f"Open Rate ({got.opened})", "open", "dashicons dashicons-buddicons-pm")
    if got.clicked:
        cards["click"] = _card(got.clicked, f"Click Rate ({got.clicked})", "click", "el-icon el-icon-position")
        ratio = f"{min(got.clicked * 100 / got.opened, 100) if got.opened else 0:.2f}%"
        ctor = {
            "total": ratio,
            "label": "Click To Open Rate",
            "type": "ctor",
            "icon_class": "el-icon el-icon-chat-dot-square",
        }
        cards["ctor"] = ctor
    if got.unsubscribed:
        label = f"Unsubscribe ({got.unsubscribed})"
        cards["unsubscribe"] = _card(got.unsubscribed, label, "unsubscribe", "el-icon el-icon-warning-outline")
    return {
        "stat": stat_rows(counts),
        "sent_count": got.sent,
        "analytics": cards,
        "subject_analytics": await _subject_cards(call, campaign),
    }


def _card(total: int, label: str, kind: str, icon: str) -> dict[str, Any]:
    return {"total": total, "label": label, "type": kind, "is_percent": True, "icon_class": icon}


async def _subject_cards(call: Call, campaign: Campaign) -> Any:
    rows = await numbers.subject_numbers(call.core, campaign.id)
    if not rows:
        return {}
    subjects = [
        {
            "email_subject_id": str(row["id"]),
            "total": str(row["total"]),
            "value": row["subject"],
            "key": str(row["weight"]),
            "metric": {"clicks": [], "total_clicks": row["clicked"], "total_opens": row["opened"]},
            "email_type_label": "Campaign",
        }
        for row in rows
    ]
    totals = {
        "total_clicks": sum(row["clicked"] for row in rows),
        "total_opens": sum(row["opened"] for row in rows),
    }
    return {"subjects": subjects, **totals}


async def overview_stats(call: Call) -> Any:
    got = await progress(call, await queries.campaign_by_id(call.core, call.id()))
    return {name: got[name] for name in ("sent_count", "stat", "analytics")}


async def list_emails(call: Call) -> Any:
    campaign = await queries.campaign_by_id(call.core, call.id())
    asked = page_request(call)
    page = await list_messages(
        call.core,
        PageRequest(asked.page, asked.per_page, "id", is_descending=False),
        campaign_id=campaign.id,
        filter=call.text("filter_type"),
        search=call.text("search"),
    )
    rows = await mail_rows(call, page.rows, has_contact=True)
    body: dict[str, Any] = {"emails": page_of_rows(call, rows, page.total, page.request)}
    body["failed_counts"] = (
        (await queries.message_counts(call.core, [campaign.id])).get(campaign.id, {}).get("failed", 0)
    )
    if call.flag("with_campaign"):
        body["campaign"] = campaign_body(campaign, call.context, call.core.clock.now()) | tracking_words(campaign)
    return body


def tracking_words(campaign: Campaign) -> dict[str, Any]:
    """What a finished campaign says of its tracking."""
    return {
        "open_tracking_status": _tracker(campaign.tracks_opens),
        "click_tracking_status": _tracker(campaign.tracks_clicks),
    }


def _tracker(word: str) -> bool | str:
    return word if word == "anonymous" else word == "yes"


async def mail_rows(call: Call, rows: Any, *, has_contact: bool = False) -> list[dict[str, Any]]:
    """Mails with the subject as it was resolved, their headers and, when wanted, their contact."""
    views = await contacts.contacts_by_ids(call.core, [row.message.contact_id for row in rows]) if has_contact else {}
    subjects = await subjects_of(call.core, rows)
    about = await queries.campaigns_by_ids(call.core, [row.message.campaign_id for row in rows])
    senders = {one.id: await _headers(call, one) for one in about.values()}
    encoded: list[dict[str, Any]] = []
    for row in rows:
        view = views.get(row.message.contact_id)
        body = message_body(row, call.context)
        subject = subjects.get(row.message.id, row.subject)
        body |= {"email_subject": subject, "email_headers": senders[row.message.campaign_id]}
        if has_contact:
            body["subscriber"] = people.contact_body(view.contact, call.context) if view else None
        encoded.append(body)
    return encoded


async def _headers(call: Call, campaign: Campaign) -> dict[str, str]:
    sender = await sender_of(call.core, campaign.sender)
    headers = {"From": f"{sender.from_name} <{sender.from_email}>".strip()}
    if sender.reply_to_email:
        headers["Reply-To"] = f"{sender.reply_to_name} <{sender.reply_to_email}>".strip()
    return headers


async def email_preview(call: Call) -> Any:
    row = await message_by_id(call.core, call.id())
    campaign = await queries.campaign_by_id(call.core, row.message.campaign_id)
    subject, page = await message_view(call.core, row.message.id)
    info = (await mail_rows(call, [row], has_contact=True))[0]
    info["campaign"] = campaign_body(campaign, call.context, call.core.clock.now())
    info["email_subject"] = subject
    if info["subscriber"]:
        info["subscriber"]["campaign_id"] = str(campaign.id)
    sender = await sender_of(call.core, campaign.sender)
    mail = {
        "to": {"email": row.message.email, "name": (info["subscriber"] or {}).get("full_name", "")},
        "from": {"name": sender.from_name, "email": sender.from_email},
        "reply": None,
        "subject": subject,
        "body": page,
        "campaign_id": str(campaign.id),
        "id": row.message.id,
        "subscriber_id": str(row.message.contact_id),
        "clicks": [],
    }
    return {"info": info, "email": mail}


async def delete_emails(call: Call) -> Any:
    await queries.campaign_by_id(call.core, call.id())
    await actions.delete_messages(call.core, call.id(), call.ids("email_ids"))
    campaign = await queries.campaign_by_id(call.core, call.id())
    return {"message": "Selected emails are deleted", "recipients_count": campaign.recipients_count}


async def link_report(call: Call) -> Any:
    campaign = await queries.campaign_by_id(call.core, call.id())
    links = await numbers.link_numbers(call.core, campaign.id)
    return {
        "links": [{"id": one.id, "url": one.url, "total": str(one.people)} for one in links if one.clicks],
        "click_status": campaign.tracks_clicks != "no",
        "open_status": campaign.tracks_opens != "no",
    }


async def unsubscribers(call: Call) -> Any:
    page = await numbers.unsubscribers(call.core, call.id(), page_request(call))
    views = await contacts.contacts_by_ids(call.core, [one.contact_id for one in page.rows])

    def encode(one: numbers.Unsubscriber) -> dict[str, Any]:
        view = views.get(one.contact_id)
        subscriber = people.contact_body(view.contact, call.context) | {"reason": one.reason} if view else None
        at = call.context.stamp(one.at)
        return {
            "id": one.message_id,
            "url_id": None,
            "campaign_id": str(call.id()),
            "subscriber_id": str(one.contact_id),
            "type": "unsubscribe",
            "ip_address": one.ip,
            "country": None,
            "city": None,
            "counter": "1",
            "created_at": at,
            "updated_at": at,
            "subscriber": subscriber,
        }

    return {"unsubscribes": page_object(call, page, encode)}


_DID: Mapping[str, Literal["clicked", "opened"]] = {"click": "clicked", "open": "opened"}


async def contacts_by_segment(call: Call) -> Any:
    campaign = await queries.campaign_by_id(call.core, call.id())
    rule = from_json(campaign.audience)
    kind = _DID.get(call.text("segment"))
    chosen = CampaignActivity(campaign.id, kind) if kind else All((rule, StatusIn(("subscribed",))))
    where = await where_of(call.core, chosen)
    page = await contacts.list_contacts(call.core, page_request(call), where)
    joined = await companies_wire.joined_of(call, [view.contact for view in page.rows])

    def encode(view: ContactView) -> dict[str, Any]:
        return people.view_body(view, call.context) | companies_wire.relations(view.contact, joined, call.context)

    return {"subscribers": page_object(call, page, encode)}


async def revenues(_call: Call) -> Any:
    labels = {"order": "#", "title": "Customer", "status": "Status", "date": "Date", "total": "Total", "action": "View"}
    return {"orders": [], "labels": labels, "total": 0}


async def resync_revenues(_call: Call) -> Any:
    return {"message": "No revenue found for this campaign"}


_READ, _WRITE, _DELETE = "fcrm_read_emails", "fcrm_manage_emails", "fcrm_manage_email_delete"
_ONE = "/campaigns/{id}"
ROUTES = [
    Route("GET", f"{_ONE}/overview_stats", "campaign-overview", _READ, "view", overview_stats),
    Route("GET", f"{_ONE}/emails", "campaign-emails", _READ, "view", list_emails),
    Route("DELETE", f"{_ONE}/emails", "delete-campaign-emails", _DELETE, "ack", delete_emails),
    Route("GET", "/campaigns/emails/{id}/preview", "email-preview", _READ, "view", email_preview),
    Route("GET", f"{_ONE}/link-report", "link-report", _READ, "view", link_report),
    Route("GET", f"{_ONE}/unsubscribers", "campaign-unsubscribers", _READ, "view", unsubscribers),
    Route("GET", f"{_ONE}/contacts-by-segment", "contacts-by-segment", _READ, "view", contacts_by_segment),
    Route("GET", f"{_ONE}/revenues", "campaign-revenues", _READ, "view", revenues),
    Route("POST", f"{_ONE}/revenues/resync", "resync-revenues", _WRITE, "ack", resync_revenues),
]
