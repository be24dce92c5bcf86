"""When the clients ask again and when they do not, in both languages, against a server that says what a test wants."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from email.utils import formatdate

import pytest
import tidings_client as sdk
from tidings_client.policy import asked_wait

from tests.ports import free_port
from tests.sdks.answering import CUT, Said, answering
from tests.sdks.conftest import SDKS, Scripts
from tests.sdks.generated import made

PAGE = Said(200, body=b'{"success":true,"data":[],"meta":{"page":1,"perPage":20,"total":0,"totalPages":0}}')
GROUP = Said(201, body=b'{"success":true,"data":{"id":"grp_1","name":"A"}}')
SOON = {"Retry-After": "0"}
# name: (the call, the answers, how often the server is asked, what is raised)
CASES: dict[str, tuple[str, Sequence[Said], int, str]] = {
    "a read after 429": ("read", [Said(429, SOON), PAGE], 2, ""),
    "a write after 429": ("write", [Said(429, SOON), GROUP], 2, ""),
    "a read after 500": ("read", [Said(500), PAGE], 2, ""),
    "a write after 503": ("write", [Said(503, SOON), GROUP], 2, ""),
    "a read after 502": ("read", [Said(502), PAGE], 2, ""),
    "a write after 502, whose answer is lost": ("write", [Said(502), GROUP], 1, "ServerError"),
    "a read after a cut": ("read", [Said(CUT), PAGE], 2, ""),
    "a write after a cut, whose answer is lost": ("write", [Said(CUT), GROUP], 1, "AnswerLost"),
    "a search after a cut, which only reads": ("search", [Said(CUT), PAGE], 2, ""),
    "a write after a cut, when it was allowed": ("stubborn write", [Said(CUT), GROUP], 2, ""),
    "429 for ever": ("read", [Said(429, SOON)], 4, "RateLimited"),
    "a wait that is too long": ("read", [Said(429, {"Retry-After": "9999"}), PAGE], 1, "RateLimited"),
    "a refusal": ("write", [Said(404), GROUP], 1, "NotFound"),
    "a text of something between": ("read", [Said(403, body=b"<h1>No</h1>")], 1, "Forbidden"),
}


def _call(url: str, what: str) -> None:
    policy = sdk.RetryPolicy(retry_posts="stubborn" in what)
    with sdk.FluenzrClient(api_key="k", base_url=url, retries=policy) as client:
        if what == "read":
            client.groups.list()
        elif what == "search":
            client.contacts.search("x")
        else:
            client.groups.create(name="A")


@pytest.mark.parametrize("name", CASES)
def test_python_asks_again_only_where_nothing_can_happen_twice(name: str):
    what, answers, times, raised = CASES[name]
    with answering(*answers) as (url, asked):
        if raised:
            with pytest.raises(getattr(sdk, raised)):
                _call(url, what)
        else:
            _call(url, what)
    assert len(asked) == times
    assert asked[0].headers["user-agent"].startswith("tidings-client/")
    assert asked[0].headers["authorization"] == "Bearer k"


JAVASCRIPT = """
import { FluenzrClient } from "@tidings/client";
const what = process.env.WHAT;
const client = new FluenzrClient({ apiKey: "k", baseUrl: process.env.BASE, retryPosts: what.includes("stubborn") });
const calls = {
  read: () => client.groups.list(),
  search: () => client.contacts.search("x"),
};
const call = calls[what] ?? (() => client.groups.create({ name: "A" }));
console.log(await call().then(() => "", (error) => error.name));
"""


@pytest.mark.parametrize("name", CASES)
def test_javascript_does_the_same(scripts: Scripts, name: str):
    what, answers, times, raised = CASES[name]
    with answering(*answers) as (url, asked):
        said = scripts.run(JAVASCRIPT, BASE=url, WHAT=what).strip()
    assert (said, len(asked)) == (raised, times)
    assert asked[0].headers["user-agent"].startswith("tidings-client/")


def test_a_server_that_is_not_there_was_not_asked(scripts: Scripts):
    url = f"http://127.0.0.1:{free_port()}"
    with (
        pytest.raises(sdk.ConnectionFailed),
        sdk.FluenzrClient(api_key="k", base_url=url, retries=sdk.RetryPolicy(max_retries=0)) as client,
    ):
        client.groups.create(name="A")
    script = JAVASCRIPT.replace("retryPosts:", "maxRetries: 0, retryPosts:")
    assert scripts.run(script, BASE=url, WHAT="write").strip() == "ConnectionFailed"


def test_what_the_server_asks_for_is_read_from_either_header():
    assert asked_wait({"retry-after": "23"}) == 23
    at = asked_wait({"retry-after": formatdate(time.time() + 30, usegmt=True)})
    assert at is not None
    assert 25 < at <= 31
    assert asked_wait({"retry-after": formatdate(0, usegmt=True)}) == 0
    assert asked_wait({"retry-after": "tomorrow"}) is None
    reset = asked_wait({"x-ratelimit-reset": str(int(time.time()) + 40), "x-ratelimit-remaining": "0"})
    assert reset is not None
    assert 35 < reset <= 41
    assert asked_wait({"x-ratelimit-reset": str(int(time.time()) + 40), "x-ratelimit-remaining": "5"}) is None
    assert asked_wait({}) is None


def test_the_address_may_hold_the_prefix_or_not(monkeypatch: pytest.MonkeyPatch):
    for given in ("https://crm.example.com", "https://crm.example.com/", "https://crm.example.com/v1"):
        with sdk.FluenzrClient(api_key="k", base_url=given) as client:
            assert client.base_url == "https://crm.example.com/v1"
    monkeypatch.delenv("TIDINGS_BASE_URL", raising=False)
    for bad in (None, "crm.example.com"):
        with pytest.raises(ValueError, match="base_url"):
            sdk.FluenzrClient(api_key="k", base_url=bad)


def test_an_id_cannot_lead_to_another_address():
    with answering(GROUP) as (url, asked), sdk.FluenzrClient(api_key="k", base_url=url) as client:
        client.groups.get("../contacts?x=1#")
        with pytest.raises(ValueError, match="empty"):
            client.groups.get("")
    assert [one.line for one in asked] == ["GET /v1/groups/..%2Fcontacts%3Fx%3D1%23"]


def test_the_blocking_clients_are_what_the_generator_makes():
    folder = SDKS / "python" / "src" / "tidings_client" / "_sync"
    stored = {path.name: path.read_text(encoding="utf-8") for path in folder.glob("*.py")}
    assert stored == made()


def test_both_packages_have_one_version():
    javascript = json.loads((SDKS / "javascript" / "package.json").read_text())["version"]
    source = (SDKS / "javascript" / "src" / "transport.ts").read_text()
    python = (SDKS / "python" / "pyproject.toml").read_text()
    assert f'version = "{sdk.__version__}"' in python
    assert javascript == sdk.__version__
    assert f'VERSION = "{sdk.__version__}"' in source
