"""SMTP as bytes: addresses, bodies and replies (RFC 5321). Pure; the conversation itself is in `smtp`."""

from __future__ import annotations

import re
from enum import Enum

from tidings.messages.transports.types import Envelope, Outcome, Result

MAX_ADDRESS = 320
MAX_TEXT = 500  # characters kept of what a server says
_FORBIDDEN = re.compile(r"[\x00-\x20\x7f<>]")
_BARE = re.compile(rb"\r\n|\r|\n")


class Step(Enum):
    """Whose reply is awaited."""

    RESET = 0
    MAIL = 1
    RCPT = 2
    DATA = 3
    BODY = 4
    EMPTY = 5  # the end of a body that was asked for though the recipient was refused


def wire_address(address: str, *, can_utf8: bool) -> str:
    """The address for MAIL and RCPT: the domain in IDNA; a non-ASCII local part needs SMTPUTF8 (RFC 6531).

    Raises ValueError for what would break out of the command (CR, LF, NUL, spaces, angle brackets) or has no @.
    """
    if _FORBIDDEN.search(address) or "@" not in address or len(address) > MAX_ADDRESS:
        raise ValueError("The address cannot be used in SMTP.")
    if address.isascii():
        return address
    local, _, domain = address.rpartition("@")
    if not local.isascii() and not can_utf8:
        raise ValueError("The server does not take addresses with non-ASCII letters in front of the @ (SMTPUTF8).")
    if not domain.isascii():
        try:
            domain = domain.encode("idna").decode()
        except UnicodeError as error:
            raise ValueError("The domain of the address is not a domain name.") from error
    return f"{local}@{domain}"


def crlf_lines(data: bytes) -> bytes:
    """Every line ended by CRLF."""
    # Two counts cost 9 µs for 20 kB, a regular expression 230: they find every bare line end but a matched pair.
    return _BARE.sub(b"\r\n", data) if data.count(b"\n") != data.count(b"\r") else data


def body_parts(envelope: Envelope) -> tuple[bytes, bytes]:
    """The body as DATA wants it, and its end: CRLF line ends, leading dots doubled, CRLF.CRLF (RFC 5321 §4.5.2).

    A dot after a bare line feed is doubled as well, so that no server can take it for the end of the mail.
    """
    data = envelope.data
    if not envelope.has_safe_lines:
        data = crlf_lines(data)
        if b"\n." in data:
            data = data.replace(b"\n.", b"\n..")
        if data.startswith(b"."):
            data = b"." + data
    return data, (b".\r\n" if data.endswith(b"\r\n") else b"\r\n.\r\n")


def code_of(line: bytes) -> int:
    """The reply code of a line, 0 when it is none."""
    code = int(line[:3]) if line[:3].isdigit() else 0
    return code if 200 <= code < 600 and line[3:4] in (b" ", b"-", b"") else 0


def text_of(line: bytes, earlier: list[str] | None = None) -> str:
    """What the server said, its earlier lines included."""
    last = line[4:].decode("utf-8", "replace")
    return (" ".join([*earlier, last]) if earlier else last)[:MAX_TEXT]


def verdict(envelope: Envelope, step: Step, code: int, text: str) -> Result:
    """What a final reply means for the mail: 4xx is "later", 5xx concerns the recipient, unless it answers MAIL or
    says that logging in is missing (530, 535): then it concerns the account."""
    if 400 <= code < 500:
        return Result(envelope.key, Outcome.DEFERRED, code, text)
    if step is Step.MAIL or code in (530, 535):
        return Result(envelope.key, Outcome.ACCOUNT_FAILED, code, text)
    if 200 <= code < 300 and step is Step.BODY:
        return Result(envelope.key, Outcome.SENT, code, text)
    return Result(envelope.key, Outcome.REFUSED, code, text)
