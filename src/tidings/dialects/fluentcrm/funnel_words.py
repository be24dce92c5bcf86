"""Triggers and steps of automations: this dialect's keys and settings, and the core's kinds and what they ask for
(spec §6.2–§6.6). What only this dialect says is kept as it came; a key without a core kind is kept under its own name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tidings.automations.types import GOAL, Automation, Start, Step
from tidings.dialects._engine.calls import as_ids, as_integer, as_list, as_structure, is_true
from tidings.dialects.fluentcrm.filters import Fields, advanced_rule
from tidings.platform.errors import Invalid, Problem
from tidings.segments.types import HasTags, InLists, Nobody, to_json

Values = Mapping[str, Any]

TRIGGERS = {
    "user_register": "user_created",
    "wp_login": "user_signed_in",
    "fluentcrm_contact_added_to_tags": "tags_added",
    "fluentcrm_contact_removed_from_tags": "tags_removed",
    "fluentcrm_contact_added_to_lists": "lists_added",
    "fluentcrm_contact_removed_from_lists": "lists_removed",
    "fluentcrm_contact_added_to_companies": "companies_joined",
    "fluentcrm_contact_removed_from_companies": "companies_left",
    "fluent_crm/contact_created": "contact_created",
    "fluentcrm_contact_birthday": "birthday",
    "fluent_crm/event_tracked": "event_tracked",
    "fluentform/submission_inserted": "form_submitted",
    "fluentform_submission_inserted": "form_submitted",
}
_KEYS = {core: key for key, core in reversed(list(TRIGGERS.items()))} | {"by_hand": "fcrm_manual_attach"}
_IDS = {"tags": "tags", "lists": "lists", "companies": "companies", "form": "form_id"}
_OLD_SKIP = ("skip_all_if_exist", "skip_update_if_exist")


def trigger_key(word: str) -> str:
    """This dialect's key of a trigger, or of what else put somebody into an automation."""
    return _KEYS.get(word, word)


def record(value: object) -> dict[str, Any]:
    """An object, whether it came as one or as JSON text; an empty list is an empty object."""
    found = as_structure(value)
    return found if isinstance(found, dict) else {}


def start_of(trigger: str, settings: Values, conditions: Values) -> Start:
    """What a trigger asks for, from its settings and conditions."""
    ids_name = _IDS.get(trigger.partition("_")[0], "")
    chosen = settings.get(ids_name) or conditions.get(ids_name)
    said = {**settings, **conditions}
    return Start(
        ids=tuple(as_ids(as_list(chosen))) if ids_name else (),
        match="all" if said.get("select_type") == "all" else "any",
        is_forced=is_true(settings.get("__force_run_actions") or "no"),
        is_repeatable=is_true(said.get("run_multiple") or "no"),
        status=str(settings.get("subscription_status") or "subscribed"),
        on_existing="skip" if said.get("update_type") in _OLD_SKIP else "update",
        roles=tuple(str(one) for one in as_list(said.get("user_roles"))),
        event_key=str(said.get("event_key") or ""),
        min_count=max(1, as_integer(said.get("minimum_event_count")) or 1),
    )


def defaults_of(word: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Settings and conditions of a trigger that nobody has set yet."""
    noun = word.partition("_")[0]
    if noun == "user":
        conditions: dict[str, Any] = {"update_type": "update", "user_roles": []}
        return {"subscription_status": "subscribed"}, conditions | (
            {"run_multiple": "no"} if word != "user_created" else {}
        )
    if noun in ("tags", "lists", "companies"):
        return {noun: [], "select_type": "any"}, {"run_multiple": "no"}
    if word == "event_tracked":
        return {"event_key": "", "minimum_event_count": 1}, {"run_multiple": "no"}
    if word == "form_submitted":
        return {"form_id": "", "subscription_status": "subscribed"}, {"update_type": "update", "run_multiple": "no"}
    return {}, {"run_multiple": "no"} if word == "birthday" else {}


def settings_of(automation: Automation) -> tuple[dict[str, Any], dict[str, Any]]:
    """Settings and conditions as they were sent, or as the core has them when nobody sent any."""
    extras = automation.extras
    if "settings" in extras or "conditions" in extras:
        return dict(extras.get("settings") or {}), dict(extras.get("conditions") or {})
    asks, (settings, conditions) = automation.asks, defaults_of(automation.trigger)
    ids_name = _IDS.get(automation.trigger.partition("_")[0], "")
    own: dict[str, Any] = {
        "select_type": asks.match,
        "subscription_status": asks.status,
        "event_key": asks.event_key,
        "minimum_event_count": asks.min_count,
        "update_type": "update" if asks.on_existing == "update" else _OLD_SKIP[0],
        "user_roles": list(asks.roles),
        "run_multiple": "yes" if asks.is_repeatable else "no",
    }
    if ids_name:
        own[ids_name] = list(asks.ids) if ids_name != "form_id" else (str(asks.ids[0]) if asks.ids else "")
    settings = {name: own.get(name, value) for name, value in settings.items()}
    if asks.is_forced:
        settings["__force_run_actions"] = "yes"
    return settings, {name: own.get(name, value) for name, value in conditions.items()}


@dataclass(frozen=True, slots=True)
class Word:
    """One kind of step: what it asks for out of the settings, and settings that say the same."""

    kind: str
    read: Callable[[Values, Fields], dict[str, Any]]
    write: Callable[[Values], dict[str, Any]]


def _ids_word(kind: str, name: str) -> Word:
    return Word(
        kind,
        lambda said, _: {"ids": as_ids(as_list(said.get(name)))},
        lambda params: {name: list(params.get("ids") or ())},
    )


def _company_word(kind: str) -> Word:
    return Word(
        kind,
        lambda said, _: {"ids": as_ids(as_list(said.get("company")))},
        lambda params: {"company": next(iter(params.get("ids") or ()), None)},
    )


_WAITS = {"unit_wait": "for", "timestamp_wait": "until", "to_day": "weekday", "by_custom_field": "field"}


def _read_wait(said: Values, _: Fields) -> dict[str, Any]:
    how = _WAITS.get(str(said.get("wait_type") or "unit_wait"), "for")
    if how == "for" and is_true(said.get("is_timestamp_wait") or "no"):
        how = "until"
    return {
        "how": how,
        "amount": as_integer(said.get("wait_time_amount")) or 0,
        "unit": str(said.get("wait_time_unit") or "days"),
        "at": str(said.get("wait_date_time") or ""),
        "days": [str(one)[:3].capitalize() for one in as_list(said.get("to_day"))],
        "time": str(said.get("to_day_time") or ""),
        "field": str(said.get("by_custom_field") or ""),
    }


def _write_wait(params: Values) -> dict[str, Any]:
    types = {how: word for word, how in _WAITS.items()}
    return {
        "wait_type": types.get(str(params.get("how")), "unit_wait"),
        "wait_time_amount": str(params.get("amount") or ""),
        "wait_time_unit": params.get("unit") or "days",
        "is_timestamp_wait": "",
        "wait_date_time": params.get("at") or "",
        "to_day": list(params.get("days") or ()),
        "to_day_time": params.get("time") or "",
        "by_custom_field": params.get("field") or "",
    }


def _read_mail(said: Values, _: Fields) -> dict[str, Any]:
    return {
        "to": "addresses" if said.get("send_email_to_type") == "custom" else "contact",
        "addresses": str(said.get("send_email_custom") or ""),
        "at": str(said.get("scheduled_at") or "") if is_true(said.get("is_scheduled") or "no") else "",
        "skips_overdue": is_true(said.get("skip_if_overdue") or "no"),
    }


def _write_mail(params: Values) -> dict[str, Any]:
    return {
        "send_email_to_type": "custom" if params.get("to") == "addresses" else "contact",
        "send_email_custom": params.get("addresses") or "",
        "is_scheduled": "yes" if params.get("at") else "no",
        "scheduled_at": params.get("at") or "",
        "skip_if_overdue": "yes" if params.get("skips_overdue") else "no",
    }


def _rows(value: object) -> list[dict[str, Any]]:
    return [one for one in as_list(value) if isinstance(one, dict)]


def _read_change(said: Values, _: Fields) -> dict[str, Any]:
    return {
        "changes": [
            {
                "field": str(row.get("data_key") or ""),
                "operation": str(row.get("data_operation") or "replace"),
                "value": row.get("data_value"),
            }
            for row in _rows(said.get("contact_properties"))
        ]
    }


def _write_change(params: Values) -> dict[str, Any]:
    return {
        "contact_properties": [
            {"data_key": one.get("field"), "data_operation": one.get("operation"), "data_value": one.get("value")}
            for one in _rows(params.get("changes"))
        ]
    }


def _read_note(said: Values, _: Fields) -> dict[str, Any]:
    return {"type": said.get("type") or "note", "title": said.get("title") or "", "text": said.get("description") or ""}


def _key_values(value: object) -> list[list[Any]]:
    return [[row.get("data_key"), row.get("data_value")] for row in _rows(value) if row.get("data_key")]


def read_webhook(said: Values, _: Fields | None = None) -> dict[str, Any]:
    """What an outgoing webhook asks for; headers only when they are switched on."""
    kind = str(said.get("body_data_type") or "subscriber_data")
    return {
        "method": str(said.get("sending_method") or "POST").upper(),
        "url": str(said.get("remote_url") or "").strip(),
        "format": "form" if said.get("request_format") == "form" else "json",
        "sends": "values" if "custom" in kind else "contact",
        "values": _key_values(said.get("body_data_values")),
        "headers": _key_values(said.get("header_data")) if said.get("header_type") == "with_headers" else [],
    }


def _write_webhook(params: Values) -> dict[str, Any]:
    def rows(name: str) -> list[dict[str, Any]]:
        return [{"data_key": key, "data_value": value} for key, value in params.get(name) or ()]

    return {
        "sending_method": params.get("method") or "POST",
        "remote_url": params.get("url") or "",
        "request_format": params.get("format") or "json",
        "body_data_type": "subscriber_custom_data" if params.get("sends") == "values" else "subscriber_data",
        "body_data_values": rows("values"),
        "header_type": "with_headers" if params.get("headers") else "no_headers",
        "header_data": rows("headers"),
        "run_on_background": "yes",
    }


def _read_condition(said: Values, fields: Fields) -> dict[str, Any]:
    return {"rules": to_json(advanced_rule(said.get("conditions"), fields=fields))}


def _held(kind: Any, name: str) -> Word:
    """Older conditions that ask for tags or lists alone."""

    def read(said: Values, _: Fields) -> dict[str, Any]:
        ids = tuple(as_ids(as_list(said.get(name))))
        operator = "in_all" if said.get("select_type") == "all" else "in"
        return {"rules": to_json(kind(operator, ids) if ids else Nobody())}

    return Word("condition", read, lambda _: {name: [], "select_type": "any"})


def _share(said: Values, _: Fields) -> dict[str, Any]:
    a, b = as_integer(said.get("path_a")), as_integer(said.get("path_b"))
    if a is None:
        a = 50 if b is None else 100 - b
    if not 0 <= a <= 100 or (b is not None and a + b != 100):
        raise Invalid({"path_a": Problem("sum", "The two shares must add up to 100.")})
    return {"share_a": a}


_NOTHING = Word("end", lambda _said, _fields: {}, lambda _: {})
ACTIONS: dict[str, Word] = {
    "fluentcrm_wait_times": Word("wait", _read_wait, _write_wait),
    "add_contact_to_tag": _ids_word("add_tags", "tags"),
    "detach_contact_from_tag": _ids_word("remove_tags", "tags"),
    "add_contact_to_list": _ids_word("add_lists", "lists"),
    "detach_contact_from_list": _ids_word("remove_lists", "lists"),
    "add_contact_to_company": _company_word("join_company"),
    "detach_contact_from_company": _company_word("leave_company"),
    "send_custom_email": Word("send_mail", _read_mail, _write_mail),
    "send_campaign_email": Word(
        "send_campaign_mail",
        lambda said, _: {"campaign_id": as_integer(said.get("campaign_id"))},
        lambda params: {"campaign_id": params.get("campaign_id")},
    ),
    "remove_from_funnel": _ids_word("leave_automations", "funnel_ids"),
    "end_this_funnel": _NOTHING,
    "update_contact_property": Word("change_contact", _read_change, _write_change),
    "add_contact_activity": Word(
        "add_note",
        _read_note,
        lambda params: {"type": params.get("type"), "title": params.get("title"), "description": params.get("text")},
    ),
    "outgoing_webhook": Word("call_webhook", read_webhook, _write_webhook),
    "http_send_data": Word("call_webhook", read_webhook, _write_webhook),
    "add_contact_event_tracker": Word(
        "record_event",
        lambda said, _: {
            "key": str(said.get("event_key") or ""),
            "title": str(said.get("title") or ""),
            "value": str(said.get("value") or ""),
            "is_unique": is_true(said.get("is_unique") or "no"),
        },
        lambda params: {
            "event_key": params.get("key"),
            "title": params.get("title"),
            "value": params.get("value"),
            "is_unique": "yes" if params.get("is_unique") else "no",
        },
    ),
    "funnel_condition": Word("condition", _read_condition, lambda _: {"conditions": []}),
    "fcrm_has_contact_tag": _held(HasTags, "tags"),
    "fcrm_has_contact_list": _held(InLists, "lists"),
    "funnel_ab_testing": Word(
        "split", _share, lambda p: {"path_a": p.get("share_a", 50), "path_b": 100 - int(p.get("share_a", 50))}
    ),
}
_ACTION_KEYS = {word.kind: key for key, word in reversed(list(ACTIONS.items()))}


def read_step(action: str, kind: str, settings: Values, fields: Fields) -> tuple[str, dict[str, Any]]:
    """The core's kind of a step and what it asks for; an unknown action is a kind of its own, with nothing to do here."""
    if kind == "benchmark":
        event = TRIGGERS.get(action, action)
        ids_name = _IDS.get(event.partition("_")[0], "")
        return GOAL, {
            "event": event,
            "ids": as_ids(as_list(settings.get(ids_name))) if ids_name else [],
            "match": "all" if settings.get("select_type") == "all" else "any",
            "is_required": settings.get("type") == "required",
            "may_enter": is_true(settings.get("can_enter") or "no"),
        }
    word = ACTIONS.get(action)
    if word is not None:
        return word.kind, word.read(settings, fields)
    # A condition that only a partner can judge: nobody meets it, and the run goes on behind it.
    return ("condition", {"rules": to_json(Nobody())}) if kind == "conditional" else (action, {})


def step_words(step: Step) -> tuple[str, str, dict[str, Any]]:
    """(action, type, settings) of a step: as they were sent, or as the core has them when nobody sent any."""
    extras, params = step.extras, step.params
    if extras.get("action"):
        return str(extras["action"]), str(extras.get("type") or "action"), dict(extras.get("settings") or {})
    if step.kind == GOAL:
        event = str(params.get("event") or "")
        settings: dict[str, Any] = {
            "select_type": params.get("match") or "any",
            "type": "required" if params.get("is_required") else "optional",
            "can_enter": "yes" if params.get("may_enter") else "no",
        }
        ids_name = _IDS.get(event.partition("_")[0])
        return (
            trigger_key(event),
            "benchmark",
            ({ids_name: list(params.get("ids") or ())} if ids_name else {}) | settings,
        )
    key = _ACTION_KEYS.get(step.kind, step.kind)
    word = ACTIONS.get(key)
    kind = "conditional" if step.kind in ("condition", "split") else "action"
    return key, kind, word.write(params) if word else {}
