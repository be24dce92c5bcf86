"""Whose address a request really has when it came through a reverse proxy. Pure.

Only a proxy that the operator trusts is believed, and of what it says only the part that no visitor can make up: the
last address in X-Forwarded-For that is not a trusted proxy's itself.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

HEADER = b"x-forwarded-for"
# A header longer than this many addresses is not read to its end.
MOST = 32


class TrustedProxies:
    """The proxies in front of this installation. `networks` are addresses or networks such as 10.0.0.0/8."""

    def __init__(self, networks: Iterable[str]) -> None:
        """Raises ValueError naming what is no network."""
        self._networks: list[IPv4Network | IPv6Network] = [ip_network(one, strict=False) for one in networks]
        self._is_trusted = lru_cache(maxsize=4096)(self._look)

    def _look(self, address: str) -> bool:
        try:
            found = ip_address(address)
        except ValueError:
            return False
        mapped = getattr(found, "ipv4_mapped", None)
        return any((mapped or found) in network for network in self._networks)

    def visitor(self, peer: str, headers: Iterable[tuple[bytes, bytes]]) -> str:
        """The address of the visitor: the peer's own, unless the peer is a trusted proxy that tells of another."""
        if not self._is_trusted(peer):
            return peer
        told = b",".join(value for name, value in headers if name == HEADER)
        if not told:
            return peer
        visitor = peer
        for one in reversed(told.decode("latin-1").rsplit(",", MOST)[-MOST:]):
            address = _address(one)
            if address is None:
                break
            visitor = address
            if not self._is_trusted(address):
                break
        return visitor


def _address(text: str) -> str | None:
    """An entry of the header without its port; None for what is no address (such as "unknown")."""
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        return str(ip_address(text))
    except ValueError:
        return None
