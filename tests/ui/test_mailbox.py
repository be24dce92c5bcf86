"""The capture mailbox without a browser: what is shown of a mail, and that a mail runs nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.ui.door import Door, visitor
from tidings.access import actions as access
from tidings.content import Source
from tidings.messages.mailing import Written
from tidings.messages.preview import send_single
from tidings.platform.core import Core
from tidings.ui.mailbox.reading import read_mail

PASSWORD = "a quiet harbour"


@pytest.fixture
async def door(core: Core) -> AsyncIterator[Door]:
    """The interface called in this process, somebody who reads mails logged in."""
    await access.create_user(
        core, login="ed", email="ed@example.com", role="editor", permissions=["fcrm_read_emails"], password=PASSWORD
    )
    async with visitor(core) as made:
        await made.log_in("ed", PASSWORD)
        yield made


async def _captured(core: Core, subject: str = "Grüße <b>", recipient: str = "zoe@example.com") -> int:
    body = '<p>Schöne Grüße <a href="https://x.example/">here</a></p><script>alert(1)</script>'
    await send_single(core, Written(Source(subject=subject, body=body)), recipient)
    return await core.db.fetchval("SELECT max(id) FROM captured_mails")


async def test_an_empty_mailbox_says_the_next_step(door: Door):
    assert "Nothing captured yet" in (await door.client.get("/mailbox")).text


async def test_a_mail_is_shown_as_html_text_headers_and_source(core: Core, door: Door):
    mail = await _captured(core)
    listed = (await door.client.get("/mailbox?q=zoe")).text
    assert "Grüße &lt;b&gt;" in listed
    assert "Nothing matches" in (await door.client.get("/mailbox?q=nobody")).text
    shown = (await door.client.get(f"/mailbox/{mail}?q=zoe")).text
    assert f'src="/mailbox/{mail}/html"' in shown
    assert "alert(1)" not in shown
    frame = await door.client.get(f"/mailbox/{mail}/html")
    assert "Schöne Grüße" in frame.text
    assert '<base target="_blank">' in frame.text
    assert "sandbox allow-popups" in frame.headers["content-security-policy"]
    assert "allow-scripts" not in frame.headers["content-security-policy"]
    assert "Schöne Grüße" in (await door.client.get(f"/mailbox/{mail}?view=text")).text
    assert "<dt>Message-ID</dt>" in (await door.client.get(f"/mailbox/{mail}?view=headers")).text
    assert "=?utf-8?" in (await door.client.get(f"/mailbox/{mail}?view=source")).text.lower()
    loaded = await door.client.get(f"/mailbox/{mail}/download")
    assert loaded.content == await core.db.fetchval("SELECT raw FROM captured_mails")
    assert (await door.client.get("/mailbox/999")).status_code == 404


async def test_only_who_may_delete_mails_empties_the_mailbox(core: Core, door: Door):
    await _captured(core)
    assert "Empty the mailbox" not in (await door.client.get("/mailbox")).text
    assert (await door.post("/mailbox/clear", {})).status_code == 403
    permissions = ["fcrm_read_emails", "fcrm_manage_email_delete"]
    await access.create_user(
        core, login="di", email="di@example.com", role="editor", permissions=permissions, password=PASSWORD
    )
    door.client.cookies.clear()
    await door.log_in("di", PASSWORD)
    await door.post("/mailbox/clear", {})
    assert await core.db.fetchval("SELECT count(*) FROM captured_mails") == 0


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\xff\xfe\r\n\r\n\x00",
        b"Subject: =?nonsense?q?=FF?=\r\nFrom: <<<\r\nDate: never\r\nContent-Type: text/html; charset=nonsense\r\n\r\n\xe4",
        b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\nContent-Type: text/plain\r\n\r\nhi",
        b"Content-Type: multipart/mixed\r\n\r\nno boundary",
    ],
)
def test_a_broken_mail_is_shown_as_well_as_it_can_be(raw: bytes):
    read_mail(raw)
