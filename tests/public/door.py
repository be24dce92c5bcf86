"""The public door as a recipient's mail program or browser meets it, and a mail that was really sent."""

from __future__ import annotations

import email
import email.policy
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from email.message import EmailMessage
from html import unescape
from typing import Any

import httpx

from tidings.app import Dispatcher
from tidings.campaigns import actions as campaigns
from tidings.campaigns import drawing
from tidings.contacts import actions as contacts
from tidings.contacts.types import Draft
from tidings.platform import jobs
from tidings.platform.core import Core
from tidings.public import app
from tidings.segments.types import Everybody, to_json
from tidings.tracking.projector import fold_hits
from tidings.workers.sender import Sender

HOME = "http://127.0.0.1:8000"
CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0 Safari/537.36"
TARGET = "https://shop.example.org/sale?a=1&b=2#top"
AJAX = "/wp-admin/admin-ajax.php"


def visitor(core: Core) -> httpx.AsyncClient:
    """A browser in front of the public door, behind the dispatcher that every request passes."""
    transport = httpx.ASGITransport(Dispatcher(core, {"public": app.build(core)}), raise_app_exceptions=True)
    return httpx.AsyncClient(transport=transport, base_url=HOME, headers={"user-agent": CHROME})


@asynccontextmanager
async def no_room_for(core: Core, kind: str) -> AsyncIterator[None]:
    """Meanwhile the database takes no job of that kind."""
    await core.db.execute(f"ALTER TABLE jobs ADD CONSTRAINT no_room CHECK (kind <> '{kind}')")
    try:
        yield
    finally:
        await core.db.execute("ALTER TABLE jobs DROP CONSTRAINT no_room")


@dataclass(frozen=True)
class Mailed:
    """What one recipient has in the mailbox."""

    contact_id: int
    campaign_id: int
    message_id: int
    mail: EmailMessage

    @property
    def html(self) -> str:
        part = self.mail.get_body(("html",))
        assert part is not None
        return part.get_content()

    def address(self, word: str) -> str:
        """The first address in the HTML that has the word in it."""
        found = [unescape(one) for one in re.findall(r'(?:href|src)="([^"]+)"', self.html)]
        return next(one for one in found if word in one)

    @property
    def pixel(self) -> str:
        return self.address("route=open")

    @property
    def link(self) -> str:
        return self.address("ns_url=")

    @property
    def one_click(self) -> str:
        """What a mail program posts to."""
        found = re.search(r"<(https?://[^>]+)>", self.mail["List-Unsubscribe"])
        assert found
        return found[1]


async def mailed(core: Core, **values: Any) -> Mailed:
    """Sends a campaign to one person; the mail is what the capture mailbox got."""
    person = Draft({"email": "Ada.Lovelace@example.org", "first_name": "Ada"}, status="subscribed")
    contact = (await contacts.write_contact(core, person)).id
    written = {
        "subject": "News",
        "body": f'<p>Hello <a href="{TARGET.replace("&", "&amp;")}">sale</a> <a href="##web_preview_url##">in a browser</a></p>',
    }
    made = await campaigns.create_campaign(core, audience=to_json(Everybody()), **(written | values))
    await campaigns.schedule_campaign(core, made)
    assert await drawing.draw(core, made)
    sender = Sender(core)
    await sender.pass_once()
    await sender.close()
    row = await core.db.fetchrow("SELECT message_id, raw FROM captured_mails ORDER BY id DESC LIMIT 1")
    assert row is not None
    return Mailed(contact, made, row["message_id"], email.message_from_bytes(row["raw"], policy=email.policy.default))


async def hits(core: Core) -> list[tuple[int, bool, bool]]:
    """Kind, by a machine, anonymous: in the order in which they came."""
    rows = await core.db.fetch("SELECT kind, is_machine, is_anonymous FROM hits ORDER BY id")
    return [tuple(row) for row in rows]


async def counted(core: Core, message_id: int) -> tuple[int, int]:
    """Opens and clicks of a message, after folding."""
    await fold_hits(core)
    row = await core.db.fetchrow("SELECT opens, clicks FROM messages WHERE id = $1", message_id)
    assert row is not None
    return row["opens"], row["clicks"]


async def status_of(core: Core, contact_id: int) -> str:
    return await core.db.fetchval("SELECT status FROM contacts WHERE id = $1", contact_id)


async def captured_links(core: Core, recipient: str) -> list[str]:
    """The addresses in the last mail to somebody that belong to this installation."""
    raw = await core.db.fetchval(
        "SELECT raw FROM captured_mails WHERE recipient = $1 ORDER BY id DESC LIMIT 1", recipient
    )
    if raw is None:
        return []
    part = email.message_from_bytes(raw, policy=email.policy.default).get_body(("html",))
    assert part is not None
    return [unescape(one) for one in re.findall(rf'href="({HOME}[^"]+)"', part.get_content())]


async def run_jobs(core: Core) -> None:
    """Does what a worker would do with everything that is queued."""
    while claimed := await jobs.claim(core.db, list(jobs.KINDS), 10):
        for job in claimed:
            await jobs.run_claimed(core, job)


def form_of(page: str) -> dict[str, str]:
    """The hidden and text fields of a page's first form, as a browser would send them unchanged."""
    found: dict[str, str] = {}
    for tag in re.findall(r"<input [^>]+>", page.partition("</form>")[0]):
        values: Mapping[str, str] = dict(re.findall(r'(\w+)="([^"]*)"', tag))
        if values.get("type") in ("hidden", "text", "email") and "name" in values:
            found[values["name"]] = unescape(values.get("value", ""))
    return found
