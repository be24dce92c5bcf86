"""Bounces, complaints and departures that come back after a mail went out: what one is, and what it does.

`record_reports` is the one way in. What a mail service says in its own words is read by `messages.reports`; a refusal
in the SMTP dialogue itself is `claims.store_outcomes`'. See fluentcrm.md §5.6.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from tidings.contacts.actions.people import write_checked
from tidings.contacts.rules import checked_values, is_email
from tidings.contacts.types import Draft, Status, WritePolicy
from tidings.messages.store import sql
from tidings.platform.core import Core
from tidings.platform.crypto import Keyring
from tidings.platform.db import Connection, Row
from tidings.platform.facts import wake_readers

Kind = Literal["hard", "soft", "complaint", "unsubscribe"]
# The address is given up after this many soft bounces without a sign of life between them.
SOFT_LIMIT = 3
MAX_REASON = 500
STATUS_OF: Mapping[Kind, Status] = {"hard": "bounced", "complaint": "complained", "unsubscribe": "unsubscribed"}
# From better to worse: a report never makes a status better.
WORSE: Sequence[Status] = ("unsubscribed", "bounced", "complained", "spammed")
SERVICES: Mapping[str, str] = {
    "ses": "Amazon SES",
    "mailgun": "Mailgun",
    "sendgrid": "SendGrid",
    "postmark": "Postmark",
    "sparkpost": "SparkPost",
    "elasticemail": "Elastic Email",
    "pepipost": "Pepipost",
    "postalserver": "Postal",
    "smtp2go": "SMTP2GO",
    "brevo": "Brevo",
    "tosend": "toSend",
}
_TITLES: Mapping[str, str] = {"bounced": "Bounced", "complained": "Complained", "unsubscribed": "Unsubscribed"}
_OWN_ID = re.compile(r"<?m(\d{1,18})\.([0-9a-f]{16})@[^<>\s]*>?")
_CONTROL = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]+")


@dataclass(frozen=True, slots=True)
class Report:
    """One event about one address.

    `service` is a word of SERVICES, `message_ref` the Message-ID header of the mail as the service gives it,
    `event_id` the service's own name of this event, by which a second delivery of it is known; empty: never a repeat.
    """

    email: str
    kind: Kind
    service: str
    reason: str = ""
    message_ref: str = ""
    event_id: str = ""


@dataclass(frozen=True, slots=True)
class Recorded:
    """How many contacts got another status, were made, had a soft bounce counted; how many messages changed."""

    statuses: int = 0
    created: int = 0
    soft: int = 0
    messages: int = 0

    @property
    def has_changed(self) -> bool:
        """Whether the reports did anything."""
        return self != Recorded()


@dataclass(slots=True)
class _Verdict:
    """All reports about one address: the worst of them, and how many were soft."""

    email: str
    report: Report
    status: Status | None = None
    softs: int = 0
    message_id: int | None = None


async def record_reports(core: Core, reports: Sequence[Report]) -> Recorded:
    """Takes in what came back, in one transaction: a few statements, however many reports.

    The worse status wins (WORSE). Soft bounces are counted; the third makes the contact bounced. An unknown address
    becomes a contact with the status when the installation wants it (`keeps_reported_addresses`). The message, where
    its Message-ID is ours, becomes bounced or complained; what still waits for the contact is cancelled. Ledger line,
    note and facts go with it. What is no address is left out; an event that was taken in before changes nothing.
    """
    cleaned = [one for one in map(_cleaned, reports) if is_email(one.email)]
    if not cleaned:
        return Recorded()
    makes_contacts = bool(await core.installation.get("keeps_reported_addresses"))
    async with core.db.transaction() as tx:
        fresh = await _unseen(core, tx, cleaned)
        if not fresh:
            return Recorded()
        # Messages before contacts, the order in which outcomes of senders are stored.
        messages = await _mark_messages(core, tx, fresh)
        verdicts = _verdicts(core.keys, fresh)
        created = await _make_contacts(core, tx, verdicts) if makes_contacts else []
        row = await _judge(core, tx, verdicts, created)
        await wake_readers(tx)
    return Recorded(row["changed"], len(created), row["softs"], messages)


def message_of_reference(keys: Keyring, text: str) -> int | None:
    """The message whose Message-ID this is (see `mailing.message_id_of`), or None when it is not one of ours."""
    found = _OWN_ID.fullmatch(text.strip())
    if found is None:
        return None
    number = int(found.group(1))
    proof = bytes.fromhex(found.group(2))
    return number if keys.is_mac("message-id", number.to_bytes(8), proof, size=8) else None


def _cleaned(report: Report) -> Report:
    reason = _CONTROL.sub(" ", report.reason).strip()[:MAX_REASON]
    return Report(report.email.strip(), report.kind, report.service, reason, report.message_ref, report.event_id)


def _key(report: Report) -> bytes:
    parts = (report.service, report.event_id, report.email.lower(), report.kind)
    return hashlib.sha256("\0".join(parts).encode("utf-8", "replace")).digest()[:20]


async def _unseen(core: Core, tx: Connection, reports: Sequence[Report]) -> list[Report]:
    keyed = {_key(one): one for one in reports if one.event_id}
    nameless = [one for one in reports if not one.event_id]
    if not keyed:
        return nameless
    rows = await tx.fetch(sql.remember_reports, sorted(keyed), core.clock.now())
    return nameless + [keyed[row["key"]] for row in rows]


def _rank(status: Status | None) -> int:
    return WORSE.index(status) + 1 if status in WORSE else 0


def _verdicts(keys: Keyring, reports: Iterable[Report]) -> list[_Verdict]:
    found: dict[str, _Verdict] = {}
    for report in reports:
        one = found.setdefault(report.email.lower(), _Verdict(report.email, report))
        status = STATUS_OF.get(report.kind)
        one.softs += status is None
        if _rank(status) > _rank(one.status) or (one.status is None and status is None):
            one.report, one.status = report, status
            one.message_id = message_of_reference(keys, report.message_ref)
    return list(found.values())


async def _mark_messages(core: Core, tx: Connection, reports: Sequence[Report]) -> int:
    known: dict[int, Report] = {}
    for report in reports:
        number = message_of_reference(core.keys, report.message_ref)
        if number is None or report.kind == "soft":
            continue
        if number not in known or _rank(STATUS_OF[report.kind]) > _rank(STATUS_OF[known[number].kind]):
            known[number] = report
    if not known:
        return 0
    ids = sorted(known)
    words = [STATUS_OF[known[one].kind] for one in ids]
    return await tx.fetchval(sql.mark_reported, ids, words, [known[one].reason for one in ids], core.clock.now())


async def _make_contacts(core: Core, tx: Connection, verdicts: Sequence[_Verdict]) -> list[int]:
    wanted = {one.email.lower(): one for one in verdicts if one.status is not None}
    rows = await tx.fetch(sql.unknown_addresses, sorted(wanted))
    missing = [wanted[row["email"]] for row in rows]
    drafts = [Draft(checked_values({"email": one.email}), status=one.status) for one in missing]
    policy = WritePolicy(on_existing="skip", reason="mail service")
    written = await write_checked(core, tx, drafts, policy) if drafts else []
    return [one.id for one in written if one.outcome == "created"]


async def _judge(core: Core, tx: Connection, verdicts: Sequence[_Verdict], created: Sequence[int]) -> Row:
    now = core.clock.now()
    row = await tx.fetchrow(
        sql.judge_reported,
        [one.email.lower() for one in verdicts],
        [one.status for one in verdicts],
        [one.softs for one in verdicts],
        [one.report.reason for one in verdicts],
        [{"service": one.report.service, "message_id": one.message_id} for one in verdicts],
        [_sentence(one) for one in verdicts],
        list(WORSE),
        SOFT_LIMIT,
        now,
        list(created),
        _TITLES,
    )
    assert row is not None
    if row["ids"]:
        await tx.execute(sql.cancel_reported, row["ids"], now)
    return row


def _sentence(verdict: _Verdict) -> str:
    said = f"Reported by {SERVICES.get(verdict.report.service, verdict.report.service)}"
    return f"{said}: {verdict.report.reason}" if verdict.report.reason else f"{said}."
