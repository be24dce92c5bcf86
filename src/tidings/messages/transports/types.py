"""The port that every transport fits: envelopes in, exactly one result for each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from typing import Literal, Protocol


class Outcome(Enum):
    """What became of one mail.

    ACCOUNT_FAILED: it was never offered (connection, TLS, authentication, sender refused); it burns no attempt.
    UNKNOWN: its last byte was written and the answer never came.
    """

    SENT = "sent"
    DEFERRED = "deferred"
    REFUSED = "refused"
    ACCOUNT_FAILED = "account_failed"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Envelope:
    """A ready mail. `key` comes back in the result; `data` is a whole RFC 5322 message with CRLF line ends.

    With `has_safe_lines` its writer vouches that every line ends in CRLF and none begins with a dot; then the bytes
    are not searched again, which costs more than everything else on the way out.
    """

    key: int
    sender: str
    recipient: str
    data: bytes
    has_safe_lines: bool = False


@dataclass(frozen=True, slots=True)
class Result:
    """The outcome with the server's code and text."""

    key: int
    outcome: Outcome
    code: int | None = None
    text: str = ""


@dataclass(frozen=True, slots=True)
class SmtpEndpoint:
    """Where and how to talk SMTP. `timeout` is the longest silence of the server; without a `local_hostname` the name
    of this host is said in EHLO, or its address in brackets where the name has no domain (RFC 5321 §4.1.4)."""

    host: str
    port: int
    encryption: Literal["none", "starttls", "tls"] = "starttls"
    username: str | None = None
    password: str | None = None
    verifies_tls: bool = True
    timeout: timedelta = timedelta(seconds=60)
    local_hostname: str | None = None


class Transport(Protocol):
    """Sends mails; every envelope gets exactly one result, in any order."""

    async def send(self, envelopes: Sequence[Envelope], on_result: Callable[[Result], None]) -> None: ...

    async def close(self) -> None: ...
