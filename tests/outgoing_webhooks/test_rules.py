"""When a delivery is tried again, when an endpoint is switched off, what an endpoint may be."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.conftest import NOW
from tidings.outgoing_webhooks.rules import checked, next_due, reason_to_disable, state_after
from tidings.outgoing_webhooks.types import EndpointDraft
from tidings.platform.errors import Invalid

EVENTS = {"a": "First.", "b": "Second."}


def test_the_four_retries_come_after_their_delays_and_never_before():
    delays = [timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=2)]
    assert [next_due(n, NOW, 0) for n in (1, 2, 3, 4, 5)] == [*(NOW + one for one in delays), None]
    for n, delay in enumerate(delays, 1):
        late = next_due(n, NOW, 1)
        assert late is not None
        assert timedelta() < late - (NOW + delay) <= delay / 10


@pytest.mark.parametrize(
    ("code", "is_final", "has_next", "state"),
    [
        (200, False, True, "delivered"),
        (204, True, False, "delivered"),
        (199, False, True, "queued"),
        (301, False, True, "queued"),
        (None, False, True, "queued"),
        (500, False, False, "failed"),
        (404, True, True, "failed"),
    ],
)
def test_only_2xx_is_success(code: int | None, is_final: bool, has_next: bool, state: str):
    assert state_after(code, is_final=is_final, due_at=NOW if has_next else None) == state


def test_an_endpoint_is_switched_off_after_many_failures_over_a_day_or_when_it_is_gone():
    day = timedelta(days=1)
    assert reason_to_disable(19, NOW - day, NOW, is_gone=False) is None
    assert reason_to_disable(500, NOW - day + timedelta(seconds=1), NOW, is_gone=False) is None
    assert reason_to_disable(20, None, NOW, is_gone=False) is None
    assert "20 deliveries" in str(reason_to_disable(20, NOW - day, NOW, is_gone=False))
    assert "410" in str(reason_to_disable(0, None, NOW, is_gone=True))


@pytest.mark.parametrize(
    "url",
    [
        "",
        "example.com",
        "ftp://example.com/",
        "javascript:alert(1)",
        "http://",
        "https://user:secret@example.com/",
        "http://localhost/",
        "http://x.localhost:8080/",
        "http://127.0.0.1/",
        "http://10.1.2.3/",
        "http://169.254.169.254/latest/meta-data/",
        "http://[::1]/",
        "http://[::ffff:10.0.0.1]/",
        "http://[fe80::1]/",
        "https://example.com/" + "a" * 2000,
    ],
)
def test_an_address_that_cannot_be_posted_to_is_refused(url: str):
    with pytest.raises(Invalid) as caught:
        checked(EndpointDraft(url, ["a"]), EVENTS, allow_private=False)
    assert set(caught.value.fields) == {"url"}


def test_private_addresses_pass_when_the_operator_allows_them_but_never_metadata():
    assert checked(EndpointDraft(" http://10.1.2.3/ ", ["a"]), EVENTS, allow_private=True).url == "http://10.1.2.3/"
    with pytest.raises(Invalid):
        checked(EndpointDraft("http://169.254.169.254/", ["a"]), EVENTS, allow_private=True)


def test_each_bad_field_is_named_and_events_keep_the_order_of_the_form():
    with pytest.raises(Invalid) as caught:
        checked(EndpointDraft("x", ["c"], "n" * 200, "short"), EVENTS, allow_private=False)
    assert set(caught.value.fields) == {"url", "events", "name", "secret"}
    with pytest.raises(Invalid) as caught:
        checked(EndpointDraft("https://example.com/", []), EVENTS, allow_private=False)
    assert set(caught.value.fields) == {"events"}
    assert checked(EndpointDraft("https://example.com/", ["b", "a", "b"]), EVENTS, allow_private=False).events == [
        "a",
        "b",
    ]
