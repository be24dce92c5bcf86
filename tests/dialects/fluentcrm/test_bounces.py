"""The addresses that mail services are given, and what comes of what they post there."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.dialects.mouth import Mouth
from tidings.contacts.actions import write_contacts
from tidings.contacts.types import Draft
from tidings.messages.reports.receiving import MAX_BODY
from tidings.platform.core import Core
from tidings.tracking.tokens import bounce_code

WRONG = {"status": False, "message": "Invalid Data or Security Code"}


async def people(core: Core, *names: str) -> None:
    await write_contacts(core, [Draft({"email": f"{name}@example.org"}) for name in names])


async def status(core: Core, name: str) -> Any:
    return await core.db.fetchval("SELECT status FROM contacts WHERE email = $1", f"{name}@example.org")


def at(core: Core, service: str, between: str = "/handle", code: str | None = None) -> str:
    return f"/public/bounce_handler/{service}{between}/{code or bounce_code(core.keys)}"


async def test_the_addresses_shown_are_the_addresses_that_answer(crm: Mouth, core: Core):
    shown = (await crm.get("/setting/bounce_configs")).json()["bounce_settings"]
    assert len(shown) == 11
    assert re.fullmatch(r"fcrm_[0-9a-f]{14}", shown["ses"]["webhook_url"].rpartition("=")[2])
    for service, one in shown.items():
        if service != "ses":
            path = one["webhook_url"].partition(crm.prefix)[2]
            answer = await crm.post(path, {}, auth="")
            assert (answer.status_code, answer.json()["success"], answer.json()["service"]) == (200, 1, service)


async def test_a_bounce_is_recorded_and_told_in_both_forms_of_the_address(crm: Mouth, core: Core):
    await people(core, "hard", "spam", "soft")
    now = int(core.clock.now().timestamp())
    bounce = [{"event": "bounce", "email": "hard@example.org", "reason": "550 no such user"}]
    answer = await crm.post(at(core, "sendgrid"), bounce, auth="")
    assert answer.status_code == 200
    assert answer.json() == {"success": 1, "message": "recorded", "service": "sendgrid", "result": True, "time": now}
    assert (await crm.post(at(core, "sendgrid"), bounce, auth="")).json()["result"] is False
    complaint = [{"event": "spamreport", "email": "spam@example.org"}]
    assert (await crm.post(at(core, "sendgrid", ""), complaint, auth="")).json()["result"] is True
    blocked = [{"event": "bounce", "type": "blocked", "email": "soft@example.org"}]
    assert (await crm.post(at(core, "sendgrid"), blocked, auth="")).json()["result"] is True
    assert [await status(core, name) for name in ("hard", "spam", "soft")] == ["bounced", "complained", "subscribed"]
    one, other = [
        (await crm.get("/subscribers/0", get_by_email=f"{name}@example.org")).json()["subscriber"]
        for name in ("hard", "spam")
    ]
    stamp = one["unsubscribe_date"]
    said = "bounced status was set from SendGrid Webhook API. Reason: 550 no such user Recorded at: "
    assert one["unsubscribe_reason"] == said + stamp
    said = "complained status was set from SendGrid Webhook API. Recorded at: "
    assert other["unsubscribe_reason"] == said + stamp


async def test_forms_queries_and_strangers_are_taken_too(crm: Mouth, core: Core):
    await people(core, "form", "query")
    form = b"event=bounce&bounce=hard&rcpt=form%40example.org"
    kind = {"content-type": "application/x-www-form-urlencoded"}
    answer = await crm.ask("POST", at(core, "smtp2go"), raw=form, headers=kind, auth="")
    assert answer.json()["result"] is True
    query = {"status": "Error", "category": "NoMailbox", "to": "query@example.org"}
    assert (await crm.ask("GET", at(core, "elasticemail"), query=query, auth="")).json()["result"] is True
    stranger = {"RecordType": "SpamComplaint", "Email": "stranger@example.org"}
    assert (await crm.put(at(core, "postmark"), stranger, auth="")).json()["result"] is True
    text = b'{"event": "hard_bounce", "email": "new@example.org"}'
    plain = {"content-type": "text/plain"}
    assert (await crm.ask("PATCH", at(core, "brevo"), raw=text, headers=plain, auth="")).json()["result"] is True
    found = [await status(core, name) for name in ("form", "query", "stranger", "new")]
    assert found == ["bounced", "bounced", "complained", "bounced"]


async def test_a_wrong_code_and_an_unknown_service_are_told_with_200(crm: Mouth, core: Core):
    bounce = [{"event": "bounce", "email": "hard@example.org"}]
    for code in ("fcrm_00000000000000", "x", "%C3%BC", "%00"):
        answer = await crm.post(at(core, "sendgrid", code=code), bounce, auth="")
        assert (answer.status_code, answer.json()) == (200, WRONG)
    answer = await crm.post(at(core, "pigeons"), bounce, auth="")
    assert (answer.status_code, answer.json()["success"], answer.json()["result"]) == (200, 0, False)
    assert await core.db.fetchval("SELECT count(*) FROM contacts") == 0


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"3", b"[" * 50_000, b'[{"event": "bounce", "email": "\\u0000"}]', b"\xff\x00"]
)
async def test_bodies_that_make_no_sense_do_nothing(crm: Mouth, core: Core, body: bytes):
    answer = await crm.ask("POST", at(core, "sendgrid"), raw=body, auth="", headers={"content-type": "text/plain"})
    assert (answer.status_code, answer.json()["result"]) == (200, False)
    assert (await crm.ask("GET", at(core, "sendgrid", ""), auth="")).json()["result"] is False
    json = {"content-type": "application/json"}
    assert (await crm.ask("POST", at(core, "sendgrid"), raw=body, auth="", headers=json)).status_code in (200, 400)


async def test_a_body_of_more_than_a_batch_is_too_large(crm: Mouth, core: Core):
    answer = await crm.ask("POST", at(core, "sendgrid"), raw=b" " * (MAX_BODY + 1), auth="")
    assert answer.status_code == 413
