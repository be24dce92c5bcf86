"""Keys of mail accounts, mails that carry their signature, and what the DNS says about both."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import cast

import dkim as peer
import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset
import pytest
from benchmarks.sink import Sink

from tests.messages.test_sending import people, send_pass, sink, started
from tidings.messages import accounts, signing
from tidings.messages.domains import look_up
from tidings.platform.core import Core
from tidings.platform.errors import Invalid, Refused

__all__ = ["sink"]


@dataclass
class Zone(asyncio.DatagramProtocol):
    """A name server with TXT records; a name that is not there does not exist, one with None gets no answer."""

    texts: dict[str, list[str] | None] = field(default_factory=dict)
    transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        asked = dns.message.from_wire(data)
        name = asked.question[0].name
        answer = dns.message.make_response(asked)
        found = self.texts.get(name.to_text().rstrip("."), [])
        if found is None:
            answer.set_rcode(dns.rcode.SERVFAIL)
        elif found:
            # a TXT record is strings of at most 255 bytes (RFC 1035 §3.3.14)
            parts = [" ".join(f'"{one[n : n + 255]}"' for n in range(0, len(one), 255)) for one in found]
            answer.answer.append(dns.rrset.from_text(name, 60, "IN", dns.rdatatype.TXT, *parts))
        else:
            answer.set_rcode(dns.rcode.NXDOMAIN)
        assert self.transport is not None
        self.transport.sendto(answer.to_wire(), addr)


@pytest.fixture
async def zone(core: Core) -> AsyncIterator[Zone]:
    transport, made = await asyncio.get_running_loop().create_datagram_endpoint(Zone, ("127.0.0.1", 0))
    await core.installation.put({"dns_servers": f"127.0.0.1:{transport.get_extra_info('sockname')[1]}"})
    yield made
    transport.close()


async def account_id(core: Core) -> int:
    return await core.db.fetchval("SELECT max(id) FROM mail_accounts")


async def test_mails_of_a_campaign_are_signed_once_it_is_switched_on(core: Core, sink: Sink):
    number = await account_id(core)
    with pytest.raises(Refused, match="Make a key first"):
        await signing.switch_signing(core, number, is_on=True)
    record = await signing.make_key(core, await accounts.account_by_id(core, number), " News@Harbour.example ")
    assert record.name == "tidings-20261120._domainkey.harbour.example"
    assert record.text.startswith("v=DKIM1; k=rsa; p=")
    stored = await core.db.fetchval("SELECT dkim_key FROM mail_accounts WHERE id = $1", number)
    assert b"PRIVATE KEY" not in stored
    await people(core, 1)
    sink.keeps_bodies = True
    await started(core)
    await send_pass(core)
    assert b"DKIM-Signature" not in sink.received[0][2]
    await signing.switch_signing(core, number, is_on=True)
    await started(core, title="Signed")
    await send_pass(core)
    mail = sink.received[1][2]
    assert mail.startswith(b"DKIM-Signature: ")
    covered = mail.split(b"\th=")[1].split(b";")[0].split(b":")
    assert {b"from", b"subject", b"list-unsubscribe", b"list-unsubscribe-post"} <= set(covered)
    assert peer.verify(mail + b"\r\n", dnsfunc=lambda name, timeout=5: record.text.encode())
    await signing.switch_signing(core, number, is_on=False)
    await started(core, title="Plain")
    await send_pass(core)
    assert b"DKIM-Signature" not in sink.received[2][2]


async def test_a_new_key_has_a_selector_of_its_own_and_waits_for_its_record(core: Core, sink: Sink):
    number = await account_id(core)
    first = await signing.make_key(core, await accounts.account_by_id(core, number), "harbour.example")
    await signing.switch_signing(core, number, is_on=True)
    second = await signing.make_key(core, await accounts.account_by_id(core, number), "bücher.example")
    assert first.name != second.name
    assert second.name.endswith("._domainkey.xn--bcher-kva.example")
    account = await accounts.account_by_id(core, number)
    assert not account.signs_mail
    assert await signing.record_of(core, account) == second
    await signing.forget_key(core, number)
    assert await signing.record_of(core, await accounts.account_by_id(core, number)) is None


@pytest.mark.parametrize(
    "domain", ["", "localhost", "a b.example", "x;y.example", "-a.example", "ex\r\nample.com", "a" * 64 + ".de"]
)
async def test_a_domain_that_is_none_is_told(core: Core, sink: Sink, domain: str):
    account = await accounts.account_by_id(core, await account_id(core))
    with pytest.raises(Invalid) as refused:
        await signing.make_key(core, account, domain)
    assert "domain" in refused.value.fields
    assert await signing.record_of(core, account) is None


async def test_the_dns_is_asked_for_what_receivers_look_at(core: Core, sink: Sink, zone: Zone):
    number = await account_id(core)
    record = await signing.make_key(core, await accounts.account_by_id(core, number), "harbour.example")
    account = await accounts.account_by_id(core, number)

    async def told() -> dict[str, str]:
        return {one.kind: one.state for one in await look_up(core, account, "harbour.example")}

    assert await told() == {"SPF": "missing", "DKIM": "missing", "DMARC": "missing"}
    zone.texts = {
        "harbour.example": ["google-site=1", "v=spf1 mx -all"],
        record.name: [record.text],
        "_dmarc.harbour.example": ["v=DMARC1; p=none"],
    }
    assert await told() == {"SPF": "right", "DKIM": "right", "DMARC": "right"}
    zone.texts[record.name] = ["v=DKIM1; k=rsa; p=AAAA"]
    zone.texts["harbour.example"] = ["v=spf1 mx -all", "v=spf1 -all"]
    zone.texts["_dmarc.harbour.example"] = None
    assert await told() == {"SPF": "wrong", "DKIM": "wrong", "DMARC": "unreachable"}


@pytest.mark.parametrize("written", ["[::1]:{port}", "localhost:{port}", "127.0.0.1:9, [::1]:{port}"])
async def test_name_servers_have_addresses_of_ipv6_and_names(core: Core, sink: Sink, written: str):
    host = "127.0.0.1" if "localhost" in written else "::1"
    transport, zone = await asyncio.get_running_loop().create_datagram_endpoint(Zone, (host, 0))
    port = transport.get_extra_info("sockname")[1]
    await core.installation.put({"dns_servers": written.format(port=port)})
    zone.texts = {"harbour.example": ["v=spf1 -all"]}
    account = await accounts.account_by_id(core, await account_id(core))
    states = {one.kind: one.state for one in await look_up(core, account, "harbour.example")}
    assert states == {"SPF": "right", "DMARC": "missing"}
    transport.close()
