"""Writes of incoming webhooks: making, changing, deleting, and taking in what is posted to one."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tidings.contacts.outside import draft_from_outside, known_ids, words_of
from tidings.contacts.queries import custom_fields
from tidings.contacts.rules import clean_text
from tidings.contacts.types import WritePolicy
from tidings.incoming_webhooks import rules, store
from tidings.incoming_webhooks.types import Received, Webhook, WebhookDraft
from tidings.messages.optin import write_and_ask
from tidings.platform.core import Core
from tidings.platform.errors import Conflict, NotFound, RateLimited
from tidings.platform.limits import count_request

# Of one webhook.
PER_MINUTE = 3000


async def create_webhook(core: Core, draft: WebhookDraft) -> int:
    """Makes a webhook with a fresh key; raises Invalid, and Conflict for a second one of a text message provider."""
    rules.checked(draft)
    made = await core.db.fetchval(store.sql.insert, draft.kind, *_columns(draft), core.clock.now())
    if made is None:
        provider = draft.kind.partition(":")[2]
        raise Conflict(f"A webhook already exists for {provider} provider", code="unique")
    return made


async def update_webhook(core: Core, webhook_id: int, draft: WebhookDraft) -> None:
    """Replaces what the operator decided; key and kind stay. Raises NotFound, Invalid."""
    rules.checked(draft)
    if await core.db.fetchval(store.sql.update, webhook_id, *_columns(draft), core.clock.now()) is None:
        raise NotFound("webhook", webhook_id)


def _columns(draft: WebhookDraft) -> tuple[Any, ...]:
    ids = (list(draft.list_ids), list(draft.tag_ids), list(draft.company_ids))
    return (clean_text(draft.name), draft.status, *ids, dict(draft.mapping))


async def delete_webhook(core: Core, webhook_id: int) -> bool:
    """Deletes it, so that its address takes nothing any more; False when there was none."""
    return bool(await core.db.fetchval("DELETE FROM webhooks WHERE id = $1 RETURNING 1", webhook_id))


async def receive(core: Core, webhook: Webhook, payload: Any) -> Received:
    """Takes in what was posted. Raises Invalid('email'), RateLimited.

    Tags, lists and companies of the request stand in for the webhook's. The status is the webhook's, but a request may
    say `unsubscribed`; who is there already never rises by it. A new pending contact is mailed the confirmation link.
    """
    usage = await count_request(core.db, f"webhook:{webhook.id}", PER_MINUTE)
    if not usage.is_allowed:
        raise RateLimited(usage.resets_at - core.clock.now(), limit=PER_MINUTE)
    given = rules.flattened(payload, webhook.mapping)
    draft = draft_from_outside(given, await custom_fields(core))
    said: dict[str, Any] = {
        "tags": await known_ids(core, "tags", words_of(given.get("tags")) or list(webhook.tag_ids)),
        "lists": await known_ids(core, "lists", words_of(given.get("lists")) or list(webhook.list_ids)),
        "companies": await known_ids(core, "companies", _companies(given) or list(webhook.company_ids)),
        "remove_tags": await known_ids(core, "tags", words_of(given.get("detach_tags"))),
        "remove_lists": await known_ids(core, "lists", words_of(given.get("detach_lists"))),
    }
    # What is to be taken away is not given by the webhook in the same breath.
    said["tags"] = [one for one in said["tags"] if one not in said["remove_tags"]]
    said["lists"] = [one for one in said["lists"] if one not in said["remove_lists"]]
    status = "unsubscribed" if given.get("status") == "unsubscribed" else webhook.status
    written = await write_and_ask(core, replace(draft, status=status, **said), WritePolicy(reason="webhook"))
    return Received(written.id, "created" if written.outcome == "created" else "updated")


def _companies(given: dict[str, Any]) -> list[int | str]:
    return words_of(given.get("companies")) or words_of(given.get("company_id"))
