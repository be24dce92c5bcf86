"""Who is in automations, how far, and what can be done about it (spec §6.8); their reports."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tidings.automations import people as runs
from tidings.automations import queries
from tidings.automations.rules import graph_of
from tidings.automations.types import RunView, Step
from tidings.campaigns.queries import campaigns_by_ids, message_counts
from tidings.contacts import queries as contacts
from tidings.dialects._engine.calls import Call
from tidings.dialects._engine.routes import Route
from tidings.dialects.fluentcrm import people
from tidings.dialects.fluentcrm.envelope import page_of_rows, page_request
from tidings.dialects.fluentcrm.funnels_wire import funnel_body, metric_body, run_body, step_bodies
from tidings.platform.errors import NotFound, Refused

_NO_RUN = "No Corresponding report found"


async def _rows(
    call: Call,
    views: Sequence[RunView],
    *,
    has_metrics: bool = True,
    has_contact: bool = True,
    has_funnel: bool = False,
    has_steps: bool = False,
) -> list[dict[str, Any]]:
    """Runs on the wire; three statements for any number."""
    ids = sorted({view.run.automation_id for view in views})
    steps = await queries.steps_of_all(call.core, ids)
    graphs = {one: graph_of(rows) for one, rows in steps.items()}
    bodies = {one: step_bodies(rows, call.context) for one, rows in steps.items()}
    known = await contacts.contacts_by_ids(call.core, [v.run.contact_id for v in views]) if has_contact else {}
    funnels = await queries.automations_by_ids(call.core, ids) if has_funnel else {}
    found: list[dict[str, Any]] = []
    for view in views:
        automation_id = view.run.automation_id
        body = run_body(view, graphs[automation_id], bodies[automation_id], call.context)
        if has_metrics:
            body["metrics"] = [metric_body(one, view.run, call.context) for one in view.metrics]
        if has_contact:
            contact = known.get(view.run.contact_id)
            body["subscriber"] = people.contact_body(contact.contact, call.context) if contact else None
        if has_funnel:
            body["funnel"] = funnel_body(funnels[automation_id], call.context)
            if has_steps:
                body["funnel"]["actions"] = list(bodies[automation_id].values())
        found.append(body)
    return found


async def list_runs(call: Call) -> Any:
    automation = await queries.automation_by_id(call.core, call.id())
    page = await queries.list_runs(
        call.core,
        page_request(call),
        automation_id=automation.id,
        state=call.text("status"),
        step_id=call.integer("sequence_id"),
        search=call.text("search"),
    )
    answer: dict[str, Any] = {
        "funnel_subscribers": page_of_rows(call, await _rows(call, page.rows), page.total, page.request)
    }
    with_ = [str(one) for one in call.items("with")]
    if "funnel" in with_:
        answer["funnel"] = funnel_body(automation, call.context)
    if "sequences" in with_:
        answer["sequences"] = list(step_bodies(await queries.steps_of(call.core, automation.id), call.context).values())
    return answer


async def show_run(call: Call) -> Any:
    automation = await queries.automation_by_id(call.core, call.id())
    found = await queries.find_run(call.core, automation.id, int(call.path["contact_id"]))
    steps = await queries.steps_of(call.core, automation.id)
    if found is None:
        raise NotFound("run", call.path["contact_id"])
    row = (await _rows(call, [found], has_contact=False))[0]
    return {"funnel_subscriber": row, "sequences": list(step_bodies(steps, call.context).values())}


async def set_status(call: Call) -> Any:
    wanted = call.text("status")
    try:
        await runs.set_run_state(call.core, call.id(), int(call.path["subscriber_id"]), wanted)
    except NotFound:
        raise Refused(_NO_RUN) from None
    return {"message": f"Status has been updated to {wanted}"}


async def advance(call: Call) -> Any:
    contact_id = int(call.path["subscriber_id"])
    try:
        await runs.move_run(call.core, call.id(), contact_id, call.integer("sequence_id") or 0)
    except NotFound:
        raise Refused("No corresponding subscriber found in this automation") from None
    found = await queries.find_run(call.core, call.id(), contact_id)
    rows = await _rows(call, [found] if found else [], has_contact=False, has_metrics=False)
    return {"message": "Subscriber has been advanced", "funnel_subscriber": rows[0] if rows else None}


async def remove_contacts(call: Call) -> Any:
    ids = call.ids("subscriber_ids")
    if not ids:
        raise Refused("subscriber_ids parameter is required")
    await queries.automation_by_id(call.core, call.id())
    await runs.remove_contacts(call.core, call.id(), ids)
    return {"message": "Subscriber has been removed from this automation"}


async def remove_runs(call: Call) -> Any:
    ids = call.ids("funnel_subscriber_ids")
    if not ids:
        raise Refused("Please provide automation subscriber IDs")
    await runs.remove_runs(call.core, ids)
    return {"message": "Selected subscribers have been removed from this automation"}


async def all_activities(call: Call) -> Any:
    page = await queries.list_runs(call.core, page_request(call), state=call.text("status"), search=call.text("search"))
    rows = await _rows(call, page.rows, has_funnel=True, has_steps=True)
    return {"activities": page_of_rows(call, rows, page.total, page.request)}


async def automations_of_contact(call: Call) -> Any:
    page = await queries.list_runs(call.core, page_request(call), contact_id=int(call.path["subscriber_id"]))
    rows = await _rows(call, page.rows, has_funnel=True, has_contact=False, has_metrics=False)
    return {"automations": page_of_rows(call, rows, page.total, page.request)}


async def report(call: Call) -> Any:
    return {"stats": await step_report(call, call.id())}


async def step_report(call: Call, automation_id: int) -> dict[str, Any]:
    """How many came to each step, and how many were lost on the way there."""
    view = await queries.automation_view(call.core, automation_id)
    steps = await queries.steps_of(call.core, automation_id)
    counts = await queries.step_counts(call.core, automation_id)
    mailings = [one.mailing_id for one in steps if one.mailing_id is not None]
    mails = await message_counts(call.core, mailings)
    entered = view.all_runs
    rows = [_metric_row("Entrance", entered, 0, "root", entered, entered)]
    bodies = step_bodies(steps, call.context)
    for step in steps:
        mine = counts.get(step.id)
        if mine is None:
            # Nobody came by yet.
            continue
        body = bodies[step.id]
        row = _metric_row(step.title, mine.completed, step.id, body["type"], entered, rows[-1]["count"])
        if step.mailing_id is not None:
            n = mails.get(step.mailing_id, {})
            row |= {"link_clicks": n.get("clicked", 0), "email_opens": n.get("opened", 0)}
        rows.append(row)
    revenue = sum(one.value for one in counts.values())
    return {
        "metrics": rows,
        "total_revenue": int(revenue) if revenue == int(revenue) else revenue,
        "total_revenue_formatted": f"{revenue:,.2f}",
        "revenue_currency": "USD",
    }


def _metric_row(label: str, count: int, step_id: int, kind: str, entered: int, before: int) -> dict[str, Any]:
    percent = _percent(count, entered) if kind != "root" else 100
    dropped = max(0, before - count)
    return {
        "label": label,
        "count": count,
        "sequence_id": step_id,
        "type": kind,
        "percent": percent,
        "percent_text": percent,
        "previous_step_count": before,
        "drop_count": dropped,
        "drop_percent": _percent(dropped, before),
    }


def _percent(part: int, whole: int) -> int | float:
    share = round(part * 100 / whole, 2) if whole else 0
    return int(share) if share == int(share) else share


async def email_reports(call: Call) -> Any:
    automation = await queries.automation_by_id(call.core, call.id())
    steps = [one for one in await queries.steps_of(call.core, automation.id) if one.mailing_id is not None]
    ids = [one.mailing_id for one in steps if one.mailing_id is not None]
    mailings, counts = await campaigns_by_ids(call.core, ids), await message_counts(call.core, ids)
    bodies = step_bodies(steps, call.context)
    return {"email_sequences": [_mail_report(step, bodies[step.id], mailings, counts) for step in steps]}


def _mail_report(step: Step, body: dict[str, Any], mailings: Any, counts: Any) -> dict[str, Any]:
    mailing, n = mailings.get(step.mailing_id), counts.get(step.mailing_id, {})
    states = {name: number for name, number in n.items() if name not in ("opened", "clicked", "unsubscribed")}
    settings = dict(body["settings"] or {}) | {"campaign": []}
    return body | {
        "settings": settings,
        "campaign": {
            "subject": mailing.subject if mailing else "",
            "id": step.mailing_id,
            "stats": {
                "total": sum(states.values()),
                "sent": sum(states.get(name, 0) for name in ("sent", "bounced", "complained")),
                "clicks": n.get("clicked", 0),
                "views": n.get("opened", 0),
                "unsubscribers": n.get("unsubscribed", 0),
            },
            "status": "draft",
            "open_tracking_status": mailing is not None and mailing.tracks_opens != "no",
            "click_tracking_status": mailing is not None and mailing.tracks_clicks != "no",
        },
    }


async def syncable_counts(call: Call) -> Any:
    await queries.automation_by_id(call.core, call.id())
    return {"syncable_count": await runs.count_syncable(call.core, call.id())}


async def sync_new_steps(call: Call) -> Any:
    n = await runs.sync_new_steps(call.core, call.id())
    return {"message": f"{n} contacts go on with the new steps"}


_READ, _WRITE = "fcrm_read_funnels", "fcrm_write_funnels"
_ONE, _RUN = "/funnels/{id}", "/funnels/{id}/subscribers/{subscriber_id}"
ROUTES = [
    Route("GET", f"{_ONE}/subscribers", "get-funnel-subscribers", _READ, "view", list_runs),
    Route("DELETE", f"{_ONE}/subscribers", "delete-funnel-subscribers", _WRITE, "ack", remove_contacts),
    Route("GET", f"{_ONE}/subscribers/{{contact_id}}", "funnel-subscriber-report", _READ, "view", show_run),
    Route("PUT", f"{_RUN}/status", "update-funnel-subscriber-status", _WRITE, "ack", set_status),
    Route("POST", f"{_RUN}/advance", "advance-funnel-subscriber", _WRITE, "ack", advance),
    Route("POST", "/funnels/remove-bulk-subscribers", "remove-bulk-subscribers", _WRITE, "ack", remove_runs),
    Route("GET", "/funnels/all-activities", "funnel-activities", _READ, "view", all_activities),
    Route(
        "GET",
        "/funnels/subscriber/{subscriber_id}/automations",
        "subscriber-automations",
        _READ,
        "view",
        automations_of_contact,
    ),
    Route("GET", f"{_ONE}/report", "funnel-report", _READ, "view", report),
    Route("GET", f"{_ONE}/email_reports", "funnel-email-reports", _READ, "view", email_reports),
    Route("GET", f"{_ONE}/syncable-counts", "funnel-syncable-counts", _READ, "view", syncable_counts),
    Route("POST", f"{_ONE}/sync-new-steps", "sync-new-steps", _WRITE, "ack", sync_new_steps),
]
