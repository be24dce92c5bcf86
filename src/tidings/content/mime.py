"""Bytes: quoted-printable pieces, header fields, and joining them per person (RFC 2045 §6.7, RFC 2047, RFC 5322).

Constant pieces are encoded once. A slot stands between soft line breaks, so that joining can never make a line too
long or tear an escape.
"""

from __future__ import annotations

import binascii
import re
from base64 import b64encode
from collections.abc import Callable
from email.utils import formatdate, quote

SOFT_BREAK = b"=\r\n"
_PLAIN = re.compile(r"[A-Za-z0-9 .,:;!?'\"()/&#+_\-]*")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]+")


def quoted(text: str) -> bytes:
    """Quoted-printable of a whole piece, lines of at most 76 characters, CRLF line ends."""
    normal = text.replace("\r\n", "\n").replace("\r", "\n")
    return binascii.b2a_qp(normal.encode(), istext=True).replace(b"\n", b"\r\n")


def quoted_value(text: str) -> bytes:
    """Quoted-printable of a slot's value: short plain text as it is, the rest encoded, both safe between soft breaks."""
    if len(text) <= 70 and _PLAIN.fullmatch(text) and not text.endswith(" "):
        return text.encode()
    return quoted(text)


def header_value(text: str, *, name_length: int = 10) -> str:
    """A header's text: control characters out, other than ASCII as encoded words, folded (RFC 2047)."""
    text = _CONTROL.sub(" ", text).strip()
    if text.isascii() and "=?" not in text:
        return _fold(text, name_length)
    words: list[str] = []
    piece = b""
    for letter in text:
        encoded = letter.encode()
        if len(piece) + len(encoded) > 42:
            words.append(f"=?utf-8?B?{b64encode(piece).decode()}?=")
            piece = b""
        piece += encoded
    if piece:
        words.append(f"=?utf-8?B?{b64encode(piece).decode()}?=")
    return "\r\n ".join(words)


def _fold(text: str, used: int) -> str:
    if used + len(text) <= 76:
        return text
    lines: list[str] = []
    line = ""
    room = 76 - used
    for word in text.split(" "):
        if line and len(line) + 1 + len(word) > room:
            lines.append(line)
            line, room = word, 75
        else:
            line = f"{line} {word}" if line else word
    folded = "\r\n ".join([*lines, line])
    if any(len(part) > 900 for part in folded.split("\r\n")):
        words = [text[i : i + 40] for i in range(0, len(text), 40)]
        return "\r\n ".join(f"=?utf-8?B?{b64encode(word.encode()).decode()}?=" for word in words)
    return folded


def mailbox(name: str, address: str) -> str:
    """`Name <address>` for From, To and Reply-To; raises ValueError when the address holds control characters."""
    if _CONTROL.search(address) or "<" in address or ">" in address or " " in address:
        raise ValueError("the address has characters that do not belong in a header")
    name = _CONTROL.sub(" ", name).strip()
    if not name:
        return address
    if not name.isascii():
        return f"{header_value(name)}\r\n <{address}>"
    return (
        f"{header_value(name)} <{address}>" if re.fullmatch(r"[A-Za-z0-9 ]+", name) else f'"{quote(name)}" <{address}>'
    )


def date_header(timestamp: float) -> str:
    """RFC 5322 date in UTC."""
    return formatdate(timestamp, usegmt=False)


Piece = Callable[..., bytes]
