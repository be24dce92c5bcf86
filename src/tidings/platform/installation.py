"""Settings of the installation, as stored: typed by `tidings.settings`, secrets sealed, cached for a moment.

A process sees its own change at once and another's within `CACHE_FOR`.
"""

from __future__ import annotations

import contextlib
import time
from base64 import b64decode, b64encode
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any, cast
from zoneinfo import ZoneInfo

from tidings.platform.crypto import Keyring
from tidings.platform.db import Connection, Database
from tidings.platform.errors import Invalid, NotFound, Problem
from tidings.platform.name_servers import name_servers
from tidings.settings import LEAST_DAYS, MOST_DAYS, SETTINGS, Setting

CACHE_FOR = timedelta(seconds=1)

_ALL = "SELECT name, value FROM settings"
_PUT = """
INSERT INTO settings (name, value) SELECT * FROM unnest($1::text[], $2::jsonb[])
ON CONFLICT (name) DO UPDATE SET value = excluded.value, updated_at = now()
"""
_MERGE = """
INSERT INTO settings AS s (name, value) VALUES ($1, $2)
ON CONFLICT (name) DO UPDATE SET value = s.value || excluded.value, updated_at = now()
"""


class Installation:
    """Reads and writes settings. `values()` is a plain dict with every declared name present."""

    def __init__(self, db: Database, keys: Keyring) -> None:
        self._db = db
        self._keys = keys
        self._cached: dict[str, Any] | None = None
        self._cached_at = 0.0

    async def values(self) -> dict[str, Any]:
        """All settings, defaults filled in. Do not change the dict."""
        if self._cached is None or time.monotonic() - self._cached_at > CACHE_FOR.total_seconds():
            stored = {row["name"]: row["value"] for row in await self._db.fetch(_ALL)}
            self._cached = {
                name: self._open(s, stored[name]) if name in stored else s.default for name, s in SETTINGS.items()
            }
            self._cached_at = time.monotonic()
        return self._cached

    async def get(self, name: str) -> Any:
        """One setting; raises NotFound for an undeclared name."""
        if name not in SETTINGS:
            raise NotFound("setting", name)
        return (await self.values())[name]

    async def zone(self) -> ZoneInfo:
        """The installation's time zone."""
        return ZoneInfo(cast(str, await self.get("time_zone")))

    async def kept_since(self, name: str, now: datetime) -> datetime | None:
        """The instant before which what a setting like `keep_hits_days` keeps is over; None: it is kept for ever."""
        days = cast(int, await self.get(name))
        return now - timedelta(days=days) if days else None

    async def brand(self) -> tuple[str, str]:
        """Name and logo (a web address or nothing), as visitors see them."""
        found = await self.values()
        logo = str(found["business_logo"])
        return str(found["business_name"] or found["site_name"]), logo if logo.startswith(
            ("https://", "http://")
        ) else ""

    async def put(self, changes: dict[str, Any], *, tx: Connection | None = None) -> None:
        """Stores several settings together; raises Invalid naming each bad one, and then stores nothing."""
        problems = {name: problem for name, value in changes.items() if (problem := _problem(name, value))}
        if problems:
            raise Invalid(problems)
        names = list(changes)
        packed = [self._seal(SETTINGS[name], changes[name]) for name in names]
        await (tx or self._db).execute(_PUT, names, packed)
        self._cached = None

    async def merge(self, name: str, changes: dict[str, Any], *, tx: Connection | None = None) -> None:
        """Changes some names of a setting that is a dict; what others change at the same moment stays."""
        if SETTINGS[name].kind is not dict:
            raise TypeError(name)
        await (tx or self._db).execute(_MERGE, name, changes)
        self._cached = None

    @contextlib.asynccontextmanager
    async def together(self) -> AsyncIterator[Connection]:
        """A transaction in which several settings are changed, with what belongs to it; seen at once when it has ended."""
        async with self._db.transaction() as tx:
            yield tx
        self._cached = None

    def _seal(self, setting: Setting, value: Any) -> Any:
        if not setting.is_secret:
            return value
        return {"sealed": b64encode(self._keys.seal(f"setting:{setting.name}", str(value))).decode()}

    def _open(self, setting: Setting, value: Any) -> Any:
        if not setting.is_secret:
            return value
        return self._keys.unseal(f"setting:{setting.name}", b64decode(value["sealed"]))


def _problem(name: str, value: Any) -> Problem | None:
    setting = SETTINGS.get(name)
    if setting is None:
        return Problem("unknown", f"There is no setting “{name}”.")
    if not isinstance(value, setting.kind) or (setting.kind is int and isinstance(value, bool)):
        return Problem("type", f"“{name}” must be a {setting.kind.__name__}.")
    days = int(value) if setting.is_age else 0
    if days != 0 and not LEAST_DAYS <= days <= MOST_DAYS:
        return Problem("range", f"Enter 0 (for ever) or {LEAST_DAYS} to {MOST_DAYS} days.")
    if name == "time_zone":
        try:
            ZoneInfo(value)
        except (KeyError, ValueError, OSError):
            return Problem("time_zone", f"“{value}” is not a time zone.")
    if name == "dns_servers":
        try:
            name_servers(value)
        except ValueError as error:
            return Problem("dns_servers", str(error))
    return None
