"""What the DNS says about mail of a domain: whether receivers will believe that it is ours."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Literal, NamedTuple

import dns.asyncresolver
import dns.exception
import dns.resolver

from tidings.messages.signing import record_of
from tidings.messages.types import Account
from tidings.platform.core import Core

_ASKED_FOR = 5.0  # seconds


class DnsFinding(NamedTuple):
    """What the DNS says about one of SPF, DKIM and DMARC. `text` is the record, or what should stand there."""

    kind: Literal["SPF", "DKIM", "DMARC"]
    name: str
    state: Literal["right", "wrong", "missing", "unreachable"]
    text: str


async def look_up(core: Core, account: Account, domain: str) -> list[DnsFinding]:
    """What the DNS says about mail of a domain: SPF (RFC 7208), DMARC (RFC 7489), and the account's DKIM record."""
    resolver = dns.asyncresolver.Resolver()
    resolver.lifetime = _ASKED_FOR
    named = str(await core.installation.get("dns_servers")).split(",")
    servers = [(host, port) for host, _, port in (one.strip().partition(":") for one in named) if host]
    if servers:
        resolver.nameservers = [host for host, _ in servers]
        resolver.nameserver_ports = {host: int(port) for host, port in servers if port}
    wanted = await record_of(core, account)
    asked = [_found(resolver, "SPF", domain, "v=spf1", "v=spf1 include:… -all")]
    if wanted is not None:
        asked.append(_found(resolver, "DKIM", wanted.name, "v=DKIM1", wanted.text, is_exact=True))
    asked.append(_found(resolver, "DMARC", f"_dmarc.{domain}", "v=DMARC1", "v=DMARC1; p=quarantine"))
    return list(await asyncio.gather(*asked))


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
