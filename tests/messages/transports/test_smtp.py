"""Every envelope gets exactly one result, whatever the server does and whenever the line is cut; over real TCP."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Callable
from datetime import timedelta

import pytest
from benchmarks.sink import Sink

from tests.messages.transports.conftest import Send, mails
from tidings.messages.transports.smtp import SmtpPool
from tidings.messages.transports.types import Envelope, Outcome, Result, SmtpEndpoint

Cut = Callable[[str], str | None]
both_ways = pytest.mark.parametrize("pipelining", [True, False])


def tally(results: dict[int, Result]) -> dict[Outcome, int]:
    return dict(Counter(r.outcome for r in results.values()))


def with_pipelining(sink: Sink, pipelining: bool) -> None:
    if not pipelining:
        sink.features.remove("PIPELINING")


def no_duplicates(sink: Sink) -> bool:
    return max(Counter(message_id for message_id, _, _ in sink.received).values(), default=0) <= 1


def cutting(word: str, *, times: int = 1, of: str = "") -> Cut:
    """Cuts the line the first `times` that a command begins with `word`; `of` narrows it to one recipient's mail."""
    left, seen = [times], [""]

    def script(said: str) -> str | None:
        if said.startswith("RCPT"):
            seen[0] = said
        if said.startswith(word) and of in seen[0] and left[0]:
            left[0] -= 1
            raise ConnectionResetError
        return None

    return script


@both_ways
@pytest.mark.parametrize("connections", [1, 7])
async def test_all_arrive_once(sink: Sink, send: Send, connections: int, pipelining: bool):
    with_pipelining(sink, pipelining)
    assert tally(await send(mails(300), connections=connections)) == {Outcome.SENT: 300}
    assert len(sink.received) == 300
    assert no_duplicates(sink)
    assert sink.connections == connections


async def test_a_mail_costs_one_round_trip_and_the_line_is_used_again(sink: Sink):
    sink.keeps_commands = True
    pool = SmtpPool(SmtpEndpoint("127.0.0.1", sink.port, "none"), connections=1)  # type: ignore[attr-defined]
    results: list[Result] = []
    for _ in range(3):
        await pool.send(mails(5), results.append)
    await pool.close()
    assert {r.outcome for r in results} == {Outcome.SENT}
    assert sink.connections == 1
    assert Counter(line.split()[0] for line in sink.commands if not line.startswith("QUIT")) == {
        "EHLO": 1,
        "MAIL": 15,
        "RCPT": 15,
        "DATA": 15,
    }


async def test_nothing_to_send_dials_nobody(sink: Sink, send: Send):
    assert await send([]) == {}
    assert sink.connections == 0


@both_ways
@pytest.mark.parametrize("is_trusting", [True, False])
@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        ("550 5.1.1 no such user", Outcome.REFUSED),
        ("450 4.2.0 later", Outcome.DEFERRED),
        ("451 4.3.0 later", Outcome.DEFERRED),
        ("452 full", Outcome.DEFERRED),
    ],
)
async def test_a_refused_recipient_harms_no_other(
    sink: Sink, send: Send, answer: str, outcome: Outcome, pipelining: bool, is_trusting: bool
):
    with_pipelining(sink, pipelining)
    sink.answers, sink.is_trusting = {"bad": answer}, is_trusting
    bad = {"m0": "bad0@y.co", "m3": "bad1@y.co", "m4": "bad2@y.co", "m19": "bad3@y.co"}
    results = await send(mails(20, **bad), connections=1)
    assert {k for k, r in results.items() if r.outcome is outcome} == {0, 3, 4, 19}
    assert {k for k, r in results.items() if r.outcome is Outcome.SENT} == set(range(20)) - {0, 3, 4, 19}
    assert f"{results[3].code} {results[3].text}" == answer
    assert sink.connections == 1


@both_ways
async def test_a_refusal_at_the_end_of_one_group_does_not_spoil_the_next(sink: Sink, pipelining: bool):
    with_pipelining(sink, pipelining)
    sink.answers = {"bad": "550 no"}
    pool = SmtpPool(SmtpEndpoint("127.0.0.1", sink.port, "none"), connections=1)  # type: ignore[attr-defined]
    results: list[Result] = []
    await pool.send(mails(1, m0="bad@y.co"), results.append)
    await pool.send(mails(2), results.append)
    await pool.close()
    assert [r.outcome for r in results] == [Outcome.REFUSED, Outcome.SENT, Outcome.SENT]
    assert sink.connections == 1


@both_ways
@pytest.mark.parametrize(
    ("word", "answer", "outcome"),
    [
        ("MAIL", "550 5.7.1 sender not allowed", Outcome.ACCOUNT_FAILED),
        ("MAIL", "451 4.3.2 later", Outcome.DEFERRED),
        ("RCPT", "530 5.7.0 log in", Outcome.ACCOUNT_FAILED),
        ("DATA", "554 5.7.0 no", Outcome.REFUSED),
        ("DATA", "451 4.7.0 later", Outcome.DEFERRED),
        (".", "552 5.3.4 too big", Outcome.REFUSED),
        (".", "451 4.7.1 greylisted", Outcome.DEFERRED),
        (".", "421 4.7.0 try later", Outcome.DEFERRED),
    ],
)
async def test_a_refusal_means_what_the_step_says(
    sink: Sink, send: Send, word: str, answer: str, outcome: Outcome, pipelining: bool
):
    with_pipelining(sink, pipelining)
    left = [answer]
    sink.script = lambda said: left.pop() if left and said.startswith(word) else None
    results = await send(mails(6), connections=1)
    assert tally(results) == {outcome: 1, Outcome.SENT: 5}
    assert (results[0].outcome, f"{results[0].code} {results[0].text}") == (outcome, answer)
    assert no_duplicates(sink)


@both_ways
async def test_goodbye_in_front_of_a_mail_is_answered_by_dialling_again(sink: Sink, send: Send, pipelining: bool):
    with_pipelining(sink, pipelining)
    offered = [0]

    def ten_each(said: str) -> str | None:
        offered[0] += said.startswith("MAIL")
        return "421 4.7.0 enough for one connection" if said.startswith("MAIL") and offered[0] % 11 == 0 else None

    sink.script = ten_each
    assert tally(await send(mails(50), connections=2)) == {Outcome.SENT: 50}
    assert no_duplicates(sink)


@both_ways
@pytest.mark.parametrize("word", ["", "EHLO", "MAIL", "RCPT", "DATA"])
async def test_a_line_cut_before_the_body_loses_and_doubles_nothing(
    sink: Sink, send: Send, word: str, pipelining: bool
):
    with_pipelining(sink, pipelining)
    sink.script = cutting(word)
    results = await send(mails(30), connections=2)
    assert tally(results) == {Outcome.SENT: 30}
    assert no_duplicates(sink)


@both_ways
async def test_a_line_cut_after_the_body_leaves_that_one_mail_unknown(sink: Sink, send: Send, pipelining: bool):
    with_pipelining(sink, pipelining)
    sink.script = cutting(".", of="p7@")
    results = await send(mails(30), connections=1)
    assert tally(results) == {Outcome.UNKNOWN: 1, Outcome.SENT: 29}
    assert results[7].outcome is Outcome.UNKNOWN
    assert no_duplicates(sink)


@both_ways
async def test_an_answer_that_never_arrives_is_unknown_though_the_mail_did(sink: Sink, send: Send, pipelining: bool):
    with_pipelining(sink, pipelining)

    def cut(n: int) -> None:
        if n in (5, 17):
            raise ConnectionResetError

    sink.before_answer = cut
    results = await send(mails(40), connections=2)
    assert tally(results) == {Outcome.SENT: 38, Outcome.UNKNOWN: 2}
    assert sink.accepted == 40
    assert no_duplicates(sink)


@both_ways
async def test_a_mail_that_breaks_every_line_is_put_off_and_the_others_go(sink: Sink, send: Send, pipelining: bool):
    with_pipelining(sink, pipelining)
    sink.script = cutting("RCPT", times=1000, of="poison@")
    results = await send(mails(30, m4="poison@y.co"), connections=1)
    assert tally(results) == {Outcome.SENT: 29, Outcome.DEFERRED: 1}
    assert results[4].outcome is Outcome.DEFERRED


async def test_a_server_that_breaks_every_line_is_the_accounts_fault(sink: Sink, send: Send):
    sink.script = cutting("MAIL", times=1000)
    results = await send(mails(100), connections=2)
    assert tally(results)[Outcome.ACCOUNT_FAILED] >= 90
    assert set(tally(results)) <= {Outcome.ACCOUNT_FAILED, Outcome.DEFERRED}
    assert sink.accepted == 0
    assert sink.connections <= 8


async def test_an_idle_line_that_the_server_closed_costs_nobody_anything(sink: Sink):
    sink.keeps_bodies = True
    pool = SmtpPool(SmtpEndpoint("127.0.0.1", sink.port, "none"), connections=2)  # type: ignore[attr-defined]
    results: list[Result] = []
    await pool.send(mails(4), results.append)
    sink.script = cutting("MAIL", times=2)
    await pool.send(mails(4), results.append)
    await pool.close()
    assert [r.outcome for r in results] == [Outcome.SENT] * 8


@pytest.mark.parametrize(
    ("word", "answer", "outcome"),
    [
        ("MAIL", "hello", Outcome.SENT),
        ("RCPT", "354 what", Outcome.SENT),
        ("DATA", "250 what", Outcome.SENT),
        (".", "garbage", Outcome.UNKNOWN),
        (".", "354 what", Outcome.UNKNOWN),
    ],
)
@both_ways
async def test_what_is_no_reply_is_never_taken_for_success(
    sink: Sink, send: Send, word: str, answer: str, outcome: Outcome, pipelining: bool
):
    with_pipelining(sink, pipelining)
    left = [answer]
    sink.script = lambda said: left.pop() if left and said.startswith(word) else None
    results = await send(mails(3), connections=1)
    assert results[0].outcome is outcome
    assert sorted(r.outcome.value for k, r in results.items() if k) == ["sent", "sent"]
    # offered again on a new line, and taken once
    assert [m for m, _, _ in sink.received].count("<0@x>") == (1 if outcome is Outcome.SENT else 0)


async def test_a_server_that_falls_silent_in_the_middle_is_left(sink: Sink, send: Send):
    silent = [True]

    def script(said: str) -> str | None:
        if said == "." and silent.pop() if silent else False:
            sink.delay = 30
        return None

    sink.script = script
    results = await send(mails(3), connections=1, timeout=timedelta(seconds=0.3))
    assert results[0].outcome is Outcome.UNKNOWN
    assert {results[1].outcome, results[2].outcome} == {Outcome.ACCOUNT_FAILED}
    assert "silent" in results[0].text


async def test_a_cancelled_send_closes_its_lines(sink: Sink):
    pool = SmtpPool(SmtpEndpoint("127.0.0.1", sink.port, "none"), connections=2)  # type: ignore[attr-defined]
    reached = asyncio.Event()

    def script(said: str) -> str | None:
        if said == ".":
            sink.delay = 30
            reached.set()
        return None

    sink.script = script
    results: list[Result] = []
    sending = asyncio.create_task(pool.send(mails(10), results.append))
    await reached.wait()
    sending.cancel()
    with pytest.raises(asyncio.CancelledError):
        await sending
    await asyncio.sleep(0)
    assert {r.outcome for r in results} == {Outcome.UNKNOWN}
    await pool.close()


@pytest.mark.parametrize("address", ["a@b.co\r\nRCPT TO:<x@y.co>", "a b@c.co", "a@b.co\x00", "<a@b.co>", "plain"])
async def test_addresses_that_would_break_the_conversation_never_reach_the_wire(sink: Sink, send: Send, address: str):
    sink.keeps_commands = True
    results = await send([Envelope(1, "n@x.co", address, b"hi"), Envelope(2, address, "c@d.co", b"hi"), *mails(1)])
    assert {k: r.outcome for k, r in results.items()} == {
        0: Outcome.SENT,
        1: Outcome.REFUSED,
        2: Outcome.ACCOUNT_FAILED,
    }
    assert sum(line.startswith(("MAIL", "RCPT")) for line in sink.commands) == 2


async def test_letters_beyond_ascii_use_what_the_server_offers(sink: Sink, send: Send):
    sink.keeps_commands = True
    envelopes = [
        Envelope(1, "n@x.co", "jörg@exämple.com", b"hi\r\n"),
        Envelope(2, "n@x.co", "a@b.co", "grüße\r\n".encode()),
    ]
    assert tally(await send(envelopes, connections=1)) == {Outcome.SENT: 2}
    assert [line for line in sink.commands if line[:4] in ("MAIL", "RCPT")] == [
        "MAIL FROM:<n@x.co> SMTPUTF8",
        "RCPT TO:<jörg@xn--exmple-cua.com>",
        "MAIL FROM:<n@x.co> BODY=8BITMIME",
        "RCPT TO:<a@b.co>",
    ]
    sink.features = ["PIPELINING"]
    results = await send(envelopes)
    assert results[1].outcome is Outcome.REFUSED
    assert "SMTPUTF8" in results[1].text


async def test_a_mail_larger_than_the_server_takes_is_refused_unsent(sink: Sink, send: Send):
    sink.features.append("SIZE 1000")
    results = await send([Envelope(1, "n@x.co", "a@b.co", b"x" * 1001), *mails(1)])
    assert (results[1].outcome, results[0].outcome) == (Outcome.REFUSED, Outcome.SENT)
    assert sink.accepted == 1


@both_ways
@pytest.mark.parametrize("seed", range(12))
async def test_whatever_happens_results_and_arrivals_agree(sink: Sink, send: Send, seed: int, pipelining: bool):
    with_pipelining(sink, pipelining)
    sink.is_trusting = bool(seed % 2)
    chance = random.Random(seed)

    def lose_each_23rd(n: int) -> None:
        if n % 23 == 0:
            raise ConnectionResetError

    def script(said: str) -> str | None:
        match chance.randrange(60):
            case 0:
                raise ConnectionResetError
            case 1:
                nonsense = ["250-half", "354 go"] if said[:4] in ("MAIL", "RCPT", "RSET") else []
                return chance.choice(["421 bye", "450 later", "550 no", "530 log in", "what", *nonsense])
            case _:
                return None

    sink.script = script
    sink.before_answer = lose_each_23rd
    results = await send(mails(120), connections=4, timeout=timedelta(seconds=0.5))
    arrived = {int(message_id.strip("<>").split("@")[0]) for message_id, _, _ in sink.received}
    sent = {k for k, r in results.items() if r.outcome is Outcome.SENT}
    unknown = {k for k, r in results.items() if r.outcome is Outcome.UNKNOWN}
    assert no_duplicates(sink)
    assert sent <= arrived <= sent | unknown


async def test_an_empty_mail_never_goes_to_a_recipient_of_a_muddled_server(sink: Sink, send: Send):
    sink.answers = {"bad": "550 no"}
    left = ["502 no such command"]
    sink.script = lambda said: left.pop() if left and said == "RSET" else None
    results = await send(mails(6, m2="bad@y.co"), connections=1)
    assert tally(results) == {Outcome.SENT: 5, Outcome.REFUSED: 1}
    assert "" not in {message_id for message_id, _, _ in sink.received}
    assert no_duplicates(sink)
