"""Headers of a message: addresses, folding (RFC 5322), encoded words (RFC 2047). CR, LF and NUL never get through.

Names of people lose control characters; what only our own code or settings write is refused instead (`HeaderRefused`).
"""

from __future__ import annotations

import re
from binascii import b2a_base64
from datetime import UTC, datetime
from email.utils import format_datetime
from functools import lru_cache

import idna

from tidings.content.escaping import header as one_line
from tidings.content.types import Address, HeaderRefused, MailHeaders

_LINE = 76
_FIELD_NAME = re.compile(r"[!-9;-~]{1,76}\Z")
_MESSAGE_ID = re.compile(r"[!-;=?-~]{1,900}\Z")
_URL = re.compile(r"[!-;=?-~]{1,900}\Z")
_ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]*\Z")
_LOCAL = re.compile(r"[^\s<>\"(),:;@\[\]\\\x00-\x1f\x7f]{1,128}\Z|\"[^\"\\\x00-\x1f\x7f]{1,120}\"\Z")
_DOMAIN = re.compile(r"[A-Za-z0-9.-]{1,253}\Z|\[[A-Fa-f0-9:.IPv]{2,60}\]\Z")
_Q_SAFE = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!*+-/")
_WORD_ROOM = 75 - len("=?utf-8?q??=")


@lru_cache(maxsize=1024)
def _domain(domain: str) -> str | None:
    if domain.isascii():
        return domain if _DOMAIN.match(domain) else None
    try:
        return idna.encode(domain, uts46=True).decode("ascii")
    except idna.IDNAError:
        return None


def wire_address(email: str) -> str:
    """The address as it goes on the wire, domain in punycode. Raises HeaderRefused for what is no address."""
    local, at, domain = email.strip().rpartition("@")
    wire = _domain(domain) if at and _LOCAL.match(local) else None
    if wire is None:
        raise HeaderRefused("address")
    return f"{local}@{wire}"


def encoded_words(text: str, *, first_room: int = _WORD_ROOM) -> str:
    """Text as encoded words of at most 75 signs each, one per line; no character is split (RFC 2047 §5)."""
    raw = text.encode("utf-8", "replace")
    if sum(byte in _Q_SAFE or byte == 32 for byte in raw) * 3 < len(raw) * 2:
        return _b_words(text, first_room)
    words: list[str] = []
    word, size, room = "", 0, first_room
    for char in text:
        code = "".join(_q(byte) for byte in char.encode("utf-8", "replace"))
        if size + len(code) > room:
            words.append(word)
            word, size, room = "", 0, _WORD_ROOM
        word += code
        size += len(code)
    words.append(word)
    return "\r\n ".join(f"=?utf-8?q?{word}?=" for word in words if word)


def _q(byte: int) -> str:
    if byte == 32:
        return "_"
    return chr(byte) if byte in _Q_SAFE else f"={byte:02X}"


def _b_words(text: str, first_room: int) -> str:
    words: list[bytes] = []
    word, room = b"", first_room // 4 * 3
    for char in text:
        code = char.encode("utf-8", "replace")
        if len(word) + len(code) > room:
            words.append(word)
            word, room = b"", _WORD_ROOM // 4 * 3
        word += code
    words.append(word)
    return "\r\n ".join(f"=?utf-8?b?{b2a_base64(word, newline=False).decode()}?=" for word in words if word)


def text_line(name: str, value: str) -> bytes:
    """A whole header line of free text, folded or encoded as needed; control characters become blanks."""
    value = one_line(value).strip()
    if value.isascii() and "=?" not in value:
        if len(name) + 2 + len(value) <= _LINE:
            return f"{name}: {value}\r\n".encode("ascii")
        folded = _folded(name, value)
        if folded is not None:
            return folded
    return f"{name}: {encoded_words(value, first_room=_WORD_ROOM - len(name))}\r\n".encode("ascii")


def _folded(name: str, value: str) -> bytes | None:
    lines: list[str] = []
    line = f"{name}:"
    for word in value.split(" "):
        # a run of blanks at a fold would read as an empty line or vanish: such texts go as encoded words
        if not word or len(word) > 900:
            return None
        if len(line) + 1 + len(word) > _LINE and line != f"{name}:":
            lines.append(line)
            line = ""
        line += " " + word
    lines.append(line)
    return ("\r\n".join(lines) + "\r\n").encode("ascii")


def _name(name: str) -> str:
    name = one_line(name).strip()
    if name.isascii() and len(name) <= 60 and "=?" not in name:
        if _ATOMS.match(name) and "  " not in name:
            return name
        quoted = name.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{quoted}"'
    return encoded_words(name, first_room=_WORD_ROOM - 10)


def address_line(field: str, address: Address) -> bytes:
    """A whole header line with one mailbox. Raises HeaderRefused when the address is none."""
    email = wire_address(address.email)
    name = _name(address.name) if address.name else ""
    if not name:
        return f"{field}: {email}\r\n".encode()
    last = name.rpartition("\r\n")[2]
    blank = " " if len(field) + 2 + len(last) + 3 + len(email) <= _LINE else "\r\n "
    return f"{field}: {name}{blank}<{email}>\r\n".encode()


@lru_cache(maxsize=256)
def _fixed_address_line(field: str, email: str, name: str) -> bytes:
    return address_line(field, Address(email, name))


@lru_cache(maxsize=64)
def _date_line(seconds: int) -> bytes:
    return f"Date: {format_datetime(datetime.fromtimestamp(seconds, UTC))}\r\n".encode("ascii")


def _message_id_line(message_id: str) -> bytes:
    bare = message_id[1:-1] if message_id.startswith("<") and message_id.endswith(">") else message_id
    if not _MESSAGE_ID.match(bare):
        raise HeaderRefused("Message-ID")
    return f"Message-ID: <{bare}>\r\n".encode("ascii")


def _list_unsubscribe(urls: tuple[str, ...], *, one_click: bool) -> bytes:
    for url in urls:
        if not _URL.match(url):
            raise HeaderRefused("List-Unsubscribe")
    line = "List-Unsubscribe: " + ",\r\n ".join(f"<{url}>" for url in urls) + "\r\n"
    if one_click:
        line += "List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"
    return line.encode("ascii")


def _extra_line(name: str, value: str) -> bytes:
    if not _FIELD_NAME.match(name) or any(sign in value for sign in "\r\n\0"):
        raise HeaderRefused(name[:60])
    return text_line(name, value)


def header_block(headers: MailHeaders, subject: str) -> bytes:
    """All headers but the MIME ones, CRLF after each. Raises HeaderRefused (see the module)."""
    sender = headers.sender
    parts = [
        _fixed_address_line("From", sender.email, sender.name),
        address_line("To", headers.to),
        text_line("Subject", subject),
        _date_line(int(headers.sent_at.timestamp())),
        _message_id_line(headers.message_id),
    ]
    if headers.reply_to is not None:
        parts.append(_fixed_address_line("Reply-To", headers.reply_to.email, headers.reply_to.name))
    if headers.list_unsubscribe:
        parts.append(_list_unsubscribe(headers.list_unsubscribe, one_click=headers.one_click))
    parts.extend(_extra_line(name, value) for name, value in headers.extra)
    return b"".join(parts)
