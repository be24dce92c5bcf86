"""Saving the steps of automations and the mails in them (spec §6.7)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tidings.automations import actions, queries
from tidings.automations.types import Automation, Step
from tidings.automations.webhooks import outgoing, record_of, send
from tidings.campaigns.queries import campaigns_by_ids
from tidings.contacts.queries import custom_fields
from tidings.dialects._engine.calls import Call, as_integer
from tidings.dialects._engine.routes import Route
from tidings.dialects.fluentcrm.dialect import FieldErrors
from tidings.dialects.fluentcrm.funnel_words import read_webhook, record, start_of
from tidings.dialects.fluentcrm.funnels_wire import drafts_of, mail_body, mail_values, step_tree
from tidings.dialects.fluentcrm.kept import plain
from tidings.messages import mailing
from tidings.messages.preview import person_for_address
from tidings.platform.errors import Invalid, NotFound, Problem, Refused
from tidings.platform.http import OutboundFailed, OutboundRefused


async def bodies_of(call: Call, automation: Automation, steps: Sequence[Step], *, is_new: bool = False) -> list[Any]:
    """The steps with their mails; one statement."""
    mailings = await campaigns_by_ids(call.core, [one.mailing_id for one in steps if one.mailing_id is not None])
    return step_tree(automation, steps, mailings, call.context, is_new=is_new)


async def _save(call: Call, automation_id: int) -> Any:
    known = await queries.automation_by_id(call.core, automation_id)
    before = await queries.steps_of(call.core, automation_id)
    stored = await campaigns_by_ids(call.core, [one.mailing_id for one in before if one.mailing_id is not None])
    sent = {number: one.settings for number, one in stored.items()}
    steps = drafts_of(call.get("sequences"), await custom_fields(call.core), sent)
    values: dict[str, Any] = {"steps": steps, "by": call.caller.user.id}
    if "funnel_settings" in call or "settings" in call or "conditions" in call:
        settings = record(call.get("funnel_settings") or call.get("settings"))
        conditions = record(call.get("conditions"))
        values["start"] = start_of(known.trigger, settings, conditions)
        values["extras"] = known.extras | {"settings": settings, "conditions": conditions}
    if plain(call.get("funnel_title")):
        values["title"] = plain(call.get("funnel_title"))
    values["description"] = call.text("funnel_description")
    if call.text("status"):
        values["state"] = call.text("status")
    saved = await actions.update_automation(call.core, automation_id, **values)
    now = await queries.automation_by_id(call.core, automation_id)
    return {
        "sequences": await bodies_of(call, now, saved, is_new=not before),
        "message": "Sequence successfully updated",
    }


async def save_steps(call: Call) -> Any:
    """Unlike elsewhere an unknown automation is no 404 here."""
    try:
        return await _save(call, call.id())
    except NotFound as error:
        raise Refused(error.message) from None


async def save_steps_fallback(call: Call) -> Any:
    """The same with the automation in the body."""
    try:
        return await _save(call, call.integer("funnel_id") or 0)
    except NotFound as error:
        raise Refused(error.message) from None


async def _save_mail(call: Call, automation_id: int) -> Any:
    automation = await queries.automation_by_id(call.core, automation_id)
    action = call.record("action_data")
    campaign = record(action.get("campaign"))
    wanted = as_integer(campaign.get("id"))
    known = (await campaigns_by_ids(call.core, [wanted or 0])).get(wanted or 0)
    values = mail_values(campaign, action.get("mailer_settings"), known.settings if known else {})
    made, is_new = await actions.write_mailing(call.core, automation_id, wanted, values, by=call.caller.user.id)
    stored = (await campaigns_by_ids(call.core, [made]))[made]
    body = mail_body(stored, automation)
    return {"type": "created" if is_new else "updated", "reference_campaign": made, "campaign": body}


async def save_mail(call: Call) -> Any:
    """A mail of a step, before the steps are saved."""
    return await _save_mail(call, call.id())


async def save_mail_fallback(call: Call) -> Any:
    """The same with the automation in the body."""
    return await _save_mail(call, call.integer("funnel_id") or 0)


async def send_test_webhook(call: Call) -> Any:
    """Makes the request of a webhook step now, about the caller's own contact or the newest one."""
    params = read_webhook(call.record("data"))
    if not params["url"]:
        raise FieldErrors({"data.remote_url": Problem("required", "Remote URL is required")})
    person = await person_for_address(call.core, call.caller.user.email)
    if person is None:
        raise Refused("There is no contact to test with")
    try:
        request = outgoing(params, record_of(person), person, await mailing.site(call.core))
        answer = await send(call.core, request)
    except Invalid as error:
        raise FieldErrors({"data.remote_url": Problem("url", error.message)}) from None
    except (OutboundRefused, OutboundFailed) as error:
        raise Refused(error.message) from None
    if answer.status >= 400:
        raise Refused(f"The address answered with status {answer.status}")
    return {"message": f"The test was sent; the address answered with status {answer.status}"}


_WRITE = "fcrm_write_funnels"
ROUTES = [
    Route("POST", "/funnels/{id}/sequences", "save-funnel-sequences", _WRITE, "ack", save_steps),
    Route(
        "POST", "/funnels/funnel/save-funnel-sequences", "save-sequences-fallback", _WRITE, "ack", save_steps_fallback
    ),
    Route("POST", "/funnels/{id}/sequences/save-email-action", "save-email-action", _WRITE, "ack", save_mail),
    Route(
        "POST",
        "/funnels/funnel/save-email-action-fallback",
        "save-email-action-fallback",
        _WRITE,
        "ack",
        save_mail_fallback,
    ),
    Route("POST", "/funnels/send-test-webhook", "send-test-webhook", _WRITE, "ack", send_test_webhook),
]
