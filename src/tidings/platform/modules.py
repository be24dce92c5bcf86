"""Parts of the product that an installation may switch off. Off means that a door refuses, never that data is lost.

A door asks `is_on`, or `require` where the refusal is the same everywhere; how the refusal looks is the door's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tidings.platform.core import Core
from tidings.platform.db import Connection
from tidings.platform.errors import Invalid, Problem, Refused


@dataclass(frozen=True, slots=True)
class Module:
    """One switch. Everything is on in a new installation but for what costs or needs another system."""

    name: str
    title: str
    is_on_at_first: bool = True


_TABLE = (
    Module("companies", "Companies"),
    Module("company_logos", "Logos of companies are looked up", is_on_at_first=False),
    Module("events", "Event tracking"),
    Module("system_logs", "System log"),
    Module("activity_log", "Activity log"),
    Module("forms", "Forms"),
    Module("smart_links", "Smart links"),
    Module("carts", "Abandoned carts"),
    Module("commerce", "Shop"),
    Module("sms", "Text messages"),
    Module("archive", "Public archive of campaigns", is_on_at_first=False),
    Module("portal", "Portal for contacts", is_on_at_first=False),
    Module("support", "Support tickets"),
    Module("boards", "Boards"),
    Module("booking", "Bookings"),
    Module("community", "Community"),
    Module("tools", "Access for language models"),
)
MODULES: dict[str, Module] = {module.name: module for module in _TABLE}


async def switches(core: Core) -> dict[str, bool]:
    """Every module and whether it is on."""
    stored = await core.installation.get("modules")
    return {name: bool(stored.get(name, module.is_on_at_first)) for name, module in MODULES.items()}


async def is_on(core: Core, name: str) -> bool:
    """Whether a module is on; raises KeyError for a name that is none."""
    module = MODULES[name]
    return bool((await core.installation.get("modules")).get(name, module.is_on_at_first))


async def require(core: Core, name: str) -> None:
    """Raises Refused with the code `not_enabled` when the module is off."""
    if not await is_on(core, name):
        raise Refused(f"{MODULES[name].title} is not enabled", code="not_enabled")


async def switch(core: Core, changes: Mapping[str, bool], *, tx: Connection | None = None) -> None:
    """Switches modules on and off together; raises Invalid naming the unknown one."""
    unknown = next((name for name in changes if name not in MODULES), None)
    if unknown is not None:
        raise Invalid({"modules": Problem("unknown", f"There is no module “{unknown}”.")})
    await core.installation.merge("modules", dict(changes), tx=tx)
