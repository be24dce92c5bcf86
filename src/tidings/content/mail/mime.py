"""The body on the wire: constants quoted-printable once, slots as they come, joined without a parser in sight.

A line of quoted-printable may be broken softly anywhere between characters (RFC 2045 §6.7), so a slot always begins at
the start of a line and what follows it begins on a new one: joins can neither make a line too long nor split a code.
"""

from __future__ import annotations

import re
from binascii import b2a_qp
from collections.abc import Callable

from tidings.content.mail.headers import header_block
from tidings.content.mail.tree import Branch, Slot, Test, Tree, write
from tidings.content.mail.types import Compiled, MailHeaders, MailLinks, Person, Scope

Chunk = Callable[[Scope], bytes]

_SOFT = b"=\r\n"
# Every "=" of quoted-printable is followed by two hex digits or a line end: this line cannot occur in a part.
_BOUNDARY = b"=_tidings_part"
_PART = b"\r\nContent-Type: text/%s; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
_OPENING = (
    b'MIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary="' + _BOUNDARY + b'"\r\n\r\n--' + _BOUNDARY
)
_BETWEEN = b"\r\n--" + _BOUNDARY
_CLOSING = b"\r\n--" + _BOUNDARY + b"--\r\n"
_EASY = re.compile("[ -<>-~]{0,72}").fullmatch


def quoted(text: str) -> bytes:
    """Text in quoted-printable, to be followed by anything on a new line: at most 75 signs in the last one."""
    if _EASY(text):
        return text.encode("ascii")
    data = text.encode("utf-8", "replace")
    if b"\r" in data:
        data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    # the guard keeps the encoder from treating the end as the end of a line, and leaves room for a soft break
    return b2a_qp(data + b"x")[:-1].replace(b"\n", b"\r\n")


def program(text: Tree, html: Tree) -> tuple[bytes | Chunk, ...]:
    """The body of the message, MIME headers included: constants and what computes the rest."""
    steps: list[bytes | Chunk] = [
        _OPENING + _PART % b"plain",
        *_steps(text),
        _BETWEEN + _PART % b"html",
        *_steps(html),
        _CLOSING,
    ]
    merged: list[bytes | Chunk] = []
    for step in steps:
        if isinstance(step, bytes) and merged and isinstance(before := merged[-1], bytes):
            merged[-1] = before + step
        else:
            merged.append(step)
    return tuple(merged)


def _steps(tree: Tree) -> list[bytes | Chunk]:
    steps: list[bytes | Chunk] = []
    for at, node in enumerate(tree):
        if isinstance(node, str):
            constant = quoted(node)
            if at > 0:
                constant = _SOFT + constant
            if at + 1 < len(tree) and not constant.endswith(b"\n"):
                constant += _SOFT
            steps.append(constant)
            continue
        if at > 0 and not isinstance(tree[at - 1], str):
            steps.append(_SOFT)
        steps.append(_slot(node) if isinstance(node, Slot) else _branch(node))
    return steps


def _slot(slot: Slot) -> Chunk:
    fill = slot.fill

    def chunk(scope: Scope) -> bytes:
        value = fill(scope)
        return value.encode("ascii") if _EASY(value) else quoted(value)

    return chunk


def _branch(branch: Branch) -> Chunk:
    test: Test = branch.test
    then, otherwise = tuple(_steps(branch.then)), tuple(_steps(branch.otherwise))

    def chunk(scope: Scope) -> bytes:
        steps = then if test(scope) else otherwise
        return b"".join([step if isinstance(step, bytes) else step(scope) for step in steps])

    return chunk


def join(compiled: Compiled, person: Person, links: MailLinks, *, headers: MailHeaders) -> bytes:
    """One finished message, CRLF line ends, no line over 998 (body: 76) bytes.

    Raises HeaderRefused for an address or header that cannot be sent. Dates in the mail are those of `headers.sent_at`.
    """
    scope = Scope(person, compiled.site, links, headers.sent_at)
    subject = compiled.subject
    line = subject[0] if len(subject) == 1 and isinstance(subject[0], str) else write(subject, scope)
    parts = [step if isinstance(step, bytes) else step(scope) for step in compiled.body]
    return header_block(headers, line) + b"".join(parts)
