"""Keys of the Furiosa dialect: their form, their scopes, their minute, and the one shape of every refusal."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import httpx

from tests.dialects.mouth import Mouth, open_mouth
from tidings.access import actions as access
from tidings.access.types import FURIOSA_SCOPES
from tidings.platform.clock import FixedClock
from tidings.platform.core import Core

ROUTES = {
    "contacts:read": [("GET", "/contacts"), ("GET", "/contacts/1")],
    "contacts:write": [
        ("POST", "/contacts"),
        ("POST", "/contacts/batch"),
        ("PUT", "/contacts/1"),
        ("DELETE", "/contacts/1"),
    ],
    "audiences:read": [("GET", "/audiences"), ("GET", "/audiences/1/stats"), ("GET", "/audiences/1/groups")],
    "audiences:write": [("POST", "/audiences"), ("DELETE", "/audiences/1"), ("POST", "/audiences/1/groups")],
    "campaigns:read": [("GET", "/campaigns"), ("GET", "/campaigns/1/metrics")],
    "campaigns:write": [("POST", "/campaigns"), ("PUT", "/campaigns/1"), ("POST", "/campaigns/1/send")],
    "pages:read": [("GET", "/pages"), ("GET", "/pages/1")],
    "analytics:read": [("GET", "/analytics/pages"), ("GET", "/analytics/campaigns"), ("GET", "/analytics/audiences")],
}


def refused(answer: httpx.Response, status: int, **fields: str) -> str:
    """The message of a refusal, whose shape is checked; `fields` are its errors, all of them."""
    body = answer.json()
    assert answer.status_code == status, answer.text
    assert (body["error"], body["status"]) == (True, status)
    assert body.get("errors", {}) == fields
    assert set(body) == {"error", "status", "message", *(["errors"] if fields else [])}
    assert "json" in answer.headers["content-type"]
    return body["message"]


async def test_a_key_looks_like_one_and_dies_at_once(core: Core, furiosa: Mouth):
    secret = furiosa.auth.removeprefix("Bearer ")
    assert re.fullmatch(r"fcrm_pk_[A-Za-z0-9_-]{40}", secret)
    for good in (f"Bearer {secret}", f"bearer {secret}", f"BEARER  {secret} "):
        assert (await furiosa.ask("GET", "/me", auth=good)).status_code == 200, good
    for bad in (
        "",
        "Bearer",
        "Bearer ",
        f"Basic {secret}",
        secret,
        f"Bearer {secret[:-1]}",
        "Bearer fcrm_pk_" + "x" * 40,
    ):
        answer = await furiosa.ask("GET", "/me", auth=bad)
        assert refused(answer, 401), bad
        assert "x-ratelimit-limit" not in answer.headers
    assert (await furiosa.client.get(f"{furiosa.prefix}/me?api_key={secret}")).status_code == 401
    stored = await core.db.fetch("SELECT * FROM api_keys")
    assert not any(secret.encode() in str(dict(row)).encode() for row in stored)
    key, other = await access.create_key(core, kind="furiosa", name="Site", user_login="ada", scopes=["contacts:read"])
    bearer = f"Bearer {other}"
    me = (await furiosa.ask("GET", "/me", auth=bearer)).json()
    assert me == {"name": "Site", "scopes": ["contacts:read"], "rate_limit": {"limit": 60, "remaining": 59}}
    assert (await furiosa.get("/me")).json()["scopes"] is None
    await access.revoke_key(core, key.id)
    refused(await furiosa.ask("GET", "/me", auth=bearer), 401)
    # A key of another dialect is none here.
    _, foreign = await access.create_key(core, kind="fluenzr", name="x", user_login="ada")
    refused(await furiosa.ask("GET", "/me", auth=f"Bearer {foreign}"), 401)


async def test_each_scope_opens_its_routes_and_the_refusal_names_it(core: Core, furiosa: Mouth):
    keys: dict[str, Any] = {scope: await furiosa.new_key(scopes=[scope], per_minute=1000) for scope in ROUTES}
    assert set(keys) == set(FURIOSA_SCOPES)
    for scope, routes in ROUTES.items():
        for method, path in routes:
            body = None if method in ("GET", "DELETE") else {}
            for held, key in keys.items():
                answer = await furiosa.ask(method, path, body, auth=key)
                if held == scope:
                    assert answer.status_code not in (401, 403), (path, answer.text)
                else:
                    assert scope in refused(answer, 403), (path, held)
    # A key never does more than its user may.
    permissions = ["fcrm_read_contacts"]
    await access.create_user(core, login="ed", email="ed@example.com", role="editor", permissions=permissions)
    await access.create_user(core, login="sub", email="sub@example.com")
    editor, subscriber = await furiosa.new_key("ed"), await furiosa.new_key("sub")
    assert (await furiosa.ask("GET", "/contacts", auth=editor)).status_code == 200
    assert "contacts:write" in refused(await furiosa.ask("POST", "/contacts", {}, auth=editor), 403)
    assert "campaigns:read" in refused(await furiosa.ask("GET", "/campaigns", auth=editor), 403)
    refused(await furiosa.ask("GET", "/contacts", auth=subscriber), 403)
    assert (await furiosa.ask("GET", "/me", auth=subscriber)).status_code == 200


async def test_a_minute_holds_what_the_key_may_ask(core: Core, clock: FixedClock):
    mouth = await open_mouth(core, "furiosa", per_minute=3)
    told: list[tuple[int, str, str]] = []
    for path in ("/me", "/contacts", "/nothing", "/contacts", "/contacts"):
        answer = await mouth.ask("GET", path)
        headers = answer.headers
        told.append(
            (answer.status_code, headers.get("x-ratelimit-limit", ""), headers.get("x-ratelimit-remaining", ""))
        )
    # A route that is none costs nothing: nobody was asked who calls.
    assert told == [(200, "3", "2"), (200, "3", "1"), (404, "", ""), (200, "3", "0"), (429, "3", "0")]
    answer = await mouth.post("/contacts", {})
    refused(answer, 429)
    assert 1 <= int(answer.headers["retry-after"]) <= 60
    clock.set(clock.now() + timedelta(seconds=int(answer.headers["retry-after"])))
    assert (await mouth.get("/me")).status_code == 200
    # The batch is one call; refusals for other reasons are counted and told too.
    batch = await mouth.post("/contacts/batch", {"contacts": [{}] * 100, "audience_id": 1})
    assert (batch.status_code, batch.headers["x-ratelimit-remaining"]) == (200, "1")
    wrong = await mouth.post("/contacts", {})
    assert (wrong.status_code, wrong.headers["x-ratelimit-remaining"]) == (422, "0")
    await mouth.client.aclose()


async def test_what_is_no_request_has_the_same_shape(furiosa: Mouth):
    json = {"content-type": "application/json"}
    refused(await furiosa.get("/nothing"), 404)
    refused(await furiosa.get("/contacts/abc"), 404)
    refused(await furiosa.get("/contacts/99"), 404)
    allowed = await furiosa.ask("PATCH", "/contacts", {})
    refused(allowed, 405)
    assert sorted(allowed.headers["allow"].split(", ")) == ["GET", "POST"]
    for raw in (b"{", b"[]", b'"x"', b"\xff"):
        refused(await furiosa.post("/contacts", raw=raw, headers=json), 400)
    form = {"content-type": "application/x-www-form-urlencoded"}
    refused(await furiosa.post("/contacts", raw=b"email=a", headers=form), 415)
    refused(await furiosa.post("/contacts", raw=b" " * (5 * 1024 * 1024 + 1), headers=json), 413)
    assert (await furiosa.ask("HEAD", "/contacts")).content == b""
    assert (await furiosa.get("/contacts/")).status_code == 200
