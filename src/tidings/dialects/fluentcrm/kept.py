"""What this dialect alone knows and keeps: groups of settings for which the core has no use.

A key lives in one place only: where the core has a setting of that meaning, the modules here read and write that one.
"""

from __future__ import annotations

from typing import Any

from tidings.access import actions as access
from tidings.contacts.rules import clean_text
from tidings.dialects._engine.calls import Call, is_true
from tidings.platform.db import Connection


async def kept(call: Call, name: str) -> dict[str, Any]:
    """A group as it was kept; empty when it never was."""
    found = (await call.core.installation.get("dialects")).get(f"fluentcrm.{name}")
    return dict(found) if isinstance(found, dict) else {}


async def keep(call: Call, name: str, values: dict[str, Any], *, tx: Connection | None = None) -> None:
    """Replaces a group; other groups, written at the same moment, stay."""
    await call.core.installation.merge("dialects", {f"fluentcrm.{name}": values}, tx=tx)


async def note(call: Call, action: str, object: str = "", tx: Connection | None = None, /, **data: Any) -> None:
    """A line of the audit book in the caller's name."""
    actor = call.caller.user if call.caller is not None else None
    await access.audit(call.core, tx, actor=actor, action=action, object=object, data=data, ip=call.request.client_ip)


def yes_no(value: object) -> str:
    """The flag as this dialect writes it."""
    return "yes" if is_true(value) else "no"


def plain(value: object) -> str:
    """A text without markup, its ends trimmed; structures are no text."""
    return "" if value is None or isinstance(value, dict | list) else clean_text(str(value))
