"""What the DNS says about mail of a domain: whether receivers will believe that it is ours."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Sequence
from typing import Literal, NamedTuple

import dns.asyncresolver
import dns.exception
import dns.resolver
from dns.nameserver import Do53Nameserver

from tidings.messages.signing import record_of
from tidings.messages.types import Account
from tidings.platform.core import Core
from tidings.platform.name_servers import name_servers

_ASKED_FOR = 5.0  # seconds


class DnsFinding(NamedTuple):
    """What the DNS says about one of SPF, DKIM and DMARC. `text` is the record, or what should stand there."""

    kind: Literal["SPF", "DKIM", "DMARC"]
    name: str
    state: Literal["right", "wrong", "missing", "unreachable"]
    text: str


async def look_up(core: Core, account: Account, domain: str) -> list[DnsFinding]:
    """What the DNS says about mail of a domain: SPF (RFC 7208), DMARC (RFC 7489), and the account's DKIM record."""
    resolver = await _resolver(str(await core.installation.get("dns_servers")))
    wanted = await record_of(core, account)
    asked = [_found(resolver, "SPF", domain, "v=spf1", "v=spf1 include:… -all")]
    if wanted is not None:
        asked.append(_found(resolver, "DKIM", wanted.name, "v=DKIM1", wanted.text, is_exact=True))
    asked.append(_found(resolver, "DMARC", f"_dmarc.{domain}", "v=DMARC1", "v=DMARC1; p=quarantine"))
    return list(await asyncio.gather(*asked))


async def _resolver(servers: str) -> dns.asyncresolver.Resolver:
    """Asks the machine's servers, or those that are named; of names that nobody knows, none."""
    resolver = dns.asyncresolver.Resolver()
    resolver.lifetime = _ASKED_FOR
    named = name_servers(servers)
    if named:
        found = await asyncio.gather(*(_addresses(host, port) for host, port in named))
        resolver.nameservers = [Do53Nameserver(*one) for each in found for one in each]
    return resolver


async def _addresses(host: str, port: int) -> list[tuple[str, int]]:
    try:
        async with asyncio.timeout(_ASKED_FOR):
            found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_DGRAM)
    except OSError:
        return []
    return [(str(address[0]), port) for *_, address in found]


async def _found(
    resolver: dns.asyncresolver.Resolver,
    kind: Literal["SPF", "DKIM", "DMARC"],
    name: str,
    begins: str,
    advised: str,
    *,
    is_exact: bool = False,
) -> DnsFinding:
    try:
        texts = _texts(await resolver.resolve(name, "TXT"))
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        return DnsFinding(kind, name, "missing", advised)
    except (dns.exception.DNSException, OSError):
        return DnsFinding(kind, name, "unreachable", advised)
    found = [one for one in texts if one.lower().startswith(begins.lower())]
    if not found:
        return DnsFinding(kind, name, "missing", advised)
    # Two SPF or DMARC records count as none (RFC 7208 §4.5, RFC 7489 §6.6.3).
    is_right = len(found) == 1 and (not is_exact or "".join(found[0].split()) == "".join(advised.split()))
    return DnsFinding(kind, name, "right" if is_right else "wrong", found[0] if is_right or not is_exact else advised)


def _texts(answer: dns.resolver.Answer) -> Sequence[str]:
    return [b"".join(one.strings).decode("utf-8", "replace") for one in answer]
