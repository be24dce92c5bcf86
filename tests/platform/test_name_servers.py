"""Name servers are addresses of either kind or names, each with its port; what is wrong is said."""

from __future__ import annotations

import pytest

from tidings.platform.core import Core
from tidings.platform.errors import Invalid
from tidings.platform.name_servers import name_servers


@pytest.mark.parametrize(
    ("text", "servers"),
    [
        ("", []),
        (" , ", []),
        ("192.0.2.1", [("192.0.2.1", 53)]),
        ("192.0.2.1:5353, ns.example", [("192.0.2.1", 5353), ("ns.example", 53)]),
        ("ns-1.example.:54", [("ns-1.example.", 54)]),
        ("::1", [("::1", 53)]),
        ("[::1]", [("::1", 53)]),
        ("[2001:db8::1]:5353,2001:db8::1", [("2001:db8::1", 5353), ("2001:db8::1", 53)]),
        ("::ffff:192.0.2.1", [("::ffff:192.0.2.1", 53)]),
        ("[fe80::1%eth0]:53", [("fe80::1%eth0", 53)]),
    ],
)
def test_addresses_and_names_are_read_with_their_ports(text: str, servers: list[tuple[str, int]]):
    assert name_servers(text) == servers


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("2001:db8::1::53", "write it in brackets"),
        ("1:2:3", "is not an IPv6 address"),
        ("[192.0.2.1]:53", "in brackets is not an IPv6 address"),
        ("[::1", "is not an IPv6 address"),
        ("[]:53", "in brackets is not an IPv6 address"),
        ("[::1]:", "is not a port"),
        ("[::1]:70000", "from 1 to 65535"),
        ("192.0.2.1:0", "from 1 to 65535"),
        ("192.0.2.1:dns", "is not a port"),
        ("192.0.2.1:", "is not a port"),
        ("192.0.2.256", "neither an address nor the name"),
        ("192.0.2", "neither an address nor the name"),
        (":53", "neither an address nor the name"),
        ("a b", "neither an address nor the name"),
        ("-x.example", "neither an address nor the name"),
        ("https://dns.example/query", "is not a port"),
    ],
)
async def test_what_is_wrong_is_said_and_nothing_is_stored(core: Core, text: str, says: str):
    with pytest.raises(Invalid) as caught:
        await core.installation.put({"dns_servers": f"192.0.2.9, {text}"})
    [problem] = caught.value.fields["dns_servers"]
    assert says in problem.text
    assert await core.installation.get("dns_servers") == ""
