"""What can be chosen and how it is said: triggers, kinds of steps, their forms, and a step in a line of words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from tidings.automations.rules import WEEKDAYS, clock_of
from tidings.automations.types import Start, Step
from tidings.platform.errors import Invalid, Problem
from tidings.ui.forms.shelves import Shelves, picked
from tidings.ui.shell.forms import Form
from tidings.ui.shell.texts import _


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of step: its name, its drawing, and what it does in a sentence."""

    title: str
    icon: str
    text: str


TRIGGERS: dict[str, str] = {
    "tags_added": "A tag is applied",
    "tags_removed": "A tag is removed",
    "lists_added": "A list is joined",
    "lists_removed": "A list is left",
    "contact_created": "A contact is made",
    "form_submitted": "A form is sent",
    "event_tracked": "An event is reported",
    "birthday": "It is the contact’s birthday",
    "user_created": "An account is made",
    "user_signed_in": "Somebody signs in",
    "companies_joined": "A company is joined",
    "companies_left": "A company is left",
}
KINDS: dict[str, Kind] = {
    "send_mail": Kind("Send a mail", "send", "A mail to the contact, written here"),
    "wait": Kind("Wait", "calendar-time", "The next step comes later"),
    "add_tags": Kind("Apply tags", "tag", "The contact gets tags"),
    "remove_tags": Kind("Remove tags", "tag-off", "The contact loses tags"),
    "add_lists": Kind("Add to lists", "list-details", "The contact joins lists"),
    "remove_lists": Kind("Remove from lists", "list", "The contact leaves lists"),
    "condition": Kind("Condition", "filter", "Two ways, by tags or lists of the contact"),
    "split": Kind("Split", "arrow-right", "Two ways, by lot"),
    "goal": Kind("Goal", "star", "Whoever gets a tag goes on from here"),
    "change_contact": Kind("Change a field", "user-edit", "A field of the contact gets a value"),
    "add_note": Kind("Write a note", "note", "A note on the contact"),
    "call_webhook": Kind("Call a webhook", "webhook", "Another system is told of the contact"),
    "end": Kind("End here", "ban", "Nothing more is done"),
}
# Fields of a contact that a step may change; custom ones come beside them.
FIELDS = ("first_name", "last_name", "phone", "city", "country", "job_title", "source", "contact_type")
UNITS = ("minutes", "hours", "days", "months")
_WITH_IDS = ("add_tags", "remove_tags", "add_lists", "remove_lists")


def noun_of(trigger: str) -> str:
    """`tags`, `lists` or nothing: what is chosen for a trigger or kind."""
    return next((noun for noun in ("tags", "lists") if noun in trigger), "")


def start_from(trigger: str, form: Form, shelves: Shelves, known: Start) -> Start:
    """What a trigger asks for, out of the form; what the form does not show stays. Raises Invalid."""
    noun = noun_of(trigger)
    ids = shelves.tag_ids(form) if noun == "tags" else shelves.list_ids(form) if noun == "lists" else known.ids
    if noun and not ids:
        raise Invalid({noun: Problem("required", _("Choose at least one."))})
    return msgspec.structs.replace(
        known,
        ids=tuple(ids),
        match="all" if form.text("match") == "all" else "any",
        event_key=form.text("event_key") if trigger == "event_tracked" else known.event_key,
        is_repeatable=form.flag("is_repeatable"),
    )


def start_values(start: Start) -> dict[str, Any]:
    """What the form of a trigger shows."""
    ids = picked(start.ids)
    return {
        "tags": ids,
        "lists": ids,
        "match": start.match,
        "event_key": start.event_key,
        "is_repeatable": start.is_repeatable,
    }


def params_from(kind: str, form: Form, shelves: Shelves) -> dict[str, Any]:
    """What a step asks for, out of its form; raises Invalid."""
    if kind in _WITH_IDS:
        return {"ids": _chosen(noun_of(kind), form, shelves)}
    match kind:
        case "wait":
            return _wait(form)
        case "send_mail":
            _need(form, "subject", "body")
            return {"to": "contact"}
        case "condition":
            noun = "lists" if form.text("about") == "lists" else "tags"
            ids = _chosen(noun, form, shelves)
            return {"rules": {"rule": noun, "operator": "in", "ids": ids}}
        case "split":
            share = form.number("share_a")
            if share is None or not 0 <= share <= 100:
                raise Invalid({"share_a": Problem("range", _("Enter a number from 0 to 100."))})
            return {"share_a": share}
        case "goal":
            required = form.flag("is_required")
            ids = _chosen("tags", form, shelves)
            return {
                "event": "tags_added",
                "ids": ids,
                "match": "any",
                "is_required": required,
                "may_enter": form.flag("may_enter"),
            }
        case "change_contact":
            _need(form, "field")
            return {"changes": [{"field": form.text("field"), "operation": "replace", "value": form.text("value")}]}
        case "add_note":
            _need(form, "note_title")
            return {"type": "note", "title": form.text("note_title"), "text": form.text("text")}
        case "call_webhook":
            if not form.text("url").startswith(("http://", "https://")):
                raise Invalid({"url": Problem("url", _("The address must begin with http:// or https://."))})
            return {"method": "POST", "url": form.text("url"), "format": "json", "sends": "contact"}
        case _:
            return {}


def _chosen(noun: str, form: Form, shelves: Shelves) -> list[int]:
    ids = shelves.tag_ids(form) if noun == "tags" else shelves.list_ids(form)
    if not ids:
        raise Invalid({noun: Problem("required", _("Choose at least one."))})
    return ids


def _need(form: Form, *names: str) -> None:
    missing = {name: Problem("required", _("Fill this in.")) for name in names if not form.text(name)}
    if missing:
        raise Invalid(missing)


def _wait(form: Form) -> dict[str, Any]:
    how = form.text("how") or "for"
    if how == "until":
        _need(form, "at")
        return {"how": how, "at": form.text("at").replace("T", " ")}
    if how == "weekday":
        days = [one for one in form.texts("days") if one in WEEKDAYS]
        if not days:
            raise Invalid({"days": Problem("required", _("Choose at least one."))})
        return {"how": how, "days": days, "time": f"{clock_of(form.text('time')):%H:%M}"}
    amount, unit = form.number("amount"), form.text("unit")
    if not amount or not 0 < amount <= 10_000:
        raise Invalid({"amount": Problem("range", _("Enter a number from 1 to 10,000."))})
    return {"how": "for", "amount": amount, "unit": unit if unit in UNITS else "days"}


def values_of(step: Step) -> dict[str, Any]:
    """What the form of a step shows, but for its mail."""
    params = dict(step.params)
    ids = picked(params.get("ids") or ())
    values = {name: params.get(name) for name in ("how", "amount", "unit", "days", "time", "share_a", "url", "text")}
    values |= {"tags": ids, "lists": ids, "title": step.title, "note_title": params.get("title")}
    values |= {"at": str(params.get("at") or "").replace(" ", "T")[:16]}
    values |= {"is_required": params.get("is_required"), "may_enter": params.get("may_enter")}
    rule = params.get("rules")
    if isinstance(rule, dict) and rule.get("rule") in ("tags", "lists"):
        chosen = picked(rule.get("ids") or ())
        values |= {"about": rule["rule"], "tags": chosen, "lists": chosen}
    for change in params.get("changes") or ():
        values |= {"field": change.get("field"), "value": change.get("value")}
    return values


def is_simple(step: Step) -> bool:
    """Whether the form can show all that the step asks for; the rest is changed where it was made."""
    params = step.params
    match step.kind:
        case "condition":
            rule = params.get("rules")
            return isinstance(rule, dict) and rule.get("rule") in ("tags", "lists") and rule.get("operator") == "in"
        case "wait":
            return params.get("how", "for") != "field"
        case "send_mail":
            return params.get("to") == "contact" and not params.get("at")
        case "goal":
            return params.get("event") == "tags_added" and params.get("match") == "any"
        case "change_contact":
            changes = params.get("changes") or ()
            return len(changes) == 1 and changes[0].get("operation") == "replace"
        case "call_webhook":
            return params.get("method") == "POST" and params.get("sends") == "contact" and not params.get("headers")
        case _:
            return step.kind in KINDS


def says(step: Step, subject: str, titles: Mapping[str, Mapping[int, str]]) -> str:
    """A step in a few words, for its card."""
    params = step.params
    if step.kind in _WITH_IDS or step.kind == "goal":
        noun = noun_of(step.kind) or str(params.get("event") or "").partition("_")[0]
        return _names(params.get("ids") or (), titles.get(noun, {}))
    match step.kind:
        case "wait":
            return _wait_words(params)
        case "send_mail":
            return subject or _("No subject yet")
        case "condition":
            rule = params.get("rules") or {}
            known = titles.get(str(rule.get("rule")), {})
            return _names(rule.get("ids") or (), known) if known and is_simple(step) else _("Rules of a segment")
        case "split":
            return f"{params.get('share_a', 50)} % / {100 - int(params.get('share_a', 50))} %"
        case "change_contact":
            return ", ".join(str(one.get("field")) for one in params.get("changes") or ())
        case "add_note":
            return str(params.get("title") or "")
        case "call_webhook":
            return str(params.get("url") or "")
        case _:
            return ""


def _names(ids: Sequence[int], titles: Mapping[int, str]) -> str:
    return ", ".join(titles.get(one, _("deleted")) for one in ids)


def _wait_words(params: Mapping[str, Any]) -> str:
    match params.get("how", "for"):
        case "until":
            return _("until %(at)s") % {"at": params.get("at")}
        case "weekday":
            return _("until %(days)s, %(time)s") % {
                "days": ", ".join(params.get("days") or ()),
                "time": params.get("time"),
            }
        case "field":
            return _("until the day in %(field)s") % {"field": params.get("field")}
        case _:
            return f"{params.get('amount')} {_(str(params.get('unit') or 'days'))}"
