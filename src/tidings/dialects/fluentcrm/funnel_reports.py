"""Automations in the reports: how many came and went, and where the rest is (spec §7.10, §7.14)."""

from __future__ import annotations

from typing import Any

from tidings.automations import queries
from tidings.automations.types import AutomationView, Run
from tidings.contacts import queries as contacts
from tidings.dialects._engine.calls import Call
from tidings.dialects._engine.routes import Route
from tidings.dialects.fluentcrm.envelope import page_object, page_request
from tidings.dialects.fluentcrm.funnel_runs import step_report
from tidings.dialects.fluentcrm.funnel_words import trigger_key
from tidings.dialects.fluentcrm.funnels_wire import funnel_body
from tidings.platform.pagination import PageRequest
from tidings.reports.automations import overview

_RECENT = 3


async def automations(call: Call) -> Any:
    """A page of published automations with who came last; the numbers of all of them; the busiest."""
    asked = page_request(call)
    page = await queries.list_automations(
        call.core, PageRequest(asked.page, asked.per_page), states=["published"], search=call.text("search")
    )
    recent = await queries.recent_runs(call.core, [view.automation.id for view in page.rows], each=_RECENT)
    ids = sorted({run.contact_id for runs in recent.values() for run in runs})
    known = await contacts.contacts_by_ids(call.core, ids)
    numbers, busiest = await overview(call.core)

    def encode(view: AutomationView) -> dict[str, Any]:
        runs = recent[view.automation.id]
        return funnel_body(view.automation, call.context) | {
            "total_subscribers": view.all_runs,
            "completed_count": view.counts.get("completed", 0),
            "in_progress_count": view.open_runs,
            "last_run_at": call.context.stamp(runs[0].updated_at) if runs else None,
            "recent_subscribers": [_entrant(call, run, known) for run in runs if run.contact_id in known],
        }

    return {
        "automations": page_object(call, page, encode),
        "overview": {
            "total": numbers.automations,
            "subscribers": numbers.runs,
            "completed": numbers.completed,
            "in_progress": numbers.open,
        },
        "top_automations": [
            {
                "id": str(one.id),
                "title": one.title,
                "trigger_name": trigger_key(one.trigger),
                "trigger_count": one.runs,
            }
            for one in busiest
        ],
    }


def _entrant(call: Call, run: Run, known: Any) -> dict[str, Any]:
    contact = known[run.contact_id].contact
    local = run.created_at.astimezone(call.context.zone)
    return {
        "id": contact.id,
        "name": contact.full_name,
        "email": contact.email,
        "avatar": contact.avatar,
        "entered_at": {
            "date": local.strftime("%Y-%m-%d %H:%M:%S.%f"),
            "timezone_type": 3,
            "timezone": call.context.zone.key,
        },
    }


async def automation_steps(call: Call) -> Any:
    """The steps of one automation with how many came to each."""
    automation = await queries.automation_by_id(call.core, call.id())
    return {
        "automation": funnel_body(automation, call.context),
        "steps": (await step_report(call, automation.id))["metrics"],
    }


_READ = "fcrm_view_dashboard"
ROUTES = [
    Route("GET", "/reports/automations", "report-automations", _READ, "view", automations),
    Route("GET", "/reports/automations/{id}/steps", "report-automation-steps", _READ, "view", automation_steps),
]
