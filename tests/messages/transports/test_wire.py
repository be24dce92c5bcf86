"""Addresses, bodies and replies as bytes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidings.messages.transports.types import Envelope, Outcome
from tidings.messages.transports.wire import Step, body_parts, code_of, verdict, wire_address

ONE = Envelope(1, "a@b.co", "c@d.co", b"")


@pytest.mark.parametrize(
    "address",
    ["a@b.co\r\nRCPT TO:<x@y.co>", "a@b.co\n", "a b@c.co", "a@b.co\x00", "<a@b.co>", "plain", "", "a" * 320 + "@b.co"],
)
def test_an_address_that_would_break_the_conversation_is_refused(address: str):
    with pytest.raises(ValueError, match="cannot be used"):
        wire_address(address, can_utf8=True)


def test_domains_are_sent_in_idna_and_local_parts_need_the_extension():
    assert wire_address("a@exämple.com", can_utf8=False) == "a@xn--exmple-cua.com"
    assert wire_address("ä@exämple.com", can_utf8=True) == "ä@xn--exmple-cua.com"
    with pytest.raises(ValueError, match="SMTPUTF8"):
        wire_address("ä@x.co", can_utf8=False)
    with pytest.raises(ValueError, match="domain"):
        wire_address("a@ä..co", can_utf8=True)


def _on_the_wire(data: bytes) -> bytes:
    """The whole of what follows 354 for a message."""
    return b"".join(body_parts(Envelope(0, "", "", data)))


@pytest.mark.parametrize(
    ("data", "wire"),
    [
        (b".a\r\n.b\r\nc.\r\n", b"..a\r\n..b\r\nc.\r\n.\r\n"),
        (b"no end", b"no end\r\n.\r\n"),
        (b"", b"\r\n.\r\n"),
        (b".", b"..\r\n.\r\n"),
        (b"a\n.\nb\n", b"a\r\n..\r\nb\r\n.\r\n"),
        (b"a\rb", b"a\r\nb\r\n.\r\n"),
    ],
)
def test_bodies_have_crlf_doubled_dots_and_one_end(data: bytes, wire: bytes):
    assert _on_the_wire(data) == wire


@given(st.lists(st.sampled_from([b"\r", b"\n", b"\r\n", b".", b"..", b"a"]), max_size=12).map(b"".join))
def test_no_body_ends_before_its_end_for_any_reading_of_line_ends(data: bytes):
    wire = _on_the_wire(data)
    inside = wire[: -len(b".\r\n")]
    assert wire.endswith(b"\r\n.\r\n")
    for early in (b"\n.\r\n", b"\n.\n"):
        assert early not in inside
    assert not wire.startswith((b".\r\n", b".\n")) or wire == b".\r\n"


@given(st.lists(st.sampled_from([b".", b"..a", b"b.", b"", b"c"]), max_size=8).map(b"\r\n".join))
def test_what_the_server_unstuffs_is_what_was_written(data: bytes):
    lines = _on_the_wire(data).removesuffix(b".\r\n").split(b"\r\n")
    read = b"\r\n".join(line.removeprefix(b".") for line in lines)
    assert read in (data, data + b"\r\n")


def test_lines_that_are_vouched_for_are_sent_as_they_are():
    data = b"a\r\n..b\r\n"
    whole, end = body_parts(Envelope(1, "a@b.co", "c@d.co", data, has_safe_lines=True))
    assert whole is data
    assert end == b".\r\n"


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (b"250 ok", 250),
        (b"250-ok", 250),
        (b"354", 354),
        (b"25", 0),
        (b"HTTP/1.1 400", 0),
        (b"", 0),
        (b"2500", 0),
        (b"199 x", 0),
    ],
)
def test_only_a_reply_code_is_a_reply_code(line: bytes, code: int):
    assert code_of(line) == code


@pytest.mark.parametrize(
    ("step", "code", "outcome"),
    [
        (Step.BODY, 250, Outcome.SENT),
        *(
            (step, code, Outcome.DEFERRED)
            for step in (Step.MAIL, Step.RCPT, Step.DATA, Step.BODY)
            for code in (421, 450, 451, 452, 454)
        ),
        (Step.MAIL, 550, Outcome.ACCOUNT_FAILED),
        (Step.RCPT, 530, Outcome.ACCOUNT_FAILED),
        (Step.RCPT, 550, Outcome.REFUSED),
        (Step.DATA, 554, Outcome.REFUSED),
        (Step.BODY, 552, Outcome.REFUSED),
    ],
)
def test_each_final_reply_has_one_meaning(step: Step, code: int, outcome: Outcome):
    assert verdict(ONE, step, code, "x").outcome is outcome
