"""Every envelope gets exactly one result, whatever the server does; spoken over real TCP."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from aiosmtpd.smtp import SMTP
from benchmarks.sink import Sink

from tidings.messages.transports.smtp import SmtpPool
from tidings.messages.transports.types import Envelope, Outcome, Result, SmtpEndpoint
from tidings.messages.transports.wire import dot_stuffed, wire_address


def mails(n: int, **recipients: str) -> list[Envelope]:
    return [
        Envelope(
            i,
            "news@x.co",
            recipients.get(f"m{i}", f"p{i}@y.co"),
            f"Message-ID: <{i}@x>\r\nSubject: s\r\n\r\nhi {i}\r\n".encode(),
        )
        for i in range(n)
    ]


@pytest.fixture
async def sink() -> AsyncIterator[Sink]:
    made = Sink()
    server = await made.serve()
    made.port = server.sockets[0].getsockname()[1]  # type: ignore[attr-defined]
    yield made
    server.close()


async def send(sink: Sink, envelopes: list[Envelope], *, connections: int = 3, **more: object) -> dict[int, Result]:
    pool = SmtpPool(
        SmtpEndpoint("127.0.0.1", sink.port, "none", timeout=timedelta(seconds=3), **more),  # type: ignore[arg-type, attr-defined]
        connections=connections,
    )
    results: list[Result] = []
    await pool.send(envelopes, results.append)
    await pool.close()
    await asyncio.sleep(0)
    assert sorted(r.key for r in results) == [e.key for e in envelopes], "one result each"
    return {r.key: r for r in results}


async def test_all_arrive_once(sink: Sink):
    results = await send(sink, mails(500))
    assert {r.outcome for r in results.values()} == {Outcome.SENT}
    assert Counter(m for m, _, _ in sink.received).most_common(1)[0][1] == 1
    assert len(sink.received) == 500


async def test_all_arrive_once_without_pipelining(sink: Sink):
    sink.features = []
    results = await send(sink, mails(50))
    assert {r.outcome for r in results.values()} == {Outcome.SENT}
    assert sink.accepted == 50


@pytest.mark.parametrize("pipelining", [True, False])
@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        ("550 5.1.1 no such user", Outcome.REFUSED),
        ("450 4.2.0 later", Outcome.DEFERRED),
        ("452 full", Outcome.DEFERRED),
    ],
)
async def test_a_refused_recipient_harms_no_other(sink: Sink, answer: str, outcome: Outcome, pipelining: bool):
    if not pipelining:
        sink.features = []
    sink.answers = {"bad": answer}
    results = await send(sink, mails(20, m3="bad1@y.co", m4="bad2@y.co", m19="bad3@y.co"), connections=2)
    assert {k for k, r in results.items() if r.outcome is outcome} == {3, 4, 19}
    assert {k for k, r in results.items() if r.outcome is Outcome.SENT} == set(range(20)) - {3, 4, 19}
    assert results[3].code == int(answer[:3])


async def test_a_lost_answer_is_unknown_and_the_rest_goes_on(sink: Sink):
    def cut(n: int) -> None:
        if n in (5, 17):
            raise ConnectionResetError

    sink.before_answer = cut
    results = await send(sink, mails(40), connections=2)
    outcomes = Counter(r.outcome for r in results.values())
    assert outcomes == {Outcome.SENT: 38, Outcome.UNKNOWN: 2}
    assert sink.accepted == 40


async def test_nobody_listening_is_the_accounts_fault(sink: Sink):
    sink.port = 1  # type: ignore[attr-defined]
    results = await send(sink, mails(5))
    assert {r.outcome for r in results.values()} == {Outcome.ACCOUNT_FAILED}


async def test_a_busy_greeting_is_the_accounts_fault(sink: Sink):
    sink.greeting = "421 too many connections"
    results = await send(sink, mails(5))
    assert {r.outcome for r in results.values()} == {Outcome.ACCOUNT_FAILED}


async def test_a_wrong_password_is_the_accounts_fault_and_a_right_one_sends(sink: Sink):
    sink.auth = ("me", "secret")
    wrong = await send(sink, mails(3), username="me", password="nope")
    assert {(r.outcome, r.code) for r in wrong.values()} == {(Outcome.ACCOUNT_FAILED, 535)}
    right = await send(sink, mails(3), username="me", password="secret")
    assert {r.outcome for r in right.values()} == {Outcome.SENT}


async def test_a_silent_server_runs_into_the_time_limit(sink: Sink):
    sink.delay = 30
    pool = SmtpPool(SmtpEndpoint("127.0.0.1", sink.port, "none", timeout=timedelta(seconds=0.3)), connections=1)  # type: ignore[attr-defined]
    results: list[Result] = []
    await pool.send(mails(2), results.append)
    assert {r.outcome for r in results} == {Outcome.ACCOUNT_FAILED}


@pytest.mark.parametrize("address", ["a@b.co\r\nRCPT TO:<x@y.co>", "a b@c.co", "a@b.co\x00", "<a@b.co>", "plain"])
async def test_addresses_that_would_break_the_conversation_are_refused(sink: Sink, address: str):
    results = await send(sink, [Envelope(1, "n@x.co", address, b"\r\nhi")])
    assert results[1].outcome is Outcome.REFUSED
    assert sink.accepted == 0


def test_domains_are_sent_in_idna_and_local_parts_need_the_extension():
    assert wire_address("a@exämple.com", can_utf8=False) == "a@xn--exmple-cua.com"
    with pytest.raises(ValueError, match="non-ASCII"):
        wire_address("ä@x.co", can_utf8=False)


def test_leading_dots_are_doubled():
    assert dot_stuffed(b".a\r\n.b\r\nc.\r\n") == b"..a\r\n..b\r\nc.\r\n.\r\n"
    assert dot_stuffed(b"no end") == b"no end\r\n.\r\n"


class _Keeper:
    def __init__(self) -> None:
        self.mails: list[bytes] = []

    async def handle_DATA(self, server: object, session: object, envelope: object) -> str:
        self.mails.append(envelope.content)  # type: ignore[attr-defined]
        return "250 ok"


async def test_another_implementation_reads_the_same_body():
    keeper = _Keeper()
    server = await asyncio.get_running_loop().create_server(lambda: SMTP(keeper), "127.0.0.1", 0)
    body = b"Subject: x\r\n\r\n.\r\n..two\r\n" + b"x" * 900 + b"\r\nend\r\n"
    pool = SmtpPool(SmtpEndpoint("127.0.0.1", server.sockets[0].getsockname()[1], "none"), connections=2)
    results: list[Result] = []
    await pool.send([Envelope(1, "a@b.co", "c@d.co", body), Envelope(2, "a@b.co", "c@d.co", body)], results.append)
    await pool.close()
    server.close()
    assert [r.outcome for r in results] == [Outcome.SENT] * 2
    assert keeper.mails == [body, body]
