"""Capture: a mailbox of our own to look at; nothing leaves. The transport of a fresh installation."""

from __future__ import annotations

import email.header
import re
from collections.abc import Callable, Sequence

from tidings.messages.transports.types import Envelope, Outcome, Result
from tidings.platform.core import Core

_INSERT = """
INSERT INTO captured_mails (at, message_id, sender, recipient, subject, raw)
SELECT $1, nullif(g.key, 0), g.sender, g.recipient, g.subject, g.raw
FROM unnest($2::bigint[], $3::text[], $4::text[], $5::text[], $6::bytea[]) AS g (key, sender, recipient, subject, raw)
"""
_SUBJECT = re.compile(rb"(?im)^Subject:[ \t]*([^\r\n]*(?:\r\n[ \t][^\r\n]*)*)")


class CaptureTransport:
    """Stores mails in captured_mails, a batch in one statement."""

    def __init__(self, core: Core) -> None:
        self._core = core

    async def send(self, envelopes: Sequence[Envelope], on_result: Callable[[Result], None]) -> None:
        """Keeps every mail; always succeeds."""
        await self._core.db.execute(
            _INSERT,
            self._core.clock.now(),
            [e.key for e in envelopes],
            [e.sender for e in envelopes],
            [e.recipient for e in envelopes],
            [subject_of(e.data) for e in envelopes],
            [e.data for e in envelopes],
        )
        for envelope in envelopes:
            on_result(Result(envelope.key, Outcome.SENT, 250, "captured"))

    async def close(self) -> None:
        """Nothing is held."""


def subject_of(data: bytes) -> str:
    """The decoded subject of a mail's bytes."""
    found = _SUBJECT.search(data, 0, 20_000)
    if not found:
        return ""
    try:
        return str(email.header.make_header(email.header.decode_header(found.group(1).decode("ascii", "replace"))))[
            :500
        ]
    except (ValueError, LookupError):
        return found.group(1).decode("ascii", "replace")[:500]
