"""Mail services whose servers are known, so that an account there needs an address and a password alone. Pure."""

from __future__ import annotations

from typing import Any, Literal

Provider = Literal["smtp", "gmail", "outlook"]
PROVIDERS: tuple[Provider, ...] = ("smtp", "gmail", "outlook")
_PRESETS: dict[Provider, dict[str, Any]] = {
    "smtp": {},
    "gmail": {
        "host": "smtp.gmail.com",
        "port": 587,
        "encryption": "starttls",
        "imap_host": "imap.gmail.com",
        "imap_port": 993,
    },
    "outlook": {
        "host": "smtp.office365.com",
        "port": 587,
        "encryption": "starttls",
        "imap_host": "outlook.office365.com",
        "imap_port": 993,
    },
}


def with_preset(provider: Provider, values: dict[str, Any]) -> dict[str, Any]:
    """Columns of a new account: the provider's servers, and over them what is given."""
    return {**_PRESETS[provider], **values, "provider": provider}
