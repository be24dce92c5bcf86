"""Keys of the FluenzR dialect: their form, reading only, their minute, and the one envelope of answers and errors."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import httpx

from tests.dialects.mouth import Mouth, changed, open_mouth, rows
from tidings.access import actions as access
from tidings.platform.clock import FixedClock
from tidings.platform.core import Core

NO_CONTACT = "con_AAAAAAAA"


def refused(answer: httpx.Response, status: int, code: str, *fields: str) -> str:
    """The message of an error, whose envelope is checked; `fields` are the names in its details, all of them."""
    body = answer.json()
    assert answer.status_code == status, answer.text
    assert set(body) == {"success", "error"}
    assert body["success"] is False
    assert set(body["error"]) == {"code", "message", "details"}
    assert body["error"]["code"] == code
    assert set(body["error"]["details"]) == set(fields), answer.text
    return body["error"]["message"]


def data(answer: httpx.Response, status: int = 200) -> Any:
    """What a success holds, whose envelope is checked."""
    body = answer.json()
    assert (answer.status_code, body["success"]) == (status, True), answer.text
    assert set(body) == {"success", "data", *(["meta"] if isinstance(body["data"], list) else [])}
    return body["data"]


async def test_a_key_looks_like_one_and_dies_at_once(core: Core, fluenzr: Mouth):
    secret = fluenzr.auth.removeprefix("Bearer ")
    assert re.fullmatch(r"flz_sk_[A-Za-z0-9]{32}", secret)
    assert (await fluenzr.ask("GET", "/contacts", auth=f"bearer {secret}")).status_code == 200
    for bad in ("", "Bearer", f"Basic {secret}", f"Bearer {secret}x", "Bearer flz_sk_" + "x" * 32):
        answer = await fluenzr.ask("GET", "/contacts", auth=bad)
        assert refused(answer, 401, "UNAUTHORIZED"), bad
        # Without a key nothing may be asked for.
        assert (answer.headers["x-ratelimit-limit"], answer.headers["x-ratelimit-remaining"]) == ("1000", "0")
        assert int(answer.headers["x-ratelimit-reset"]) % 60 == 0
    key, other = await access.create_key(core, kind="fluenzr", name="Site", user_login="ada")
    assert (await fluenzr.ask("GET", "/contacts", auth=f"Bearer {other}")).headers["x-ratelimit-limit"] == "1000"
    await access.revoke_key(core, key.id)
    refused(await fluenzr.ask("GET", "/contacts", auth=f"Bearer {other}"), 401, "UNAUTHORIZED")
    _, foreign = await access.create_key(core, kind="furiosa", name="x", user_login="ada")
    refused(await fluenzr.ask("GET", "/contacts", auth=f"Bearer {foreign}"), 401, "UNAUTHORIZED")


async def test_a_key_for_reading_only_reads(core: Core, fluenzr: Mouth):
    group = data(await fluenzr.post("/groups", {"name": "One"}), 201)["id"]
    contact = data(await fluenzr.post("/contacts", {"email": "a@example.com"}), 201)["id"]
    hook = data(await fluenzr.post("/webhooks", {"url": "https://example.com/", "events": ["email.sent"]}), 201)["id"]
    ids = {"contacts": contact, "groups": group, "webhooks": hook}
    reader = await fluenzr.new_key(is_read_only=True)
    before = await rows(core)
    for route in fluenzr.table.routes:
        path = re.sub(r"\{id.*?\}", ids.get(route.path.split("/")[1], "none"), route.path)
        answer = await fluenzr.ask(route.method, path, None if route.method == "GET" else {}, auth=reader)
        if route.method == "GET" or route.path == "/contacts/search":
            # That nothing of another kind bears the id is told only to who may read.
            assert answer.status_code in (200, 404), route.path
        else:
            assert "read-only" in refused(answer, 403, "FORBIDDEN"), route.path
    assert await changed(core, before) == []
    permissions = ["fcrm_read_contacts", "fcrm_manage_contacts"]
    await access.create_user(core, login="ed", email="ed@example.com", role="editor", permissions=permissions)
    await access.create_user(core, login="sub", email="sub@example.com")
    editor, subscriber = await fluenzr.new_key("ed"), await fluenzr.new_key("sub")
    assert (await fluenzr.ask("POST", "/contacts", {"email": "b@example.com"}, auth=editor)).status_code == 201
    for method, path in (("DELETE", f"/contacts/{contact}"), ("POST", "/groups"), ("DELETE", f"/groups/{group}")):
        refused(await fluenzr.ask(method, path, {}, auth=editor), 403, "FORBIDDEN")
    refused(await fluenzr.ask("GET", "/contacts", auth=subscriber), 403, "FORBIDDEN")


async def test_a_minute_holds_what_the_key_may_ask(core: Core, clock: FixedClock):
    mouth = await open_mouth(core, "fluenzr", per_minute=2)
    seen: list[tuple[int, str]] = []
    for _ in range(3):
        answer = await mouth.get("/contacts")
        assert answer.headers["x-ratelimit-limit"] == "2"
        reset = int(answer.headers["x-ratelimit-reset"]) - int(clock.now().timestamp())
        assert 0 < reset <= 60
        seen.append((answer.status_code, answer.headers["x-ratelimit-remaining"]))
    assert seen == [(200, "1"), (200, "0"), (429, "0")]
    answer = await mouth.get("/contacts")
    refused(answer, 429, "RATE_LIMITED")
    wait = int(answer.headers["retry-after"])
    assert wait == int(answer.headers["x-ratelimit-reset"]) - int(clock.now().timestamp())
    clock.set(clock.now() + timedelta(seconds=wait))
    assert (await mouth.get("/contacts")).headers["x-ratelimit-remaining"] == "1"
    await mouth.client.aclose()


async def test_every_answer_to_a_key_counts_and_says_so(core: Core):
    mouth = await open_mouth(core, "fluenzr", per_minute=100)
    json = {"content-type": "application/json"}
    asks = (
        mouth.get("/contacts"),
        mouth.get("/nothing"),
        mouth.ask("PATCH", "/contacts", {}),
        mouth.get("/contacts", page=-1),
        mouth.get(f"/contacts/{NO_CONTACT}"),
        mouth.post("/contacts", raw=b"{", headers=json),
        mouth.post("/contacts", raw=b"x", headers={"content-type": "text/plain"}),
        mouth.post("/contacts", raw=b" " * (10 * 2**20 + 1), headers=json),
        mouth.get("/openapi.json"),
        mouth.get("/groups"),
    )
    left = [(await one).headers["x-ratelimit-remaining"] for one in asks]
    assert left == [str(n) for n in range(99, 99 - len(asks), -1)]
    # A count of one's own is not believed.
    sent = await mouth.ask("GET", "/contacts", headers={"x-usage": "9 9 9"})
    assert sent.headers["x-ratelimit-limit"] == "100"
    await mouth.client.aclose()


async def test_what_is_no_request_has_the_same_envelope(fluenzr: Mouth):
    json = {"content-type": "application/json"}
    refused(await fluenzr.get("/nothing"), 404, "NOT_FOUND")
    refused(await fluenzr.ask("PATCH", "/contacts", {}), 405, "NOT_FOUND")
    for path in (f"/contacts/{NO_CONTACT}", "/contacts/1", "/groups/grp_x", "/groups/con_AAAAAAAA"):
        refused(await fluenzr.get(path), 404, "NOT_FOUND")
    for raw in (b"{", b"[]", b'"x"', b"\xff"):
        refused(await fluenzr.post("/contacts", raw=raw, headers=json), 400, "VALIDATION_ERROR")
    form = {"content-type": "application/x-www-form-urlencoded"}
    refused(await fluenzr.post("/contacts", raw=b"email=a", headers=form), 415, "VALIDATION_ERROR")
    refused(await fluenzr.post("/contacts", raw=b" " * (10 * 2**20 + 1), headers=json), 413, "VALIDATION_ERROR")
