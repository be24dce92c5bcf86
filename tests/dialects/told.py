"""What an endpoint of a dialect is told: the bodies, in order, each of them once."""

from __future__ import annotations

from typing import Any

import msgspec

from tests.outgoing_webhooks.conftest import enqueue_all
from tidings.outgoing_webhooks import actions
from tidings.outgoing_webhooks.forms import form_named
from tidings.outgoing_webhooks.types import EndpointDraft
from tidings.platform.core import Core


class Told:
    """An endpoint for every event of a form."""

    def __init__(self, core: Core, form: str) -> None:
        self.core = core
        self.form = form
        self.seen = 0

    async def listen(self) -> Told:
        """From here on."""
        draft = EndpointDraft("https://example.com/", list(form_named(self.form).events))
        await actions.create_endpoint(self.core, self.form, draft)
        return self

    async def news(self) -> list[dict[str, Any]]:
        """What was told since the last look; the time of each is taken away when it is one."""
        await enqueue_all(self.core)
        rows = await self.core.db.fetch("SELECT id, at, body FROM webhook_events WHERE id > $1 ORDER BY id", self.seen)
        told: list[dict[str, Any]] = []
        for row in rows:
            self.seen = row["id"]
            one = msgspec.json.decode(row["body"])
            assert one.pop("timestamp") == row["at"].strftime("%Y-%m-%dT%H:%M:%SZ")
            told.append(one)
        return told


async def sent_message(core: Core, email: str = "ada@example.com") -> tuple[int, int, int]:
    """A campaign that is sending to one contact: ids of the campaign, its message and the contact."""
    campaign = await core.db.fetchval(
        """INSERT INTO campaigns (title, subject, body, state, recipients_count, started_at) VALUES
        ('Spring', 'Hello {{contact.first_name}}', 'b', 'sending', 1, now()) RETURNING id"""
    )
    contact = await core.db.fetchval("SELECT id FROM contacts WHERE email = $1", email)
    message = await core.db.fetchval(
        """INSERT INTO messages (campaign_id, contact_id, email, state, worker, sent_at)
        VALUES ($1, $2, $3, 'sending', 'w', now()) RETURNING id""",
        campaign,
        contact,
        email,
    )
    return campaign, message, contact
