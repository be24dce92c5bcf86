"""Whose address a request has: nobody but a trusted proxy is believed, and it only for what visitors cannot make up."""

from __future__ import annotations

import pytest

from tidings.platform.proxies import TrustedProxies

PROXIES = TrustedProxies(["127.0.0.1", "::1", "10.0.0.0/8"])


def visitor(peer: str, *forwarded: str) -> str:
    headers = [(b"host", b"x"), *((b"x-forwarded-for", one.encode("latin-1")) for one in forwarded)]
    return PROXIES.visitor(peer, headers)


@pytest.mark.parametrize(
    ("peer", "forwarded", "address"),
    [
        ("198.51.100.7", (), "198.51.100.7"),
        ("198.51.100.7", ("203.0.113.9",), "198.51.100.7"),
        ("127.0.0.1", (), "127.0.0.1"),
        ("127.0.0.1", ("203.0.113.9",), "203.0.113.9"),
        ("::ffff:127.0.0.1", ("203.0.113.9",), "203.0.113.9"),
        ("127.0.0.1", ("1.1.1.1, 203.0.113.9",), "203.0.113.9"),
        ("127.0.0.1", ("1.1.1.1", "203.0.113.9, 10.1.2.3"), "203.0.113.9"),
        ("127.0.0.1", ("10.9.9.9, 10.1.2.3",), "10.9.9.9"),
        ("127.0.0.1", ("203.0.113.9:4711",), "203.0.113.9"),
        ("127.0.0.1", ("[2001:db8::7]:4711",), "2001:db8::7"),
        ("127.0.0.1", ("2001:DB8::7",), "2001:db8::7"),
        ("127.0.0.1", ("unknown",), "127.0.0.1"),
        ("127.0.0.1", ("1.1.1.1, unknown, 10.1.2.3",), "10.1.2.3"),
        ("127.0.0.1", ("",), "127.0.0.1"),
        ("127.0.0.1", (",,,",), "127.0.0.1"),
        ("127.0.0.1", ("<script>, \xff",), "127.0.0.1"),
        ("127.0.0.1", ("1.1.1.1," * 5000 + "203.0.113.9",), "203.0.113.9"),
        ("", ("203.0.113.9",), ""),
    ],
)
def test_the_last_address_that_is_no_trusted_proxy_is_the_visitors(peer: str, forwarded: tuple[str, ...], address: str):
    assert visitor(peer, *forwarded) == address


def test_what_is_no_network_is_named():
    with pytest.raises(ValueError, match="example"):
        TrustedProxies(["example.org"])
