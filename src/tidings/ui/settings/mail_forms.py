"""Forms about sending, turned into arguments of `messages.accounts` and settings."""

from __future__ import annotations

from typing import Any

from tidings.messages.types import Account
from tidings.platform.errors import Invalid, Problem
from tidings.ui.shell.forms import Form
from tidings.ui.shell.texts import _

LIMITS = ("per_second", "per_minute", "per_hour", "per_day")
ACCOUNT_FIELDS = (
    "name", "host", "port", "encryption", "username", "password", "verifies_tls", "connections", "from_name", "from_email", *LIMITS, "is_enabled",
)  # fmt: skip
EMPTY_ACCOUNT: dict[str, Any] = {
    "name": "", "host": "", "port": 587, "encryption": "starttls", "username": "", "verifies_tls": True, "connections": 10,
    "is_enabled": True,
}  # fmt: skip


def account(form: Form, *, is_whole: bool = False) -> dict[str, Any]:
    """Arguments of `create_account` and `update_account`; `is_whole` when the page also shows name, limits, sender."""
    numbers = form.numbers(("port", *(("connections", *LIMITS) if is_whole else ())))
    found: dict[str, Any] = {
        "host": form.text("host"),
        "port": numbers["port"] or 587,
        "encryption": form.text("encryption") or "starttls",
        "username": form.text("username") or None,
        "password": str(form.value("password")) or None,
    }
    if is_whole:
        found |= {name: numbers[name] for name in LIMITS}
        found |= {"connections": numbers["connections"] or 10, "name": form.text("name") or found["host"]}
        found |= {"from_name": form.text("from_name"), "from_email": form.text("from_email")}
        found |= {"verifies_tls": form.flag("verifies_tls"), "is_enabled": form.flag("is_enabled")}
    return found


def shown(account: Account) -> dict[str, Any]:
    """An account as its form shows it; there is no password in it."""
    return {name: getattr(account, name) for name in ACCOUNT_FIELDS if name != "password"}


def sender(form: Form) -> dict[str, Any]:
    """The default sender as settings; raises Invalid."""
    address = form.text("from_email")
    problems: dict[str, Problem] = {}
    for name in ("from_email", "reply_to_email"):
        text = form.text(name)
        if text and ("@" not in text.strip("@") or any(c.isspace() for c in text)):
            problems[name] = Problem("email", _("Enter a mail address, such as news@example.com."))
    if not address:
        problems["from_email"] = Problem("required", _("People must see who writes."))
    if problems:
        raise Invalid(problems)
    names = ("from_name", "from_email", "reply_to_name", "reply_to_email")
    return {name: form.text(name) for name in names if name in form.values}
