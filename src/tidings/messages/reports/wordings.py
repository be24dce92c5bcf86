"""How each mail service words its events. The fields are those of the services' published event formats.

A service whose events say everything in fixed places is a row of _SHAPES; Amazon's notifications, which name several
addresses at once, are read by a function. Events that say nothing about an address' future give nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tidings.messages.bounces import Kind, Report
from tidings.messages.reports.fields import MAX_EVENTS, Event, address, inside, objects, text, word

KindOf = Callable[[Event], "Kind | None"]


@dataclass(frozen=True, slots=True)
class _Shape:
    """Where a service puts what we ask. Paths are tried in order; `named_by` names the event: all of them or none."""

    kind: KindOf
    email: tuple[str, ...]
    reason: tuple[str, ...] = ()
    message_ref: tuple[str, ...] = ()
    named_by: tuple[str, ...] = ()
    unwrap: Callable[[Any], Iterable[Event]] = objects


def read_events(service: str, given: Any) -> list[Report]:
    """The reports in what a service posted (decoded JSON, or the fields of its form); empty when there are none."""
    if service == "ses":
        return list(_ses(given))
    shape = _SHAPES.get(service)
    if shape is None:
        return []
    found: list[Report] = []
    for event in shape.unwrap(given):
        kind, email = shape.kind(event), address(event, *shape.email)
        if kind is not None and email:
            found.append(_report(service, shape, event, kind, email))
    return found


def _report(service: str, shape: _Shape, event: Event, kind: Kind, email: str) -> Report:
    names = [text(event, path) for path in shape.named_by]
    message_ref = text(event, *shape.message_ref)
    event_id = " ".join(names) if all(names) else ""
    if kind == "soft" and message_ref:
        # A service tells of each of its attempts; a mail that is late is one soft bounce, not five.
        event_id = message_ref
    return Report(email, kind, service, text(event, *shape.reason), message_ref, event_id)


def is_known(service: str) -> bool:
    """Whether there is a reader for the service."""
    return service == "ses" or service in _SHAPES


def _by_word(path: str, kinds: Mapping[str, Kind | KindOf]) -> KindOf:
    """The kind by the word at `path`; where the word alone does not say, a function looks further."""

    def kind_of(event: Event) -> Kind | None:
        found = kinds.get(word(event, path))
        return found(event) if callable(found) else found

    return kind_of


def _either(path: str, hard: Iterable[str], otherwise: Kind | None = "soft") -> KindOf:
    """Hard when the word at `path` is one of `hard`."""
    words = frozenset(hard)
    return lambda event: "hard" if word(event, path) in words else otherwise


def _hard_unless(path: str, soft: Iterable[str]) -> KindOf:
    words = frozenset(soft)
    return lambda event: "soft" if word(event, path) in words else "hard"


def _dropped(event: Event) -> Kind | None:
    # Dropped for its content or for a used-up plan: the address has done nothing.
    reason = word(event, "reason")
    return None if "quota" in reason or "spamcontent" in reason or "packagequota" in reason else "hard"


def _suppressed(event: Event) -> Kind | None:
    return "unsubscribe" if inside(event, "SuppressSending") in (True, "true", 1, "1") else None


def _mailgun(given: Any) -> Iterator[Event]:
    for event in objects(given):
        yield from objects(event.get("event-data", event))


def _sparkpost(given: Any) -> Iterator[Event]:
    for event in objects(given):
        wrapped = event.get("msys")
        for inner in list(wrapped.values())[:MAX_EVENTS] if isinstance(wrapped, Mapping) else [event]:
            if isinstance(inner, Mapping):
                yield inner


def _tosend(given: Any) -> Iterator[Event]:
    for event in objects(given):
        inner = event.get("data")
        yield {**event, **inner} if isinstance(inner, Mapping) else event


def _tosend_kind(event: Event) -> Kind | None:
    # Its format is not published: every spelling that others use is taken.
    what = word(event, "event", "event_type", "eventType", "type", "status").removeprefix("email")
    if "bounce" in what:
        how = word(event, "bounce_type", "bounceType", "severity", "type")
        return "soft" if any(one in f"{what} {how}" for one in ("soft", "transient", "temporary")) else "hard"
    if "complain" in what or what.startswith("spam"):
        return "complaint"
    return "unsubscribe" if what.startswith("unsubscribe") else None


_SHAPES: Mapping[str, _Shape] = {
    "mailgun": _Shape(
        _by_word(
            "event",
            {"failed": _either("severity", ("permanent",)), "complained": "complaint", "unsubscribed": "unsubscribe"},
        ),
        ("recipient",),
        ("delivery-status.message", "delivery-status.description", "reason"),
        ("message.headers.message-id",),
        ("id",),
        _mailgun,
    ),
    "sendgrid": _Shape(
        _by_word(
            "event",
            {
                "bounce": _hard_unless("type", ("blocked",)),
                "dropped": _dropped,
                "spamreport": "complaint",
                "unsubscribe": "unsubscribe",
                "groupunsubscribe": "unsubscribe",
            },
        ),
        ("email",),
        ("reason", "response"),
        ("smtp-id",),
        ("sg_event_id",),
    ),
    "postmark": _Shape(
        _by_word(
            "RecordType",
            {
                "bounce": _either("Type", ("hardbounce", "bademailaddress", "blocked")),
                "spamcomplaint": "complaint",
                "subscriptionchange": _suppressed,
            },
        ),
        ("Email", "Recipient"),
        ("Description", "Details", "SuppressionReason"),
        named_by=("RecordType", "ID"),
    ),
    "sparkpost": _Shape(
        _by_word(
            "type",
            {
                "bounce": _either("bounce_class", ("10", "30", "90")),
                "outofband": _either("bounce_class", ("10", "30", "90")),
                "spamcomplaint": "complaint",
                "listunsubscribe": "unsubscribe",
                "linkunsubscribe": "unsubscribe",
            },
        ),
        ("rcpt_to", "raw_rcpt_to"),
        ("raw_reason", "reason"),
        named_by=("event_id",),
        unwrap=_sparkpost,
    ),
    "elasticemail": _Shape(
        _by_word(
            "status",
            {
                "error": _either("category", ("nomailbox", "blacklisted", "notdelivered", "")),
                "bounced": _either("category", ("nomailbox", "blacklisted", "notdelivered", "")),
                "abusereport": "complaint",
                "complaint": "complaint",
                "unsubscribed": "unsubscribe",
            },
        ),
        ("to",),
        ("category",),
        named_by=("messageid", "status"),
    ),
    "pepipost": _Shape(
        _by_word(
            "EVENT",
            {
                "bounced": _hard_unless("BOUNCE_TYPE", ("soft", "softbounce")),
                "invalid": "hard",
                "dropped": "hard",
                "spam": "complaint",
                "unsubscribed": "unsubscribe",
            },
        ),
        ("EMAIL",),
        ("RESPONSE", "BOUNCE_REASON", "BOUNCE_TYPE"),
        named_by=("TRID", "EVENT"),
    ),
    "postalserver": _Shape(
        _by_word(
            "event",
            {
                "messagebounced": "hard",
                "messagedeliveryfailed": _hard_unless("payload.status", ("softfail",)),
                "messagedelayed": _either("payload.status", ("hardfail",)),
            },
        ),
        ("payload.original_message.to", "payload.message.to"),
        ("payload.details", "payload.output"),
        ("payload.original_message.message_id", "payload.message.message_id"),
        ("uuid",),
    ),
    "smtp2go": _Shape(
        _by_word(
            "event",
            {
                "bounce": _either("bounce", ("hard",)),
                "hardbounced": "hard",
                "softbounced": "soft",
                "spam": "complaint",
                "unsubscribe": "unsubscribe",
                "unsubscribed": "unsubscribe",
            },
        ),
        ("rcpt", "email", "recipient", "recipients"),
        ("message", "context", "reason"),
        ("message-id", "Message-Id", "message_id"),
        ("email_id", "event", "time"),
    ),
    "brevo": _Shape(
        _by_word(
            "event",
            {
                "hardbounce": "hard",
                "invalidemail": "hard",
                "blocked": "hard",
                "error": "hard",
                "softbounce": "soft",
                "spam": "complaint",
                "complaint": "complaint",
                "unsubscribe": "unsubscribe",
                "unsubscribed": "unsubscribe",
            },
        ),
        ("email",),
        ("reason",),
        ("message-id",),
        ("message-id", "event", "ts_event"),
    ),
    "tosend": _Shape(
        _tosend_kind,
        ("email", "recipient", "to"),
        ("reason", "message", "description"),
        ("message_id", "message-id"),
        ("event_id",),
        _tosend,
    ),
}


def _ses(given: Any) -> Iterator[Report]:
    for event in objects(given):
        match word(event, "notificationType", "eventType"):
            case "bounce":
                kind: Kind = "hard" if word(event, "bounce.bounceType") == "permanent" else "soft"
                yield from _of_recipients(event, "bounce", "bouncedRecipients", kind)
            case "complaint" if word(event, "complaint.complaintFeedbackType") != "notspam":
                yield from _of_recipients(event, "complaint", "complainedRecipients", "complaint")
            case _:
                pass


def _of_recipients(event: Event, part: str, name: str, kind: Kind) -> Iterator[Report]:
    spare = text(event, f"{part}.bounceSubType", f"{part}.complaintFeedbackType")
    for one in objects(inside(event, f"{part}.{name}")):
        yield Report(
            address(one, "emailAddress"),
            kind,
            "ses",
            reason=text(one, "diagnosticCode") or spare,
            message_ref=_ses_reference(event),
            event_id=text(event, f"{part}.feedbackId"),
        )


def _ses_reference(event: Event) -> str:
    """The Message-ID that the mail had when it was handed over; Amazon puts one of its own into what it sends."""
    for header in objects(inside(event, "mail.headers")):
        if word(header, "name") == "messageid":
            return text(header, "value")
    return text(event, "mail.commonHeaders.messageId")
