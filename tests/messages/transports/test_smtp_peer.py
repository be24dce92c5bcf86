"""The same conversation with a server that others wrote (aiosmtpd): what we write is what it reads."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

from tests.messages.transports.conftest import Send, mails
from tidings.messages.transports.types import Envelope, Outcome

Serve = Callable[..., Any]


class Keeper:
    """Keeps what it is given; refuses recipients that begin with "bad"."""

    def __init__(self) -> None:
        self.mails: list[tuple[str, bytes]] = []

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Any, address: str, _options: list[str]) -> str:
        if address.startswith("bad"):
            return "550 5.1.1 no such user"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        self.mails.append((envelope.rcpt_tos[0], envelope.content))
        return "250 OK"


@pytest.fixture
def keeper() -> Keeper:
    return Keeper()


@pytest.fixture
async def serve(keeper: Keeper) -> AsyncIterator[Serve]:
    servers: list[asyncio.Server] = []

    async def serving(**options: Any) -> int:
        options = {"enable_SMTPUTF8": True} | options
        server = await asyncio.get_running_loop().create_server(lambda: SMTP(keeper, **options), "127.0.0.1", 0)
        servers.append(server)
        return server.sockets[0].getsockname()[1]

    yield serving
    for server in servers:
        server.close()


def check(_server: Any, _session: Any, _envelope: Any, _mechanism: str, given: Any) -> AuthResult:
    return AuthResult(success=given == LoginPassword(b"me", b"secret"), handled=False)


async def test_bodies_arrive_as_they_were(serve: Serve, send: Send, keeper: Keeper):
    bodies = [
        b"Subject: x\r\n\r\n.\r\n..two\r\n...\r\n.\r\n\r\nend\r\n",
        b".first\r\n" + b"x" * 990 + b"\r\n" * 50,
        b"Subject: dots\r\n\r\n" + b".\r\n" * 2000,
        b"a" * 700 + b"\r\n" + "grüße".encode() + b"\r\n",
    ]
    envelopes = [Envelope(n, "a@b.co", f"r{n}@d.co", body) for n, body in enumerate(bodies)]
    results = await send(envelopes, port=await serve(), connections=1)
    assert {r.outcome for r in results.values()} == {Outcome.SENT}
    assert dict(keeper.mails) == {f"r{n}@d.co": body for n, body in enumerate(bodies)}


async def test_a_server_without_pipelining_takes_all_and_refuses_some(serve: Serve, send: Send, keeper: Keeper):
    results = await send(mails(40, m0="bad@y.co", m7="bad@y.co", m39="bad@y.co"), port=await serve(), connections=3)
    assert {k for k, r in results.items() if r.outcome is Outcome.REFUSED} == {0, 7, 39}
    assert sorted(r for r, _ in keeper.mails) == sorted(f"p{i}@y.co" for i in range(40) if i not in (0, 7, 39))


async def test_a_local_part_beyond_ascii_arrives(serve: Serve, send: Send, keeper: Keeper):
    results = await send([Envelope(1, "a@b.co", "jörg@exämple.com", b"hi\r\n")], port=await serve())
    assert results[1].outcome is Outcome.SENT
    assert keeper.mails[0][0] == "jörg@xn--exmple-cua.com"


@pytest.mark.parametrize("excluded", [["PLAIN"], ["LOGIN"]])
async def test_starttls_and_both_ways_to_log_in(
    serve: Serve,
    send: Send,
    server_tls: ssl.SSLContext,
    certificate: Path,
    excluded: list[str],
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    port = await serve(
        tls_context=server_tls,
        require_starttls=True,
        authenticator=check,
        auth_required=True,
        auth_exclude_mechanism=excluded,
    )
    right = await send(mails(5), port=port, encryption="starttls", username="me", password="secret")
    assert {r.outcome for r in right.values()} == {Outcome.SENT}
    wrong = await send(mails(5), port=port, encryption="starttls", username="me", password="guess")
    assert {(r.outcome, r.code) for r in wrong.values()} == {(Outcome.ACCOUNT_FAILED, 535)}
    plain = await send(mails(2), port=port)
    assert {(r.outcome, r.code) for r in plain.values()} == {(Outcome.ACCOUNT_FAILED, 530)}


async def test_a_mail_above_the_limit_is_refused(serve: Serve, send: Send, keeper: Keeper):
    results = await send(
        [Envelope(1, "a@b.co", "c@d.co", b"x" * 3000), *mails(1)], port=await serve(data_size_limit=2000)
    )
    assert results[1].outcome is Outcome.REFUSED
    assert [r for r, _ in keeper.mails] == ["p0@y.co"]
