from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tidings.platform.logs import redact, redact_event


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("connect to postgresql://u:hunter2@h/db failed", "hunter2"),
        ("smtp://a%40b.c:p%40ss@mail:587", "p%40ss"),
        ("key fcrm_pk_abcDEF123-_ used", "abcDEF123"),
        ("key flz_sk_abc123 used", "abc123"),
        ("Authorization: Bearer eyJhbGciOi.abc", "eyJhbGciOi"),
        ("Basic YWRtaW46c2VjcmV0", "YWRtaW46c2VjcmV0"),
    ],
)
def test_credentials_inside_a_text_are_blacked_out(text: str, secret: str):
    assert secret not in redact(text)


def test_an_ordinary_text_stays_as_it_is():
    text = "campaign 7: 1,000 sent to http://example.org/a?b=c at 12:30"
    assert redact(text) == text


def test_values_of_secret_names_are_blacked_out():
    event = {"event": "x", "password": "a", "smtp_url": "b", "csrf_token": "c", "name": "kept", "count": 3}
    assert redact_event(None, "", event) == {
        "event": "x",
        "password": "[redacted]",
        "smtp_url": "[redacted]",
        "csrf_token": "[redacted]",
        "name": "kept",
        "count": 3,
    }


def test_json_lines_carry_extras_and_tracebacks_without_secrets():
    program = """
import logging
from tidings.platform.logs import configure_logs
configure_logs("json")
try:
    raise ValueError("postgresql://u:hunter2@h/db")
except ValueError:
    logging.getLogger("tidings.x").exception("went wrong with %s", "flz_sk_abcdef", extra={"token": "hunter2", "n": 1})
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    line = json.loads(done.stderr)
    assert (line["n"], line["level"], line["logger"]) == (1, "error", "tidings.x")
    assert "ValueError" in line["exception"]
    assert "hunter2" not in done.stderr
    assert "abcdef" not in done.stderr
