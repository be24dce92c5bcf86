"""Webhooks: endpoints of other programs, a test, and the log of what they were told (spec fluenzr, Webhooks)."""

from __future__ import annotations

from typing import Any

from tidings.dialects._engine.calls import Call
from tidings.dialects._engine.codecs import rfc3339
from tidings.dialects._engine.routes import Route
from tidings.dialects.fluenzr.events import FORM
from tidings.dialects.fluenzr.ids import number_of, opaque
from tidings.dialects.fluenzr.wire import done, page_answer, page_request, texts
from tidings.outgoing_webhooks import actions, queries
from tidings.outgoing_webhooks.types import Delivery, Endpoint, EndpointDraft
from tidings.platform.errors import Invalid, NotFound, Problem

SORTS = {"id": "id", "url": "url", "createdAt": "created_at", "updatedAt": "updated_at"}
LOG_SORTS = {"id": "id", "timestamp": "created_at"}
# Wire words of a delivery's state, and back.
_STATUS = {"queued": "pending", "sending": "pending", "delivered": "success", "failed": "failed"}


def webhook_body(one: Endpoint) -> dict[str, Any]:
    """A webhook; its secret is told when it is made and never again."""
    return {
        "id": opaque("whk", one.id),
        "name": one.name,
        "url": one.url,
        "events": list(one.events),
        "active": one.is_active,
        "disabledReason": one.disabled_reason,
        "createdAt": rfc3339(one.created_at),
        "updatedAt": rfc3339(one.updated_at),
    }


def log_body(one: Delivery) -> dict[str, Any]:
    """A line of the log: one event for one webhook."""
    return {
        "id": opaque("log", one.id),
        "eventId": opaque("evt", one.event_id),
        "eventType": one.kind,
        "status": _STATUS[one.state],
        "statusCode": one.status_code,
        "responseTime": one.response_ms,
        "timestamp": rfc3339(one.tried_at or one.created_at),
    }


async def _webhook(call: Call) -> Endpoint:
    """The webhook of the path; those of other dialects are not seen here."""
    number = number_of("whk", call.path["id"])
    found = await queries.find_endpoint(call.core, number) if number is not None else None
    if found is None or found.form != FORM.name:
        raise NotFound("webhook", call.path["id"])
    return found


def _draft(call: Call, was: Endpoint | None = None) -> EndpointDraft:
    """What a body asks for; what it does not name stays as it was."""
    problems: dict[str, Problem] = {}
    values: dict[str, Any] = {}
    for name, kind, word in (("url", str, "a string"), ("name", str, "a string"), ("active", bool, "true or false")):
        values[name] = call.params.get(name)
        if values[name] is not None and not isinstance(values[name], kind):
            problems[name] = Problem("type", f"{name} must be {word}")
    secret = call.params.get("secret")
    if secret is not None and not isinstance(secret, str):
        problems["secret"] = Problem("type", "secret must be a string")
    if problems:
        raise Invalid(problems)
    events = texts(call.params["events"], "events") if call.params.get("events") is not None else None
    return EndpointDraft(
        url=values["url"] if values["url"] is not None else was.url if was else "",
        events=events if events is not None else was.events if was else (),
        name=values["name"] if values["name"] is not None else was.name if was else "",
        secret=secret,
        is_active=values["active"] if values["active"] is not None else was.is_active if was else True,
    )


async def list_webhooks(call: Call) -> Any:
    request = page_request(call, sorts=SORTS)
    return page_answer(await queries.list_endpoints(call.core, request, form=FORM.name), webhook_body)


async def create_webhook(call: Call) -> Any:
    made, secret = await actions.create_endpoint(call.core, FORM.name, _draft(call), user_id=call.caller.user.id)
    return done({**webhook_body(await queries.endpoint_by_id(call.core, made)), "secret": secret}, 201)


async def get_webhook(call: Call) -> Any:
    return done(webhook_body(await _webhook(call)))


async def update_webhook(call: Call) -> Any:
    was = await _webhook(call)
    await actions.update_endpoint(call.core, was.id, _draft(call, was))
    return done(webhook_body(await queries.endpoint_by_id(call.core, was.id)))


async def delete_webhook(call: Call) -> Any:
    found = await _webhook(call)
    await actions.delete_endpoint(call.core, found.id)
    return done({"id": call.path["id"], "deleted": True})


async def test_webhook(call: Call) -> Any:
    found = await _webhook(call)
    delivery = await actions.send_test(call.core, found.id)
    return done({**log_body(delivery), "error": delivery.error})


async def list_logs(call: Call) -> Any:
    found, word = await _webhook(call), call.text("status")
    if word and word not in _STATUS.values():
        raise Invalid({"status": Problem("in", f"status must be one of {', '.join(sorted(set(_STATUS.values())))}")})
    states = [state for state, shown in _STATUS.items() if shown == word]
    page = await queries.list_deliveries(
        call.core, found.id, page_request(call, sorts=LOG_SORTS), states=states, kind=call.text("eventType")
    )
    return page_answer(page, log_body)


_NEEDS, _ONE = "fcrm_manage_settings", "/webhooks/{id:word}"
ROUTES = [
    Route("GET", "/webhooks", "listWebhooks", _NEEDS, "crud", list_webhooks),
    Route("POST", "/webhooks", "createWebhook", _NEEDS, "crud", create_webhook, answer=201),
    Route("GET", _ONE, "getWebhook", _NEEDS, "crud", get_webhook),
    Route("PUT", _ONE, "updateWebhook", _NEEDS, "crud", update_webhook),
    Route("DELETE", _ONE, "deleteWebhook", _NEEDS, "crud", delete_webhook),
    Route("POST", f"{_ONE}/test", "testWebhook", _NEEDS, "ack", test_webhook),
    Route("GET", f"{_ONE}/logs", "listWebhookLogs", _NEEDS, "view", list_logs),
]
