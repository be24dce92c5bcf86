"""The wire form of automations, their steps, runs and metrics (spec §2.7), and steps as they are sent."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any

from tidings.automations.rules import Graph, delays, graph_of
from tidings.automations.types import Automation, Metric, Run, RunView, Step, StepDraft
from tidings.campaigns.types import Campaign
from tidings.dialects._engine.calls import as_integer, as_list, as_structure, is_true
from tidings.dialects.fluentcrm.campaigns_wire import DEFAULT_SETTINGS, content_values, merged_settings
from tidings.dialects.fluentcrm.filters import Fields
from tidings.dialects.fluentcrm.funnel_words import read_step, record, settings_of, step_words, trigger_key
from tidings.dialects.fluentcrm.wire import Wire, number_text
from tidings.platform.errors import Invalid, Problem

Mailings = Mapping[int, Campaign]
_UTM = ("source", "medium", "campaign", "term", "content")


def blank(value: dict[str, Any]) -> Any:
    """An empty object is an empty list here."""
    return value or []


def funnel_body(automation: Automation, wire: Wire) -> dict[str, Any]:
    """An automation without what stands beside it."""
    settings, conditions = settings_of(automation)
    return {
        "id": automation.id,
        "type": "funnels",
        "title": automation.title,
        "trigger_name": trigger_key(automation.trigger),
        "status": automation.state,
        "conditions": blank(conditions),
        "settings": blank(settings),
        "created_by": number_text(automation.created_by),
        "created_at": wire.stamp(automation.created_at),
        "updated_at": wire.stamp(automation.updated_at),
    }


def made_body(automation: Automation, wire: Wire) -> dict[str, Any]:
    """An automation just made: settings and conditions are what was sent."""
    body = funnel_body(automation, wire) | {"created_by": automation.created_by}
    return body | {name: blank(dict(automation.extras.get(name) or {})) for name in ("settings", "conditions")}


def note_body(note: Mapping[str, Any] | None, wire: Wire) -> dict[str, Any] | None:
    """The note for colleagues."""
    if note is None:
        return None
    return {
        "content": note.get("content"),
        "updated_by": note.get("by"),
        "author_name": note.get("author"),
        "updated_at": wire.stamp(wire.instant(note.get("at"))),
    }


def mail_body(mailing: Campaign, automation: Automation, step_id: object = None) -> dict[str, Any]:
    """The mail of a step. `step_id`: the step it belongs to, None for one that was saved alone."""
    utm = mailing.utm or {}
    name = f"{automation.id}" if step_id is None else f"{automation.id} - {step_id}"
    return {
        "id": mailing.id,
        "parent_id": str(automation.id),
        "title": f"{automation.title} ({name})",
        "status": "draft",
        "template_id": number_text(mailing.template_id),
        "email_subject": mailing.subject,
        "email_pre_header": mailing.preheader,
        "email_body": mailing.body,
        "utm_status": "1" if utm.get("status") else "0",
        **{f"utm_{word}": utm.get(word) or "" for word in _UTM},
        "design_template": mailing.design,
        "settings": mailing.settings or copy.deepcopy(DEFAULT_SETTINGS),
    }


def mail_values(campaign: Mapping[str, Any], mailer: object, stored: Mapping[str, Any]) -> dict[str, Any]:
    """Core values of a mail as it is sent; the sender of the step stands in for the mail's own."""
    settings = merged_settings(stored, campaign.get("settings"))
    given, own = record(mailer), record(settings.get("mailer_settings"))
    if given and not is_true(own.get("is_custom") or "no"):
        settings["mailer_settings"] = own | given
    if campaign.get("_visual_builder_design"):
        settings["_visual_builder_design"] = campaign["_visual_builder_design"]
    return content_values(campaign, settings)


def step_body(step: Step, wire: Wire, *, waited: int = 0, settings: dict[str, Any] | None = None) -> dict[str, Any]:
    """A step without its mail. `waited`: seconds of fixed waiting before it."""
    action, kind, own = step_words(step)
    if step.mailing_id is not None:
        own |= {"reference_campaign": step.mailing_id}
    if step.kind == "send_mail":
        own |= {"campaign": []}
    return {
        "id": step.id,
        "funnel_id": str(step.automation_id),
        "parent_id": str(step.parent_id or 0),
        "action_name": action,
        "condition_type": step.branch or None,
        "type": kind,
        "title": step.title,
        "description": step.description,
        "status": "published",
        "conditions": step.extras.get("conditions") or [],
        "settings": blank(own if settings is None else settings),
        "note": step.note,
        "delay": str(waited),
        "c_delay": str(waited),
        "sequence": str(step.position),
        "created_by": number_text(step.created_by),
        "created_at": wire.stamp(step.created_at),
        "updated_at": wire.stamp(step.updated_at),
    }


def step_bodies(steps: Sequence[Step], wire: Wire) -> dict[int, dict[str, Any]]:
    """Every step by id, without mails."""
    waited = delays(graph_of(steps))
    return {step.id: step_body(step, wire, waited=waited.get(step.id, 0)) for step in steps}


def step_tree(
    automation: Automation, steps: Sequence[Step], mailings: Mailings, wire: Wire, *, is_new: bool = False
) -> list[dict[str, Any]]:
    """The steps with their mails, those of a branch under the step that branches."""
    graph, bodies = graph_of(steps), step_bodies(steps, wire)
    for step in steps:
        mailing = mailings.get(step.mailing_id or 0)
        if mailing is not None and step.kind == "send_mail":
            mail = mail_body(mailing, automation, "" if is_new else step.id) | {
                "__fcrm_block_type": "email_body_in_funnel"
            }
            settings = dict(bodies[step.id]["settings"] or {})
            settings.setdefault("mailer_settings", record(mailing.settings.get("mailer_settings")))
            bodies[step.id]["settings"] = settings | {"campaign": mail}

    def tree(row: Sequence[int]) -> list[dict[str, Any]]:
        for one in row:
            if graph.steps[one].kind in ("condition", "split"):
                ways = {way: tree(graph.rows.get((one, way), ())) for way in ("yes", "no")}
                bodies[one]["children"] = ways
        return [bodies[one] for one in row]

    return tree(graph.rows.get((None, ""), ()))


def drafts_of(sent: object, fields: Fields, mail_settings: Mapping[int, Mapping[str, Any]]) -> list[StepDraft]:
    """Steps as they are sent: a tree, or flat rows that name their parent. `mail_settings`: those stored, by mailing.

    Raises Invalid when it is no list of steps.
    """
    rows = as_structure(sent)
    if not isinstance(rows, list) or not all(isinstance(row, dict) and row.get("action_name") for row in rows):
        raise Invalid({"sequences": Problem("array", "The sequences must be a list of steps.")})
    return [_draft(row, fields, mail_settings) for row in _nested(rows)]


def _nested(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    by_id = {number: row for row in rows if (number := as_integer(row.get("id")))}
    top: list[dict[str, Any]] = []
    for row in rows:
        parent = by_id.get(as_integer(row.get("parent_id")) or 0)
        way = row.get("condition_type")
        if parent is None or parent is row or way not in ("yes", "no"):
            top.append(row)
            continue
        children = {name: list(as_list(record(parent.get("children")).get(name))) for name in ("yes", "no")}
        children[way].append(row)
        parent["children"] = children
    return top


def _draft(row: dict[str, Any], fields: Fields, mail_settings: Mapping[int, Mapping[str, Any]]) -> StepDraft:
    action, kind = str(row["action_name"]), str(row.get("type") or "action")
    kind = "action" if kind == "sequence" else kind
    settings, conditions = record(row.get("settings")), as_structure(row.get("conditions"))
    asked = settings if "conditions" in settings else settings | {"conditions": conditions}
    core_kind, params = read_step(action, kind, asked, fields)
    mailing_id, mail = as_integer(settings.get("reference_campaign")), None
    campaign = record(settings.get("campaign"))
    if core_kind == "send_mail":
        mailing_id = mailing_id or as_integer(campaign.get("id"))
        if campaign:
            mail = mail_values(campaign, settings.get("mailer_settings"), mail_settings.get(mailing_id or 0, {}))
    children = record(row.get("children"))
    yes, no = (
        [
            _draft(one, fields, mail_settings)
            for one in as_list(children.get(way))
            if isinstance(one, dict) and one.get("action_name")
        ]
        for way in ("yes", "no")
    )
    kept = {name: value for name, value in settings.items() if name not in ("campaign", "reference_campaign")}
    return StepDraft(
        core_kind,
        params,
        id=as_integer(row.get("id")),
        title=str(row.get("title") or ""),
        description=None if row.get("description") is None else str(row["description"]),
        note=str(row["note"]) if row.get("note") else None,
        extras={"action": action, "type": kind, "settings": kept, "conditions": conditions or []},
        mailing_id=mailing_id,
        mail=mail,
        yes=yes,
        no=no,
    )


def metric_body(metric: Metric, run: Run, wire: Wire) -> dict[str, Any]:
    """What became of one step for one contact."""
    return {
        "id": metric.id,
        "funnel_id": str(run.automation_id),
        "sequence_id": str(metric.step_id),
        "subscriber_id": str(run.contact_id),
        "benchmark_value": str(metric.value),
        "benchmark_currency": metric.currency,
        "status": metric.state,
        "notes": metric.note,
        "created_at": wire.stamp(metric.created_at),
        "updated_at": wire.stamp(metric.updated_at),
    }


def run_body(view: RunView, graph: Graph, bodies: Mapping[int, dict[str, Any]], wire: Wire) -> dict[str, Any]:
    """A contact in an automation, with the step it did and the one that comes."""
    run = view.run
    upcoming = graph.upcoming(run.step_id) if run.step_id in graph.steps else None
    last = next((one.state for one in reversed(view.metrics) if one.step_id == run.last_step_id), None)
    return {
        "id": run.id,
        "funnel_id": str(run.automation_id),
        "starting_sequence_id": number_text(run.first_step_id),
        "next_sequence": None if upcoming is None else str(graph.steps[upcoming].position),
        "subscriber_id": str(run.contact_id),
        "last_sequence_id": number_text(run.last_step_id),
        "next_sequence_id": number_text(upcoming),
        "last_sequence_status": {"completed": "complete", "skipped": "skipped"}.get(last or "", "pending"),
        "status": run.state,
        "type": "funnel",
        "last_executed_time": wire.stamp(run.stepped_at),
        "next_execution_time": wire.stamp(run.due_at),
        "notes": run.note,
        "source_trigger_name": trigger_key(run.source),
        "source_ref_id": number_text(run.source_id),
        "created_at": wire.stamp(run.created_at),
        "updated_at": wire.stamp(run.updated_at),
        "last_sequence": bodies.get(run.last_step_id or 0),
        "next_sequence_item": bodies.get(upcoming or 0),
    }
