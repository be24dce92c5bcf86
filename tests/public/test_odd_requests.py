"""Whatever arrives at the public door, it answers: seeded nonsense never makes a 500 and never changes anybody."""

from __future__ import annotations

import random
from collections.abc import MutableMapping
from itertools import product
from typing import Any
from urllib.parse import quote_from_bytes, urlsplit

import httpx
import pytest

from tests.public.door import AJAX, Mailed, mailed, status_of
from tidings.app import Dispatcher
from tidings.messages.mailing import addresses
from tidings.platform.core import Core
from tidings.public import app

SEED = 20261120
NAMES = (
    *("route", "fluentcrm", "ns_url", "mid", "fch", "ano", "_e_id", "_e_hash", "secure_hash", "_secure_hash", "ce_id"),
    *("hash", "c", "new", "email", "fc_newsletter", "action", "reason", "other_reason", "lists[]", "first_name"),
    *("page", "website", "List-Unsubscribe", "last_name", "combined_hash"),
)
ROUTES = ("open", "unsubscribe", "manage_subscription", "confirmation", "email_preview", "", "nothing")
ACTIONS = (
    "fluentcrm_unsubscribe_ajax",
    "fluentcrm_manage_preferences_ajax",
    "fluentcrm_request_unsubscribe_ajax",
    "fluentcrm_request_manage_subscription_ajax",
)
ODD = (
    *(b"", b"0", b"-1", b"1", b"9" * 19, b"9" * 400, b"1e9", b"0x10", b"NaN", b"null", b"true", b"[]", b"%", b"%zz"),
    *(b"\x00", b"a\x00b", b"\r\nx: y", b"\xff\xfe", b"\xed\xa0\x80", "é😀\u2028".encode(), "٣".encode(), b"' OR 1=1--"),
    *(b"<script>alert(1)</script>", b"{{contact.email}}", b"../../etc/passwd", b"a@b.co", b"A@B.CO\r\nBcc: c@d.co"),
    *(b"x" * 9000, b"$1", b"\\", b"__", b"0" * 32 + b"__1", b"0" * 32 + b"__" + b"9" * 30, "a@ü.example".encode()),
)
TYPES = (
    *("application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "multipart/form-data", "", "text/plain"),
    *(
        "multipart/form-data; boundary=",
        'multipart/form-data; boundary="',
        "application/json",
        "multipart/form-data;;;=",
    ),
    "multipart/form-data; boundary=" + "x" * 300,
)
CHARSETS = (
    "utf-8",
    "utf-7",
    "utf-16",
    "unicode_escape",
    "raw_unicode_escape",
    "idna",
    "punycode",
    "rot13",
    "none",
    "\x00",
)


class Nonsense:
    """Requests made by chance, with some true values among them, so that they get behind the first look."""

    def __init__(self, seed: int, true_values: list[bytes]) -> None:
        self.chance = random.Random(seed)
        self.values = [*ODD, *true_values]

    def value(self) -> bytes:
        if self.chance.random() < 0.15:
            return self.chance.randbytes(self.chance.randrange(30))
        return self.chance.choice(self.values)

    def pairs(self) -> list[tuple[str, bytes]]:
        chance = self.chance
        found = [(chance.choice(NAMES), self.value()) for _ in range(chance.randrange(8))]
        found.append(("route", chance.choice(ROUTES).encode()))
        found.append(("action", chance.choice(ACTIONS).encode()))
        chance.shuffle(found)
        return found

    def urlencoded(self) -> bytes:
        raw = self.chance.random() < 0.2
        return b"&".join(n.encode() + b"=" + (v if raw else quote_from_bytes(v).encode()) for n, v in self.pairs())

    def multipart(self) -> bytes:
        body = b""
        for name, value in self.pairs():
            body += f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n'.encode()
            if self.chance.random() < 0.4:
                body += f"Content-Type: text/plain; charset={self.chance.choice(CHARSETS)}\r\n".encode()
                value = self.chance.choice((value, rb"\ud800", b"+2AA-", b"xn--a"))
            body += b"\r\n" + value + b"\r\n"
        whole = body + b"--x--\r\n"
        return whole[: self.chance.randrange(len(whole))] if self.chance.random() < 0.2 else whole

    def request(self) -> dict[str, Any]:
        chance = self.chance
        kind = chance.choice(TYPES[:2]) if chance.random() < 0.8 else chance.choice(TYPES)
        body = self.multipart() if kind.startswith("multipart") else self.urlencoded()
        query = b"fluentcrm=1&" + self.urlencoded()
        headers = [(b"content-type", kind.encode()), (b"user-agent", chance.choice((b"", b"Mozilla/5.0 x", b"\xff")))]
        return {
            "type": "http",
            "method": chance.choice(("GET", "POST", "POST", "POST", "HEAD", "PUT", "BREW")),
            "path": chance.choice(("/", "/", AJAX, "/t/x", "/u/\x00")),
            "query_string": query.translate(None, b" \r\n#"),
            "headers": headers,
            "client": chance.choice((("127.0.0.1", 1), ("::1", 1), ("fe80::1%eth0", 1), None)),
            "body": body,
        }


async def answer_of(asgi: Dispatcher, scope: dict[str, Any]) -> tuple[int, list[tuple[bytes, bytes]]]:
    sent: list[MutableMapping[str, Any]] = []
    body = scope.pop("body")
    pieces = [body[: len(body) // 2], body[len(body) // 2 :]]

    async def receive() -> MutableMapping[str, Any]:
        piece = pieces.pop(0)
        return {"type": "http.request", "body": piece, "more_body": bool(pieces)}

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    await asgi(scope, receive, send)
    return sent[0]["status"], sent[0]["headers"]


async def true_values(core: Core, sent: Mailed) -> list[bytes]:
    made = await addresses(core)
    urls = [sent.pixel, sent.link, sent.one_click, sent.address("email_preview"), made.share_url(sent.campaign_id)]
    urls.append(made.confirm_url(sent.contact_id, "x"))
    return [value.encode() for url in urls for value in httpx.URL(url).params.values() for _ in range(4)]


@pytest.mark.parametrize("seed", range(SEED, SEED + 2))
async def test_nonsense_is_answered_and_never_with_a_crash(core: Core, seed: int):
    sent = await mailed(core)
    await core.db.execute("UPDATE contacts SET status = 'bounced'")
    asgi = Dispatcher(core, {"public": app.build(core)})
    nonsense = Nonsense(seed, await true_values(core, sent))
    seen: set[int] = set()
    for number in range(500):
        request = nonsense.request()
        shown = dict(request)
        status, headers = await answer_of(asgi, request)
        assert status < 500, (seed, number, shown)
        for name, value in headers:
            assert not set(name + value) & set(b"\r\n\x00"), (seed, number, name, value)
        seen.add(status)
    assert {200, 302, 404, 422} <= seen, "the requests get behind the first look"
    assert await status_of(core, sent.contact_id) == "bounced"
    assert await core.db.fetchval("SELECT email FROM contacts") == "Ada.Lovelace@example.org"


async def test_a_part_of_a_form_may_claim_any_charset(core: Core):
    sent = await mailed(core)
    asgi = Dispatcher(core, {"public": app.build(core)})
    for charset, value in product(CHARSETS, (rb"\ud800", b"+2AA-", b"\xff\xfe\x00\xd8", b"xn--\xff")):
        fields = {b"secure_hash": httpx.URL(sent.one_click).params["secure_hash"].encode(), b"other_reason": value}
        body = b"".join(
            b'--x\r\nContent-Disposition: form-data; name="%s"\r\nContent-Type: text/plain; charset=%s\r\n\r\n%s\r\n'
            % (name, charset.encode() if name == b"other_reason" else b"utf-8", one)
            for name, one in (fields | {b"reason": b"other", b"action": ACTIONS[0].encode(), b"email": value}).items()
        )
        scope = {
            "type": "http",
            "method": "POST",
            "path": AJAX,
            "query_string": b"",
            "headers": [(b"content-type", b"multipart/form-data; boundary=x")],
            "body": body + b"--x--\r\n",
        }
        status, _ = await answer_of(asgi, scope)
        assert status < 500, (charset, value)


async def test_a_body_larger_than_any_form_is_cut_and_one_over_the_limit_refused(core: Core, door: httpx.AsyncClient):
    sent = await mailed(core)
    path = urlsplit(sent.one_click)
    large = await door.post(f"/?{path.query}", data={"x": "y" * 200_000, "List-Unsubscribe": "One-Click"})
    assert large.status_code == 200
    assert await status_of(core, sent.contact_id) == "subscribed", "the word stood behind the cut"
    assert (await door.post(f"/?{path.query}", content=b"x" * 1_100_000)).status_code == 413


async def test_a_visitor_who_hangs_up_in_the_middle_of_a_form_leaves_nothing(core: Core):
    sent = await mailed(core)
    asgi = app.build(core)
    messages = [
        {"type": "http.request", "body": b"List-Unsubscribe=One-", "more_body": True},
        {"type": "http.disconnect"},
    ]

    async def receive() -> MutableMapping[str, Any]:
        return messages.pop(0)

    async def send(message: MutableMapping[str, Any]) -> None:
        return None

    url = urlsplit(sent.one_click)
    scope = {"type": "http", "method": "POST", "path": "/", "query_string": url.query.encode(), "headers": []}
    await asgi(scope, receive, send)
    assert await status_of(core, sent.contact_id) == "subscribed"
