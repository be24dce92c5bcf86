"""One event of each kind in the published form of each service, and what is read out of it."""

from __future__ import annotations

from typing import Any

import pytest

from tidings.messages.bounces import SERVICES
from tidings.messages.reports.fields import json_of
from tidings.messages.reports.wordings import is_known, read_events

WHO = "jane@example.org"


def mailgun(**event: Any) -> Any:
    whole = {
        "id": "G9Bn5sl1TC6nu79C8C0bwg",
        "timestamp": 1521233195.375624,
        "recipient": WHO,
        "message": {"headers": {"to": WHO, "message-id": "m1.aa@crm.example", "from": "a@b.c", "subject": "Hi"}},
        "delivery-status": {"code": 550, "message": "5.1.1 No such user", "description": ""},
    }
    return {"signature": {"timestamp": "1", "token": "t", "signature": "s"}, "event-data": whole | event}


def sendgrid(**event: Any) -> Any:
    return [{"email": WHO, "timestamp": 1513299569, "smtp-id": "<m1.aa@crm.example>", "sg_event_id": "ev1"} | event]


def postmark(**event: Any) -> Any:
    return {"ID": 4323372036854775807, "MessageID": "883953f4-6105-42a2", "Email": WHO, "Details": "smtp;550"} | event


def sparkpost(group: str = "message_event", **event: Any) -> Any:
    return [{"msys": {group: {"event_id": "92356927693813856", "rcpt_to": WHO, "raw_reason": "550 gone"} | event}}, {}]


def elastic(**event: str) -> Any:
    return {"to": WHO, "messageid": "x1", "transaction": "t1", "channel": "c", "account": "a@b.c"} | event


def pepipost(**event: Any) -> Any:
    return [{"EMAIL": WHO, "TRID": "66", "TIMESTAMP": 1, "RESPONSE": "550 5.1.1", "FROMADDRESS": "a@b.c"} | event]


def postal(event: str, name: str = "message", **payload: Any) -> Any:
    message = {"id": 1, "token": "a", "direction": "outgoing", "message_id": "m1.aa@crm.example", "to": WHO}
    whole = {name: message, "details": "550 gone"} | payload
    return {"event": event, "timestamp": 1.0, "uuid": "0adee88a", "payload": whole}


def smtp2go(**event: Any) -> Any:
    return {"rcpt": WHO, "email_id": "1hV", "time": "2026-01-01T00:00:00Z", "message-id": "<m1.aa@crm.example>"} | event


def brevo(**event: Any) -> Any:
    base = {"email": WHO, "id": 26224, "message-id": "<m1.aa@crm.example>", "ts_event": 1604933654, "subject": "Hi"}
    return base | event


def ses(kind: str, key: str = "notificationType", **part: Any) -> Any:
    mail = {"messageId": "0100", "headers": [{"name": "Message-ID", "value": "<m1.aa@crm.example>"}]}
    return {key: kind.capitalize(), "mail": mail, kind: {"feedbackId": "f1"} | part}


TO = [{"emailAddress": f"Jane <{WHO}>", "action": "failed", "status": "5.1.1", "diagnosticCode": "smtp; 550"}]
CASES: list[tuple[str, Any, str | None]] = [
    ("mailgun", mailgun(event="failed", severity="permanent"), "hard"),
    ("mailgun", mailgun(event="failed", severity="temporary"), "soft"),
    ("mailgun", mailgun(event="complained"), "complaint"),
    ("mailgun", mailgun(event="unsubscribed"), "unsubscribe"),
    ("mailgun", mailgun(event="delivered"), None),
    ("sendgrid", sendgrid(event="bounce", type="bounce", reason="550"), "hard"),
    ("sendgrid", sendgrid(event="bounce", type="blocked"), "soft"),
    ("sendgrid", sendgrid(event="dropped", reason="Bounced Address"), "hard"),
    ("sendgrid", sendgrid(event="dropped", reason="Recipient List over Package Quota"), None),
    ("sendgrid", sendgrid(event="spamreport"), "complaint"),
    ("sendgrid", sendgrid(event="group_unsubscribe"), "unsubscribe"),
    ("sendgrid", sendgrid(event="deferred"), None),
    ("postmark", postmark(RecordType="Bounce", Type="HardBounce", Description="gone"), "hard"),
    ("postmark", postmark(RecordType="Bounce", Type="BadEmailAddress"), "hard"),
    ("postmark", postmark(RecordType="Bounce", Type="Transient"), "soft"),
    ("postmark", postmark(RecordType="SpamComplaint", Type="SpamComplaint"), "complaint"),
    ("postmark", {"RecordType": "SubscriptionChange", "Recipient": WHO, "SuppressSending": True}, "unsubscribe"),
    ("postmark", {"RecordType": "SubscriptionChange", "Recipient": WHO, "SuppressSending": False}, None),
    ("postmark", postmark(RecordType="Open"), None),
    ("sparkpost", sparkpost(type="bounce", bounce_class="10"), "hard"),
    ("sparkpost", sparkpost(type="out_of_band", bounce_class=30), "hard"),
    ("sparkpost", sparkpost(type="bounce", bounce_class="22"), "soft"),
    ("sparkpost", sparkpost(type="spam_complaint"), "complaint"),
    ("sparkpost", sparkpost("unsubscribe_event", type="list_unsubscribe"), "unsubscribe"),
    ("sparkpost", sparkpost(type="delivery"), None),
    ("elasticemail", elastic(status="Error", category="NoMailbox"), "hard"),
    ("elasticemail", elastic(status="Bounced", category="BlackListed"), "hard"),
    ("elasticemail", elastic(status="Error", category="Throttled"), "soft"),
    ("elasticemail", elastic(status="AbuseReport", category="Unknown"), "complaint"),
    ("elasticemail", elastic(status="Unsubscribed", category="Unknown"), "unsubscribe"),
    ("elasticemail", elastic(status="Sent", category="Unknown"), None),
    ("pepipost", pepipost(EVENT="bounced", BOUNCE_TYPE="HARDBOUNCE"), "hard"),
    ("pepipost", pepipost(EVENT="bounced", BOUNCE_TYPE="SOFTBOUNCE"), "soft"),
    ("pepipost", pepipost(EVENT="invalid"), "hard"),
    ("pepipost", pepipost(EVENT="spam"), "complaint"),
    ("pepipost", pepipost(EVENT="unsubscribed"), "unsubscribe"),
    ("pepipost", pepipost(EVENT="opened"), None),
    ("postalserver", postal("MessageBounced", "original_message", bounce={"to": "bounces@crm.example"}), "hard"),
    ("postalserver", postal("MessageDeliveryFailed", status="HardFail"), "hard"),
    ("postalserver", postal("MessageDeliveryFailed", status="SoftFail"), "soft"),
    ("postalserver", postal("MessageDelayed", status="SoftFail"), "soft"),
    ("postalserver", postal("MessageSent", status="Sent"), None),
    ("smtp2go", smtp2go(event="bounce", bounce="hard", message="550"), "hard"),
    ("smtp2go", smtp2go(event="bounce", bounce="soft"), "soft"),
    ("smtp2go", smtp2go(event="spam"), "complaint"),
    ("smtp2go", smtp2go(event="unsubscribe"), "unsubscribe"),
    ("smtp2go", smtp2go(event="delivered"), None),
    ("brevo", brevo(event="hard_bounce", reason="gone"), "hard"),
    ("brevo", brevo(event="invalid_email"), "hard"),
    ("brevo", brevo(event="blocked"), "hard"),
    ("brevo", brevo(event="error"), "hard"),
    ("brevo", brevo(event="soft_bounce"), "soft"),
    ("brevo", brevo(event="spam"), "complaint"),
    ("brevo", brevo(event="unsubscribed"), "unsubscribe"),
    ("brevo", brevo(event="request"), None),
    ("tosend", {"event": "bounce", "bounce_type": "hard", "email": WHO}, "hard"),
    ("tosend", [{"type": "email.bounced", "data": {"recipient": WHO, "bounce_type": "Soft"}}], "soft"),
    ("tosend", {"event": "soft_bounce", "recipient": WHO}, "soft"),
    ("tosend", {"event": "complaint", "email": WHO}, "complaint"),
    ("tosend", {"event": "email.unsubscribed", "email": WHO}, "unsubscribe"),
    ("tosend", {"event": "delivered", "email": WHO}, None),
    ("ses", ses("bounce", bounceType="Permanent", bouncedRecipients=TO), "hard"),
    ("ses", ses("bounce", "eventType", bounceType="Transient", bouncedRecipients=TO), "soft"),
    ("ses", ses("complaint", complaintFeedbackType="abuse", complainedRecipients=TO), "complaint"),
    ("ses", ses("complaint", complaintFeedbackType="not-spam", complainedRecipients=TO), None),
    ("ses", ses("delivery", recipients=[WHO]), None),
]


@pytest.mark.parametrize(("service", "given", "kind"), CASES)
def test_an_event_is_read_as_its_service_means_it(service: str, given: Any, kind: str | None):
    found = read_events(service, given)
    assert [(one.email, one.kind, one.service) for one in found] == ([(WHO, kind, service)] if kind else [])


def test_reasons_message_ids_and_names_of_events_are_found():
    found = {service: read_events(service, given)[0] for service, given, kind in reversed(CASES) if kind == "hard"}
    assert set(found) == set(SERVICES)
    assert all(is_known(one) for one in SERVICES)
    reasons = {service: one.reason for service, one in found.items() if one.reason}
    assert reasons == {
        "mailgun": "5.1.1 No such user",
        "sendgrid": "550",
        "postmark": "gone",
        "sparkpost": "550 gone",
        "elasticemail": "NoMailbox",
        "pepipost": "550 5.1.1",
        "postalserver": "550 gone",
        "smtp2go": "550",
        "brevo": "gone",
        "ses": "smtp; 550",
    }
    knows = {service for service, one in found.items() if one.message_ref.strip("<>") == "m1.aa@crm.example"}
    assert knows == {"mailgun", "sendgrid", "postalserver", "smtp2go", "brevo", "ses"}
    assert [service for service, one in found.items() if not one.event_id] == ["tosend"]


def test_a_mail_that_is_late_is_one_soft_bounce_however_often_it_is_told():
    first, second = (mailgun(event="failed", severity="temporary", id=number) for number in ("a", "b"))
    assert read_events("mailgun", first) == read_events("mailgun", second)


@pytest.mark.parametrize("service", [*SERVICES, "unheard-of"])
def test_nonsense_is_no_report(service: str):
    deep: Any = []
    for _ in range(500):
        deep = [deep]
    words = (
        "event",
        "EVENT",
        "RecordType",
        "type",
        "status",
        "notificationType",
        "msys",
        "event-data",
        "payload",
        "data",
    )
    nonsense: list[Any] = [None, 3, "x", [], {}, [[]], deep, [None, 1, "x"], {"event": "bounce"}]
    nonsense += [{name: value} for name in words for value in (None, 7, [], {}, [{}], "Bounce", {"a": deep}, True)]
    for given in nonsense:
        assert read_events(service, given) == []
    assert all(one.email for one in read_events(service, [{"event": "bounce", "email": "x" * 9999}] * 20_000))


def test_json_is_read_or_none():
    assert json_of(b' [{"a": 1}]') == [{"a": 1}]
    for body in (b"", b"a=1", b"{", b"[" * 100_000, b'{"a": "\xff"}', b"\x00"):
        assert json_of(body) is None
