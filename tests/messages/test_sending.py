"""The main promise, on a real database and a real SMTP conversation: everybody once, nobody lost."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from benchmarks.sink import Sink

from tidings.campaigns import actions as campaigns
from tidings.campaigns import drawing
from tidings.campaigns.queries import campaign_by_id, message_counts
from tidings.contacts import actions as contacts
from tidings.contacts.types import Draft
from tidings.messages import accounts, claims
from tidings.messages.rules import TRANSITIONS
from tidings.messages.types import State
from tidings.platform.clock import FixedClock
from tidings.platform.core import Core
from tidings.platform.errors import Refused
from tidings.segments.types import Everybody, to_json
from tidings.workers.sender import Sender


@pytest.fixture
async def sink(core: Core) -> AsyncIterator[Sink]:
    made = Sink()
    server = await made.serve()
    port = server.sockets[0].getsockname()[1]
    await accounts.set_smtp_url(core, f"smtp://127.0.0.1:{port}?encryption=none&connections=3")
    yield made
    server.close()


async def send_pass(core: Core, sender: Sender | None = None) -> int:
    """One pass of a sender that closes its connections afterwards."""
    sender = sender or Sender(core)
    try:
        return await sender.pass_once()
    finally:
        await sender.close()


async def people(core: Core, n: int) -> list[int]:
    drafts = [Draft({"email": f"p{i}@y.co", "first_name": f"N{i}"}) for i in range(n)]
    return [one.id for one in await contacts.write_contacts(core, drafts)]


async def started(core: Core, **values: object) -> int:
    values = {
        "title": "News",
        "subject": "Hi {{contact.first_name}}",
        "body": '<p>Hello <a href="https://x.co/">x</a></p>',
    } | values
    made = await campaigns.create_campaign(core, audience=to_json(Everybody()), **values)
    await campaigns.schedule_campaign(core, made)
    assert await drawing.draw(core, made)
    return made


async def until(core: Core, question: str, *values: object) -> None:
    async with asyncio.timeout(20):
        while not await core.db.fetchval(question, *values):  # noqa: ASYNC110 - the sender's work
            await asyncio.sleep(0.02)


async def run_out(core: Core) -> None:
    """Time passes until every lease has run out."""
    await core.db.execute("UPDATE messages SET leased_until = now() - interval '1 second' WHERE state = 'sending'")


async def counts(core: Core, campaign_id: int) -> dict[str, int]:
    told = (await message_counts(core, [campaign_id])).get(campaign_id, {})
    real = await core.db.fetch(
        "SELECT state, count(*) AS n FROM messages WHERE campaign_id = $1 GROUP BY state", campaign_id
    )
    assert {row["state"]: row["n"] for row in real} == {
        k: v for k, v in told.items() if k not in ("opened", "clicked", "unsubscribed")
    }
    return told


async def test_everybody_gets_one_mail_and_the_campaign_finishes_once(core: Core, sink: Sink):
    await people(core, 300)
    made = await started(core)
    handled = await send_pass(core)
    assert handled == 300
    assert Counter(r for _, r, _ in sink.received) == {f"p{i}@y.co": 1 for i in range(300)}
    assert await counts(core, made) == {"sent": 300}
    await send_pass(core)
    assert (await campaign_by_id(core, made)).state == "finished"
    facts = await core.db.fetch("SELECT kind, count(*) AS n FROM facts GROUP BY kind")
    told = {row["kind"]: row["n"] for row in facts}
    assert (told["message_sent"], told["campaign_finished"]) == (300, 1)


async def test_two_senders_at_once_never_send_twice(core: Core, sink: Sink):
    await people(core, 400)
    made = await started(core)
    await asyncio.gather(*(send_pass(core) for _ in range(3)))
    assert Counter(r for _, r, _ in sink.received).most_common(1)[0][1] == 1
    assert await counts(core, made) == {"sent": 400}


async def test_drawing_twice_makes_no_second_message(core: Core, sink: Sink):
    await people(core, 50)
    made = await started(core)
    await core.db.execute("UPDATE campaigns SET state = 'drawing', drawn_up_to = 0 WHERE id = $1", made)
    await drawing.draw(core, made)
    assert await core.db.fetchval("SELECT count(*) FROM messages") == 50


async def test_who_left_between_drawing_and_sending_gets_none(core: Core, sink: Sink):
    ids = await people(core, 5)
    made = await started(core)
    await contacts.set_status(core, ids[:2], "unsubscribed")
    await core.db.execute("INSERT INTO suppressions (email_key, reason) VALUES ('p2@y.co', 'asked')")
    await contacts.delete_contacts(core, ids[3:4])
    await send_pass(core)
    assert [r for _, r, _ in sink.received] == ["p4@y.co"]
    assert await counts(core, made) == {"sent": 1, "cancelled": 4}


async def test_later_is_no_failure_and_burns_time_only(core: Core, sink: Sink, clock: FixedClock):
    await people(core, 3)
    sink.answers = {"p1@": "450 4.2.1 greylisted"}
    made = await started(core)
    sender = Sender(core)
    await send_pass(core, sender)
    assert await counts(core, made) == {"sent": 2, "deferred": 1}
    assert await send_pass(core, sender) == 0
    sink.answers = {}
    clock.set(clock.now() + timedelta(minutes=2))
    await send_pass(core, sender)
    assert await counts(core, made) == {"sent": 3}


async def test_a_dead_mailbox_bounces_and_the_contact_with_it(core: Core, sink: Sink):
    ids = await people(core, 2)
    sink.answers = {"p1@": "550 5.1.1 no such user"}
    made = await started(core)
    await send_pass(core)
    assert await counts(core, made) == {"sent": 1, "bounced": 1}
    assert await core.db.fetchval("SELECT status FROM contacts WHERE id = $1", ids[1]) == "bounced"


async def test_a_wrong_password_stops_the_account_and_no_recipient(core: Core, sink: Sink, clock: FixedClock):
    await people(core, 5)
    sink.auth = ("me", "right")
    account = (await accounts.list_accounts(core))[0]
    await accounts.update_account(core, account.id, username="me", password="wrong")
    made = await started(core)
    sender = Sender(core)
    await send_pass(core, sender)
    assert await counts(core, made) == {"queued": 5}
    stopped = await accounts.account_by_id(core, account.id)
    assert stopped.closed_until is not None
    assert "535" in (stopped.error or "")
    assert await accounts.usable_accounts(core) == []
    await accounts.update_account(core, account.id, password="right")
    await send_pass(core, sender)
    assert await counts(core, made) == {"sent": 5}


async def test_another_account_takes_over(core: Core, sink: Sink):
    await accounts.create_account(core, host="127.0.0.1", port=1, encryption="none", name="dead")
    await core.db.execute("UPDATE mail_accounts SET id = DEFAULT WHERE name = 'SMTP'")
    await people(core, 5)
    made = await started(core)
    sender = Sender(core)
    await send_pass(core, sender)
    await send_pass(core, sender)
    assert await counts(core, made) == {"sent": 5}


async def test_a_sender_that_died_leaves_unknown_and_nothing_is_sent_again(core: Core, sink: Sink):
    await people(core, 10)
    made = await started(core)
    held = await claims.claim(core, made, limit=4, worker="dead", account_id=1)
    assert len(held) == 4
    await send_pass(core)
    assert await counts(core, made) == {"sent": 6, "sending": 4}
    await run_out(core)
    await send_pass(core)
    assert await counts(core, made) == {"sent": 6, "unknown": 4}
    assert (await campaign_by_id(core, made)).state == "finished"
    assert await claims.retry_messages(core, made, ["unknown"]) == 4
    await send_pass(core)
    assert await counts(core, made) == {"sent": 10}


async def test_pause_resume_and_cancel_keep_the_sum(core: Core, sink: Sink):
    await people(core, 20)
    made = await started(core)
    held = await claims.claim(core, made, limit=5, worker="w", account_id=1)
    await campaigns.pause_campaign(core, made)
    assert await counts(core, made) == {"sending": 5, "paused": 15}
    assert await send_pass(core) == 0
    await claims.release(core, "w", [one.id for one in held[:1]])
    await campaigns.resume_campaign(core, made)
    await campaigns.cancel_campaign(core, made)
    assert await counts(core, made) == {"sending": 4, "cancelled": 16}
    assert sink.accepted == 0


async def test_limits_hold(core: Core, sink: Sink, clock: FixedClock):
    await people(core, 30)
    account = (await accounts.list_accounts(core))[0]
    await accounts.update_account(core, account.id, per_minute=10)
    made = await started(core)
    await asyncio.gather(*(send_pass(core) for _ in range(3)))
    assert sink.accepted == 10
    clock.set(clock.now() + timedelta(seconds=30))
    await send_pass(core)
    assert sink.accepted == 15
    assert await counts(core, made) == {"sent": 15, "queued": 15}


async def test_without_an_account_mails_land_in_the_capture_mailbox(core: Core):
    await people(core, 3)
    made = await started(core)
    await send_pass(core)
    rows = await core.db.fetch("SELECT recipient, subject, raw FROM captured_mails ORDER BY recipient")
    assert [row["subject"] for row in rows] == ["Hi N0", "Hi N1", "Hi N2"]
    assert b"List-Unsubscribe-Post: List-Unsubscribe=One-Click" in rows[0]["raw"]
    assert await counts(core, made) == {"sent": 3}


async def test_subjects_under_test_are_spread_by_weight(core: Core, sink: Sink):
    await people(core, 200)
    made = await campaigns.create_campaign(core, title="AB", subject="x", body="b", audience=to_json(Everybody()))
    await campaigns.update_campaign(core, made, subjects=[(75, "A"), (25, "B")])
    await campaigns.schedule_campaign(core, made)
    await drawing.draw(core, made)
    rows = await core.db.fetch(
        "SELECT s.subject, count(*) AS n FROM messages m JOIN campaign_subjects s ON s.id = m.subject_id GROUP BY 1"
    )
    n = {row["subject"]: row["n"] for row in rows}
    assert n["A"] + n["B"] == 200
    assert 120 <= n["A"] <= 180


def test_every_transition_has_its_sentence_and_known_states():
    known = set(State.__args__)  # type: ignore[attr-defined]
    for (was, now), sentence in TRANSITIONS.items():
        assert {was, now} <= known
        assert sentence.endswith(".")


async def test_unknown_messages_go_again_where_the_policy_says_so_but_not_for_ever(core: Core, sink: Sink):
    await core.installation.put({"unknown_policy": "resend"})
    await people(core, 3)
    made = await started(core)
    for n in range(3):
        assert await counts(core, made) == {"queued": 3}, n
        assert len(await claims.claim(core, made, limit=3, worker="dead", account_id=1)) == 3
        await run_out(core)
        await claims.recover_lost(core)
    assert await counts(core, made) == {"unknown": 3}
    assert await send_pass(core) == 0
    assert (await campaign_by_id(core, made)).state == "finished"
    assert sink.received == []


async def test_a_slow_server_does_not_make_messages_unknown(core: Core, sink: Sink, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(claims, "LEASE", timedelta(seconds=3))
    sink.delay = 1.0
    await people(core, 3)
    made = await started(core)
    stop = asyncio.Event()
    sending = asyncio.create_task(Sender(core).run(stop))
    await until(core, "SELECT count(*) = 3 FROM messages WHERE state = 'sending'")
    first = await core.db.fetchval("SELECT min(leased_until) FROM messages")
    await until(core, "SELECT min(leased_until) > $1 FROM messages", first + timedelta(seconds=2))
    assert await claims.recover_lost(core) == 0
    stop.set()
    await sending
    assert await counts(core, made) == {"sent": 3}


async def test_a_host_whose_clock_is_ahead_takes_nothing_from_the_others(core: Core, sink: Sink, clock: FixedClock):
    await core.installation.put({"unknown_policy": "resend"})
    await people(core, 4)
    made = await started(core)
    held = await claims.claim(core, made, limit=4, worker="here", account_id=1)
    clock.set(clock.now() + timedelta(days=1))
    assert await claims.recover_lost(core) == 0
    clock.set(clock.now() - timedelta(days=2))
    assert len(held) == 4
    assert await send_pass(core) == 0
    assert await counts(core, made) == {"sending": 4}


@pytest.mark.parametrize("host", ["169.254.169.254", "0.0.0.0", "[::ffff:169.254.169.254]"])
async def test_metadata_addresses_are_not_dialled(core: Core, sink: Sink, host: str):
    await core.installation.put({"from_email": "a@y.co"})
    await accounts.set_smtp_url(core, f"smtp://{host}:25?encryption=none")
    account = (await accounts.list_accounts(core))[0]
    with pytest.raises(Refused, match="not allowed"):
        await accounts.test_account(core, account.id, "a@y.co")
