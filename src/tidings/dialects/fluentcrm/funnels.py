"""Automations: made, found, named, published, copied, brought in, deleted (spec §6.7). Steps are in `funnel_steps`,
contacts and reports in `funnel_runs`, what the editor offers in `funnel_blocks` and `funnel_forms`.
"""

from __future__ import annotations

from typing import Any

from tidings.automations import actions, queries
from tidings.automations.types import Automation, AutomationView
from tidings.contacts import actions as contact_actions
from tidings.contacts import catalog
from tidings.contacts.queries import custom_fields
from tidings.dialects._engine.calls import Call, as_list
from tidings.dialects._engine.routes import Route
from tidings.dialects.fluentcrm.catalog import label_row
from tidings.dialects.fluentcrm.dialect import FieldErrors
from tidings.dialects.fluentcrm.envelope import page_object, page_request
from tidings.dialects.fluentcrm.funnel_blocks import block_bodies
from tidings.dialects.fluentcrm.funnel_forms import block_fields, trigger_fields
from tidings.dialects.fluentcrm.funnel_steps import bodies_of
from tidings.dialects.fluentcrm.funnel_words import TRIGGERS, defaults_of, record, start_of, trigger_key
from tidings.dialects.fluentcrm.funnels_wire import blank, drafts_of, funnel_body, made_body, note_body
from tidings.dialects.fluentcrm.kept import plain
from tidings.dialects.fluentcrm.triggers import trigger_bodies
from tidings.platform.errors import Problem, Refused

SORTS = {"id": "id", "title": "title", "status": "state", "trigger_name": "trigger"}
SORTS |= {"created_at": "created_at", "updated_at": "updated_at"}


async def list_funnels(call: Call) -> Any:
    page = await queries.list_automations(
        call.core,
        page_request(call, sorts=SORTS),
        search=call.text("search"),
        states=[call.text("status")] if call.text("status") else (),
        label_ids=call.ids("labels"),
    )
    labels = {label.id: label_row(label) for label in await catalog.list_labels(call.core)}

    def encode(view: AutomationView) -> dict[str, Any]:
        return funnel_body(view.automation, call.context) | {
            "subscribers_count": str(view.all_runs),
            "in_progress_subscribers_count": view.open_runs,
            "description": view.automation.description,
            "sticky_note": note_body(view.automation.note, call.context),
            "labels": [labels[one] for one in view.label_ids if one in labels],
        }

    answer: dict[str, Any] = {"funnels": page_object(call, page, encode)}
    if "triggers" in call.items("with"):
        answer["triggers"] = trigger_bodies()
    return answer


async def list_triggers(_call: Call) -> Any:
    return {"triggers": trigger_bodies()}


async def list_templates(_call: Call) -> Any:
    """This installation brings no templates of its own yet."""
    return {"templates": [], "all": [], "cats": []}


async def create_funnel(call: Call) -> Any:
    given = call.record("funnel")
    trigger = plain(given.get("trigger_name"))
    if not trigger:
        raise FieldErrors({"trigger_name": Problem("required", "The trigger_name field is required.")})
    made = await actions.create_automation(
        call.core,
        title=plain(given.get("title")) or _own_title(call, trigger),
        trigger=TRIGGERS.get(trigger, trigger),
        description=str(given.get("description") or ""),
        created_by=call.caller.user.id,
    )
    automation = await queries.automation_by_id(call.core, made)
    return {
        "funnel": made_body(automation, call.context),
        "message": "Automation has been created. Please configure now",
    }


def _own_title(call: Call, trigger: str) -> str:
    label = trigger_bodies().get(trigger, {}).get("label") or trigger
    today = call.core.clock.now().astimezone(call.context.zone).date()
    return f"{label} (Created at {today})"


async def show_funnel(call: Call) -> Any:
    view = await queries.automation_view(call.core, call.id())
    automation, with_ = view.automation, [str(one) for one in call.items("with")]
    key = trigger_key(automation.trigger)
    settings_fields, condition_fields = trigger_fields(automation.trigger)
    body = funnel_body(automation, call.context)
    settings, conditions = defaults_of(automation.trigger)
    labels = {label.id: label_row(label) for label in await catalog.list_labels(call.core)}
    answer: dict[str, Any] = {
        "funnel": body
        | {
            "settings": blank(settings | dict(body["settings"] or {})),
            "conditions": blank(conditions | dict(body["conditions"] or {})),
            "trigger": trigger_bodies().get(key, {}),
            "settingsFields": settings_fields,
            "conditionFields": condition_fields,
            "description": automation.description,
            "sticky_note": note_body(automation.note, call.context),
            "labels": [labels[one] for one in view.label_ids if one in labels],
            "in_progress_subscribers_count": view.open_runs,
        }
    }
    if "blocks" in with_:
        answer["blocks"] = block_bodies()
    if "block_fields" in with_:
        answer["block_fields"] = block_fields(await custom_fields(call.core))
    if "blocks" in with_ or "composer_context_codes" in with_:
        answer["composer_context_codes"] = []
    if "funnel_sequences" in with_:
        answer["funnel_sequences"] = await bodies_of(call, automation, await queries.steps_of(call.core, automation.id))
    return answer


async def set_status(call: Call) -> Any:
    wanted = call.text("status")
    await queries.automation_by_id(call.core, call.id())
    if wanted not in ("draft", "published"):
        raise Refused("Status is not valid")
    await actions.set_state(call.core, call.id(), wanted)
    return {"message": f"Status has been updated to {wanted}"}


async def set_title(call: Call) -> Any:
    await actions.rename_automation(call.core, call.id(), call.text("title"))
    return {"message": f"Title has been updated to {plain(call.get('title'))}"}


async def set_note(call: Call) -> Any:
    user = call.caller.user
    note = await actions.set_note(
        call.core, call.id(), plain(call.get("content")), author=user.display_name, by=user.id
    )
    done = "saved" if note else "removed"
    return {"message": f"Sticky note has been {done}", "sticky_note": note_body(note, call.context)}


async def change_trigger(call: Call) -> Any:
    title, trigger = plain(call.get("title")), plain(call.get("trigger_name"))
    missing = {
        name: Problem("required", f"The {name} field is required.")
        for name, value in (("trigger_name", trigger), ("title", title))
        if not value
    }
    if missing:
        raise FieldErrors(missing)
    known = await queries.automation_by_id(call.core, call.id())
    word = TRIGGERS.get(trigger, trigger)
    if known.trigger == word:
        raise Refused("The automation has this trigger already")
    await actions.update_automation(
        call.core, known.id, title=title, trigger=word, start=start_of(word, {}, {}), extras=_unset()
    )
    changed = await queries.automation_by_id(call.core, known.id)
    return {
        "message": "Automation trigger has been successfully updated",
        "funnel": funnel_body(changed, call.context),
    }


def _unset() -> dict[str, Any]:
    return {"settings": {}, "conditions": {}}


async def update_labels(call: Call) -> Any:
    view = await queries.automation_view(call.core, call.id())
    wanted, action = call.ids("label_ids"), call.text("action")
    is_detached = action == "detach"
    gone = wanted if is_detached else [x for x in view.label_ids if x not in wanted] if action == "sync" else ()
    await actions.set_labels(call.core, [call.id()], attach=() if is_detached else wanted, detach=gone)
    return {"message": "Labels has been updated"}


async def clone_funnel(call: Call) -> Any:
    original = await queries.automation_by_id(call.core, call.id())
    made = await actions.duplicate_automation(
        call.core, original.id, title=f"[Copy] {original.title}", created_by=call.caller.user.id
    )
    automation = await queries.automation_by_id(call.core, made)
    return {
        "message": "Automation has been successfully cloned",
        "funnel": _made_with_settings(call, automation),
    }


def _made_with_settings(call: Call, automation: Automation) -> dict[str, Any]:
    return funnel_body(automation, call.context) | {"created_by": automation.created_by}


async def import_funnel(call: Call) -> Any:
    """An automation that was written out elsewhere; labels that are not known are made."""
    given = call.record("funnel")
    sequences = call.get("sequences") if call.get("sequences") is not None else given.get("sequences")
    return await bring_in(call, given, sequences)


async def bring_in(call: Call, given: dict[str, Any], sequences: Any) -> Any:
    """Makes the automation of a file: {funnel, sequences}."""
    trigger = plain(given.get("trigger_name"))
    if not trigger:
        raise FieldErrors({"trigger_name": Problem("required", "The trigger_name field is required.")})
    word = TRIGGERS.get(trigger, trigger)
    settings, conditions = record(given.get("settings")), record(given.get("conditions"))
    # Ids and mailings of another installation mean nothing here.
    steps = drafts_of(_without_ids(sequences), await custom_fields(call.core), {})
    made = await actions.create_with_steps(
        call.core,
        title=plain(given.get("title")) or _own_title(call, trigger),
        trigger=word,
        description=str(given.get("description") or ""),
        start=start_of(word, settings, conditions),
        extras={"settings": settings, "conditions": conditions},
        steps=steps,
        label_ids=await _labels(call, given.get("labels")),
        created_by=call.caller.user.id,
    )
    automation = await queries.automation_by_id(call.core, made)
    return {
        "message": "Automation has been successfully imported",
        "funnel": _made_with_settings(call, automation),
    }


def _without_ids(sequences: Any) -> list[Any]:
    def bare(row: Any) -> Any:
        if not isinstance(row, dict):
            return row
        settings, children = record(row.get("settings")), record(row.get("children"))
        kept = {name: value for name, value in row.items() if name != "id"}
        kept["settings"] = {name: value for name, value in settings.items() if name != "reference_campaign"}
        if isinstance(kept["settings"].get("campaign"), dict):
            kept["settings"]["campaign"] = kept["settings"]["campaign"] | {"id": None}
        return kept | {"children": {way: [bare(one) for one in as_list(children.get(way))] for way in ("yes", "no")}}

    return [bare(row) for row in as_list(sequences)]


async def _labels(call: Call, given: Any) -> list[int]:
    wanted = [one for one in as_list(given) if isinstance(one, dict) and one.get("slug")]
    known = {label.slug: label.id for label in await catalog.list_labels(call.core)} if wanted else {}
    for one in wanted:
        slug = str(one["slug"])
        if slug not in known:
            known[slug] = await contact_actions.create_label(
                call.core, slug=slug, title=str(one.get("title") or slug), color=str(one.get("color") or "")
            )
    return [known[str(one["slug"])] for one in wanted]


async def create_from_template(_call: Call) -> Any:
    """Templates come from this installation's own catalogue alone, and it has none yet."""
    raise Refused("Could not load template data. The template URL may be unavailable or not allowed.")


async def bulk_action(call: Call) -> Any:
    ids = call.ids("funnel_ids")
    if not ids:
        raise Refused("Please provide funnel IDs")
    match call.text("action_name"):
        case "delete_funnels":
            call.caller.require("fcrm_delete_funnels")
            await actions.delete_automations(call.core, ids)
            return {"message": "Selected automations have been deleted permanently"}
        case "change_funnel_status":
            wanted = call.text("status")
            if wanted not in ("draft", "published"):
                raise Refused("Please select status")
            await actions.set_states(call.core, ids, wanted)
            return {"message": "Status has been changed for the selected automations"}
        case "apply_labels":
            if not call.ids("labels"):
                raise Refused("Please provide labels")
            await actions.set_labels(call.core, ids, attach=call.ids("labels"))
            return {"message": "Labels has been applied successfully"}
        case _:
            raise Refused("invalid bulk action")


async def delete_funnel(call: Call) -> Any:
    await queries.automation_by_id(call.core, call.id())
    await actions.delete_automations(call.core, [call.id()])
    return {"message": "Automation has been deleted"}


_READ, _WRITE, _DELETE = "fcrm_read_funnels", "fcrm_write_funnels", "fcrm_delete_funnels"
_ALL, _ONE = "/funnels", "/funnels/{id}"
ROUTES = [
    Route("GET", _ALL, "list-funnels", _READ, "view", list_funnels),
    Route("POST", _ALL, "create-funnel", _WRITE, "ack", create_funnel),
    Route("GET", f"{_ALL}/triggers", "get-funnel-triggers", _READ, "view", list_triggers),
    Route("GET", f"{_ALL}/templates", "get-funnel-templates", _READ, "view", list_templates),
    Route("POST", f"{_ALL}/create-from-template", "create-funnel-from-template", _WRITE, "ack", create_from_template),
    Route("POST", f"{_ALL}/import", "import-funnel-data", _WRITE, "ack", import_funnel),
    Route("POST", f"{_ALL}/do-bulk-action", "bulk-action-funnels", _WRITE, "ack", bulk_action),
    Route("PUT", f"{_ALL}/funnel/{{id}}/title", "update-funnel-title", _WRITE, "ack", set_title),
    Route("GET", _ONE, "get-funnel", _READ, "view", show_funnel),
    Route("PUT", _ONE, "update-funnel-property", _WRITE, "ack", set_status),
    Route("DELETE", _ONE, "delete-funnel", _DELETE, "ack", delete_funnel),
    Route("PUT", f"{_ONE}/sticky-note", "update-funnel-note", _WRITE, "ack", set_note),
    Route("PUT", f"{_ONE}/change-trigger", "change-funnel-trigger", _WRITE, "ack", change_trigger),
    Route("PUT", f"{_ONE}/update-labels", "update-funnel-labels", _WRITE, "ack", update_labels),
    Route("POST", f"{_ONE}/clone", "clone-funnel", _WRITE, "ack", clone_funnel),
]
