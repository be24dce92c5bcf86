"""Incoming webhooks on the wire (spec §2.8, §7.5). What is posted to their addresses is `public.incoming`'s."""

from __future__ import annotations

from typing import Any

from tidings.contacts import catalog
from tidings.contacts import queries as contacts
from tidings.contacts.companies.queries import list_companies
from tidings.dialects._engine.calls import Call
from tidings.dialects._engine.routes import Route
from tidings.dialects.fluentcrm import companies_wire
from tidings.dialects.fluentcrm.catalog import LIST, TAG
from tidings.dialects.fluentcrm.dialect import FieldErrors
from tidings.dialects.fluentcrm.imports import CONTACT_FIELDS
from tidings.dialects.fluentcrm.kept import plain
from tidings.dialects.fluentcrm.wire import Wire
from tidings.incoming_webhooks import actions, queries
from tidings.incoming_webhooks.types import CONTACT, Webhook, WebhookDraft
from tidings.platform.errors import Conflict, Invalid, NotFound, Refused
from tidings.platform.modules import is_on
from tidings.platform.pagination import PageRequest

_EVERY = PageRequest(per_page=100_000, is_descending=False)
_NO_EDIT = "SMS webhooks cannot be edited. Please delete and create a new one if changes are needed."


def _value(one: Webhook, wire: Wire) -> dict[str, Any]:
    """What stands in `value`; before the first change there are no companies in it."""
    home = f"{wire.public_url}/?fluentcrm=1"
    if one.kind != CONTACT:
        provider = one.kind.partition(":")[2]
        url = f"{home}&fc_s_webhook={provider}&hash={one.key}"
        return {"name": one.name, "sms_provider": provider, "object_type": f"webhook_{provider}", "url": url}
    value: dict[str, Any] = {
        "name": one.name,
        "lists": list(one.list_ids),
        "tags": list(one.tag_ids),
        "status": one.status,
        "url": f"{home}&route=contact&hash={one.key}",
    }
    if one.company_ids or one.updated_at != one.created_at:
        value["companies"] = list(one.company_ids)
    if one.mapping:
        value["map"] = dict(one.mapping)
    return value


def webhook_body(one: Webhook, wire: Wire) -> dict[str, Any]:
    """A webhook as stored."""
    return {
        "id": one.id,
        "object_type": "webhook" if one.kind == CONTACT else f"webhook_{one.kind.partition(':')[2]}",
        "object_id": None,
        "key": str(one.key),
        "value": _value(one, wire),
        "created_at": wire.stamp(one.created_at),
        "updated_at": wire.stamp(one.updated_at),
    }


async def _all(call: Call, *, search: str = "", is_sms: bool = False) -> list[dict[str, Any]]:
    found = await queries.list_webhooks(call.core, search=search, is_sms=is_sms)
    return [webhook_body(one, call.context) for one in found]


async def list_webhooks(call: Call) -> Any:
    core, wire = call.core, call.context
    fields = dict(CONTACT_FIELDS)
    has_companies = await is_on(core, companies_wire.MODULE)
    if has_companies:
        fields["company_id"] = "Primary Company"
    custom = await contacts.custom_fields(core)
    body: dict[str, Any] = {
        "webhooks": await _all(call, search=call.text("search")),
        "fields": [{"key": name, "field": label} for name, label in fields.items()],
        "custom_fields": [{"key": slug, "field": one.label} for slug, one in custom.items()],
        "lists": [LIST.encode(one, wire) for one in (await catalog.list_lists(core, _EVERY)).rows],
        "tags": [TAG.encode(one, wire) for one in (await catalog.list_tags(core, _EVERY)).rows],
    }
    if has_companies:
        page = await list_companies(core, PageRequest(per_page=1000, is_descending=False))
        body["companies"] = [companies_wire.company_body(view.company, wire) for view in page.rows]
    return body


def _draft(call: Call) -> WebhookDraft:
    given = call.record("map")
    return WebhookDraft(
        plain(call.get("name")),
        call.text("status").strip(),
        call.ids("lists"),
        call.ids("tags"),
        call.ids("companies"),
        {str(path): str(name) for path, name in given.items() if isinstance(name, str)},
    )


async def create_webhook(call: Call) -> Any:
    draft = _draft(call)
    if call.text("type") == "sms_webhook":
        provider = plain(call.get("sms_provider"))[:50]
        draft = WebhookDraft(draft.name or f"{provider.capitalize()} SMS Webhook", kind=f"sms:{provider}")
        if not provider:
            raise Refused("Please choose a provider of text messages")
    try:
        made = await actions.create_webhook(call.core, draft)
    except Conflict as error:
        raise Refused(error.message) from error
    except Invalid as error:
        raise FieldErrors({name: problems[0] for name, problems in error.fields.items()}) from error
    one = await queries.webhook_by_id(call.core, made)
    return {
        "id": made,
        "webhook": _value(one, call.context),
        "webhooks": await _all(call),
        "message": "Successfully created the WebHook",
    }


async def update_webhook(call: Call) -> Any:
    one = await queries.webhook_by_id(call.core, call.id())
    if one.kind != CONTACT:
        raise Refused(_NO_EDIT, flags={"type": "sms_webhook_edit_blocked"})
    draft = _draft(call)
    if "map" not in call:
        draft = WebhookDraft(draft.name, draft.status, draft.list_ids, draft.tag_ids, draft.company_ids, one.mapping)
    try:
        await actions.update_webhook(call.core, one.id, draft)
    except Invalid as error:
        raise FieldErrors({name: problems[0] for name, problems in error.fields.items()}) from error
    return {"webhooks": await _all(call), "message": "Successfully updated the webhook"}


async def delete_webhook(call: Call) -> Any:
    if not await actions.delete_webhook(call.core, call.id()):
        raise NotFound("webhook", call.id())
    return {"webhooks": await _all(call), "message": "Successfully deleted the webhook"}


async def list_sms_webhooks(call: Call) -> Any:
    return {"sms_webhooks": await _all(call, is_sms=True), "message": "SMS webhooks retrieved successfully"}


_NEEDS = "fcrm_manage_settings"
ROUTES = [
    Route("GET", "/webhooks", "listWebhooks", _NEEDS, "crud", list_webhooks),
    Route("POST", "/webhooks", "createWebhook", _NEEDS, "crud", create_webhook),
    Route("GET", "/webhooks/sms", "listSmsWebhooks", _NEEDS, "view", list_sms_webhooks),
    Route("PUT", "/webhooks/{id}", "updateWebhook", _NEEDS, "crud", update_webhook),
    Route("DELETE", "/webhooks/{id}", "deleteWebhook", _NEEDS, "crud", delete_webhook),
]
