"""DKIM signatures, verified by a library that is not ours."""

from __future__ import annotations

import dkim as peer
import pytest

from tidings.messages.transports import dkim
from tidings.messages.transports.types import Envelope, Result

HEADERS = (
    b"From: Ada <ada@harbour.example>\r\nTo: bob@x.example\r\nSubject: Two  spaces\r\n\tand a fold \r\n"
    b"List-Unsubscribe: <https://harbour.example/u>\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"
    b"X-Other: not signed\r\n\r\n"
)
BODIES = [
    b"",
    b"\r\n",
    b"Hello\r\n",
    b"Hello",
    b"Hello \r\n\r\n\r\n",
    b"\r\n\r\nA  line\r\n.\r\n",
    "Grüße\r\n".encode() * 2000,
]


@pytest.fixture(scope="module")
def pem() -> str:
    return dkim.new_key()


def is_right(mail: bytes, pem: str) -> bool:
    record = dkim.record_of(pem).encode()
    asked: list[bytes] = []

    def dns(name: bytes, timeout: int = 5) -> bytes:
        asked.append(name)
        return record

    verdict = peer.verify(mail, dnsfunc=dns)
    assert asked == [b"s1._domainkey.harbour.example."]
    return verdict


@pytest.mark.parametrize("body", BODIES)
def test_what_we_sign_verifies(pem: str, body: bytes):
    mail = dkim.Signer("harbour.example", "s1", pem).signed(HEADERS + body)
    assert mail.endswith(HEADERS + body)
    assert is_right(mail, pem)


@pytest.mark.parametrize(
    ("was", "now"),
    [
        (b"ada@harbour.example", b"eve@harbour.example"),
        (b"<https://harbour.example/u>", b"<https://evil.example/u>"),
        (b"One-Click", b"Two-Clicks"),
        (b"Hello", b"Hullo"),
        (b"From: Ada", b"From: Eve <eve@x.example>\r\nFrom: Ada"),
    ],
)
def test_what_was_touched_does_not(pem: str, was: bytes, now: bytes):
    mail = dkim.Signer("harbour.example", "s1", pem).signed(HEADERS + b"Hello\r\n")
    assert is_right(mail, pem)
    assert mail.count(was) == 1 or was == b"Hello"
    assert not is_right(mail.replace(was, now), pem)


def test_what_is_not_signed_may_be_touched_and_spaces_may_be_folded_anew(pem: str):
    mail = dkim.Signer("harbour.example", "s1", pem).signed(HEADERS + b"Hello\r\n")
    assert is_right(mail.replace(b"X-Other: not signed", b"X-Other: changed"), pem)
    assert is_right(mail.replace(b"Two  spaces\r\n\tand", b"Two spaces and"), pem)


def test_no_line_of_the_signature_is_long(pem: str):
    mail = dkim.Signer("harbour.example", "s1", pem).signed(HEADERS)
    assert max(len(line) for line in mail.split(b"\r\n")) <= 160
    assert mail.startswith(b"DKIM-Signature: v=1; a=rsa-sha256;")


class Box:
    """A transport that keeps what it is handed."""

    def __init__(self) -> None:
        self.kept: list[Envelope] = []

    async def send(self, envelopes: object, on_result: object) -> None:
        self.kept += list(envelopes)  # type: ignore[call-overload] - what the port hands on

    async def close(self) -> None:
        self.kept.clear()


async def test_bare_line_feeds_are_mended_before_they_are_signed(pem: str):
    box = Box()
    transport = dkim.SigningTransport(box, dkim.Signer("harbour.example", "s1", pem))
    results: list[Result] = []
    text = (HEADERS + b"One\r\n.two\r\n").replace(b"\r\n", b"\n")
    await transport.send([Envelope(7, "a@x.co", "b@x.co", text)], results.append)
    assert is_right(box.kept[0].data, pem)
    assert (box.kept[0].key, box.kept[0].has_safe_lines) == (7, False)
    await transport.close()
    assert box.kept == []
