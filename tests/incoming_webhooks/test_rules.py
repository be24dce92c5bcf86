"""A sender's JSON under our names: dotted paths, and what a draft may hold."""

from __future__ import annotations

import pytest

from tidings.incoming_webhooks.rules import at_path, checked, flattened
from tidings.incoming_webhooks.types import WebhookDraft
from tidings.platform.errors import Invalid

SENT = {"contact": {"mail": ["a@example.org", "b@example.org"], "name": {"first": "Ada"}}, "city": "Rome"}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("contact.mail.0", "a@example.org"),
        ("contact.mail.1", "b@example.org"),
        ("contact.mail.2", None),
        ("contact.mail.99999999999999999999", None),
        ("contact.mail.x", None),
        ("contact.name.first", "Ada"),
        ("contact.name.first.0", None),
        ("city", "Rome"),
        ("", None),
    ],
)
def test_a_path_leads_to_a_value_or_nowhere(path: str, value: str | None):
    assert at_path(SENT, path) == value
    assert at_path([SENT], f"0.{path}") == value


def test_mapped_paths_stand_over_the_names_at_the_top():
    mapping = {"contact.mail.0": "email", "contact.name.first": "city", "contact.nothing": "country"}
    given = flattened(SENT, mapping)
    assert (given["email"], given["city"], "country" in given) == ("a@example.org", "Ada", False)
    assert flattened("text", mapping) == {}


def test_a_webhook_needs_a_name_and_a_status_that_exists():
    for draft, names in (
        (WebhookDraft("", ""), {"name", "status"}),  # type: ignore[arg-type]
        (WebhookDraft("x" * 200), {"name"}),
        (WebhookDraft("x", "gone"), {"status"}),  # type: ignore[arg-type]
        (WebhookDraft("x", mapping={str(n): "email" for n in range(300)}), {"map"}),
    ):
        with pytest.raises(Invalid) as caught:
            checked(draft)
        assert set(caught.value.fields) == names
    checked(WebhookDraft("x", "", kind="sms:twilio"))  # type: ignore[arg-type]
