"""What other programs post: the address of a webhook, with every shape of its answer (fluentcrm.md §7.5).

It always answers 200; whether it worked stands in the body.
"""

from __future__ import annotations

import re
from typing import Any

import msgspec

from tidings.incoming_webhooks.actions import receive
from tidings.incoming_webhooks.queries import find_webhook
from tidings.platform.core import Core
from tidings.platform.errors import Invalid, RateLimited
from tidings.public.http import Reply, Visit

_OURS = frozenset(("fluentcrm", "route", "hash"))
_NAMED = re.compile(r"([^\[\]]+)\[([^\[\]]+)\]")


async def take_contact(core: Core, visit: Visit) -> Reply:
    """POST of a contact, as a form or as JSON."""
    if visit.method != "POST":
        return _refused("Webhook must need to be as POST Method", "invalid_request_method")
    key = visit.query.get("hash", "")
    if not key:
        return _refused("Invalid Webhook URL", "invalid_webhook_url")
    webhook = await find_webhook(core, key)
    if webhook is None:
        return _refused("Invalid Webhook Hash", "invalid_webhook_hash")
    try:
        done = await receive(core, webhook, payload_of(visit))
    except Invalid as error:
        errors = {name: {p.rule: p.text for p in problems} for name, problems in error.fields.items()}
        return _refused("Validation failed.", "email_validation_failed", errors=errors)
    except RateLimited as error:
        reply = _refused(error.message, "rate_limited")
        reply.status = 429
        return reply
    return answer({"success": True, "data": {"message": done.outcome, "id": done.contact_id, "type": "success"}})


def _refused(message: str, kind: str, **more: Any) -> Reply:
    return answer({"success": False, "data": {"message": message, **more, "type": kind}})


def answer(body: Any) -> Reply:
    """A JSON answer."""
    return Reply(200, msgspec.json.encode(body), b"application/json; charset=UTF-8")


def payload_of(visit: Visit) -> Any:
    """The JSON of the body, else its form with the query around it; `a[]` is a list, `a[b]` an object."""
    if "json" in visit.headers.get("content-type", "").lower() or visit.body.lstrip()[:1] in (b"{", b"["):
        try:
            return _without_zeros(msgspec.json.decode(visit.body))
        except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
            return {}
    payload: dict[str, Any] = {name: value for name, value in visit.query.items() if name not in _OURS}
    for name, values in visit.lists.items():
        inner = _NAMED.fullmatch(name)
        if inner is None:
            payload[name] = values if len(values) > 1 else values[0]
            continue
        whole = payload.setdefault(inner.group(1), {})
        if isinstance(whole, dict):
            whole[inner.group(2)] = values if len(values) > 1 else values[0]
    for name, value in payload.items():
        # `tags[0]=…&tags[1]=…` is a list as well.
        if isinstance(value, dict) and all(key.isdigit() for key in value):
            payload[name] = list(value.values())
    return payload


def _without_zeros(value: Any) -> Any:
    """Texts without NUL, which the database takes nowhere."""
    if isinstance(value, str):
        return value.replace("\0", "")
    if isinstance(value, list):
        return [_without_zeros(one) for one in value]
    return {key: _without_zeros(one) for key, one in value.items()} if isinstance(value, dict) else value
