"""Dialling, encryption and logging in; whatever fails here is the account's fault and burns nobody's attempt."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from benchmarks.sink import Sink

from tests.messages.transports.conftest import Send, mails
from tidings.messages.transports.smtp import SmtpPool
from tidings.messages.transports.types import Outcome, Result, SmtpEndpoint


def outcomes(results: dict[int, Result]) -> set[Outcome]:
    return {r.outcome for r in results.values()}


async def test_nobody_listening_is_the_accounts_fault(send: Send):
    results = await send(mails(5), port=1)
    assert outcomes(results) == {Outcome.ACCOUNT_FAILED}
    assert "127.0.0.1:1" in results[0].text


@pytest.mark.parametrize("greeting", ["421 too many connections", "554 go away"])
async def test_a_greeting_that_refuses_is_the_accounts_fault(sink: Sink, send: Send, greeting: str):
    sink.greeting = greeting
    results = await send(mails(5))
    assert {(r.outcome, r.code) for r in results.values()} == {(Outcome.ACCOUNT_FAILED, int(greeting[:3]))}
    assert results[0].text == greeting


async def test_a_silent_server_runs_into_the_time_limit(sink: Sink, send: Send):
    sink.delay = 30
    results = await send(mails(2), timeout=timedelta(seconds=0.2))
    assert outcomes(results) == {Outcome.ACCOUNT_FAILED}
    assert "no answer in time" in results[0].text


@pytest.mark.parametrize("ways", ["PLAIN LOGIN", "LOGIN", "PLAIN"])
async def test_a_wrong_password_is_the_accounts_fault_and_a_right_one_sends(sink: Sink, send: Send, ways: str):
    sink.auth, sink.auth_ways = ("mé", "secret"), ways
    wrong = await send(mails(3), username="mé", password="nope")
    assert {(r.outcome, r.code) for r in wrong.values()} == {(Outcome.ACCOUNT_FAILED, 535)}
    assert "secret" not in wrong[0].text
    assert outcomes(await send(mails(3), username="mé", password="secret")) == {Outcome.SENT}


async def test_not_logging_in_where_one_must_is_the_accounts_fault(sink: Sink, send: Send):
    sink.auth = ("me", "secret")
    assert {(r.outcome, r.code) for r in (await send(mails(3))).values()} == {(Outcome.ACCOUNT_FAILED, 530)}


async def test_a_server_without_a_known_way_to_log_in_is_the_accounts_fault(sink: Sink, send: Send):
    sink.auth, sink.auth_ways = ("me", "secret"), "GSSAPI"
    results = await send(mails(2), username="me", password="secret")
    assert outcomes(results) == {Outcome.ACCOUNT_FAILED}
    assert "log in" in results[0].text


async def test_starttls_encrypts_before_the_password(
    sink: Sink, send: Send, server_tls: ssl.SSLContext, certificate: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    sink.tls, sink.auth, sink.keeps_commands = server_tls, ("me", "secret"), True
    results = await send(mails(30), encryption="starttls", username="me", password="secret", connections=1)
    assert outcomes(results) == {Outcome.SENT}
    words = [line.split()[0] for line in sink.commands[:4]]
    assert words == ["EHLO", "STARTTLS", "EHLO", "AUTH"]


async def test_tls_from_the_first_byte(
    sink: Sink, send: Send, server_tls: ssl.SSLContext, certificate: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    server = await sink.serve(tls=server_tls)
    results = await send(mails(30), encryption="tls", port=server.sockets[0].getsockname()[1])
    server.close()
    assert outcomes(results) == {Outcome.SENT}


async def test_a_certificate_that_nobody_vouches_for_is_the_accounts_fault_unless_allowed(
    sink: Sink, send: Send, server_tls: ssl.SSLContext
):
    sink.tls = server_tls
    refused = await send(mails(2), encryption="starttls")
    assert outcomes(refused) == {Outcome.ACCOUNT_FAILED}
    assert "certificate" in refused[0].text.lower()
    assert sink.accepted == 0
    assert outcomes(await send(mails(2), encryption="starttls", verifies_tls=False)) == {Outcome.SENT}


async def test_no_starttls_offered_sends_nothing_in_the_clear(sink: Sink, send: Send):
    results = await send(mails(2), encryption="starttls", username="me", password="secret")
    assert outcomes(results) == {Outcome.ACCOUNT_FAILED}
    assert "STARTTLS" in results[0].text
    assert sink.accepted == 0


@pytest.mark.parametrize("smuggled", [b"250 injected\r\n", b"250-injected\r\n", b"250"])
async def test_text_sent_in_front_of_the_encryption_is_not_believed(send: Send, smuggled: bytes):
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 x\r\n")
        await reader.readline()
        writer.write(b"250-x\r\n250 STARTTLS\r\n")
        await reader.readline()
        writer.write(b"220 go\r\n" + smuggled)
        await reader.read(100)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    results = await send(mails(2), encryption="starttls", connections=1, port=server.sockets[0].getsockname()[1])
    server.close()
    assert outcomes(results) == {Outcome.ACCOUNT_FAILED}


async def test_no_address_is_dialled_that_the_guard_refuses(sink: Sink):
    asked: list[str] = []

    def guard(address: str) -> None:
        asked.append(address)
        raise PermissionError(f"{address} is private")

    pool = SmtpPool(SmtpEndpoint("localhost", sink.port, "none"), connections=1, check_address=guard)  # type: ignore[attr-defined]
    results: list[Result] = []
    await pool.send(mails(2), results.append)
    assert {(r.outcome, r.text) for r in results} == {(Outcome.ACCOUNT_FAILED, f"{asked[0]} is private")}
    assert asked[0] in ("127.0.0.1", "::1")
    assert sink.connections == 0


async def test_every_address_of_a_host_is_tried(sink: Sink, monkeypatch: pytest.MonkeyPatch):
    loop = asyncio.get_running_loop()

    async def resolve(host: str, port: int, **_more: object) -> list[tuple[object, ...]]:
        return [(0, 0, 0, "", (address, port)) for address in ("127.0.0.9", "127.0.0.1")]

    pool = SmtpPool(SmtpEndpoint("mail.example", sink.port, "none"), connections=1)  # type: ignore[attr-defined]
    results: list[Result] = []
    with monkeypatch.context() as patch:
        patch.setattr(loop, "getaddrinfo", resolve)
        await pool.send(mails(2), results.append)
    await pool.close()
    assert {r.outcome for r in results} == {Outcome.SENT}


@pytest.mark.parametrize(
    "babble", [b"HTTP/1.1 400 Bad Request\r\n", b"220-x\r\n" * 1000, b"x" * 300_000, b"", b"220 x\r\n250 early\r\n"]
)
async def test_what_is_no_mail_server_is_the_accounts_fault(send: Send, babble: bytes):
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(babble)
        writer.write_eof()
        await reader.read()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    results = await send(mails(2), port=server.sockets[0].getsockname()[1])
    server.close()
    assert outcomes(results) == {Outcome.ACCOUNT_FAILED}


async def test_the_host_presents_itself_by_a_name_or_by_its_address(
    sink: Sink, send: Send, monkeypatch: pytest.MonkeyPatch
):
    sink.keeps_commands = True
    names: list[tuple[str | None, Callable[[], str]]] = [
        ("mail.x.co", lambda: "box"),
        (None, lambda: "box"),
        (None, lambda: "box.x.co"),
    ]
    for given, host in names:
        monkeypatch.setattr("socket.gethostname", host)
        await send(mails(1), local_hostname=given)
    said = [line for line in sink.commands if line.startswith("EHLO")]
    assert said == ["EHLO mail.x.co", "EHLO [127.0.0.1]", "EHLO box.x.co"]
