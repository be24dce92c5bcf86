"""Facts become deliveries: each once, in order, for whom it concerns."""

from __future__ import annotations

import asyncio

import msgspec
import pytest
from benchmarks.receiver import Receiver

from tests.conftest import StatementCounter
from tests.outgoing_webhooks.conftest import enqueue_all, listening, states
from tidings.contacts import actions as contacts
from tidings.contacts.types import Draft, WritePolicy
from tidings.outgoing_webhooks import enqueueing
from tidings.outgoing_webhooks.actions import set_active
from tidings.outgoing_webhooks.enqueueing import enqueue_deliveries
from tidings.platform.core import Core
from tidings.platform.errors import TidingsError


async def test_a_change_is_told_once_however_often_and_by_how_many_it_is_read(core: Core, receiver: Receiver):
    await listening(core, receiver)
    tag = await contacts.create_tag(core, title="VIP")
    await contacts.write_contacts(core, [Draft({"email": f"p{n}@example.com"}, tags=[tag]) for n in range(30)])
    await asyncio.gather(*(enqueue_all(core, 7) for _ in range(3)))
    assert await enqueue_all(core) == 0
    assert await states(core) == [("contact.created", "queued")] * 30
    bodies = await core.db.fetch("SELECT body FROM webhook_events ORDER BY id")
    told = [msgspec.json.decode(row["body"])["data"] for row in bodies]
    assert [one["email"] for one in told] == [f"p{n}@example.com" for n in range(30)]
    assert told[0]["tags"] == ["VIP"]


async def test_a_reader_that_dies_in_the_middle_leaves_nothing_and_the_next_one_tells_all(
    core: Core, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
):
    await listening(core, receiver)
    await contacts.write_contact(core, Draft({"email": "a@example.com"}))
    channel = enqueueing.CHANNEL
    # the last statement before the position moves is no SQL
    monkeypatch.setattr(enqueueing, "CHANNEL", "a b c")
    with pytest.raises(Exception, match="syntax"):
        await enqueue_deliveries(core)
    assert await states(core) == []
    monkeypatch.setattr(enqueueing, "CHANNEL", channel)
    await enqueue_all(core)
    assert await states(core) == [("contact.created", "queued")]


async def test_what_is_silent_or_was_before_is_not_told(core: Core, receiver: Receiver):
    await contacts.write_contact(core, Draft({"email": "before@example.com"}))
    assert await enqueue_deliveries(core) == 0
    await listening(core, receiver)
    await contacts.write_contact(core, Draft({"email": "silent@example.com"}), WritePolicy(is_silent=True))
    await enqueue_all(core)
    assert await states(core) == []


async def test_only_endpoints_that_are_on_and_chose_the_event_are_told(core: Core, receiver: Receiver):
    both = [await listening(core, receiver, "fluenzr", "/", "contact.deleted", "contact.created") for _ in range(2)]
    await listening(core, receiver, "fluenzr", "/", "campaign.started")
    off = await listening(core, receiver)
    await set_active(core, off, is_active=False)
    made = await contacts.write_contact(core, Draft({"email": "a@example.com"}))
    await contacts.write_contact(core, Draft({"first_name": "Ada"}, id=made.id))
    await contacts.delete_contacts(core, [made.id])
    await enqueue_all(core)
    rows = await core.db.fetch("SELECT endpoint_id, kind FROM webhook_deliveries ORDER BY id")
    assert [tuple(row) for row in rows] == [
        (both[0], "contact.created"),
        (both[1], "contact.created"),
        (both[0], "contact.deleted"),
        (both[1], "contact.deleted"),
    ]
    assert await core.db.fetchval("SELECT count(*) FROM webhook_events") == 2


async def test_the_statements_do_not_grow_with_the_facts(core: Core, receiver: Receiver, statements: StatementCounter):
    await listening(core, receiver)
    await listening(core, receiver, "furiosa")
    audience = await contacts.create_list(core, title="Readers")
    counts: list[int] = []
    # the first round opens connections
    for n in (3, 1, 40):
        await contacts.write_contacts(
            core, [Draft({"email": f"p{n}-{i}@example.com"}, lists=[audience]) for i in range(n)]
        )
        with statements as counted:
            await enqueue_deliveries(core)
        counts.append(counted.count)
    assert counts[1] == counts[2]
    assert await core.db.fetchval("SELECT count(*) FROM webhook_deliveries") == 88


async def test_a_form_that_nobody_registered_is_refused(core: Core, receiver: Receiver):
    with pytest.raises(TidingsError):
        await listening(core, receiver, "odd", "/", "x")


async def test_a_process_that_does_not_know_the_words_reads_nothing(core: Core, receiver: Receiver):
    made = await listening(core, receiver)
    await contacts.write_contact(core, Draft({"email": "a@example.com"}))
    await core.db.execute("UPDATE webhook_endpoints SET form = 'odd' WHERE id = $1", made)
    with pytest.raises(TidingsError):
        await enqueue_deliveries(core)
    await core.db.execute("UPDATE webhook_endpoints SET form = 'fluenzr' WHERE id = $1", made)
    assert await enqueue_deliveries(core) > 0
    assert await states(core) == [("contact.created", "queued")]
