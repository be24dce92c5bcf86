"""The dashboard, series of days, all mails, and contacts by what they have (spec §7.10, §7.14).

One campaign's numbers are in `campaign_reports`, those of automations in `funnel_reports`, options in `pickers`.
"""

from __future__ import annotations

from datetime import date, timedelta
from html import escape
from typing import Any

from tidings.automations.queries import list_automations
from tidings.campaigns import actions, queries
from tidings.contacts import catalog
from tidings.contacts import queries as contacts
from tidings.contacts.types import STATUSES
from tidings.dialects._engine.calls import Call
from tidings.dialects._engine.routes import Route
from tidings.dialects.fluentcrm import people
from tidings.dialects.fluentcrm.campaign_reports import mail_rows
from tidings.dialects.fluentcrm.campaigns_wire import (
    campaign_body,
    mail_states,
    mail_word,
    stats_body,
    type_kinds,
    type_label,
    type_word,
)
from tidings.dialects.fluentcrm.envelope import page_object, page_of_rows, page_request
from tidings.dialects.fluentcrm.funnels_wire import funnel_body
from tidings.dialects.fluentcrm.triggers import trigger_bodies
from tidings.messages.queries import list_messages
from tidings.platform.pagination import PageRequest
from tidings.reports import dashboard
from tidings.reports.contacts import count_by_country
from tidings.reports.warnings import Warning, warnings
from tidings.segments.values import day_of
from tidings.templates.queries import count_templates

# Campaigns that have begun: what a report can be about.
_BEGUN = ("sending", "paused", "finished")
_NOT_DRAFT = (*_BEGUN, "scheduled", "drawing", "cancelled")
# A picker without search; more are found by typing.
_OPTIONS = 100
_NOTICES: dict[Warning, tuple[str, str]] = {
    "no_account": ("There is no mail account that can send: mails are kept here.", "/settings/sending"),
    "no_address": ("Your postal address is missing; every marketing mail must carry it.", "/settings/business"),
    "webhook_off": ("An outgoing webhook was switched off after failures.", "/settings/webhooks"),
}
_CURRENT, _COMPARED = "#335CFF", "#1FC16B"
_COMPARED_MONTHS = {"previous_month": 1, "previous_quarter": 3, "previous_year": 12}


async def dashboard_stats(call: Call) -> Any:
    core, now = call.core, call.core.clock.now()
    totals = await dashboard.totals(core)
    recent = await contacts.list_contacts(core, PageRequest(per_page=3))
    campaigns = await queries.list_campaigns(core, PageRequest(per_page=3), states=_NOT_DRAFT)
    automations = await list_automations(core, PageRequest(per_page=5), states=["published"])
    has_tags = bool((await catalog.list_tags(core, PageRequest(per_page=1))).rows)
    return {
        "stats": _cards(totals, automations.total, await count_templates(core)),
        "sales": [],
        "dashboard_notices": [_notice(call, one) for one in await warnings(core)],
        "onboarding": _onboarding(totals, has_tags, automations.total > 0),
        "quick_links": _quick_links(call),
        "ff_config": {"is_installed": False, "create_form_link": f"{call.context.public_url}/forms"},
        "recommendation": False,
        "system_tips": "",
        "recent_contacts": [people.contact_body(view.contact, call.context) for view in recent.rows],
        "active_automations": [funnel_body(view.automation, call.context) for view in automations.rows],
        "recent_campaigns": [_campaign_row(call, view, now) for view in campaigns.rows],
        "triggers": trigger_bodies(),
    }


def _cards(totals: dashboard.Totals, automations: int, templates: int) -> dict[str, Any]:
    def card(title: str, count: int, route: str) -> dict[str, Any]:
        return {"title": title, "count": count, "route": {"name": route}}

    cards = {
        "total_subscribers": card("Active Contacts", totals.subscribed, "subscribers"),
        "total_campaigns": card("Campaigns", totals.campaigns, "campaigns"),
        "email_sent": card("Emails Sent", totals.sent, "all_emails"),
        "total_automations": card("Active Automations", automations, "funnels"),
        "total_templates": card("Email Templates", templates, "templates"),
    }
    if totals.waiting:
        cards["email_pending"] = card("Emails Pending", totals.waiting, "all_emails")
    return cards


def _notice(call: Call, warning: Warning) -> str:
    text, path = _NOTICES[warning]
    return f'<div><b>Attention:</b> {text} <a href="{escape(call.context.public_url)}{path}">Settings</a></div>'


def _onboarding(totals: dashboard.Totals, has_tags: bool, has_automations: bool) -> dict[str, Any]:
    steps = (
        ("Create a tag", has_tags, "tags"),
        ("Import contacts", totals.contacts > 0, "subscribers"),
        ("Create a campaign", totals.campaigns > 0, "campaigns"),
        ("Create an automation", has_automations, "funnels"),
        ("Create a form", False, "forms"),
    )
    return {
        "total": len(steps),
        "completed": sum(is_done for _, is_done, _ in steps),
        "steps": [{"label": label, "completed": done, "route": {"name": name}} for label, done, name in steps],
    }


def _quick_links(call: Call) -> list[dict[str, Any]]:
    links = (("Contact Segments", "/segments", "ContactSegments"), ("Campaigns", "/campaigns", "Campaigns"))
    links += (("Tags", "/tags", "Tags"), ("Import", "/imports", "Import"))
    return [{"title": title, "url": f"{call.context.public_url}{path}", "icon": icon} for title, path, icon in links]


def _campaign_row(call: Call, view: Any, now: Any) -> dict[str, Any]:
    body = campaign_body(view.campaign, call.context, now) | {"stats": stats_body(view)}
    body.pop("server_time")
    body["stats"].pop("revenue")
    return body


def series_view(what: str) -> Any:
    """A series under `stats`, every period of the range filled; `campaign_id` narrows it."""

    async def view(call: Call) -> Any:
        narrowed = dashboard.Narrowed(campaign_id=call.integer("campaign_id"))
        return {"stats": await _points(call, what, _range(call), narrowed)}

    return view


async def contact_growth(call: Call) -> Any:
    """New subscribed contacts per period, beside another range when one is to be compared with."""
    chosen = _range(call)
    narrowed = dashboard.Narrowed("subscribed", call.integer("tag_id"), call.integer("list_id"))
    points = await _points(call, "contacts", chosen, narrowed)
    sets = [_data_set("Current Range", points, chosen, _CURRENT)]
    if compared := compared_range(chosen, call.text("compare_type")):
        before = await _points(call, "contacts", compared, narrowed)
        sets.append(_data_set("Compare Range", before, compared, _COMPARED))
    return {"data_sets": sets, "current_range": sets[0]["range"], "stats": points}


def _data_set(label: str, points: dict[str, int], days: tuple[date, date], color: str) -> dict[str, Any]:
    ends = [day.isoformat() for day in days]
    colors = {"backgroundColor": color, "borderColor": color, "fill": True}
    return {"label": label, "data": points, "range": ends, **colors}


async def _points(
    call: Call, what: str, days: tuple[date, date], narrowed: dashboard.Narrowed = dashboard.EVERYTHING
) -> dict[str, int]:
    """The counts by day or by the first day of the week, as `2026-01-31`, or by month, as `Jan 2026`."""
    length = (days[1] - days[0]).days
    step = "day" if length <= 62 else "week" if length <= 92 else "month"
    form = "%b %Y" if step == "month" else "%Y-%m-%d"
    rows = await dashboard.series(call.core, what, *days, step=step, narrowed=narrowed)
    return {day.strftime(form): n for day, n in rows}


def compared_range(days: tuple[date, date], kind: str) -> tuple[date, date] | None:
    """The range to compare with: the time just before, or the same days some months earlier; None for anything else."""
    first, last = days
    if kind == "previous_period":
        return first - (last - first) - timedelta(days=1), first - timedelta(days=1)
    months = _COMPARED_MONTHS.get(kind)
    if months is None or first.year < 2:
        return None
    return earlier(first, months), earlier(last, months)


def earlier(day: date, months: int) -> date:
    """The same day of an earlier month, or its last one."""
    n = day.year * 12 + day.month - 1 - months
    for back in range(4):
        try:
            return date(n // 12, n % 12 + 1, day.day - back)
        except ValueError:
            continue
    raise AssertionError("every month has 28 days")


def _range(call: Call) -> tuple[date, date]:
    """The days asked for in `date_range`, in order; else the last 30."""
    days: list[date] = []
    for one in call.items("date_range"):
        try:
            days.append(day_of(one))
        except ValueError:
            continue
    if len(days) == 2:
        first, last = sorted(days)
        return max(first, last - timedelta(days=dashboard.MAX_DAYS)), last
    today = call.core.clock.now().astimezone(call.context.zone).date()
    return today - timedelta(days=30), today


async def email_performance(call: Call) -> Any:
    days = call.integer("days", 30) or 0
    # From the begin of the hour, so that the answer can be remembered.
    now = call.core.clock.now().replace(minute=0, second=0, microsecond=0)
    since = now - timedelta(days=days) if 0 < days <= dashboard.MAX_DAYS else None
    got = await dashboard.performance(call.core, since)
    counts = {"delivered": got.delivered, "opened": got.opened, "clicked": got.clicked, "bounced": got.bounced}
    shares = {name: _share(n, got.sent) for name, n in counts.items()}
    return {"stats": {"totals": {"sent": got.sent, **counts}, "percentages": shares}}


def _share(part: int, whole: int) -> float:
    """Per cent with two decimals; a whole number as an integer."""
    value = round(part * 100 / whole, 2) if whole else 0
    return int(value) if value == int(value) else value


async def list_emails(call: Call) -> Any:
    """Every mail there is; the counts stand on the first page."""
    request = page_request(call)
    word, kind, search = call.text("status"), call.text("type") or call.text("email_type"), call.text("search")
    states = mail_states(word) if word and word != "all" else []
    kinds = type_kinds(kind) if kind and kind != "all" else []
    counts = await dashboard.messages_by_kind(call.core)
    known = None
    if not search.strip():
        # The tallies know the total; counting millions of rows for a page would take seconds.
        known = sum(n for (k, s), n in counts.items() if (not states or s in states) and (not kinds or k in kinds))
    page = await list_messages(
        call.core,
        PageRequest(request.page, request.per_page),
        states=states,
        kinds=kinds,
        search=search,
        total=known,
    )
    rows = await mail_rows(call, page.rows, has_contact=True)
    about = await queries.campaigns_by_ids(call.core, [row.message.campaign_id for row in page.rows])
    bodies = {str(one.id): campaign_body(one, call.context, call.core.clock.now()) for one in about.values()}
    for row in rows:
        row["campaign"] = bodies.get(row["campaign_id"])
    answer: dict[str, Any] = {"emails": page_of_rows(call, rows, page.total, page.request)}
    return answer | _mail_counts(counts) if request.page == 1 else answer


def _mail_counts(counts: dict[tuple[str, str], int]) -> dict[str, Any]:
    statuses: dict[str, int] = {}
    types: dict[str, int] = {}
    for (kind, state), n in counts.items():
        statuses[mail_word(state)] = statuses.get(mail_word(state), 0) + n
        types[type_word(kind)] = types.get(type_word(kind), 0) + n
    return {
        "statuses": {word: str(n) for word, n in statuses.items()},
        "types": [{"id": kind, "label": type_label(kind), "count": n} for kind, n in types.items()],
    }


async def delete_emails(call: Call) -> Any:
    await actions.delete_any_messages(call.core, call.ids("email_ids"))
    return {"message": "Selected emails have been deleted"}


async def contacts_by_status(call: Call) -> Any:
    counts = await contacts.count_by_status(call.core)
    stats = [{"status": status, "count": counts.get(status, 0)} for status in STATUSES]
    return {"stats": stats, "total": sum(counts.values())}


async def contacts_by_tags(call: Call) -> Any:
    page = await catalog.list_tags(call.core, _by_size(call))
    return {"tags": page_object(call, page, _term)}


async def contacts_by_lists(call: Call) -> Any:
    page = await catalog.list_lists(call.core, _by_size(call))
    return {"lists": page_object(call, page, _term)}


def _by_size(call: Call) -> PageRequest:
    asked = page_request(call, per_page=20)
    return PageRequest(asked.page, asked.per_page, "contacts_count")


def _term(one: Any) -> dict[str, Any]:
    return {"id": one.id, "title": one.title, "contact_count": str(one.contacts_count)}


async def contacts_by_country(call: Call) -> Any:
    rows = await count_by_country(call.core)
    return {"countries": [{"country_code": country, "contact_count": n} for country, n in rows]}


async def recent_tags(call: Call) -> Any:
    page = await catalog.list_tags(call.core, PageRequest(per_page=5, sort="created_at"))
    return {"tags": [_term(one) | {"created_at": call.context.stamp(one.created_at)} for one in page.rows]}


async def campaigns_list(call: Call) -> Any:
    asked = page_request(call)
    page = await queries.list_campaigns(
        call.core, PageRequest(asked.page, asked.per_page), states=_BEGUN, search=call.text("search")
    )
    now = call.core.clock.now()
    return {"campaigns": page_object(call, page, lambda view: _campaign_row(call, view, now))}


async def campaign_options(call: Call) -> Any:
    found = await queries.search_campaigns(call.core, call.text("search"), states=_BEGUN, limit=_OPTIONS)
    return {"options": [{"id": one.id, "title": one.title} for one in found]}


async def providers(_call: Call) -> Any:
    return {"providers": []}


async def ping(_call: Call) -> Any:
    return {"message": "pong"}


_READ = "fcrm_view_dashboard"
_MAILS = "fcrm_read_emails"
ROUTES = [
    Route("GET", "/reports/dashboard-stats", "dashboard-stats", _READ, "view", dashboard_stats),
    Route("GET", "/reports/subscribers", "report-subscribers", _READ, "view", contact_growth),
    Route("GET", "/reports/email-sents", "report-email-sents", _READ, "view", series_view("sent")),
    Route("GET", "/reports/email-opens", "report-email-opens", _READ, "view", series_view("opened")),
    Route("GET", "/reports/email-clicks", "report-email-clicks", _READ, "view", series_view("clicked")),
    Route("GET", "/reports/email-unsubs", "report-email-unsubs", _READ, "view", series_view("unsubscribed")),
    Route("GET", "/reports/email-performance", "report-email-performance", _READ, "view", email_performance),
    Route("GET", "/reports/emails", "report-emails", _MAILS, "view", list_emails),
    Route("DELETE", "/reports/emails", "delete-report-emails", "fcrm_manage_email_delete", "ack", delete_emails),
    Route("GET", "/reports/contacts-by-status", "contacts-by-status", _READ, "view", contacts_by_status),
    Route("GET", "/reports/contacts-by-tags", "contacts-by-tags", _READ, "view", contacts_by_tags),
    Route("GET", "/reports/contacts-by-lists", "contacts-by-lists", _READ, "view", contacts_by_lists),
    Route("GET", "/reports/contacts-by-country", "contacts-by-country", _READ, "view", contacts_by_country),
    Route("GET", "/reports/recent-tags", "recent-tags", _READ, "view", recent_tags),
    Route("GET", "/reports/campaigns-list", "report-campaigns-list", _MAILS, "view", campaigns_list),
    Route("GET", "/reports/campaign-options", "report-campaign-options", _MAILS, "view", campaign_options),
    Route("GET", "/reports/advanced-providers", "advanced-report-providers", _READ, "view", providers),
    Route("GET", "/reports/ping", "ping", _READ, "view", ping),
]
