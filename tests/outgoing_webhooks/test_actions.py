"""Endpoints and their secrets; the notice that one was switched off."""

from __future__ import annotations

import hashlib
import hmac
from datetime import timedelta

import pytest
from benchmarks.receiver import Received, Receiver

from tests.conftest import NOW
from tests.outgoing_webhooks.conftest import deliver_all, enqueue_all, listening
from tidings.contacts import actions as contacts
from tidings.contacts.types import Draft
from tidings.outgoing_webhooks import actions, queries, rules
from tidings.outgoing_webhooks.jobs import tell_webhook_disabled
from tidings.outgoing_webhooks.types import EndpointDraft
from tidings.platform import jobs
from tidings.platform.clock import FixedClock
from tidings.platform.core import Core
from tidings.platform.errors import Conflict, NotFound, RateLimited
from tidings.platform.pagination import PageRequest


def _signed_by(got: Received, secret: str, header: str = "x-fluenzr-signature") -> bool:
    content = got.headers["x-fluenzr-timestamp"].encode() + b"." + got.body
    return got.headers.get(header) == "sha256=" + hmac.new(secret.encode(), content, hashlib.sha256).hexdigest()


async def test_while_a_secret_is_replaced_the_old_one_signs_and_the_new_one_beside_it(
    core: Core, receiver: Receiver, clock: FixedClock
):
    made, old = await actions.create_endpoint(core, "fluenzr", EndpointDraft(receiver.url, ["contact.created"]))
    new = await actions.rotate_secret(core, made)
    assert new != old
    clock.set(NOW + rules.OVERLAP - timedelta(seconds=1))
    await actions.send_test(core, made)
    clock.set(NOW + rules.OVERLAP)
    await actions.send_test(core, made)
    newest = await actions.rotate_secret(core, made)
    await actions.send_test(core, made)
    await actions.end_overlap(core, made)
    await actions.send_test(core, made)
    last = await actions.rotate_secret(core, made, at_once=True)
    await actions.send_test(core, made)
    during, after, again, ended, at_once = receiver.received
    assert _signed_by(during, old)
    assert _signed_by(during, new, "x-fluenzr-signature-next")
    assert _signed_by(after, new)
    assert "x-fluenzr-signature-next" not in after.headers
    assert _signed_by(again, new)
    assert _signed_by(again, newest, "x-fluenzr-signature-next")
    assert _signed_by(ended, newest)
    assert _signed_by(at_once, last)
    assert "x-fluenzr-signature-next" not in at_once.headers


async def test_secrets_are_sealed_and_a_key_of_another_installation_opens_none(core: Core, receiver: Receiver):
    made, secret = await actions.create_endpoint(core, "furiosa", EndpointDraft(receiver.url, ["contact.created"]))
    await actions.rotate_secret(core, made)
    row = await core.db.fetchrow("SELECT secret, previous_secret FROM webhook_endpoints WHERE id = $1", made)
    assert row is not None
    assert secret.encode() not in bytes(row["secret"]) + bytes(row["previous_secret"])
    assert "secret" not in queries.list_endpoints.__annotations__


async def test_there_may_be_only_so_many(core: Core, receiver: Receiver, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(rules, "MAX_ENDPOINTS", 2)
    for _ in range(2):
        await listening(core, receiver)
    with pytest.raises(Conflict):
        await listening(core, receiver)


async def test_what_waits_for_an_endpoint_that_is_off_goes_out_when_it_is_on_again(core: Core, receiver: Receiver):
    made = await listening(core, receiver)
    await contacts.write_contact(core, Draft({"email": "a@example.com"}))
    await enqueue_all(core)
    await actions.set_active(core, made, is_active=False)
    await contacts.write_contact(core, Draft({"email": "b@example.com"}))
    await enqueue_all(core)
    await deliver_all(core)
    assert receiver.count == 0
    await actions.set_active(core, made, is_active=True)
    await deliver_all(core)
    assert receiver.count == 1


async def test_tests_have_their_minute(core: Core, receiver: Receiver, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(actions, "TESTS_PER_MINUTE", 1)
    made = await listening(core, receiver)
    await actions.send_test(core, made)
    with pytest.raises(RateLimited):
        await actions.send_test(core, made)


async def test_a_delivery_is_replayed_as_it_was_and_only_by_its_own_endpoint(core: Core, receiver: Receiver):
    made = await listening(core, receiver)
    other = await listening(core, receiver, "fluenzr", "/", "email.sent")
    contact = (await contacts.write_contact(core, Draft({"email": "a@example.com"}))).id
    await enqueue_all(core)
    await deliver_all(core)
    await contacts.delete_contacts(core, [contact])
    [row] = (await queries.list_deliveries(core, made, PageRequest())).rows
    with pytest.raises(NotFound):
        await actions.replay(core, other, row.id)
    await actions.replay(core, made, row.id)
    await deliver_all(core)
    first, second = receiver.received
    assert (first.body, first.headers["x-fluenzr-delivery"]) == (second.body, second.headers["x-fluenzr-delivery"])
    assert len((await queries.delivery_story(core, made, row.id)).attempts) == 2
    tested = await actions.send_test(core, made)
    with pytest.raises(Conflict):
        await actions.replay(core, made, tested.id)


async def test_the_owner_is_told_by_log_and_mail(core: Core, receiver: Receiver):
    async def gone(_: Received) -> tuple[int, bytes]:
        return 410, b""

    receiver.answering = gone
    await core.installation.put({"admin_email": "owner@example.com", "public_url": "https://news.example.com"})
    made = await listening(core, receiver)
    await contacts.write_contact(core, Draft({"email": "a@example.com"}))
    await enqueue_all(core)
    await deliver_all(core)
    [job] = await jobs.claim(core.db, ["tell_webhook_disabled"], 5)
    assert job.args["endpoint_id"] == made
    await tell_webhook_disabled(core, job.args, jobs.Progress(core.db, job))
    log = await core.db.fetchrow("SELECT title, description FROM system_logs")
    assert log is not None
    assert "was switched off" in log["title"]
    assert "410" in log["description"]
    [mail] = await core.db.fetch("SELECT * FROM captured_mails")
    assert f"https://news.example.com/settings/webhooks/{made}" in str(dict(mail.items()))
