"""The body on the wire: constants quoted-printable once, slots as they come, joined without a parser in sight.

A line of quoted-printable may be broken softly anywhere between characters (RFC 2045 §6.7), so a slot always begins at
the start of a line and what follows it begins on a new one: joins can neither make a line too long nor split a code.
"""

from __future__ import annotations

import re
from binascii import b2a_qp
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from html import escape

from tidings.content.headers import header_block
from tidings.content.tree import Anchor, Branch, Node, Slot, Test, Tree, write
from tidings.content.types import Compiled, MailHeaders, MailLinks, Person, Scope

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
_EASY = re.compile(r"(?!\.)[ -<>-~]{0,72}").fullmatch


def quoted(text: str) -> bytes:
    """Text in quoted-printable, to be followed by anything on a new line: at most 75 signs in the last one."""
    if _EASY(text):
        return text.encode("ascii")
    data = text.encode("utf-8", "replace")
    if b"\r" in data:
        data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    # the guard keeps the encoder from treating the end as the end of a line, and leaves room for a soft break
    lines = b2a_qp(data + b"x")[:-1].replace(b"\n", b"\r\n")
    if b"\n." in lines or lines.startswith(b"."):
        return b"\r\n".join([_undotted(line) for line in lines.split(b"\r\n")])
    return lines


def _undotted(line: bytes) -> bytes:
    """A line without a dot at its start, or of a soft continuation: it would have to be doubled (RFC 5321 §4.5.2)."""
    start = b""
    while line.startswith(b"."):
        if len(line) <= 73:
            return start + b"=2E" + line[1:]
        start, line = start + b"=2E=\r\n", line[1:]
    return start + line


def program(text: Tree, html: Tree, prefixes: Sequence[str] | None = None) -> tuple[bytes | Chunk, ...]:
    """The body of the message, MIME headers included: constants and what computes the rest.

    With `prefixes` the address of link n is `prefixes[n]` and the message's click tail, else its own.
    """
    steps: list[bytes | Chunk] = [
        _OPENING + _PART % b"plain",
        *_steps(text, prefixes),
        _BETWEEN + _PART % b"html",
        *_steps(html, prefixes),
        _CLOSING,
    ]
    merged: list[bytes | Chunk] = []
    for step in steps:
        if isinstance(step, bytes) and merged and isinstance(before := merged[-1], bytes):
            merged[-1] = before + step
        else:
            merged.append(step)
    return tuple(merged)


def track_links(compiled: Compiled, prefixes: Sequence[str]) -> Compiled:
    """The same mail with tracked links: the address of link n is `prefixes[n]` and the message's click tail.

    Only what is sent changes; previews and web views show the links' own addresses.
    """
    return replace(compiled, body=program(compiled.text, compiled.html, prefixes))


def _steps(tree: Tree, prefixes: Sequence[str] | None) -> list[bytes | Chunk]:
    nodes = list(_with_addresses(tree, prefixes))
    steps: list[bytes | Chunk] = []
    for at, node in enumerate(nodes):
        if isinstance(node, str):
            constant = quoted(node)
            if at > 0:
                constant = _SOFT + constant
            if at + 1 < len(nodes) and not constant.endswith(b"\n"):
                constant += _SOFT
            steps.append(constant)
            continue
        if at > 0 and not isinstance(nodes[at - 1], str):
            steps.append(_SOFT)
        steps.append(_step(node, prefixes))
    return steps


def _with_addresses(tree: Tree, prefixes: Sequence[str] | None) -> Iterator[Node]:
    """Links as the text of their address, so that it joins its surroundings, and what follows of a tracked one."""
    run: list[str] = []
    for node in tree:
        if isinstance(node, str):
            run.append(node)
            continue
        if isinstance(node, Anchor):
            url = node.link.url if prefixes is None else prefixes[node.link.number]
            run.append(url if node.is_plain else escape(url))
            if prefixes is None:
                continue
        if text := "".join(run):
            yield text
        run.clear()
        yield node
    if text := "".join(run):
        yield text


def _step(node: Slot | Anchor | Branch, prefixes: Sequence[str] | None) -> Chunk:
    if isinstance(node, Anchor):
        return _plain_tail if node.is_plain else _tail
    return _slot(node) if isinstance(node, Slot) else _branch(node, prefixes)


def _plain_tail(scope: Scope) -> bytes:
    return _quoted_tail(scope.links.click_tail, is_plain=True)


def _tail(scope: Scope) -> bytes:
    return _quoted_tail(scope.links.click_tail, is_plain=False)


# All links of a message end alike, in both of its parts.
@lru_cache(maxsize=32)
def _quoted_tail(tail: str, *, is_plain: bool) -> bytes:
    return quoted(tail if is_plain else escape(tail))


def _slot(slot: Slot) -> Chunk:
    fill = slot.fill

    def chunk(scope: Scope) -> bytes:
        value = fill(scope)
        return value.encode("ascii") if _EASY(value) else quoted(value)

    return chunk


def _branch(branch: Branch, prefixes: Sequence[str] | None) -> Chunk:
    test: Test = branch.test
    then, otherwise = tuple(_steps(branch.then, prefixes)), tuple(_steps(branch.otherwise, prefixes))

    def chunk(scope: Scope) -> bytes:
        steps = then if test(scope) else otherwise
        return b"".join([step if isinstance(step, bytes) else step(scope) for step in steps])

    return chunk


def join(
    compiled: Compiled, person: Person, links: MailLinks, *, headers: MailHeaders, subject: Tree | None = None
) -> bytes:
    """One finished message: CRLF line ends, no line over 998 (body: 76) bytes, none that begins with a dot.

    `subject` stands in for the mail's own (`compile_subject`). Raises HeaderRefused for an address or header that
    cannot be sent. Dates in the mail are those of `headers.sent_at`.
    """
    scope = Scope(person, compiled.site, links, headers.sent_at)
    if subject is None:
        subject = compiled.subject
    line = subject[0] if len(subject) == 1 and isinstance(subject[0], str) else write(subject, scope)
    parts = [step if isinstance(step, bytes) else step(scope) for step in compiled.body]
    return header_block(headers, line) + b"".join(parts)
