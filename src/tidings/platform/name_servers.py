"""Name servers as an operator writes them: addresses of IPv4 and IPv6, or names, each with a port where it is not 53."""

from __future__ import annotations

import ipaddress
import re

_PORT = 53
# A host with or without a port; an address of IPv6 that bears a port stands in brackets (RFC 3986, section 3.2.2).
_IN_BRACKETS = re.compile(r"\[([^\[\]]*)\](?::(.*))?", re.ASCII)
_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)", re.IGNORECASE | re.ASCII)


def name_servers(text: str) -> list[tuple[str, int]]:
    """Host and port of each in `192.0.2.1, ns.example:5353, 2001:db8::1, [::1]:53`; ValueError says which one is wrong."""
    return [_server(one.strip()) for one in text.split(",") if one.strip()]


def _server(text: str) -> tuple[str, int]:
    bracketed = _IN_BRACKETS.fullmatch(text)
    if bracketed:
        host, port = bracketed[1], bracketed[2]
        if not _is_address(host, 6):
            raise ValueError(f"“{host}” in brackets is not an IPv6 address.")
    elif _is_address(text, 6):
        host, port = text, None
    elif text.count(":") > 1:
        raise ValueError(f"“{text}” is not an IPv6 address. With a port, write it in brackets: [2001:db8::1]:53.")
    else:
        host, colon, rest = text.partition(":")
        port = rest if colon else None
        if not _is_address(host, 4) and not _is_name(host):
            raise ValueError(f"“{host}” is neither an address nor the name of a server.")
    if port is None:
        return host, _PORT
    if not (port.isascii() and port.isdigit() and len(port) <= 5 and 0 < int(port) <= 65535):
        raise ValueError(f"“{port}” is not a port; a port is a number from 1 to 65535.")
    return host, int(port)


def _is_address(text: str, version: int) -> bool:
    try:
        return ipaddress.ip_address(text).version == version
    except ValueError:
        return False


def _is_name(text: str) -> bool:
    labels = text.removesuffix(".").split(".")
    # A name whose last part is a number is a mistyped address of IPv4.
    return len(text) <= 253 and all(_LABEL.fullmatch(one) for one in labels) and not labels[-1].isdigit()
