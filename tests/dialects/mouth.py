"""One dialect as a client meets it, called in this process: its address, its key, and what it leaves in the tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import httpx

from tidings.access import actions as access
from tidings.app import know_webhook_forms
from tidings.dialects._engine.mount import DialectApp
from tidings.dialects._engine.routes import RouteTable
from tidings.dialects.fluentcrm import app as fluentcrm
from tidings.dialects.fluenzr import app as fluenzr
from tidings.dialects.furiosa import app as furiosa
from tidings.platform.core import Core

_DOORS = {"fluentcrm": fluentcrm.build, "furiosa": furiosa.build, "fluenzr": fluenzr.build}
_KINDS: Mapping[str, Any] = {"fluentcrm": "application-password", "furiosa": "furiosa", "fluenzr": "fluenzr"}
# What an answer of any kind may change: the count of the key and when it was used.
_BESIDE = ("rate_windows", "api_keys", "schema_migrations")
# An update of contacts that met nobody leaves a line all the same; that contacts did not change, they say themselves.
_LOOKED_AT = {"changes": "(SELECT * FROM changes WHERE kind NOT IN ('contacts', 'activity'))"}


class Mouth:
    """Requests to one dialect. `auth` is what stands in Authorization; `ask` takes a path without the prefix."""

    def __init__(self, core: Core, name: str) -> None:
        self.core = core
        self.name = name
        self.app: DialectApp = _DOORS[name](core)
        self.prefix = self.app.dialect.prefix
        self.auth: str | tuple[str, str] = ""
        transport = httpx.ASGITransport(app=self.app, raise_app_exceptions=True)  # type: ignore[arg-type]
        self.client = httpx.AsyncClient(transport=transport, base_url="http://tidings.test")

    @property
    def table(self) -> RouteTable:
        """Its rows."""
        return self.app.dialect.table

    async def new_key(self, login: str = "ada", **more: Any) -> str | tuple[str, str]:
        """A key of this dialect for a user."""
        _, secret = await access.create_key(
            self.core, kind=_KINDS[self.name], name=more.pop("name", "test"), user_login=login, **more
        )
        return (login, secret) if self.name == "fluentcrm" else f"Bearer {secret}"

    async def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        auth: str | tuple[str, str] | None = None,
        query: Mapping[str, Any] | Sequence[tuple[str, Any]] | None = None,
        raw: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        """One request. `body` is sent as JSON, `raw` as it is; `auth` "" sends none."""
        used = self.auth if auth is None else auth
        sent = dict(headers or {})
        if isinstance(used, str) and used:
            sent["authorization"] = used
        return await self.client.request(
            method,
            self.prefix + path,
            json=body,
            content=raw,
            params=query,
            headers=sent,
            auth=used if isinstance(used, tuple) else None,
        )

    async def get(self, path: str, **query: Any) -> httpx.Response:
        """A read with the parameters given."""
        return await self.ask("GET", path, query=query or None)

    async def post(self, path: str, body: Any = None, **more: Any) -> httpx.Response:
        """A JSON body to a path."""
        return await self.ask("POST", path, body, **more)

    async def put(self, path: str, body: Any = None, **more: Any) -> httpx.Response:
        """A JSON body to a path."""
        return await self.ask("PUT", path, body, **more)

    async def delete(self, path: str, body: Any = None, **more: Any) -> httpx.Response:
        """Mostly without a body."""
        return await self.ask("DELETE", path, body, **more)


async def open_mouth(core: Core, name: str, *, per_minute: int | None = None) -> Mouth:
    """A mouth with the administrator's key, made on first need."""
    know_webhook_forms()
    if not await core.db.fetchval("SELECT 1 FROM users WHERE login = 'ada'"):
        await access.create_user(
            core, login="ada", email="ada@example.com", first_name="Ada", last_name="Byron", role="administrator"
        )
    mouth = Mouth(core, name)
    mouth.auth = await mouth.new_key(per_minute=per_minute)
    return mouth


async def rows(core: Core) -> dict[str, tuple[int, str]]:
    """Count and content hash of every table that holds something of the product: equal before and after, no write."""
    names = [
        row["relname"]
        for row in await core.db.fetch(
            """SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND NOT relispartition
            AND relnamespace = 'public'::regnamespace ORDER BY 1"""
        )
        if row["relname"] not in _BESIDE
    ]
    parts = (
        # a sum of hashes needs no order: forty times faster than one hash of sorted rows
        f"SELECT '{name}' AS name, count(*) AS n, coalesce(sum(hashtextextended(t::text, 0)), 0)::text AS sum"
        f" FROM {_LOOKED_AT.get(name, name)} t"
        for name in names
    )
    found = await core.db.fetch(" UNION ALL ".join(parts))
    return {row["name"]: (row["n"], row["sum"]) for row in found}


async def changed(core: Core, before: Mapping[str, tuple[int, str]]) -> list[str]:
    """Names of the tables that are not as they were."""
    return [name for name, state in (await rows(core)).items() if before[name] != state]
