"""Contacts of a campaign, its statistics and what happened with its mails."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from tidings.automations import workflows
from tidings.automations.workflows import Enrolled
from tidings.campaigns import queries, recipients
from tidings.campaigns.recipients import Recipient
from tidings.campaigns.types import WORKFLOW
from tidings.contacts.queries import contacts_by_ids
from tidings.dialects._engine.calls import Call
from tidings.dialects._engine.codecs import instant, rfc3339
from tidings.dialects._engine.routes import Route
from tidings.dialects.fluenzr.campaigns import campaign_body, campaign_of, counts_body
from tidings.dialects.fluenzr.filters import comparison, rules_of_filters
from tidings.dialects.fluenzr.ids import number_of, opaque
from tidings.dialects.fluenzr.wire import done, numbers, page_answer, page_request, whole_answer
from tidings.platform.errors import Invalid, Problem
from tidings.reports.campaign_events import HAPPENINGS, Happened, list_happenings, timeline
from tidings.reports.campaigns import CampaignNumbers, campaign_numbers, mails_of, numbers_from, together
from tidings.segments.queries import count_contacts
from tidings.segments.types import All, ColumnIs, Everybody, InLists, Rule
from tidings.segments.types import Any as AnyOf

MAX_IDS = 1000
# status of a contact in a campaign: states of its message, and a filter of messages
_STATUSES: dict[str, tuple[tuple[str, ...], str]] = {
    "pending": (("queued", "deferred", "paused"), ""),
    "in_progress": (("sending",), ""),
    "completed": (("sent",), "stayed"),
    "replied": (("none",), ""),
    "bounced": (("bounced",), ""),
    "unsubscribed": ((), "unsubscribed"),
    "error": (("failed", "unknown", "cancelled", "complained"), "stayed"),
}
_WORDS = {state: word for word, (states, _) in _STATUSES.items() for state in states} | {"waiting": "pending"}
# the same of campaigns of several steps
_ENROLLED = {"pending": "waiting", "in_progress": "under_way", "error": "failed"}
_SORTS = {"id": "id"}
STEPS = ("hour", "day", "week")


def _recipient_body(one: Recipient) -> dict[str, Any]:
    return {
        "contactId": opaque("con", one.contact_id),
        "email": one.email,
        "status": "unsubscribed" if one.has_left else _WORDS[one.state],
        "addedAt": rfc3339(one.added_at),
        "sentAt": rfc3339(one.sent_at),
    }


def _enrolled_body(one: Enrolled) -> dict[str, Any]:
    word = next((wire for wire, state in _ENROLLED.items() if state == one.state), one.state)
    return {
        "contactId": opaque("con", one.contact_id),
        "email": one.email,
        "status": word,
        "addedAt": rfc3339(one.entered_at),
        "sentAt": rfc3339(one.sent_at),
    }


async def list_contacts(call: Call) -> Any:
    campaign = await campaign_of(call)
    word = call.text("status")
    if word and word not in _STATUSES:
        raise Invalid({"status": Problem("in", f"status must be one of {', '.join(_STATUSES)}")})
    states, filter_ = _STATUSES.get(word, ((), ""))
    request = page_request(call, sorts=_SORTS)
    if campaign.kind == WORKFLOW:
        wanted = [_ENROLLED.get(word, word)] if word else []
        return page_answer(
            await workflows.list_enrolled(call.core, campaign.id, request, states=wanted), _enrolled_body
        )
    page = await recipients.list_recipients(call.core, campaign.id, request, states=states, filter=filter_)
    return page_answer(page, _recipient_body)


def _ids(call: Call, *, is_required: bool) -> list[int]:
    given = call.params.get("contactIds")
    if given is None and not is_required:
        return []
    ids = numbers(given, "con", "contactIds")
    if len(ids) > MAX_IDS:
        raise Invalid({"contactIds": Problem("max", f"contactIds may have at most {MAX_IDS} ids")})
    return ids


def _groups(call: Call) -> tuple[int, ...] | None:
    given = call.params.get("groupIds")
    given = given if given is not None else [call.params["groupId"]] if call.params.get("groupId") else None
    return tuple(numbers(given, "grp", "groupIds")) if given is not None else None


async def _wanted(call: Call, ids: Sequence[int], groups: tuple[int, ...] | None) -> Rule:
    """Whom the body means: contacts, groups and filters, together."""
    found: list[Rule] = [ColumnIs("id", "in", tuple(ids))] if ids else []
    if groups is not None:
        found.append(comparison("groupIds", lambda: InLists("in", groups)))
    if call.params.get("filters") is not None:
        filters = await rules_of_filters(call)
        found.append(All(tuple(filters)) if filters else Everybody())
    if not found and call.params.get("contactIds") is None:
        raise Invalid({"contactIds": Problem("required", "Give contactIds, groupIds or filters")})
    return AnyOf(tuple(found))


async def add_contacts(call: Call) -> Any:
    campaign = await campaign_of(call)
    ids = _ids(call, is_required=False)
    groups = _groups(call)
    wanted = await _wanted(call, ids, groups)
    added = await workflows.add_people(call.core, campaign.id, wanted, list_ids=groups or ())
    known = await contacts_by_ids(call.core, ids)
    errors = [{"contactId": opaque("con", one), "message": "Contact not found"} for one in ids if one not in known]
    errors += [
        {"contactId": opaque("con", one), "message": "Contact cannot be mailed"}
        for one, view in known.items()
        if view.contact.status != "subscribed" or not view.contact.email
    ]
    matched = await count_contacts(call.core, wanted)
    return done({"added": added, "skipped": max(0, matched + len(ids) - len(known) - added), "errors": errors})


async def remove_contacts(call: Call) -> Any:
    campaign = await campaign_of(call)
    ids = _ids(call, is_required=True)
    removed = await workflows.remove_people(call.core, campaign.id, ids)
    return done({"removed": removed, "skipped": len(ids) - removed, "errors": []})


def _numbers_body(n: CampaignNumbers) -> dict[str, Any]:
    return {
        **counts_body(n),
        "openRate": n.open_rate,
        "clickRate": n.click_rate,
        "replyRate": 0.0,
        "bounceRate": n.bounce_rate,
        "unsubscribeRate": n.unsubscribe_rate,
    }


async def stats(call: Call) -> Any:
    campaign = await campaign_of(call)
    n = (await campaign_numbers(call.core, [campaign.id]))[campaign.id]
    totals = {"contacts": campaign.recipients_count, "pending": n.waiting, "failed": n.failed, "unknown": n.unknown}
    totals |= {"totalOpens": n.total_opens, "totalClicks": n.total_clicks}
    return done({"campaignId": opaque("cmp", campaign.id), **totals, **_numbers_body(n)})


async def email_stats(call: Call) -> Any:
    campaign = await campaign_of(call)
    view = await queries.campaign_view(call.core, campaign.id)
    mails = [node for node in campaign_body(view)["workflow"].get("nodes", []) if node["type"] == "email"]
    whole, each = numbers_from(view.counts), together(await mails_of(call.core, campaign.id))
    rest = numbers_from({}) if campaign.kind == WORKFLOW else whole
    return whole_answer(
        [
            {"nodeId": mail["id"], "subject": mail["data"]["subject"], **_numbers_body(each.get(mail["id"], rest))}
            for mail in mails
        ]
    )


def _span(call: Call) -> tuple[datetime | None, datetime | None]:
    found: list[datetime | None] = []
    problems: dict[str, Problem] = {}
    for name in ("from", "to"):
        text = call.text(name)
        try:
            found.append(instant.decode(text, None) if text else None)
        except (ValueError, OverflowError):
            problems[name] = Problem("date", f"{name} must be a date or a date and time like 2027-01-31T09:30:00Z")
    if problems:
        raise Invalid(problems)
    return found[0], found[1]


async def stats_timeline(call: Call) -> Any:
    campaign = await campaign_of(call)
    step = call.text("interval", "day") or "day"
    if step not in STEPS:
        raise Invalid({"interval": Problem("in", f"interval must be one of {', '.join(STEPS)}")})
    since, until = _span(call)
    points = await timeline(call.core, campaign.id, step=step, since=since, until=until)
    return whole_answer(
        [{"at": rfc3339(one.at), **{kind: getattr(one, kind) for kind in HAPPENINGS}, "replied": 0} for one in points]
    )


def _activity_body(one: Happened) -> dict[str, Any]:
    return {
        "type": f"email.{one.kind}",
        "timestamp": rfc3339(one.at),
        "contactId": opaque("con", one.contact_id),
        "contactEmail": one.email,
    }


async def activity(call: Call) -> Any:
    campaign = await campaign_of(call)
    word = call.text("type").removeprefix("email.")
    if word and word not in (*HAPPENINGS, "replied"):
        kinds = ", ".join(f"email.{kind}" for kind in HAPPENINGS)
        raise Invalid({"type": Problem("in", f"type must be one of {kinds}, email.replied")})
    contact = number_of("con", call.text("contactId"))
    if call.text("contactId") and contact is None:
        raise Invalid({"contactId": Problem("id", "contactId must be the id of a contact (con_…)")})
    since, until = _span(call)
    page = await list_happenings(
        call.core,
        campaign.id,
        page_request(call, sorts=_SORTS),
        kinds=tuple(kind for kind in HAPPENINGS if word in ("", kind)),
        contact_id=contact,
        since=since,
        until=until,
    )
    return page_answer(page, _activity_body)


_READ, _WRITE, _PEOPLE = "fcrm_read_emails", "fcrm_manage_emails", "fcrm_read_contacts"
_ONE = "/campaigns/{id:word}"
ROUTES = [
    Route("GET", f"{_ONE}/contacts", "listCampaignContacts", _PEOPLE, "view", list_contacts),
    Route("POST", f"{_ONE}/contacts", "addCampaignContacts", _WRITE, "ack", add_contacts),
    Route("DELETE", f"{_ONE}/contacts", "removeCampaignContacts", _WRITE, "ack", remove_contacts),
    Route("GET", f"{_ONE}/stats", "campaignStats", _READ, "view", stats),
    Route("GET", f"{_ONE}/stats/emails", "campaignEmailStats", _READ, "view", email_stats),
    Route("GET", f"{_ONE}/stats/timeline", "campaignTimeline", _READ, "view", stats_timeline),
    Route("GET", f"{_ONE}/activity", "campaignActivity", _READ, "view", activity),
]
