"""The recipients of the demo: a mail server that takes in their mails, and what they then do with them.

They act through the public door alone, as mail programs and browsers do: they load the pixel, follow links, and leave
with one click (RFC 8058). Who does what is drawn with a fixed seed.
"""

from __future__ import annotations

import asyncio
import html
import random
import re
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.smtp import SMTP

from tidings.platform.core import Core
from tidings.platform.http import fetch

BROWSER = {"user-agent": "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"}
OPENS, CLICKS, LEAVES = 0.45, 0.3, 0.05
AT_ONCE = 12
_LINK = re.compile(r'<a [^>]*href="([^"]+)"')
_PIXEL = re.compile(r'<img [^>]*src="([^"]+)"')


@dataclass
class MailServer:
    """Takes every mail for whoever is there; mailboxes on hosts that begin with `gone.` do not exist."""

    mails: dict[str, bytes] = field(default_factory=dict)
    taken: Counter[str] = field(default_factory=Counter)

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: list[str]) -> str:
        if "@gone." in address:
            return "550 5.1.1 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 ok"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        for address in envelope.rcpt_tos:
            self.mails[address] = envelope.content
            self.taken[address] += 1
        return "250 2.0.0 taken"

    async def serve(self) -> asyncio.Server:
        """Listens on a free port of this machine."""
        loop = asyncio.get_running_loop()
        return await loop.create_server(
            lambda: SMTP(self, hostname="inbox.example", enable_SMTPUTF8=True, loop=loop), "127.0.0.1", 0
        )


@dataclass
class Acts:
    """What the recipients did: people who opened (by pixel or by a click), clicked and left; opens and clicks in all."""

    opened: int = 0
    clicked: int = 0
    left: int = 0
    clicks: int = 0


async def act(core: Core, server: MailServer) -> Acts:
    """Lets all recipients act on their mails, some at a time, and returns what they did."""
    chance, done = random.Random(11), Acts()  # noqa: S311 - the same every time
    plans = [plan for _, mail in sorted(server.mails.items()) if (plan := _plan(core, mail, chance, done))]
    gate = asyncio.Semaphore(AT_ONCE)

    async def follow(plan: Callable[[], Awaitable[None]]) -> None:
        async with gate:
            await plan()

    await asyncio.gather(*(follow(plan) for plan in plans))
    return done


def _plan(core: Core, raw: bytes, chance: random.Random, done: Acts) -> Callable[[], Awaitable[None]] | None:
    """One person's way through a mail, None for those who do nothing with it."""
    if chance.random() > OPENS:
        return None
    mail = message_from_bytes(raw, policy=policy.default)
    body = mail.get_body(("html",))
    assert isinstance(body, EmailMessage)
    text = body.get_content()
    pixel = html.unescape(_PIXEL.findall(text)[-1])
    links = [html.unescape(link) for link in _LINK.findall(text) if "ns_url=" in link]
    followed = chance.sample(links, chance.choice((1, 1, 2))) if chance.random() < CLICKS else []
    leaves = chance.random() < LEAVES
    done.opened += 1
    done.clicked += bool(followed)
    done.clicks += len(followed)
    done.left += leaves
    way_out = mail["List-Unsubscribe"].strip("<> ").split(">")[0] if leaves else ""

    async def go() -> None:
        await fetch(core, "GET", pixel, headers=BROWSER)
        for link in followed:
            await fetch(core, "GET", link, headers=BROWSER, follow_redirects=False)
        if way_out:
            headers = BROWSER | {"content-type": "application/x-www-form-urlencoded"}
            await fetch(core, "POST", way_out, headers=headers, content=b"List-Unsubscribe=One-Click")

    return go
