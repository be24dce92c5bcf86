"""Deliveries reach a real receiver: signed, in order, again after failures, without waiting for one another."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import msgspec
import pytest
from benchmarks.receiver import Received, Receiver

from tests.conftest import NOW
from tests.outgoing_webhooks.conftest import deliver_all, deliver_until, enqueue_all, listening, states
from tidings.contacts import actions as contacts
from tidings.contacts.types import Draft
from tidings.outgoing_webhooks import actions, claims, queries
from tidings.outgoing_webhooks.jobs import prune_deliveries
from tidings.platform.clock import FixedClock
from tidings.platform.core import Core
from tidings.platform.pagination import PageRequest
from tidings.workers import webhooks as loops
from tidings.workers.webhooks import run_deliverer


def email_of(got: Received) -> str:
    return msgspec.json.decode(got.body)["data"]["email"]


async def create(core: Core, *names: str) -> list[int]:
    made = await contacts.write_contacts(core, [Draft({"email": f"{name}@example.com"}) for name in names])
    await enqueue_all(core)
    return [one.id for one in made]


async def test_what_is_taken_is_logged_with_request_answer_and_time(core: Core, receiver: Receiver):
    endpoint = await listening(core, receiver, "fluenzr", "/hook?x=1")
    await create(core, "ada")
    await deliver_all(core)
    [got] = receiver.received
    assert got.path == "/hook?x=1"
    assert got.headers["content-type"] == "application/json"
    [row] = (await queries.list_deliveries(core, endpoint, PageRequest())).rows
    assert (row.state, row.status_code, row.answer, row.error, row.attempts) == ("delivered", 200, "ok", None, 1)
    story = await queries.delivery_story(core, endpoint, row.id)
    assert story.body == got.body
    [tried] = story.attempts
    assert {name.lower(): value for name, value in tried.headers.items()}.items() <= got.headers.items()
    assert tried.response_ms >= 0


async def test_connections_are_kept(core: Core, receiver: Receiver):
    await listening(core, receiver)
    await create(core, *(f"p{n}" for n in range(100)))
    await deliver_all(core)
    assert len(receiver.received) == 100
    assert receiver.connections <= 16


async def test_failures_are_tried_again_on_time_and_then_failed(core: Core, receiver: Receiver, clock: FixedClock):
    async def fail(_: Received) -> tuple[int, bytes]:
        return 503, b"not\0 now"

    receiver.answering = fail
    endpoint = await listening(core, receiver, "furiosa")
    await contacts.write_contact(
        core, Draft({"email": "a@example.com"}, lists=[await contacts.create_list(core, title="L")])
    )
    await enqueue_all(core)
    at = NOW
    for n, delay in enumerate((0, 60, 300, 1800, 7200), 1):
        clock.set(at + timedelta(seconds=max(0, delay - 1)))
        await deliver_all(core)
        assert len(receiver.received) == n - (1 if delay else 0), "not before its time"
        at = at + timedelta(seconds=delay * 1.1)
        clock.set(at)
        await deliver_all(core)
        assert len(receiver.received) == n
    clock.set(at + timedelta(days=2))
    await deliver_all(core)
    assert len(receiver.received) == 5
    [row] = (await queries.list_deliveries(core, endpoint, PageRequest())).rows
    assert (row.state, row.attempts, row.status_code, row.answer) == ("failed", 5, 503, "not now")
    assert len({got.headers["x-furiosa-delivery"] for got in receiver.received}) == 1
    assert (await queries.endpoint_by_id(core, endpoint)).failures == 1


async def test_a_receiver_that_holds_on_delays_no_other(core: Core, receiver: Receiver):
    held = asyncio.Event()
    slow: list[int] = []

    async def hold(got: Received) -> tuple[int, bytes]:
        if got.path == "/slow":
            await held.wait()
        return 200, b""

    receiver.answering = hold
    await listening(core, receiver, "fluenzr", "/slow")
    await listening(core, receiver, "fluenzr", "/quick")
    await create(core, *(f"p{n}" for n in range(200)))

    async def all_quick() -> bool:
        return sum(got.path == "/quick" for got in receiver.received) == 200

    async def all_quick_then_let_go() -> bool:
        is_done = await all_quick()
        if is_done:
            slow.append(sum(got.path == "/slow" for got in receiver.received))
            held.set()
        return is_done

    await deliver_until(core, all_quick_then_let_go)
    assert slow[0] <= 16, "only what its own connections carry"
    await deliver_all(core)
    assert set(await states(core)) == {("contact.created", "delivered")}


async def test_what_happens_to_one_contact_arrives_in_order(core: Core, receiver: Receiver):
    """The first request of one person is held; everybody else's pass it, the person's own later ones do not."""
    held = asyncio.Event()

    async def hold(got: Received) -> tuple[int, bytes]:
        if got is receiver.received[0]:
            await held.wait()
        return 200, b""

    receiver.answering = hold
    await listening(core, receiver)
    [ada] = await create(core, "ada")
    stop = asyncio.Event()
    workers = [asyncio.create_task(run_deliverer(core, stop)) for _ in range(2)]
    await receiver.until(1)
    for name in ("Ada", "Augusta", "Countess"):
        await contacts.write_contact(core, Draft({"first_name": name}, id=ada))
    await create(core, *(f"p{n}" for n in range(20)))
    await receiver.until(21)
    assert [email_of(got) for got in receiver.received].count("ada@example.com") == 1
    held.set()
    await receiver.until(24)
    stop.set()
    await asyncio.gather(*workers)
    hers = [got.headers["x-fluenzr-delivery"] for got in receiver.received if email_of(got) == "ada@example.com"]
    rows = await core.db.fetch("SELECT key, kind FROM webhook_deliveries WHERE contact_id = $1 ORDER BY id", ada)
    assert [row["kind"] for row in rows] == ["contact.created"] + ["contact.updated"] * 3
    assert [str(row["key"]) for row in rows] == hers


async def test_an_earlier_event_that_failed_once_lets_the_next_one_pass(core: Core, receiver: Receiver):
    async def refuse_first(got: Received) -> tuple[int, bytes]:
        return (500 if len(receiver.received) == 1 else 200), b""

    receiver.answering = refuse_first
    await listening(core, receiver)
    [ada] = await create(core, "ada")
    await contacts.write_contact(core, Draft({"first_name": "Ada"}, id=ada))
    await enqueue_all(core)
    await deliver_all(core)
    assert await states(core) == [("contact.created", "queued"), ("contact.updated", "delivered")]


async def test_two_workers_send_nothing_twice(core: Core, receiver: Receiver):
    await listening(core, receiver)
    await create(core, *(f"p{n}" for n in range(300)))
    await asyncio.gather(deliver_all(core), deliver_all(core))
    assert len(receiver.received) == 300
    assert len({got.headers["x-fluenzr-delivery"] for got in receiver.received}) == 300


async def test_what_a_dead_worker_held_is_sent_again_under_its_key(core: Core, receiver: Receiver):
    await listening(core, receiver)
    await create(core, "ada", "bob")
    held = await claims.claim(core, "dead", {}, usually=10)
    assert len(held) == 2
    assert await claims.claim(core, "other", {}, usually=10) == []
    assert await claims.recover_lost(core) == 0
    await core.db.execute("UPDATE webhook_deliveries SET leased_until = now() - interval '1 second'")
    assert await claims.recover_lost(core) == 2
    await deliver_all(core)
    assert {got.headers["x-fluenzr-delivery"] for got in receiver.received} == {str(one.key) for one in held}


async def test_an_orderly_stop_gives_back_what_is_not_answered(
    core: Core, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(loops, "ENDS_WITHIN", 0.05)
    held = asyncio.Event()

    async def hold(_: Received) -> tuple[int, bytes]:
        await held.wait()
        return 200, b""

    receiver.answering = hold
    await listening(core, receiver)
    await create(core, "ada")

    async def has_arrived() -> bool:
        return len(receiver.received) == 1

    await deliver_until(core, has_arrived)
    assert await states(core) == [("contact.created", "queued")]
    held.set()


async def test_redirects_are_answers_and_not_followed(core: Core, receiver: Receiver):
    async def elsewhere(_: Received) -> tuple[int, bytes]:
        return 302, b""

    receiver.answering, receiver.more = elsewhere, "location: http://169.254.169.254/latest"
    await listening(core, receiver)
    await create(core, "ada")
    await deliver_all(core)
    assert len(receiver.received) == 1
    assert await states(core) == [("contact.created", "queued")]


async def test_an_address_that_is_private_by_now_is_not_connected_to(core: Core, receiver: Receiver):
    endpoint = await listening(core, receiver)
    await create(core, "ada")
    await core.installation.put({"allow_private_targets": False})
    for url in (receiver.url, "http://localhost:1/", "http://[::ffff:127.0.0.1]:1/", "http://169.254.169.254/"):
        await core.db.execute("UPDATE webhook_endpoints SET url = $1", url)
        await core.db.execute("UPDATE webhook_deliveries SET due_at = $1, attempts = 0", NOW)
        await deliver_all(core)
        [row] = (await queries.list_deliveries(core, endpoint, PageRequest())).rows
        assert (row.state, row.status_code) == ("queued", None)
        assert "not allowed" in str(row.error) or "private" in str(row.error)
    assert receiver.received == []


async def test_an_endpoint_that_is_gone_or_fails_for_long_is_switched_off_and_its_owner_told(
    core: Core, receiver: Receiver, clock: FixedClock
):
    code = 410

    async def refuse(_: Received) -> tuple[int, bytes]:
        return code, b""

    receiver.answering = refuse
    endpoint = await listening(core, receiver)
    await create(core, "ada")
    await deliver_all(core)
    off = await queries.endpoint_by_id(core, endpoint)
    assert (off.is_active, "410" in str(off.disabled_reason)) == (False, True)
    assert [one.id for one in await queries.disabled_endpoints(core)] == [endpoint]
    assert await core.db.fetchval("SELECT count(*) FROM facts WHERE kind = 'webhook_disabled'") == 1
    assert await core.db.fetchval("SELECT count(*) FROM jobs WHERE kind = 'tell_webhook_disabled'") == 1
    await actions.set_active(core, endpoint, is_active=True)
    assert await queries.disabled_endpoints(core) == []
    code = 400
    await create(core, *(f"p{n}" for n in range(25)))
    await deliver_all(core)
    on = await queries.endpoint_by_id(core, endpoint)
    assert (on.is_active, on.failures) == (True, 25)
    clock.set(NOW + timedelta(days=1))
    await create(core, "last")
    await deliver_all(core)
    off = await queries.endpoint_by_id(core, endpoint)
    assert (off.is_active, off.failures) == (False, 26)
    code = 200
    await actions.set_active(core, endpoint, is_active=True)
    await create(core, "again")
    await deliver_all(core)
    assert (await queries.endpoint_by_id(core, endpoint)).failures == 0


async def test_a_success_ends_a_row_of_failures(core: Core, receiver: Receiver):
    async def odd(got: Received) -> tuple[int, bytes]:
        return (200 if "good" in email_of(got) else 404), b""

    receiver.answering = odd
    endpoint = await listening(core, receiver)
    for names, failures in ((("bad1", "bad2"), 2), (("good",), 0), (("bad3",), 1)):
        await create(core, *names)
        await deliver_all(core)
        assert (await queries.endpoint_by_id(core, endpoint)).failures == failures


async def test_old_deliveries_are_forgotten(core: Core, receiver: Receiver, clock: FixedClock):
    await listening(core, receiver)
    await create(core, "ada")
    await deliver_all(core)
    clock.set(NOW + timedelta(days=29))
    assert await prune_deliveries(core) == 0
    await create(core, "bob")
    clock.set(NOW + timedelta(days=31))
    assert await prune_deliveries(core) == 1
    assert await states(core) == [("contact.created", "queued")]
    assert await core.db.fetchval("SELECT count(*) FROM webhook_attempts") == 0
