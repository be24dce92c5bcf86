"""Webhooks of the FluenzR dialect: made, changed, tested, and the log of what they were told."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import AsyncIterator
from typing import Any

import pytest
from benchmarks.receiver import Received, Receiver

from tests.conftest import NOW as AT
from tests.conftest import StatementCounter
from tests.dialects.fluenzr.test_contacts import NOW
from tests.dialects.fluenzr.test_keys import data, refused
from tests.dialects.mouth import Mouth, changed, rows
from tests.outgoing_webhooks.conftest import deliver_all, enqueue_all
from tidings.dialects.fluenzr.ids import opaque
from tidings.outgoing_webhooks import actions
from tidings.outgoing_webhooks.types import EndpointDraft
from tidings.platform.core import Core

URL = "https://example.com/hook"


@pytest.fixture
async def receiver(core: Core) -> AsyncIterator[Receiver]:
    await core.installation.put({"allow_private_targets": True})
    made = Receiver()
    await made.serve()
    yield made
    made.close()


async def _made(fluenzr: Mouth, **more: Any) -> dict[str, Any]:
    return data(await fluenzr.post("/webhooks", {"url": URL, "events": ["contact.created"], **more}), 201)


async def test_a_webhook_is_made_read_changed_and_removed(core: Core, fluenzr: Mouth):
    made = await _made(fluenzr, name="Shop", events=["email.opened", "contact.created"])
    secret = made.pop("secret")
    assert re.fullmatch(r"whsec_[\w-]{40}", secret)
    whole = {"id": made["id"], "name": "Shop", "url": URL, "events": ["contact.created", "email.opened"]}
    whole |= {"active": True, "disabledReason": None, "createdAt": NOW, "updatedAt": NOW}
    assert made == whole
    assert re.fullmatch(r"whk_\w{8,}", made["id"])
    path = f"/webhooks/{made['id']}"
    assert data(await fluenzr.get(path)) == whole
    answer = data(await fluenzr.put(path, {"active": False, "events": ["contact.deleted"]}))
    assert answer == whole | {"active": False, "events": ["contact.deleted"]}
    assert data(await fluenzr.put(path, {"url": "https://example.com/2", "secret": "x" * 16}))["active"] is False
    assert data(await fluenzr.put(path, {}))["url"] == "https://example.com/2"
    assert data(await fluenzr.delete(path)) == {"id": made["id"], "deleted": True}
    for method, rest in (("GET", ""), ("PUT", ""), ("DELETE", ""), ("POST", "/test"), ("GET", "/logs")):
        body = {} if method in ("PUT", "POST") else None
        refused(await fluenzr.ask(method, path + rest, body), 404, "NOT_FOUND")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"url": None}, "url"),
        ({"url": ""}, "url"),
        ({"url": "nowhere"}, "url"),
        ({"url": "ftp://example.com/"}, "url"),
        ({"url": "http://127.0.0.1/"}, "url"),
        ({"url": "http://[::ffff:10.0.0.1]/"}, "url"),
        ({"url": "http://169.254.169.254/latest"}, "url"),
        ({"url": "https://ada:secret@example.com/"}, "url"),
        ({"url": 5}, "url"),
        ({"url": "https://example.com/" + "x" * 2000}, "url"),
        ({"events": None}, "events"),
        ({"events": []}, "events"),
        ({"events": ["contact.gone"]}, "events"),
        ({"events": ["contact.created", "page.submission"]}, "events"),
        ({"events": "contact.created"}, "events"),
        ({"events": [1]}, "events"),
        ({"name": 5}, "name"),
        ({"name": "n" * 193}, "name"),
        ({"secret": "short"}, "secret"),
        ({"secret": 5}, "secret"),
        ({"active": "yes"}, "active"),
    ],
)
async def test_bad_input_names_its_field_and_writes_nothing(core: Core, fluenzr: Mouth, change: Any, field: str):
    made = await _made(fluenzr)
    before = await rows(core)
    body = {"url": URL, "events": ["contact.created"], **change}
    refused(await fluenzr.post("/webhooks", body), 400, "VALIDATION_ERROR", field)
    if change[field] is not None:
        refused(await fluenzr.put(f"/webhooks/{made['id']}", change), 400, "VALIDATION_ERROR", field)
    assert await changed(core, before) == []


async def test_webhooks_are_listed_and_those_of_others_are_not_seen(core: Core, fluenzr: Mouth):
    ids = [(await _made(fluenzr, url=f"https://example.com/{n}"))["id"] for n in "bac"]
    other, _ = await actions.create_endpoint(core, "furiosa", EndpointDraft(URL, ["contact.created"]))
    assert [one["id"] for one in data(await fluenzr.get("/webhooks"))] == ids[::-1]
    assert [one["url"][-1] for one in data(await fluenzr.get("/webhooks", sort="url", order="asc"))] == ["a", "b", "c"]
    page = (await fluenzr.get("/webhooks", perPage=2, page=2)).json()
    assert page["meta"] == {"page": 2, "perPage": 2, "total": 3, "totalPages": 2}
    for bad in (opaque("whk", other), opaque("grp", 1), "whk_x", "1", opaque("whk", 99)):
        for method, rest in (("GET", ""), ("PUT", ""), ("DELETE", ""), ("POST", "/test"), ("GET", "/logs")):
            body = {} if method in ("PUT", "POST") else None
            refused(await fluenzr.ask(method, f"/webhooks/{bad}{rest}", body), 404, "NOT_FOUND")
    for name, value in (("perPage", 101), ("sort", "secret"), ("order", "x"), ("page", 0)):
        refused(await fluenzr.get("/webhooks", **{name: value}), 400, "VALIDATION_ERROR", name)
    assert await core.db.fetchval("SELECT count(*) FROM webhook_endpoints") == 4


async def test_a_key_for_reading_only_reads(core: Core, fluenzr: Mouth):
    made = await _made(fluenzr)
    reader = await fluenzr.new_key(is_read_only=True)
    path = f"/webhooks/{made['id']}"
    for one in ("/webhooks", path, f"{path}/logs"):
        assert (await fluenzr.ask("GET", one, auth=reader)).status_code == 200
    before = await rows(core)
    for method, one in (("POST", "/webhooks"), ("PUT", path), ("DELETE", path), ("POST", f"{path}/test")):
        refused(await fluenzr.ask(method, one, {"url": URL}, auth=reader), 403, "FORBIDDEN")
    assert await changed(core, before) == []


async def test_a_test_is_posted_at_once_and_signed_with_the_secret(core: Core, fluenzr: Mouth, receiver: Receiver):
    made = await _made(fluenzr, url=receiver.url + "/hook", secret="a secret of my own")
    assert made["secret"] == "a secret of my own"
    path = f"/webhooks/{made['id']}"
    answer = data(await fluenzr.post(f"{path}/test"))
    assert (answer["status"], answer["statusCode"], answer["eventType"]) == ("success", 200, "webhook.test")
    [got] = receiver.received
    stamp = got.headers["x-fluenzr-timestamp"]
    assert stamp == str(int(AT.timestamp()))
    proof = hmac.new(b"a secret of my own", stamp.encode() + b"." + got.body, hashlib.sha256).hexdigest()
    assert got.headers["x-fluenzr-signature"] == f"sha256={proof}"
    receiver.close()
    await receiver.server.wait_closed()


async def test_a_test_that_fails_says_why_and_is_not_tried_again(core: Core, fluenzr: Mouth, receiver: Receiver):
    async def fail(_: Received) -> tuple[int, bytes]:
        return 500, b"broken"

    receiver.answering = fail
    made = await _made(fluenzr, url=receiver.url)
    path = f"/webhooks/{made['id']}"
    answer = data(await fluenzr.post(f"{path}/test"))
    assert (answer["status"], answer["statusCode"]) == ("failed", 500)
    await fluenzr.put(path, {"url": "http://127.0.0.1:1/"})
    answer = data(await fluenzr.post(f"{path}/test"))
    assert (answer["status"], answer["statusCode"]) == ("failed", None)
    assert "could not be reached" in answer["error"]
    assert [one["status"] for one in data(await fluenzr.get(f"{path}/logs"))] == ["failed", "failed"]


async def test_the_log_tells_what_became_of_each_event(
    core: Core, fluenzr: Mouth, receiver: Receiver, statements: StatementCounter
):
    async def odd(got: Received) -> tuple[int, bytes]:
        return {b"good": 204, b"bad": 422, b"late": 500}[
            next(w for w in (b"good", b"bad", b"late") if w in got.body)
        ], b""

    receiver.answering = odd
    made = await _made(fluenzr, url=receiver.url)
    path = f"/webhooks/{made['id']}/logs"
    for name in ("good", "bad", "late"):
        data(await fluenzr.post("/contacts", {"email": f"{name}@example.com"}), 201)
    await enqueue_all(core)
    await deliver_all(core)
    log = data(await fluenzr.get(path, order="asc"))
    assert [(one["status"], one["statusCode"]) for one in log] == [("success", 204), ("failed", 422), ("pending", 500)]
    for one in log:
        assert set(one) == {"id", "eventId", "eventType", "status", "statusCode", "responseTime", "timestamp"}
        assert re.fullmatch(r"log_\w{8,}", one["id"])
        assert re.fullmatch(r"evt_\w{8,}", one["eventId"])
        assert (one["eventType"], one["timestamp"]) == ("contact.created", NOW)
        assert one["responseTime"] >= 0
    [good] = [one.body for one in receiver.received if b"good" in one.body]
    assert f'"id":"{log[0]["eventId"]}"'.encode() in good
    assert [one["id"] for one in data(await fluenzr.get(path, status="failed"))] == [log[1]["id"]]
    assert data(await fluenzr.get(path, eventType="email.sent")) == []
    refused(await fluenzr.get(path, status="odd"), 400, "VALIDATION_ERROR", "status")
    with statements as few:
        await fluenzr.get(path, perPage=1)
    with statements as many:
        await fluenzr.get(path)
    assert few.count == many.count
