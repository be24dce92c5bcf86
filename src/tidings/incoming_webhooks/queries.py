"""Reads of incoming webhooks."""

from __future__ import annotations

from uuid import UUID

from tidings.incoming_webhooks import store
from tidings.incoming_webhooks.types import CONTACT, Webhook
from tidings.platform.core import Core
from tidings.platform.db import escape_like
from tidings.platform.errors import NotFound


async def list_webhooks(core: Core, *, search: str = "", is_sms: bool = False) -> list[Webhook]:
    """All webhooks for contacts (or for text messages), the newest first; there are never many."""
    text = escape_like(search.strip())
    rows = await core.db.fetch(
        f"""SELECT {store.SELECTED} FROM webhooks w WHERE (w.kind <> $1) = $2 AND ($3 = '' OR w.name ILIKE '%' || $3 || '%')
        ORDER BY w.id DESC LIMIT 1000""",
        CONTACT,
        is_sms,
        text,
    )
    return [store.webhook_from(row) for row in rows]


async def webhook_by_id(core: Core, webhook_id: int) -> Webhook:
    """The webhook; raises NotFound."""
    row = await core.db.fetchrow(f"SELECT {store.SELECTED} FROM webhooks w WHERE w.id = $1", webhook_id)
    if row is None:
        raise NotFound("webhook", webhook_id)
    return store.webhook_from(row)


async def find_webhook(core: Core, key: str, *, kind: str = CONTACT) -> Webhook | None:
    """The webhook behind a key, which is as good as a password."""
    try:
        uuid = UUID(key)
    except ValueError:
        return None
    row = await core.db.fetchrow(
        f"SELECT {store.SELECTED} FROM webhooks w WHERE w.key = $1 AND w.kind = $2", uuid, kind
    )
    return store.webhook_from(row) if row is not None else None
