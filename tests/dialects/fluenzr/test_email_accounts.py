"""Email accounts of the FluenzR dialect: passwords go in and never come out."""

from __future__ import annotations

from typing import Any

from benchmarks.sink import Sink

from tests.dialects.fluenzr.test_contacts import NOW
from tests.dialects.fluenzr.test_keys import NO_CONTACT, data, refused
from tests.dialects.mouth import Mouth, changed, rows
from tidings.dialects.fluenzr.ids import number_of
from tidings.messages import accounts
from tidings.platform.core import Core

PATH = "/email-accounts"
SECRET = "correct horse"
SMTP = {"host": "mail.example.com", "port": 465, "username": "me", "encryption": "tls"}


async def test_an_account_is_made_read_changed_and_removed(core: Core, fluenzr: Mouth):
    sent: dict[str, Any] = {"email": "me@example.com", "displayName": "Me", "dailyLimit": 50}
    sent |= {"imap": {"host": "imap.example.com", "port": 993}}
    answer = await fluenzr.post(PATH, {**sent, "smtp": {**SMTP, "password": SECRET}})
    made = data(answer, 201)
    whole = {**sent, "id": made["id"], "provider": "smtp", "status": "connected", "sentToday": 0, "smtp": SMTP}
    assert made == {**whole, "warming": None, "createdAt": NOW}
    assert made["id"].startswith("acc_")
    assert SECRET not in answer.text
    path, number = f"{PATH}/{made['id']}", number_of("acc", made["id"])
    assert number is not None
    sealed = await core.db.fetchval("SELECT password FROM mail_accounts WHERE id = $1", number)
    assert SECRET.encode() not in sealed
    assert data(await fluenzr.get(path)) == made == data(await fluenzr.get(PATH))[0]
    changed_ = data(await fluenzr.put(path, {"smtp": {"port": 587}, "dailyLimit": None, "enabled": False}))
    assert (changed_["smtp"], changed_["dailyLimit"], changed_["status"]) == ({**SMTP, "port": 587}, None, "disabled")
    # What was not given stays, the password too.
    assert await core.db.fetchval("SELECT password FROM mail_accounts WHERE id = $1", number) == sealed
    await fluenzr.put(path, {"smtp": {"password": "another"}, "enabled": True})
    assert await core.db.fetchval("SELECT password FROM mail_accounts WHERE id = $1", number) != sealed
    await accounts.open_breaker(core, number, "535 no")
    assert data(await fluenzr.get(path))["status"] == "error"
    assert data(await fluenzr.delete(path)) == {"id": made["id"], "deleted": True}
    for method, tail in (("GET", ""), ("PUT", ""), ("DELETE", ""), ("POST", "/test")):
        refused(await fluenzr.ask(method, path + tail, {}), 404, "NOT_FOUND")
    refused(await fluenzr.get(f"{PATH}/{NO_CONTACT}"), 404, "NOT_FOUND")


async def test_known_services_bring_their_servers(fluenzr: Mouth):
    for provider, host in (("gmail", "smtp.gmail.com"), ("outlook", "smtp.office365.com")):
        sent = {"email": f"me@{provider}.example", "provider": provider, "smtp": {"password": SECRET}}
        made = data(await fluenzr.post(PATH, sent), 201)
        assert (made["smtp"]["host"], made["smtp"]["username"], made["imap"]["port"]) == (host, sent["email"], 993)
    listed = await fluenzr.get(PATH, sort="email", order="asc", perPage=1)
    assert listed.json()["meta"] == {"page": 1, "perPage": 1, "total": 2, "totalPages": 2}
    assert data(listed)[0]["provider"] == "gmail"


async def test_mails_of_today_are_counted(core: Core, fluenzr: Mouth):
    made = data(await fluenzr.post(PATH, {"email": "me@example.com", "smtp": {"host": "127.0.0.1"}}), 201)
    number = number_of("acc", made["id"])
    await core.db.execute("INSERT INTO campaigns (title) VALUES ('x')")
    await core.db.execute(
        """INSERT INTO messages (campaign_id, contact_id, email, account_id, state, sent_at)
        SELECT (SELECT id FROM campaigns), n, 'x@example.com', $1, 'sent',
               timestamptz '2026-11-20 00:00:00+00' - (n / 3) * interval '1 minute' FROM generate_series(1, 4) n""",
        number,
    )
    assert data(await fluenzr.get(f"{PATH}/{made['id']}"))["sentToday"] == 2


async def test_an_account_is_tried(core: Core, fluenzr: Mouth):
    sink = Sink()
    server = await sink.serve()
    port = server.sockets[0].getsockname()[1]
    smtp = {"host": "127.0.0.1", "port": port, "encryption": "none"}
    made = data(await fluenzr.post(PATH, {"email": "me@example.com", "smtp": smtp}), 201)
    path = f"{PATH}/{made['id']}/test"
    assert data(await fluenzr.post(path))["status"] == "connected"
    assert data(await fluenzr.post(path, {"to": "you@example.com"}))["status"] == "connected"
    assert [recipient for _, recipient, _ in sink.received] == ["me@example.com", "you@example.com"]
    refused(await fluenzr.post(path, {"to": "nobody"}), 400, "VALIDATION_ERROR", "to")
    server.close()
    await server.wait_closed()
    told = data(await fluenzr.post(path))
    assert (told["status"], told["message"] != "") == ("error", True)


async def test_what_is_wrong_with_an_account_is_told_by_field(core: Core, fluenzr: Mouth):
    good = {"email": "me@example.com", "smtp": {"host": "mail.example.com"}}
    made = data(await fluenzr.post(PATH, good), 201)
    before = await rows(core)
    for body, fields in (
        ({"email": ""}, ["email"]),
        ({"email": "nope"}, ["email"]),
        ({"email": 5, "displayName": 5, "smtp": 5}, ["email", "displayName", "smtp"]),
        ({"provider": "yahoo"}, ["provider"]),
        ({"dailyLimit": 0}, ["dailyLimit"]),
        ({"smtp": {"host": "x", "port": 70000}}, ["smtp.port"]),
        ({"smtp": {"host": "x", "encryption": "ssl"}}, ["smtp.encryption"]),
        ({"smtp": {"host": "x", "secret": "y"}}, ["smtp.secret"]),
        ({"imap": {"host": "x", "password": "y"}}, ["imap.password"]),
        ({"imap": {"host": 5, "port": True}}, ["imap.host", "imap.port"]),
        ({"displayName": "a\r\nBcc: x"}, ["displayName"]),
    ):
        refused(await fluenzr.post(PATH, {**good, **body}), 400, "VALIDATION_ERROR", *fields)
        refused(await fluenzr.put(f"{PATH}/{made['id']}", body), 400, "VALIDATION_ERROR", *fields)
    refused(await fluenzr.post(PATH, {"email": "me@example.com"}), 400, "VALIDATION_ERROR", "smtp.host")
    refused(await fluenzr.post(PATH, {"email": "a@b.co", "smtp": {"host": " "}}), 400, "VALIDATION_ERROR", "smtp.host")
    assert await changed(core, before) == []
