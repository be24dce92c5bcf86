"""Mails of their own: tests that take nobody off, and mails of ours that carry what belongs to their recipient."""

from __future__ import annotations

from email import message_from_bytes, policy
from email.message import EmailMessage
from urllib.parse import parse_qs, urlsplit

from tidings.contacts import actions as contacts
from tidings.contacts.types import Draft
from tidings.content import Source
from tidings.messages.mailing import Written
from tidings.messages.preview import send_single, send_test
from tidings.platform.core import Core
from tidings.tracking import tokens

BODY = '<p>Dear {{contact.first_name}}, <a href="##crm.unsubscribe_url##">leave</a> {{crm.manage_subscription_html|Choose}}</p>'


async def last_mail(core: Core) -> EmailMessage:
    raw = await core.db.fetchval("SELECT raw FROM captured_mails ORDER BY id DESC LIMIT 1")
    mail = message_from_bytes(raw, policy=policy.default)
    assert isinstance(mail, EmailMessage)
    return mail


def html_of(mail: EmailMessage) -> str:
    part = mail.get_body(("html",))
    assert part is not None
    return part.get_content()


def whose(core: Core, mail: EmailMessage) -> int | None:
    """The contact that the unsubscribe header of a mail takes off."""
    address = str(mail["List-Unsubscribe"]).strip("<>")
    secure_hash = parse_qs(urlsplit(address).query)["secure_hash"][0]
    return tokens.read_secure_hash(core.keys, secure_hash, core.clock.now())


async def capture(core: Core) -> list[int]:
    await core.db.execute("INSERT INTO mail_accounts (name, kind) VALUES ('Capture', 'capture') ON CONFLICT DO NOTHING")
    drafts = [Draft({"email": f"{name.lower()}@y.co", "first_name": name}) for name in ("Ada", "Ben")]
    return [one.id for one in await contacts.write_contacts(core, drafts)]


async def test_a_test_mail_shows_the_oldest_contact_and_takes_nobody_off(core: Core):
    ada, ben = await capture(core)
    written = Written(Source(subject="Hi {{contact.first_name}}", body=BODY))
    await send_test(core, written, "me@y.co")
    mail = await last_mail(core)
    assert (mail["Subject"], mail["To"]) == ("TEST: Hi Ada", "Ada <me@y.co>")
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert whose(core, mail) not in (ada, ben)
    assert 'href="##crm.unsubscribe_url##"' in html_of(mail)
    assert 'href="##crm.manage_subscription_url##"' in html_of(mail)


async def test_a_contact_who_gets_a_test_mail_may_leave_by_its_header(core: Core):
    _, ben = await capture(core)
    await send_test(core, Written(Source(subject="Hi {{contact.first_name}}", body=BODY)), "BEN@y.co")
    mail = await last_mail(core)
    assert (mail["Subject"], whose(core, mail)) == ("TEST: Hi Ben", ben)


async def test_a_mail_of_ours_to_a_stranger_speaks_of_no_contact(core: Core):
    await capture(core)
    written = Written(Source(subject="Hi {{contact.first_name|there}}", body=BODY), kind="transactional")
    await send_single(core, written, "new@y.co")
    mail = await last_mail(core)
    assert (mail["Subject"], mail["List-Unsubscribe"]) == ("Hi there", None)
    assert "secure_hash" not in html_of(mail)
