"""Outgoing webhooks in the settings: made, tested, changed, their log read and sent again."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

import pytest
from benchmarks.receiver import Received, Receiver

from tests.conftest import StatementCounter
from tests.outgoing_webhooks.conftest import deliver_all, enqueue_all
from tests.ui.door import Door
from tidings.app import know_webhook_forms
from tidings.contacts import actions as contacts
from tidings.contacts.types import Draft
from tidings.outgoing_webhooks import actions, queries
from tidings.outgoing_webhooks.types import EndpointDraft
from tidings.platform.core import Core

HOME = "/settings/webhooks"


@pytest.fixture
async def receiver(core: Core, door: Door) -> AsyncIterator[Receiver]:
    know_webhook_forms()
    await core.installation.put({"allow_private_targets": True})
    made = Receiver()
    await made.serve()
    yield made
    made.close()


async def test_one_is_made_and_its_secret_shown_once(core: Core, door: Door, receiver: Receiver):
    assert "Nobody is told yet" in (await door.client.get(HOME)).text
    words = (await door.client.get(f"{HOME}/new?speaks=fluenzr")).text
    assert "email.opened" in words
    assert "page.submission" not in words
    assert "page.submission" in (await door.client.get(f"{HOME}/new?speaks=odd")).text
    form = {"speaks": "fluenzr", "url": receiver.url, "name": "Shop & Co", "events": ["contact.created"]}
    made = await door.post(f"{HOME}/new", form)
    assert made.status_code == 200
    found = re.search(r"whsec_[\w-]{40}", made.text)
    assert found is not None
    for path in (HOME, f"{HOME}/1", f"{HOME}/1/edit"):
        page = (await door.client.get(path)).text
        assert "Shop &amp; Co" in page
        assert "whsec_" not in page
    assert await core.db.fetchval("SELECT position($1 in secret::text) FROM webhook_endpoints", found[0]) == 0


async def test_bad_input_is_told_at_its_field_and_makes_nothing(core: Core, door: Door, receiver: Receiver):
    for change, field in (
        ({"url": "nowhere"}, "url"),
        ({"url": "http://169.254.169.254/"}, "url"),
        ({"events": []}, "events"),
        ({"events": ["odd"]}, "events"),
        ({"secret": "short"}, "secret"),
        ({"name": "n" * 193}, "name"),
    ):
        form = {"speaks": "furiosa", "url": "https://example.com/", "events": ["contact.created"], **change}
        answer = await door.post(f"{HOME}/new", form)
        assert answer.status_code == 422, change
        assert f'id="{field}-error"' in answer.text, change
    assert await core.db.fetchval("SELECT count(*) FROM webhook_endpoints") == 0


async def test_it_is_changed_switched_and_deleted(core: Core, door: Door, receiver: Receiver):
    made, secret = await actions.create_endpoint(core, "fluenzr", EndpointDraft(receiver.url, ["contact.created"]))
    path = f"{HOME}/{made}"
    change = {
        "url": "https://example.com/new",
        "events": ["email.sent", "email.opened"],
        "name": "",
        "secret": "x" * 20,
    }
    assert (await door.post(f"{path}/edit", change)).status_code == 303
    one = await queries.endpoint_by_id(core, made)
    assert (one.url, list(one.events)) == ("https://example.com/new", ["email.sent", "email.opened"])
    assert (await door.post(f"{path}/edit", {**change, "url": "x"})).status_code == 422
    await door.post(f"{path}/switch", {"on": ""})
    assert not (await queries.endpoint_by_id(core, made)).is_active
    await door.post(f"{path}/switch", {"on": "yes"})
    assert (await queries.endpoint_by_id(core, made)).is_active
    replaced = await door.post(f"{path}/secret", {})
    assert "whsec_" in replaced.text
    assert secret not in replaced.text
    assert "The secret is being replaced" in (await door.client.get(path)).text
    await door.post(f"{path}/secret/end", {})
    assert "The secret is being replaced" not in (await door.client.get(path)).text
    await door.post(f"{path}/secret", {"at_once": "yes"})
    assert (await queries.endpoint_by_id(core, made)).previous_until is None
    assert (await door.post(f"{path}/delete", {})).status_code == 303
    for gone in (path, f"{path}/edit", f"{path}/log/1"):
        assert (await door.client.get(gone)).status_code == 404
    noted = [row["action"] for row in await core.db.fetch("SELECT action FROM audit_entries ORDER BY id")]
    assert noted[-7:] == [
        "outgoing_webhook_changed",
        "outgoing_webhook_switched",
        "outgoing_webhook_switched",
        "outgoing_webhook_secret_replaced",
        "outgoing_webhook_secret_ended",
        "outgoing_webhook_secret_replaced",
        "outgoing_webhook_deleted",
    ]


async def test_a_test_is_sent_the_log_is_read_and_a_delivery_is_sent_again(core: Core, door: Door, receiver: Receiver):
    async def refuse(got: Received) -> tuple[int, bytes]:
        return (200 if b"webhook.test" in got.body else 404), b"<script>no</script>"

    receiver.answering = refuse
    made, _ = await actions.create_endpoint(core, "fluenzr", EndpointDraft(receiver.url, ["contact.created"]))
    path = f"{HOME}/{made}"
    tested = await door.post(f"{path}/test", {})
    assert tested.status_code == 303
    shown = (await door.client.get(tested.headers["location"])).text
    assert "The test arrived." in shown
    assert "webhook.test" in shown
    assert "&lt;script&gt;no" in shown
    assert "Send it again" not in shown
    await contacts.write_contact(core, Draft({"email": "ada@example.com"}))
    await enqueue_all(core)
    await deliver_all(core)
    failed = await core.db.fetchval("SELECT id FROM webhook_deliveries WHERE state = 'failed'")
    log = (await door.client.get(f"{path}?state=failed")).text
    assert f"{path}/log/{failed}" in log
    assert "log/1" not in log
    assert "Nothing like that" in (await door.client.get(f"{path}?event=email.sent")).text
    receiver.answering = Receiver().answering
    again = await door.post(f"{path}/log/{failed}/replay", {})
    assert again.status_code == 303
    await deliver_all(core)
    story = await queries.delivery_story(core, made, failed)
    assert (story.delivery.state, len(story.attempts)) == ("delivered", 2)
    assert receiver.received[-1].body == receiver.received[-2].body
    await door.post(f"{path}/switch", {"on": ""})
    await door.post(f"{path}/log/{failed}/replay", {})
    assert "Switch it on first" in (await door.client.get(f"{path}/log/{failed}")).text


async def test_one_that_was_switched_off_by_itself_is_told_on_the_dashboard(core: Core, door: Door, receiver: Receiver):
    made, _ = await actions.create_endpoint(core, "fluenzr", EndpointDraft(receiver.url, ["contact.created"], "Shop"))
    assert "was switched off" not in (await door.client.get("/")).text
    await core.db.execute(
        "UPDATE webhook_endpoints SET is_active = false, disabled_reason = 'It is gone.', disabled_at = created_at"
    )
    assert "Shop” was switched off: It is gone." in (await door.client.get("/")).text
    assert "It is gone." in (await door.client.get(f"{HOME}/{made}")).text


async def test_the_pages_cost_the_same_for_many_rows_and_are_for_who_may(
    core: Core, door: Door, receiver: Receiver, statements: StatementCounter
):
    made, _ = await actions.create_endpoint(core, "fluenzr", EndpointDraft(receiver.url, ["contact.created"]))
    counts: list[tuple[int, int]] = []
    for n in (1, 4):
        await contacts.write_contacts(core, [Draft({"email": f"p{n}{i}@example.com"}) for i in range(n)])
        await enqueue_all(core)
        with statements as table:
            await door.client.get(HOME)
            first = table.count
        with statements as log:
            await door.client.get(f"{HOME}/{made}")
        counts.append((first, log.count))
        await actions.create_endpoint(core, "furiosa", EndpointDraft(receiver.url, ["contact.created"]))
    assert counts[0] == counts[1]
    await core.db.execute("UPDATE users SET role = 'editor', permissions = '{fcrm_read_contacts}'")
    for path in (HOME, f"{HOME}/new", f"{HOME}/{made}", f"{HOME}/{made}/log/1"):
        assert (await door.client.get(path)).status_code == 403
